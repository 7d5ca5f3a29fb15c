"""The public pages for search engines (sitemaps.org), each in every language.

Pages of single ICD-10 codes are left out: of most codes they say only which specialty
answers, and the conditions that they lead to are listed here themselves.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from xml.sax.saxutils import escape

from django.conf import settings
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from hospitals.models import Condition, Hospital
from portal.addresses import DEFAULT_LANGUAGE, LANGUAGES, language_tag

# In four languages 20,000 addresses, 12 MB: the format allows 50,000 and 50 MB.
PAGES_A_PART = 5_000
# Those that show hospitals change with the directory; of the others no date is known.
DIRECTORY_PAGES = ("home", "hospitals:list", "open-data")
OTHER_PAGES = ("conditions:list", "compare", "how-it-works", "about", "privacy", "inquiry:start")
PLACE = "PLACE"
OPEN = '<?xml version="1.0" encoding="UTF-8"?>\n'
URLS = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
)
INDEX = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'


class Entry(NamedTuple):
    """A page in all its languages; `changed_at` only where it is known."""

    paths: dict[str, str]
    changed_at: datetime | None = None


class Count(NamedTuple):
    """How many pages of each kind, in the order of the map."""

    hospitals: int
    conditions: int

    @property
    def fixed(self) -> int:
        return len(DIRECTORY_PAGES) + len(OTHER_PAGES)

    @property
    def parts(self) -> int:
        return -(-(self.fixed + self.hospitals + self.conditions) // PAGES_A_PART)


def count_pages() -> Count:
    return Count(Hospital.objects.public().count(), Condition.objects.count())


def write_index(parts: int) -> Iterator[str]:
    yield OPEN + INDEX
    for part in range(1, parts + 1):
        address = settings.PUBLIC_URL + reverse("sitemap-part", args=[part])
        yield f"<sitemap><loc>{escape(address)}</loc></sitemap>\n"
    yield "</sitemapindex>\n"


def write_part(part: int, count: Count, changed_at: datetime | None) -> Iterator[str]:
    """The pages of this part, counted from 1. Two queries for any number of pages."""
    yield OPEN + URLS
    for entry in entries(part, count, changed_at):
        yield write_entry(entry)
    yield "</urlset>\n"


def entries(part: int, count: Count, changed_at: datetime | None) -> Iterator[Entry]:
    start = (part - 1) * PAGES_A_PART
    stop = start + PAGES_A_PART
    fixed = [Entry(fixed_paths(name), changed_at) for name in DIRECTORY_PAGES]
    fixed += [Entry(fixed_paths(name)) for name in OTHER_PAGES]
    yield from fixed[start:stop]
    start, stop = max(0, start - count.fixed), max(0, stop - count.fixed)
    yield from hospital_entries(start, stop)
    start, stop = max(0, start - count.hospitals), max(0, stop - count.hospitals)
    yield from condition_entries(start, stop)


def hospital_entries(start: int, stop: int) -> Iterator[Entry]:
    """Of a hospital that nobody has changed since it was loaded no date is known."""
    pattern = patterns("hospitals:detail")
    rows = Hospital.objects.public().annotate(changed_at=Max("changes__at")).order_by("slug")
    for slug, changed_at in rows.values_list("slug", "changed_at")[start:stop]:
        yield Entry(fill(pattern, slug), changed_at)


def condition_entries(start: int, stop: int) -> Iterator[Entry]:
    pattern = patterns("conditions:detail")
    for slug in Condition.objects.order_by("slug").values_list("slug", flat=True)[start:stop]:
        yield Entry(fill(pattern, slug))


def fixed_paths(name: str) -> dict[str, str]:
    return {code: in_language(code, name) for code in LANGUAGES}


def patterns(name: str) -> dict[str, str]:
    """Paths with a place for the slug: resolving each anew takes most of the time."""
    return {code: in_language(code, name, PLACE) for code in LANGUAGES}


def in_language(code: str, name: str, *arguments: str) -> str:
    with override(code):
        return reverse(name, args=arguments)


def fill(pattern: dict[str, str], slug: str) -> dict[str, str]:
    return {code: path.replace(PLACE, slug) for code, path in pattern.items()}


def write_entry(entry: Entry) -> str:
    """One address in each language, each naming all of them."""
    full = {code: escape(settings.PUBLIC_URL + path) for code, path in entry.paths.items()}
    tagged = {language_tag(code): address for code, address in full.items()}
    tagged["x-default"] = full[DEFAULT_LANGUAGE]
    links = "".join(
        f'<xhtml:link rel="alternate" hreflang="{tag}" href="{address}"/>\n'
        for tag, address in tagged.items()
    )
    changed = f"<lastmod>{w3c(entry.changed_at)}</lastmod>\n" if entry.changed_at else ""
    return "".join(
        f"<url>\n<loc>{address}</loc>\n{changed}{links}</url>\n" for address in full.values()
    )


def w3c(moment: datetime) -> str:
    return moment.astimezone(timezone.get_default_timezone()).isoformat(timespec="seconds")
