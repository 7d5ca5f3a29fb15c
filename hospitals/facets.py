"""How many hospitals each choice of the filters would leave, without asking the database.

One bit for each public hospital, in the order of the list: a filter is an "and" of
two numbers, a count is the number of ones. At 10,000 hospitals a trait takes 1.25 kB
and all counts of a page under 2 ms; counting by SQL takes a second there. The traits
are read once after each change of the directory, in four queries, and kept per
process.

What a listing says (for whom, accepting, languages, confirmed) is about the chosen
specialty once there is one: a hospital that treats children elsewhere is no answer to
"for children" there. A hospital has one listing of a specialty at most, so one bit does.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from uuid import UUID

from django.core.cache import caches
from django.db.models import CharField
from django.db.models.functions import Cast

from hospitals.choices import Accepting, Audience, ClaimKind, HospitalType
from hospitals.freshness import accepting_on, is_fresh, shanghai_today
from hospitals.models import Campus, Claim, Hospital, Listing

KEEP_SECONDS = 24 * 3600
KEY_BYTES = 16
# What a listing can say: beside a specialty these are about the listing of that specialty.
SAID = ("audience", "accepting", "language", "confirmed")
YES = "yes"
# Of a hospital, what its listings may lean on.
KIND = ("type", "accepting")
KEY = "hospital_key"

# Filter, value, and the specialty whose listing says it ("" for the hospital as a whole).
Trait = tuple[str, str, str]


@dataclass(frozen=True)
class Index:
    """Packed into few long values: a set of keys for each trait would be ten times as much."""

    # Keys of the hospitals in the order of the list, and the place of each.
    keys: bytes
    places: dict[bytes, int]
    traits: dict[Trait, int]
    # The values of each filter, for hospitals as a whole.
    options: dict[str, list[str]]

    @property
    def everybody(self) -> int:
        return (1 << len(self.places)) - 1

    def values(self, name: str) -> list[str]:
        """Values of a filter that at least one hospital has."""
        return self.options.get(name, [])

    def matching(self, filters: dict[str, str], among: int | None = None) -> int:
        """One bit for each hospital that matches every filter."""
        bits = self.everybody if among is None else among
        specialty = filters.get("specialty", "")
        for name, value in filters.items():
            if value:
                of = specialty if name in SAID else ""
                bits &= self.traits.get((name, value, of), 0)
        return bits

    def counts(self, filters: dict[str, str], among: int | None = None) -> dict[str, dict]:
        """For each filter: value -> hospitals left if it were chosen beside the other filters."""
        found = {}
        for name in filters:
            if name == "specialty" and any(filters.get(said) for said in SAID):
                # What the other filters ask for is said by the listing that is counted.
                found[name] = {
                    value: self.matching({**filters, name: value}, among).bit_count()
                    for value in self.values(name)
                }
                continue
            left = self.matching({**filters, name: ""}, among)
            of = filters.get("specialty", "") if name in SAID else ""
            found[name] = {
                value: (left & self.traits.get((name, value, of), 0)).bit_count()
                for value in self.values(name)
            }
        return found

    def slice(self, bits: int, start: int, stop: int) -> list[UUID]:
        """Keys of the hospitals from `start` to before `stop`, in the order of the list."""
        keys, number, place = [], 0, 0
        while bits and number < stop:
            gap = (bits & -bits).bit_length() - 1
            place += gap
            if number >= start:
                keys.append(UUID(bytes=self.keys[place * KEY_BYTES : (place + 1) * KEY_BYTES]))
            bits >>= gap + 1
            place += 1
            number += 1
        return keys

    def keys_of(self, bits: int) -> frozenset[bytes]:
        """The hospitals of these bits, to look a key up."""
        flags = bits.to_bytes(len(self.places) // 8 + 1, "little")
        return frozenset(
            self.keys[place * KEY_BYTES : (place + 1) * KEY_BYTES]
            for place in range(len(self.places))
            if flags[place >> 3] >> (place & 7) & 1
        )

    def bits_of(self, keys: Iterable[bytes]) -> int:
        """One bit for each of these hospitals; those that are not public have none."""
        bits = 0
        for key in keys:
            place = self.places.get(key)
            if place is not None:
                bits |= 1 << place
        return bits

    def with_any(self, name: str, values: Iterable[str]) -> int:
        """One bit for each hospital that has any of these values of a filter."""
        bits = 0
        for value in values:
            bits |= self.traits.get((name, value, ""), 0)
        return bits


# The index itself, under a token that the cache keeps: the cache would copy a megabyte at each
# request of a large directory.
_held: dict[str, Index] = {}


def current(version: int) -> Index:
    """The index of this version of the directory, on this day."""
    day = shanghai_today()
    key = f"facets:{version}:{day}"
    cache = caches["directory"]
    token = cache.get(key)
    index = _held.get(token)
    if index is None:
        index, token = read(day), token or secrets.token_hex(8)
        _held.clear()
        _held[token] = index
        cache.set(key, token, KEEP_SECONDS)
    return index


def read(day: date) -> Index:
    """From four queries. Keys come as text: a hundred thousand UUIDs take longer to make."""
    hospitals = list(_with_key(Hospital.objects.public(), "pk").values_list(KEY, "pk", *KIND))
    flags = _Flags([key for key, *_columns in hospitals])
    kinds = {key: kind for key, _pk, *kind in hospitals}
    for key, kind in kinds.items():
        flags.set(key, _traits_of_hospital(*kind))
    for key, district in _with_key(Campus.objects).values_list(KEY, "district"):
        flags.set(key, [("district", district, "")])
    for key, specialty, audience, accepting, until, confirmed_at, source in _listings():
        # A hospital may be published between two of these queries.
        if key in kinds:
            now, fresh = accepting_on(accepting, until, day), is_fresh(confirmed_at, day)
            said = specialty, audience, now, fresh, source is not None
            flags.set(key, _traits_of_listing(*said, *kinds[key]))
    for key, specialty, languages in _languages():
        flags.set(key, [("language", code, of) for code in languages for of in ("", specialty)])
    return flags.index([pk.bytes for _key, pk, *_kind in hospitals])


def _with_key(rows, hospital: str = "hospital"):
    """In no order, which would cost a sort, but hospitals in theirs."""
    rows = rows if hospital == "pk" else rows.order_by()
    return rows.annotate(**{KEY: Cast(hospital, CharField(max_length=36))})


def _listings():
    rows = Listing.objects.public().filter(hospital__is_public=True)
    said = ("specialty__slug", "audience", "accepting", "accepting_until", "confirmed_at")
    return _with_key(rows).values_list(KEY, *said, "source")


def _languages():
    rows = Claim.objects.filter(
        kind=ClaimKind.LANGUAGES,
        is_public=True,
        listing__is_public=True,
        listing__hospital__is_public=True,
    )
    keys = _with_key(rows, "listing__hospital")
    return keys.values_list(KEY, "listing__specialty__slug", "codes")


def _traits_of_hospital(type_: str, accepting: str) -> list[Trait]:
    is_paediatric = type_ == HospitalType.PAEDIATRIC
    traits = [
        ("type", type_, ""),
        ("audience", (Audience.CHILDREN if is_paediatric else Audience.ADULTS).value, ""),
    ]
    return [*traits, ("accepting", YES, "")] if accepting == Accepting.YES else traits


@lru_cache(maxsize=10_000)
def _traits_of_listing(
    specialty: str,
    audience: str,
    now: str,
    fresh: bool,
    sourced: bool,
    type_: str,
    hospital_accepting: str,
) -> tuple[Trait, ...]:
    """What one listing says, of its specialty and of the hospital. Many say the same."""
    traits = [("specialty", specialty, "")]
    traits += [("audience", value, specialty) for value in _audiences(audience, type_)]
    if audience in (Audience.CHILDREN, Audience.BOTH):
        traits.append(("audience", Audience.CHILDREN.value, ""))
    if now == Accepting.YES:
        traits.append(("accepting", YES, ""))
    if Accepting.YES in (now, hospital_accepting) and now != Accepting.NO:
        traits.append(("accepting", YES, specialty))
    if fresh:
        traits += [("confirmed", YES, ""), ("confirmed", YES, specialty)]
    # What orders the hospitals on a condition's page (hospitals.treating), no filter.
    if sourced:
        traits.append(("sourced", YES, specialty))
    said_by_kind = Audience.CHILDREN if type_ == HospitalType.PAEDIATRIC else Audience.BOTH
    return (*traits, ("only", audience or said_by_kind.value, specialty))


def _audiences(audience: str, hospital_type: str) -> list[str]:
    """Whom a listing is for; where it does not say, the kind of hospital does."""
    is_paediatric = hospital_type == HospitalType.PAEDIATRIC
    found = []
    if audience in (Audience.CHILDREN, Audience.BOTH) or (is_paediatric and not audience):
        found.append(Audience.CHILDREN.value)
    if audience != Audience.CHILDREN and not is_paediatric:
        found.append(Audience.ADULTS.value)
    return found


class _Flags:
    """Sets single bits in place; whole numbers would be copied for each of them."""

    def __init__(self, keys: list[str]):
        self.place = {key: place for place, key in enumerate(keys)}
        self.bits: dict[Trait, bytearray] = defaultdict(lambda: bytearray(len(keys) // 8 + 1))

    def set(self, key: str, traits: Iterable[Trait]) -> None:
        place = self.place.get(key)
        if place is None:
            return
        byte, bit = place >> 3, 1 << (place & 7)
        for trait in traits:
            self.bits[trait][byte] |= bit

    def index(self, keys: list[bytes]) -> Index:
        options = defaultdict(list)
        for name, value, of in self.bits:
            if not of:
                options[name].append(value)
        return Index(
            keys=b"".join(keys),
            places={key: place for place, key in enumerate(keys)},
            traits={trait: int.from_bytes(flags, "little") for trait, flags in self.bits.items()},
            options=dict(options),
        )
