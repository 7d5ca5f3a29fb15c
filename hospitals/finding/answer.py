"""The answer to a question: what was understood, and which hospitals, in which order.

The order, printed on the page: how well the listing matches what was asked
(this condition before the specialty that covers it), whether it is for the
age asked about, whether it takes new patients now, whether the hospital has
confirmed it within twelve months, whether a source backs it, then the name.
Payment never enters.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from hospitals.choices import Accepting, Audience, HospitalType
from hospitals.finding.blocks import block_specialties
from hospitals.finding.lookup import Hit, find_names
from hospitals.finding.people import Person, recognise
from hospitals.models import (
    ConditionCode,
    ConditionSpecialty,
    EntryKind,
    Hospital,
    Listing,
    TreatmentSpecialty,
)

MAX_TARGETS = 6
LISTINGS_PER_SPECIALTY = 60
# A target counts as meant when it scores at least this share of the best one.
NEAR_THE_BEST = 0.72
# Below this nothing was understood; nearer names are offered instead.
UNDERSTOOD = 0.30
LESSER_SPECIALTY = 0.93
OTHER_AGE, UNKNOWN_AGE = 0.25, 0.8
CONFIRMATION_HOLDS = timedelta(days=365)


@dataclass
class Found:
    """One hospital of the answer and the listing that brought it there."""

    hospital: Hospital
    score: float
    listing: Listing | None = None
    target: Hit | None = None


@dataclass
class Answer:
    question: str
    person: Person
    targets: list[Hit] = field(default_factory=list)
    nearest: list[Hit] = field(default_factory=list)
    hospitals: list[Found] = field(default_factory=list)

    @property
    def is_understood(self) -> bool:
        return bool(self.targets)


def answer(question: str, *, language: str, hospitals=None) -> Answer:
    """`hospitals`: a queryset that narrows the answer (the filters of the page)."""
    person, rest = recognise(question)
    hits = find_names(rest, language=language)
    enough = max(UNDERSTOOD, NEAR_THE_BEST * hits[0].score) if hits else UNDERSTOOD
    meant = [hit for hit in hits if hit.score >= enough]
    result = Answer(question, person, meant[:MAX_TARGETS], hits[:MAX_TARGETS])
    allowed = Hospital.objects.public() if hospitals is None else hospitals
    result.hospitals = _hospitals(result.targets, person, allowed)
    return result


def _hospitals(targets: list[Hit], person: Person, allowed) -> list[Found]:
    by_hospital: dict = {}
    for found in (*_named(targets, allowed), *_treating(targets, person, allowed)):
        known = by_hospital.get(found.hospital.pk)
        if known is None or _order(found) < _order(known):
            by_hospital[found.hospital.pk] = found
    return sorted(by_hospital.values(), key=_order)


def _order(found: Found) -> tuple:
    listing = found.listing
    return (
        -round(found.score, 2),
        listing is None or listing.accepting != Accepting.YES,
        listing is None or not _is_confirmed(listing),
        listing is None or listing.source_id is None,
        found.hospital.position,
        found.hospital.slug,
    )


def _is_confirmed(listing: Listing) -> bool:
    confirmed = listing.confirmed_at
    return confirmed is not None and confirmed > timezone.now() - CONFIRMATION_HOLDS


def _named(targets: list[Hit], allowed) -> list[Found]:
    scores = {hit.target: hit for hit in targets if hit.kind == EntryKind.HOSPITAL}
    rows = allowed.filter(slug__in=scores)
    return [Found(row, scores[row.slug].score, target=scores[row.slug]) for row in rows]


def _treating(targets: list[Hit], person: Person, allowed) -> list[Found]:
    """Listings of the specialties that answer for what was meant."""
    ways = specialty_scores(targets)
    found = []
    for slug, (score, target) in ways.items():
        rows = (
            Listing.objects.public()
            .filter(specialty__slug=slug, hospital__in=allowed)
            .select_related("hospital", "specialty")
            .order_by("position", "pk")[:LISTINGS_PER_SPECIALTY]
        )
        found.extend(
            Found(row.hospital, score * age_factor(row, person), row, target) for row in rows
        )
    return found


def specialty_scores(targets: list[Hit]) -> dict[str, tuple[float, Hit]]:
    """Slug of each specialty that answers, with the best score and the target behind it."""
    scores: dict[str, tuple[float, Hit]] = {}
    for target, slugs in _specialties_of(targets):
        for place, slug in enumerate(slugs):
            score = target.score * LESSER_SPECIALTY**place
            if slug not in scores or scores[slug][0] < score:
                scores[slug] = (score, target)
    return scores


def _specialties_of(targets: list[Hit]):
    conditions = _ways(ConditionSpecialty, "condition", _targets(targets, EntryKind.CONDITION))
    treatments = _ways(TreatmentSpecialty, "treatment", _targets(targets, EntryKind.TREATMENT))
    codes = _specialties_of_codes(_targets(targets, EntryKind.CODE))
    for target in targets:
        if target.kind == EntryKind.SPECIALTY:
            yield target, [target.target]
        elif target.kind == EntryKind.CONDITION:
            yield target, conditions.get(target.target, [])
        elif target.kind == EntryKind.TREATMENT:
            yield target, treatments.get(target.target, [])
        elif target.kind == EntryKind.CODE:
            yield target, codes.get(target.target, [])


def _targets(targets: list[Hit], kind: str) -> list[str]:
    return [hit.target for hit in targets if hit.kind == kind]


def _ways(model, name: str, slugs: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    if slugs:
        rows = model.objects.filter(**{f"{name}__slug__in": slugs})
        for slug, specialty in rows.values_list(f"{name}__slug", "specialty__slug"):
            found.setdefault(slug, []).append(specialty)
    return found


def _specialties_of_codes(codes: list[str]) -> dict[str, list[str]]:
    """A curated condition of the code, else the specialty of its block."""
    found: dict[str, list[str]] = {}
    if not codes:
        return found
    rows = ConditionCode.objects.filter(code__in=codes).values_list(
        "code", "condition__ways__specialty__slug"
    )
    for code, slug in rows.order_by("code", "condition__ways__position"):
        if slug and slug not in found.setdefault(code, []):
            found[code].append(slug)
    for code in codes:
        found.setdefault(code, list(block_specialties(code)))
    return found


def age_factor(listing: Listing, person: Person) -> float:
    """How well a listing fits the age asked about; 1 when nothing was asked."""
    if not person.audience:
        return 1.0
    if _excludes(listing, person.age_years):
        return OTHER_AGE
    said = listing.audience or _audience_of(listing.hospital)
    if not said:
        return UNKNOWN_AGE
    return 1.0 if said in (person.audience, Audience.BOTH) else OTHER_AGE


def _excludes(listing: Listing, age: int | None) -> bool:
    if age is None:
        return False
    youngest, oldest = listing.min_age_years, listing.max_age_years
    return (youngest is not None and age < youngest) or (oldest is not None and age > oldest)


def _audience_of(hospital: Hospital) -> str:
    return Audience.CHILDREN if hospital.type == HospitalType.PAEDIATRIC else ""
