"""Names of conditions for the box of the inquiry, while a family types into it."""

from django.http import JsonResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from cases.views.private import private
from hospitals.finding.suggest import suggest
from hospitals.models import DirectoryVersion, EntryKind

KINDS = frozenset({EntryKind.CONDITION})


@require_POST
@private
def suggestions(request):
    """POST q. The directory's own suggestions are asked for by address and kept by caches; what
    a family types about its child is in neither."""
    typed, version = request.POST.get("q", ""), DirectoryVersion.current()
    found = suggest(typed, language=get_language(), version=version, kinds=KINDS)
    return JsonResponse({"suggestions": [{"label": one.label, "kind": ""} for one in found]})
