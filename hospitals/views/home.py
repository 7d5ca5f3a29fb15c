"""The home page: the search box and the first hospitals."""

from django.views.decorators.http import require_safe

from hospitals import facets, pages, structured
from hospitals.cards import card, for_cards
from hospitals.models import DirectoryVersion, Hospital

HOME_HOSPITALS = 6


@require_safe
def home(request):
    version = DirectoryVersion.current()
    page = pages.find(request, version, "") or pages.make(
        request, version, "portal/home.html", home_context(facets.current(version))
    )
    return pages.answer(request, page)


def home_context(index: facets.Index) -> dict:
    first = index.slice(index.everybody, 0, HOME_HOSPITALS)
    hospitals = for_cards(Hospital.objects.public().filter(pk__in=first))
    return {
        "cards": [card(hospital) for hospital in hospitals],
        "total": len(index.places),
        "structured": structured.home_page(),
    }
