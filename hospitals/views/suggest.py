"""Suggestions for the search boxes, as JSON: the same for everybody, so caches may keep them."""

import hashlib

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag, urlencode
from django.utils.translation import get_language, pgettext_lazy
from django.views.decorators.http import require_safe

from hospitals.finding.suggest import Suggestion, suggest
from hospitals.models import DirectoryVersion, EntryKind

KEEP_SECONDS = 300
KINDS = {
    EntryKind.CONDITION: pgettext_lazy("kind of a suggestion", "condition"),
    EntryKind.TREATMENT: pgettext_lazy("kind of a suggestion", "treatment"),
    EntryKind.SPECIALTY: pgettext_lazy("kind of a suggestion", "specialty"),
    EntryKind.HOSPITAL: pgettext_lazy("kind of a suggestion", "hospital"),
    EntryKind.CODE: pgettext_lazy("kind of a suggestion", "ICD-10 code"),
}


@require_safe
def suggestions(request) -> HttpResponse:
    """GET q: what has been typed. Never an error: a box that is typed into has no place for one."""
    typed, version = request.GET.get("q", ""), DirectoryVersion.current()
    found = suggest(typed, language=get_language(), version=version)
    response = JsonResponse({"suggestions": [as_json(one) for one in found]})
    response["Cache-Control"] = f"public, max-age={KEEP_SECONDS}"
    response["ETag"] = etag = quote_etag(hashlib.sha256(response.content).hexdigest()[:32])
    return get_conditional_response(request, etag=etag, response=response)


def as_json(one: Suggestion) -> dict[str, str]:
    code = f"{one.target} " if one.kind == EntryKind.CODE else ""
    url = address_of(one.kind, one.target, one.label)
    return {"label": f"{code}{one.label}", "kind": str(KINDS[one.kind]), "url": url}


def address_of(kind: str, target: str, name: str) -> str:
    """The page of what was found; the list, asked for its name, where it has none."""
    if kind == EntryKind.CONDITION:
        return reverse("conditions:detail", args=[target])
    if kind == EntryKind.CODE:
        return reverse("conditions:code", args=[target])
    if kind == EntryKind.HOSPITAL:
        return reverse("hospitals:detail", args=[target])
    if kind == EntryKind.SPECIALTY:
        return found_by(specialty=target)
    return found_by(q=name)


def found_by(**filters: str) -> str:
    return f"{reverse('hospitals:list')}?{urlencode(filters)}"
