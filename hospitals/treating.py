"""Which hospitals treat a condition, in which order.

The order, printed on the page: the hospitals that name exactly this condition, then
those that list a specialty that covers it, the closest specialty first; among equals
whoever takes new patients now, has confirmed it within twelve months, and has a source
for it, then the fixed order of the list. Payment never enters.

The second part comes from the index of the list (hospitals.facets), which holds one bit
for each hospital: ordering all listings of a specialty by SQL takes 25 ms at 100,000.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product
from uuid import UUID

from hospitals.choices import Accepting, Audience
from hospitals.facets import YES, Index
from hospitals.freshness import accepting_on, is_fresh, shanghai_today
from hospitals.models import Condition, Listing, ListingCondition

# As many as the pilots have for one condition; rendering more costs more than finding them.
PAGE_SIZE = 6
# What decides between hospitals of the same specialty, in this order.
DECIDES = ("accepting", "confirmed", "sourced")
OTHER_AUDIENCE = {
    Audience.CHILDREN: str(Audience.ADULTS),
    Audience.ADULTS: str(Audience.CHILDREN),
}


@dataclass(frozen=True)
class Asked:
    """Slugs of the specialties that cover what is asked, the closest first.

    `condition` is None for a code that nobody curated; `audience` as of the condition.
    """

    specialties: tuple[str, ...]
    condition: Condition | None = None

    @property
    def audience(self) -> str:
        return self.condition.audience if self.condition else ""


@dataclass(frozen=True)
class Treating:
    """One page of hospitals, by key, in order."""

    hospitals: list[UUID]
    number: int
    # How many there are on all pages: all of them, and those that name exactly this.
    total: int
    exact: int

    @property
    def has_more(self) -> bool:
        return self.number * PAGE_SIZE < self.total


def find_treating(asked: Asked, index: Index, number: int = 1) -> Treating:
    """One query, for the hospitals that name exactly this condition."""
    named = _naming(asked, index)
    start, stop = (number - 1) * PAGE_SIZE, number * PAGE_SIZE
    found = named[start:stop]
    without = index.bits_of(key.bytes for key in named)
    total = len(named)
    for tier in _tiers(asked, index, without):
        size = tier.bit_count()
        if start < total + size and total < stop:
            found += index.slice(tier, max(0, start - total), stop - total)
        total += size
    return Treating(found, number, total, len(named))


def _naming(asked: Asked, index: Index) -> list[UUID]:
    """Hospitals that name exactly this condition, in order."""
    if not asked.condition:
        return []
    rows = ListingCondition.objects.filter(
        condition=asked.condition, listing__is_public=True, listing__hospital__is_public=True
    )
    day = shanghai_today()
    ranks: dict[UUID, tuple] = {}
    for hospital, *said in rows.order_by().values_list(
        "listing__hospital",
        "listing__hospital__position",
        "listing__hospital__slug",
        "listing__accepting",
        "listing__accepting_until",
        "listing__hospital__accepting",
        "confirmed_at",
        "source",
    ):
        rank = _rank(day, *said)
        ranks[hospital] = min(rank, ranks.get(hospital, rank))
    return sorted(ranks, key=ranks.__getitem__)


def _rank(day: date, position, slug, accepting, until, hospital_accepting, confirmed, source):
    takes = takes_patients(accepting_on(accepting, until, day), hospital_accepting)
    return not takes, not is_fresh(confirmed, day), source is None, position, slug


def takes_patients(listing: str, hospital: str) -> bool:
    """The listing says so, or the hospital does and the listing does not say no."""
    return listing == Accepting.YES or (hospital == Accepting.YES and listing != Accepting.NO)


def _tiers(asked: Asked, index: Index, seen: int) -> Iterator[int]:
    """Hospitals by what they list, as bits: each once, under its best listing."""
    for specialty in asked.specialties:
        bits = index.traits.get(("specialty", specialty, ""), 0)
        bits &= ~seen & ~_for_others(asked, index, specialty)
        seen |= bits
        yes = [index.traits.get((name, YES, specialty), 0) for name in DECIDES]
        for wanted in product((True, False), repeat=len(DECIDES)):
            tier = bits
            for has, said in zip(wanted, yes, strict=True):
                tier &= said if has else ~said
            yield tier


def _for_others(asked: Asked, index: Index, specialty: str) -> int:
    """Hospitals that list the specialty for adults only, where it is a children's condition."""
    other = OTHER_AUDIENCE.get(asked.audience)
    return index.traits.get(("only", other, specialty), 0) if other else 0


def listings_of(asked: Asked, hospitals: list[UUID]):
    """What these hospitals list about it."""
    rows = Listing.objects.public().filter(hospital__in=hospitals)
    own = rows.filter(specialty__slug__in=asked.specialties)
    if not asked.condition:
        return own
    named = ListingCondition.objects.filter(condition=asked.condition).values("listing")
    return own | rows.filter(pk__in=named)


def is_for_others(asked: Asked, listing: Listing) -> bool:
    """As `_for_others`, of one listing."""
    return listing.audience == OTHER_AUDIENCE.get(asked.audience)
