"""Listings in the printed order, kept per process until the directory changes.

Sorting five thousand listings takes a database longer than everything else a search does;
kept, a search reads the first hundred. The order is the same for everybody: takes new
patients now, confirmed within twelve months, backed by a source, then the hospital's place.
Packed into bytes, because the cache copies what it hands out: 100,000 listings are 4 MB.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from hospitals.choices import Accepting, Audience, HospitalType
from hospitals.finding.kept import kept
from hospitals.finding.people import Person
from hospitals.freshness import fresh_since, shanghai_today
from hospitals.models import EntryKind, Listing, ListingCondition, ListingTreatment

KEY = 16
NO_AGE = 255
_AUDIENCES = ("", Audience.CHILDREN, Audience.ADULTS, Audience.BOTH)
# How well a listing fits the age asked about.
FITS, UNKNOWN_AGE, OTHER_AGE = 1.0, 0.8, 0.25
COLUMNS = (
    "standing",
    "hospital",
    "pk",
    "hospital__position",
    "audience",
    "hospital__type",
    "min_age_years",
    "max_age_years",
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one listing stands. `order` compares listings that match equally well."""

    hospital: bytes
    listing: bytes
    order: tuple[int, int]
    fit: float


@dataclass(frozen=True, slots=True)
class Order:
    """All listings of one specialty: a run of bytes for each column, in the order of the rows."""

    hospitals: bytes
    listings: bytes
    standings: bytes
    positions: bytes
    audiences: bytes
    youngest: bytes
    oldest: bytes

    def first(self, number: int, person: Person, hospitals: Container | None) -> list[Place]:
        """The first `number` listings for this person: those that fit the age before others."""
        found: list[Place] = []
        for fit in (FITS, UNKNOWN_AGE, OTHER_AGE) if person.audience else (FITS,):
            for row in self._rows(person, fit):
                place = self._place(row, fit)
                if hospitals is None or place.hospital in hospitals:
                    found.append(place)
                    if len(found) == number:
                        return found
        return found

    def _rows(self, person: Person, fit: float) -> Iterator[int]:
        for row, code in enumerate(self.audiences):
            if age_fit(_AUDIENCES[code], self.youngest[row], self.oldest[row], person) == fit:
                yield row

    def _place(self, row: int, fit: float) -> Place:
        position = int.from_bytes(self.positions[row * 2 : row * 2 + 2], "big")
        return Place(
            self.hospitals[row * KEY : (row + 1) * KEY],
            self.listings[row * KEY : (row + 1) * KEY],
            (self.standings[row], position),
            fit,
        )


def age_fit(audience: str, youngest: int, oldest: int, person: Person) -> float:
    """How well what a listing says fits the person; 1 when the question said nothing of age."""
    if not person.audience:
        return FITS
    age = person.age_years
    if age is not None and (
        (youngest != NO_AGE and age < youngest) or (oldest != NO_AGE and age > oldest)
    ):
        return OTHER_AGE
    if not audience:
        return UNKNOWN_AGE
    return FITS if audience in (person.audience, Audience.BOTH) else OTHER_AGE


def order_of(kind: str, key: str, version: int) -> Order:
    """Listings of a specialty, or those that name a condition or a treatment."""

    def read_these(keys: list[str]) -> dict[str, Order]:
        return {key: read(kind, key, shanghai_today()) for key in keys}

    return kept(f"standing:{kind}", [key], version, read_these)[key]


def read(kind: str, key: str, day: date) -> Order:
    rows, to_listing = _ROWS[kind](key)
    columns = [COLUMNS[0], *(f"{to_listing}{name}" for name in COLUMNS[1:])]
    rows = in_order(rows, day, to_listing=to_listing).values_list(*columns)
    columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    standings, hospitals, keys, positions, audiences, types, youngest, oldest = columns
    return Order(
        b"".join(key.bytes for key in hospitals),
        b"".join(key.bytes for key in keys),
        bytes(standings),
        b"".join(position.to_bytes(2, "big") for position in positions),
        bytes(
            _AUDIENCES.index(audience or said_by_type(type_))
            for audience, type_ in zip(audiences, types, strict=True)
        ),
        bytes(NO_AGE if age is None else age for age in youngest),
        bytes(NO_AGE if age is None else age for age in oldest),
    )


# What is read for a key, and how to get from there to the listing.
_ROWS = {
    EntryKind.SPECIALTY: lambda key: (Listing.objects.filter(specialty__slug=key), ""),
    EntryKind.CONDITION: lambda key: (
        ListingCondition.objects.filter(condition__slug=key),
        "listing__",
    ),
    EntryKind.TREATMENT: lambda key: (
        ListingTreatment.objects.filter(treatment__slug=key),
        "listing__",
    ),
}


def in_order(rows: QuerySet, day: date, *, to_listing: str = "") -> QuerySet:
    """With public listings of public hospitals, the lowest `standing` first.

    `to_listing`: how to get from a row to its listing, such as "listing__".
    """

    def said(**conditions) -> Q:
        return Q(**{f"{to_listing}{name}": value for name, value in conditions.items()})

    not_ended = said(accepting_until=None) | said(accepting_until__gte=day)
    # The listing says that it takes new patients, or the hospital where the listing does not.
    is_open = said(accepting=Accepting.YES) & not_ended | (
        said(hospital__accepting=Accepting.YES) & ~said(accepting=Accepting.NO)
    )
    standing = (
        _unless(is_open, 4)
        + _unless(said(confirmed_at__gte=fresh_since(day)), 2)
        + _unless(said(source__isnull=False), 1)
    )
    public = rows.filter(said(is_public=True, hospital__is_public=True))
    places = (f"{to_listing}hospital__position", f"{to_listing}hospital__slug")
    return public.annotate(standing=standing).order_by("standing", *places)


def _unless(said: Q, weight: int) -> Case:
    return Case(When(said, then=Value(0)), default=Value(weight), output_field=IntegerField())


def said_by_type(hospital_type: str) -> str:
    """Whom a listing is for that does not say: of a children's hospital it is known."""
    return Audience.CHILDREN if hospital_type == HospitalType.PAEDIATRIC else ""
