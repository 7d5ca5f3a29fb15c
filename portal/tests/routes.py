"""Every address of the portal, walked out of the resolver: nothing is forgotten by hand."""

import re
import uuid
from dataclasses import dataclass

from django.urls import URLPattern, get_resolver

UNKNOWN_ID = "6f1c0b0e-5d0a-4c56-9a58-0e4a3b0f2d11"
SAMPLES = {
    "step": "start_triage",
    "reference": "SH-2222-3333",
    "slug": "no-such-hospital",
    "url": "nothing",
    "part": "1",
    "code": "C22.2",
    "position": "0",
}


@dataclass(frozen=True)
class Route:
    """`pattern` as it is written in the code, with the names of its parts."""

    pattern: str

    def path(self, **values) -> str:
        """An address of this route; parts that are not given lead to nothing."""
        # Of (?P<app_label>cases|portal) the first.
        text = re.sub(r"\(\?P<\w+>([^)|]*)[^)]*\)", r"\1", self.pattern)
        text = text.replace("^", "").replace("$", "").replace("\\Z", "")

        def fill(match):
            name = match[1].rpartition(":")[2]
            return str(values.get(name, SAMPLES.get(name, UNKNOWN_ID)))

        return "/" + re.sub(r"<([^>]+)>", fill, text)

    @property
    def site(self) -> str:
        first = self.pattern.partition("/")[0]
        return first if first in ("office", "partners") else ""


def all_routes() -> list[Route]:
    return sorted(set(_walk(get_resolver(), "")), key=lambda route: route.pattern)


def staff_routes() -> list[Route]:
    return [route for route in all_routes() if route.site]


def _walk(resolver, prefix):
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield Route(pattern)
        else:
            yield from _walk(entry, pattern)


def random_id() -> str:
    return str(uuid.uuid4())
