"""Which papers a case needs: what the hospitals in question say that they want, else our own list.

1. The case is about hospitals (wished, or it was referred to them): what each says in the listing
   that fits best. 2. No hospital yet: what the listings for the condition say; what all of them
   want is needed, the rest helps. 3. Nobody has said anything: ours, by the specialty.
"""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.functional import cached_property

from cases.checklist.papers import PaperCode
from cases.checklist.table import Papers, default_papers
from cases.models import Case
from hospitals.choices import Audience, ClaimKind
from hospitals.finding.lookup import find_names
from hospitals.finding.people import recognise
from hospitals.models import Claim, Condition, EntryKind, Hospital, ListingCondition, Specialty
from hospitals.treating import OTHER_AUDIENCE

ADULT_AGE = 18
# Of the words that are looked up; and listings that are asked what they want.
WORDS, LISTINGS = 200, 60
# A worse match of free words says too little about which doctors will read the papers.
SURE_ENOUGH, NAMES = 0.6, 6


@dataclass(frozen=True)
class Wanted:
    """`claims`: the hospitals' own words that it was taken from; none: the list is ours."""

    papers: Papers
    claims: tuple[Claim, ...] = ()


def wanted_for(case: Case) -> Wanted:
    """Asks the directory anew each time, so that a hospital's change is seen at once."""
    subject = Subject(case)
    hospitals = _hospitals(case)
    if hospitals:
        own = [claim for hospital in hospitals for claim in _claims_of(hospital, subject)]
        papers = _together([_codes([claim]) for claim in own])
        claims = own
    else:
        claims = _claims_for(subject)
        papers = _codes(claims)
    if papers.needed:
        return Wanted(papers, tuple(claims))
    closest = subject.specialties[0] if subject.specialties else None
    where = (closest.slug, closest.area) if closest else ("", "")
    return Wanted(default_papers(*where, is_child=subject.is_child))


class Subject:
    """What the case is about, as far as the directory knows it."""

    def __init__(self, case: Case):
        # Nothing is worked out from words that may no longer be read.
        inquiry = None if case.is_reading_stopped else getattr(case, "inquiry", None)
        self._case, self._inquiry = case, inquiry

    @cached_property
    def condition(self) -> Condition | None:
        """The one that was chosen, else the nearest to the family's free words."""
        if self._inquiry is None:
            return None
        chosen = self._inquiry.condition
        if chosen:
            return Condition.objects.filter(slug=chosen).first()
        inquiry = self._inquiry
        return self._nearest_condition(inquiry.diagnosis) or self._nearest_condition(
            inquiry.problem
        )

    def _nearest_condition(self, words: str) -> Condition | None:
        """Not one of children for an adult, nor the other way round."""
        slugs = self._named(words, EntryKind.CONDITION)
        rows = {row.slug: row for row in Condition.objects.filter(slug__in=slugs)}
        others = Audience.ADULTS if self.is_child else Audience.CHILDREN
        found = (rows[slug] for slug in slugs if slug in rows and rows[slug].audience != others)
        return next(found, None)

    @cached_property
    def specialties(self) -> list[Specialty]:
        """The closest first."""
        if self.condition:
            ways = self.condition.ways.select_related("specialty")
            return [way.specialty for way in ways]
        if self._inquiry is None:
            return []
        slugs = self._named(self._inquiry.specialty_wish, EntryKind.SPECIALTY)
        return list(Specialty.objects.filter(slug__in=slugs[:1]))

    @cached_property
    def is_child(self) -> bool:
        born = self._inquiry.birth_date if self._inquiry else None
        return born is not None and (timezone.localdate() - born).days < ADULT_AGE * 365.25

    def _named(self, words: str, kind: EntryKind) -> list[str]:
        """Keys that free words surely mean, the best first."""
        if not words:
            return []
        _person, rest = recognise(words[:WORDS])
        hits = find_names(rest, language=self._case.language)
        fitting = (hit.target for hit in hits if hit.kind == kind and hit.score >= SURE_ENOUGH)
        return list(dict.fromkeys(fitting))[:NAMES]


def _hospitals(case: Case) -> list[Hospital]:
    """The one that the family wished for, and those that see the case."""
    shared = Hospital.objects.filter(
        pk__in=case.referrals.filter(ended_at=None).values("hospital")
    ).order_by("position")
    wished = [case.hospital] if case.hospital else []
    return [*wished, *(hospital for hospital in shared if hospital not in wished)]


def _said():
    """Public claims about the papers that are wanted."""
    rows = Claim.objects.filter(
        kind=ClaimKind.RECORDS,
        is_public=True,
        listing__is_public=True,
        listing__hospital__is_public=True,
    )
    return rows.select_related("listing__hospital", "listing__specialty", "source").order_by(
        "listing__hospital__position", "listing__position", "pk"
    )


def _claims_of(hospital: Hospital, subject: Subject) -> list[Claim]:
    """The best listing's of this hospital; without a subject the one that stands first."""
    rows = [claim for claim in _said().filter(listing__hospital=hospital) if _known(claim.codes)]
    if not (subject.condition or subject.specialties):
        return rows[:1] if len(rows) == 1 else []
    ranked = sorted(
        (rank, place, claim)
        for place, claim in enumerate(rows)
        if (rank := _rank(claim, subject, _naming(subject))) is not None
    )
    return [claim for _rank_, _place, claim in ranked[:1]]


def _claims_for(subject: Subject) -> list[Claim]:
    """Of every hospital: the listings that name the condition, else those of the closest kind."""
    tiers = [_said().filter(listing__in=_naming(subject))] if subject.condition else []
    tiers += [_said().filter(listing__specialty=specialty) for specialty in subject.specialties]
    for tier in tiers:
        found = [
            claim
            for claim in tier[:LISTINGS]
            if _known(claim.codes) and not _is_for_others(claim, subject)
        ]
        if found:
            return found
    return []


def _naming(subject: Subject) -> set:
    if not subject.condition:
        return set()
    rows = ListingCondition.objects.filter(condition=subject.condition)
    return set(rows.values_list("listing", flat=True))


def _rank(claim: Claim, subject: Subject, naming: set) -> int | None:
    """Names the condition, then the closest specialty; None: about something else."""
    if claim.listing_id in naming:
        return -1
    specialties = [specialty.pk for specialty in subject.specialties]
    if claim.listing.specialty_id not in specialties or _is_for_others(claim, subject):
        return None
    return specialties.index(claim.listing.specialty_id)


def _is_for_others(claim: Claim, subject: Subject) -> bool:
    audience = subject.condition.audience if subject.condition else ""
    return bool(audience) and claim.listing.audience == OTHER_AUDIENCE.get(audience)


def _known(codes: list) -> list[PaperCode]:
    """In the hospital's order; a code that we have no words for is left out."""
    return [PaperCode(code) for code in codes if code in PaperCode.values]


def _codes(claims: list[Claim]) -> Papers:
    """What all want is needed, what some want helps. If they agree on nothing, all is needed."""
    lists = [_known(claim.codes) for claim in claims]
    every = list(dict.fromkeys(code for codes in lists for code in codes))
    needed = [code for code in every if all(code in codes for codes in lists)] or every
    return Papers(tuple(needed), tuple(code for code in every if code not in needed))


def _together(parts: list[Papers]) -> Papers:
    """Of several hospitals that are to read the same case: whatever one of them needs."""
    return Papers(tuple(dict.fromkeys(code for part in parts for code in part.needed)))
