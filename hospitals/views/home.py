"""The home page: the search box and the first hospitals."""

from django.views.decorators.http import require_safe

from hospitals import pages
from hospitals.cards import card
from hospitals.models import DirectoryVersion, Hospital
from hospitals.views.listing import for_cards

HOME_HOSPITALS = 6


@require_safe
def home(request):
    version = DirectoryVersion.current()
    page = pages.find(request, version, "") or pages.make(
        request, version, "portal/home.html", home_context()
    )
    return pages.answer(request, page)


def home_context() -> dict:
    hospitals = Hospital.objects.public()
    cards = [card(hospital) for hospital in for_cards(hospitals)[:HOME_HOSPITALS]]
    return {"cards": cards, "total": hospitals.count()}
