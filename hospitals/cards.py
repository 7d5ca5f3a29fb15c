"""What the templates of the directory show, worked out beforehand."""

from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.template.loader import render_to_string
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext

from hospitals.choices import CONTACT_KINDS, Accepting, Area, District, FactKind, PilotStatus
from hospitals.finding.answer import Found
from hospitals.finding.kept import kept
from hospitals.freshness import accepting_on, shanghai_today
from hospitals.models import Campus, EntryKind, Fact, Hospital, Listing, Source

CHIPS = 4
MAP_SEARCH = "https://www.openstreetmap.org/search"


@dataclass
class Card:
    """A hospital in a list. Its campuses, public listings and pilot source are prefetched."""

    hospital: Hospital
    chips: list[str]
    more: int
    districts: list[str]
    # Whether it takes new patients today, and the same in words.
    accepting: str
    accepting_label: str

    @property
    def pilot_label(self) -> str:
        return pilot_label(self.hospital)

    @property
    def source(self) -> Source | None:
        return self.hospital.pilot_source

    @property
    def source_date(self) -> str:
        return self.hospital.display_pilot_source_date


@dataclass(frozen=True)
class KeptCard:
    """A card as HTML in one language; between its parts stands why it was found."""

    slug: str
    name: str
    head: str
    tail: str
    # Of the public listings, by the bytes of their keys.
    titles: dict[bytes, str]


@dataclass(frozen=True)
class ListedCard:
    """A kept card in a list; in the answer to a search with what brought this hospital there."""

    kept: KeptCard
    why: str = ""
    listing: str = ""


def card(hospital: Hospital) -> Card:
    titles = [listing.title for listing in hospital.public_listings]
    accepting, label = accepting_today(hospital)
    return Card(
        hospital=hospital,
        chips=titles[:CHIPS],
        more=max(0, len(titles) - CHIPS),
        districts=district_labels(hospital.campuses.all()),
        accepting=accepting,
        accepting_label=label,
    )


def found_cards(hits: list[Found], version: int) -> list[ListedCard]:
    """In the order of the hits."""
    cards = kept_cards([hit.hospital for hit in hits], version)
    return [_with_reason(cards[hit.hospital], hit) for hit in hits if hit.hospital in cards]


def listed_cards(hospitals: list[UUID], version: int) -> list[ListedCard]:
    """In their order; one that is not public any more is left out."""
    cards = kept_cards([key.bytes for key in hospitals], version)
    return [ListedCard(cards[key.bytes]) for key in hospitals if key.bytes in cards]


def kept_cards(keys: list[bytes], version: int) -> dict[bytes, KeptCard]:
    """Rendering costs more than finding, and each hospital stands on many pages."""
    names = {key.hex(): key for key in keys}
    found = kept(f"cards:{get_language()}", names, version, _render)
    return {names[name]: card for name, card in found.items()}


def _render(keys: list[str]) -> dict[str, KeptCard]:
    rows = for_cards(Hospital.objects.public().filter(pk__in=keys))
    return {hospital.pk.hex: _rendered(hospital) for hospital in rows}


def _rendered(hospital: Hospital) -> KeptCard:
    context = {"card": card(hospital), "heading": "h2", "language_code": get_language()}
    return KeptCard(
        hospital.slug,
        hospital.name,
        render_to_string("hospitals/_card_head.html", context),
        render_to_string("hospitals/_card_tail.html", context),
        {listing.pk.bytes: listing.title for listing in hospital.public_listings},
    )


def for_cards(hospitals: QuerySet) -> QuerySet:
    """With what a card shows: three queries for any number of hospitals."""
    public = Prefetch("listings", Listing.objects.public(), to_attr="public_listings")
    return hospitals.select_related("pilot_source").prefetch_related("campuses", public)


def _with_reason(kept_card: KeptCard, found: Found) -> ListedCard:
    """In words whether the hospital names what was asked, or only a specialty covers it."""
    title = kept_card.titles.get(found.listing, "")
    if not title:
        return ListedCard(kept_card)
    if found.is_exact:
        why = gettext("The hospital says that it treats this:")
    elif found.target.kind == EntryKind.SPECIALTY:
        why = gettext("For your search:")
    else:
        why = gettext("By the specialty that covers this:")
    return ListedCard(kept_card, why, title)


def accepting_today(hospital: Hospital) -> tuple[str, str]:
    """What the hospital says of itself, unless one of its specialties knows better."""
    today = shanghai_today()
    of_listings = {
        accepting_on(listing.accepting, listing.accepting_until, today)
        for listing in hospital.public_listings
    }
    if hospital.accepting != Accepting.YES and Accepting.YES in of_listings:
        return Accepting.YES, gettext("Accepting new patients in some specialties")
    if hospital.accepting == Accepting.UNKNOWN:
        return Accepting.UNKNOWN, gettext("Not yet known whether it takes new patients")
    return hospital.accepting, hospital.get_accepting_display()


def pilot_label(hospital: Hospital) -> str:
    """Whether it is one of the first pilots, and how sure that is."""
    if hospital.pilot_status == PilotStatus.CONFIRMED:
        return gettext("One of the first 13 pilot hospitals")
    if hospital.pilot_status == PilotStatus.REPORTED:
        return gettext("Reported as one of the first 13 pilot hospitals; not confirmed")
    return gettext("Not confirmed as one of the first 13 pilot hospitals")


def district_labels(campuses) -> list[str]:
    """Each district once, the main campus's first."""
    return list(dict.fromkeys(str(District(campus.district).label) for campus in campuses))


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
