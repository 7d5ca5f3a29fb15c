"""What the templates of the directory show, worked out beforehand."""

from dataclasses import dataclass
from itertools import groupby

from django.utils.http import urlencode
from django.utils.translation import gettext

from hospitals.choices import CONTACT_KINDS, Area, FactKind, PilotStatus
from hospitals.models import Campus, Fact, Hospital, Listing, Source

CHIPS = 4
MAP_SEARCH = "https://www.openstreetmap.org/search"


@dataclass
class Card:
    """A hospital in a list. Its campuses, public listings and pilot source are prefetched."""

    hospital: Hospital
    chips: list[str]
    more: int
    districts: list[str]
    # In an answer to a search: the specialty that brought this hospital there.
    why: str = ""

    @property
    def accepting_label(self) -> str:
        return self.hospital.get_accepting_display()

    @property
    def pilot_label(self) -> str:
        return pilot_label(self.hospital)

    @property
    def source(self) -> Source | None:
        return self.hospital.pilot_source

    @property
    def source_date(self) -> str:
        return self.hospital.display_pilot_source_date


def card(hospital: Hospital, *, why: str = "") -> Card:
    titles = [listing.title for listing in hospital.public_listings]
    return Card(
        hospital=hospital,
        chips=titles[:CHIPS],
        more=max(0, len(titles) - CHIPS),
        districts=district_labels(hospital.campuses.all()),
        why=why,
    )


def pilot_label(hospital: Hospital) -> str:
    """Whether it is one of the first pilots, and how sure that is."""
    if hospital.pilot_status == PilotStatus.CONFIRMED:
        return gettext("One of the first 13 pilot hospitals")
    if hospital.pilot_status == PilotStatus.REPORTED:
        return gettext("Reported as one of the first 13 pilot hospitals; not confirmed")
    return gettext("Not confirmed as one of the first 13 pilot hospitals")


def district_labels(campuses) -> list[str]:
    """Each district once, the main campus's first."""
    return list(dict.fromkeys(campus.get_district_display() for campus in campuses))


def by_area(listings: list[Listing]) -> list[tuple[str, list[Listing]]]:
    """Listings under their group's name, the groups in the order of the filter."""
    order = {area: index for index, area in enumerate(Area.values)}
    listings = sorted(listings, key=lambda one: (order[one.specialty.area], one.position))
    return [
        (Area(area).label, list(group))
        for area, group in groupby(listings, key=lambda one: one.specialty.area)
    ]


def by_subject(facts: list[Fact]) -> dict[str, list[Fact]]:
    """Facts in the four groups of the page. Withheld facts must not reach it."""
    groups = {"general": [], "contact": [], "known_for": [], "accreditation": []}
    for fact in facts:
        groups[_subject(fact.kind)].append(fact)
    return groups


def _subject(kind: str) -> str:
    if kind in CONTACT_KINDS:
        return "contact"
    return {FactKind.CLAIM: "known_for", FactKind.ACCREDITATION: "accreditation"}.get(
        kind, "general"
    )


def with_map_link(campus: Campus, hospital: Hospital) -> Campus:
    """Adds `map_link`; an address that nobody checked reaches neither page nor map.

    Maps of Shanghai know Chinese.
    """
    if campus.is_withheld:
        campus.address_en = campus.address_zh_hans = campus.address_pl = campus.address_ar = ""
    place = f"上海 {campus.address_zh_hans}" if campus.address_zh_hans else ""
    if campus.is_main:
        place = place or hospital.name_zh_hans
    campus.map_link = f"{MAP_SEARCH}?{urlencode({'query': place})}" if place else ""
    return campus
