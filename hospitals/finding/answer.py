"""The answer to a question: what was understood, and which hospitals, in which order.

The order, printed on the page: how well the listing matches what was asked
(this condition before the specialty that covers it), whether it is for the
age asked about, whether it takes new patients now, whether the hospital has
confirmed it within twelve months, whether a source backs it, then the name.
Payment never enters. Of all hospitals that match the best are given, by this
order and not by an earlier one, so a full specialty hides nobody who stands higher.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from uuid import UUID

from hospitals.finding.lookup import Hit, find_names
from hospitals.finding.people import Person, recognise
from hospitals.finding.standing import order_of
from hospitals.finding.ways import Ways, specialty_scores, targets_of, ways_of
from hospitals.models import DirectoryVersion, EntryKind, Hospital

MAX_TARGETS = 6
# Who needs more hospitals than these needs a filter.
MAX_HOSPITALS = 100
# A target counts as meant when it scores at least this share of the best one.
NEAR_THE_BEST = 0.72
# Below this nothing was understood; nearer names are offered instead.
UNDERSTOOD = 0.30


@dataclass(frozen=True, slots=True)
class Found:
    """One hospital of the answer and the listing that brought it there; none for its name.

    Both by their keys as bytes: a search looks at hundreds. `is_exact`: the hospital says
    that it treats this very condition, or offers this treatment; otherwise the specialty
    covers it. `rank`: its place in the printed order, the lowest first.
    """

    rank: tuple
    hospital: bytes
    target: Hit
    listing: bytes | None = None
    is_exact: bool = False

    @property
    def hospital_id(self) -> UUID:
        return UUID(bytes=self.hospital)

    @property
    def listing_id(self) -> UUID | None:
        return UUID(bytes=self.listing) if self.listing else None


@dataclass
class Answer:
    question: str
    person: Person
    targets: list[Hit] = field(default_factory=list)
    nearest: list[Hit] = field(default_factory=list)
    # Specialty -> its score and the target that it answers for.
    ways: dict[str, tuple[float, Hit]] = field(default_factory=dict)
    hospitals: list[Found] = field(default_factory=list)
    # Of the directory that answered.
    version: int = 0

    @property
    def is_understood(self) -> bool:
        return bool(self.targets)


def answer(
    question: str,
    *,
    language: str,
    hospitals: Container[bytes] | None = None,
    version: int | None = None,
) -> Answer:
    """`hospitals`: keys (bytes) that the filters of the page leave; None for all public ones.

    `version`: of the directory, where the caller has read it.
    """
    person, rest = recognise(question)
    version = DirectoryVersion.current() if version is None else version
    hits = find_names(rest, language=language, version=version)
    enough = max(UNDERSTOOD, NEAR_THE_BEST * hits[0].score) if hits else UNDERSTOOD
    meant = [hit for hit in hits if hit.score >= enough]
    result = Answer(question, person, meant[:MAX_TARGETS], hits[:MAX_TARGETS])
    result.version = version
    ways = ways_of(result.targets, version)
    result.ways = specialty_scores(ways)
    named = [*_named(result.targets, hospitals), *_exact(ways, person, hospitals, version)]
    result.hospitals = _best(result, named, hospitals, version)
    return result


def _best(
    result: Answer, named: list[Found], hospitals: Container[bytes] | None, version: int
) -> list[Found]:
    """The first hospitals in the printed order, each with its best listing.

    Specialties are read from the best score down, until no listing of the next one
    could stand among them.
    """
    best: dict[bytes, Found] = {}
    for found in named:
        known = best.get(found.hospital)
        if known is None or found.rank < known.rank:
            best[found.hospital] = found
    for slug, (score, target) in sorted(result.ways.items(), key=lambda way: -way[1][0]):
        if _better_than(best, score) >= MAX_HOSPITALS:
            break
        order = order_of(EntryKind.SPECIALTY, slug, version)
        for place in order.first(MAX_HOSPITALS, result.person, hospitals):
            rank = rank_of(score * place.fit, place.order)
            known = best.get(place.hospital)
            if known is None or rank < known.rank:
                best[place.hospital] = Found(rank, place.hospital, target, place.listing)
    return sorted(best.values(), key=attrgetter("rank"))[:MAX_HOSPITALS]


def rank_of(
    score: float, order: tuple[int, int], *, is_named: bool = False, is_exact: bool = False
) -> tuple:
    """The printed order; hundredths, because finer differences of names mean nothing."""
    return (-round(score, 2), not is_named, not is_exact, order)


def _better_than(best: dict[bytes, Found], score: float) -> int:
    """How many no listing with this score can reach."""
    limit = -round(score, 2)
    return sum(found.rank[0] < limit for found in best.values())


def _named(targets: list[Hit], hospitals: Container[bytes] | None) -> Iterator[Found]:
    """Hospitals that were asked for by name."""
    hits = targets_of(targets, EntryKind.HOSPITAL)
    if not hits:
        return
    rows = Hospital.objects.public().filter(slug__in=hits).values_list("pk", "slug", "position")
    for key, slug, position in rows:
        if hospitals is None or key.bytes in hospitals:
            rank = rank_of(hits[slug].score, (0, position), is_named=True)
            yield Found(rank, key.bytes, hits[slug])


def _exact(
    ways: dict[Hit, Ways], person: Person, hospitals: Container[bytes] | None, version: int
) -> Iterator[Found]:
    """Listings that name what was asked."""
    for target, way in ways.items():
        for kind, key in way.named:
            order = order_of(kind, key, version)
            for place in order.first(MAX_HOSPITALS, person, hospitals):
                rank = rank_of(target.score * place.fit, place.order, is_exact=True)
                yield Found(rank, place.hospital, target, place.listing, is_exact=True)
