"""A hospital as an answer to "who treats this", worked out for the templates."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.http import urlencode

from hospitals.cards import district_labels
from hospitals.choices import Accepting
from hospitals.models import Campus, Hospital, Listing
from hospitals.shown_listing import (
    Evidence,
    ShownListing,
    accepting_words,
    evidence_of,
    show_listings,
    with_claims,
)
from hospitals.treating import Asked, is_for_others, listings_of


@dataclass(frozen=True)
class OtherListing:
    title: str
    url: str


@dataclass(frozen=True)
class Treats:
    """One hospital and its closest listing; `listing` is None where it lists nothing of this."""

    hospital: Hospital
    url: str
    ask_url: str
    listing: ShownListing | None = None
    is_exact: bool = False
    # Of the sentence that makes it an answer: that it names the condition, or its specialty.
    evidence: Evidence = Evidence()
    others: tuple[OtherListing, ...] = ()
    accepting: str = "unknown"
    accepting_label: str = ""


def treats(asked: Asked, keys: list[UUID], *, treatments: bool = False) -> list[Treats]:
    """The hospitals in the order given; five queries for any number, six with treatments."""
    listed: dict[UUID, list[Listing]] = {key: [] for key in keys}
    listings = listings_of(asked, keys)
    for listing in with_claims(listings, naming=asked.condition, treatments=treatments):
        listed[listing.hospital_id].append(listing)
    best = {key: _closest_first(asked, rows) for key, rows in listed.items()}
    first = [rows[0] for rows in best.values() if rows]
    shown = dict(
        zip([row.pk for row in first], show_listings([(row, {}) for row in first]), strict=True)
    )
    hospitals = {row.pk: row for row in _hospitals(keys)}
    return [_treats(asked, hospitals[key], best[key], shown) for key in keys if key in hospitals]


def _hospitals(keys: list[UUID]):
    campuses = Prefetch("campuses", Campus.objects.order_by("-is_main", "key"), to_attr="places")
    return Hospital.objects.public().filter(pk__in=keys).prefetch_related(campuses)


def _closest_first(asked: Asked, listings: list[Listing]) -> list[Listing]:
    """A listing for other people counts only if it names the condition."""
    places = {slug: place for place, slug in enumerate(asked.specialties)}

    def closeness(listing: Listing) -> tuple:
        place = places.get(listing.specialty.slug, len(places))
        return (naming(asked, listing) is None, place, listing.position)

    fitting = [row for row in listings if naming(asked, row) or not is_for_others(asked, row)]
    return sorted(fitting, key=closeness)


def naming(asked: Asked, listing: Listing):
    """The row by which this listing names exactly this condition."""
    if not asked.condition:
        return None
    rows = (row for row in listing.named_conditions if row.condition_id == asked.condition.pk)
    return next(rows, None)


def _treats(asked: Asked, hospital: Hospital, listings: list[Listing], shown: dict) -> Treats:
    hospital.district_labels = district_labels(hospital.places)
    url = reverse("hospitals:detail", args=[hospital.slug])
    base = {"hospital": hospital, "url": url, "ask_url": ask_url(hospital, asked)}
    if not listings:
        words = accepting_words(hospital.accepting)
        return Treats(**base, accepting=hospital.accepting, accepting_label=words)
    closest, *others = listings
    named, listing = naming(asked, closest), shown[closest.pk]
    accepting, label = _accepting(listing, hospital)
    return Treats(
        **base,
        listing=listing,
        is_exact=named is not None,
        evidence=evidence_of(named) if named else _of_listing(closest),
        others=tuple(
            OtherListing(other.title, f"{url}#listing-{other.specialty.slug}") for other in others
        ),
        accepting=accepting,
        accepting_label=label,
    )


def _of_listing(listing: Listing) -> Evidence:
    """The hospital's word for its own listing; the press's sentence has a source of its own."""
    if listing.confirmed_at:
        return Evidence(confirmed_at=listing.confirmed_at)
    return evidence_of(listing)


def _accepting(listing: ShownListing, hospital: Hospital) -> tuple[str, str]:
    """What the listing says, else what the hospital says of itself."""
    if listing.accepting == Accepting.UNKNOWN:
        return hospital.accepting, accepting_words(hospital.accepting)
    return listing.accepting, listing.accepting_label


def ask_url(hospital: Hospital | None = None, asked: Asked | None = None) -> str:
    """The inquiry, with what it is about carried over."""
    known = {"hospital": hospital.slug} if hospital else {}
    if asked and asked.condition:
        known["condition"] = asked.condition.slug
    query = f"?{urlencode(known)}" if known else ""
    return f"{reverse('inquiry:start')}{query}"
