"""From what was meant to the specialties that answer for it."""

from collections import defaultdict
from dataclasses import dataclass

from hospitals.finding.blocks import block_specialties
from hospitals.finding.kept import kept
from hospitals.finding.lookup import Hit
from hospitals.models import ConditionCode, ConditionSpecialty, EntryKind, TreatmentSpecialty

LESSER_SPECIALTY = 0.93
# A specialty covers an illness; a hospital that names the illness itself stands before it.
COVER = 0.95


@dataclass(frozen=True, slots=True)
class Ways:
    """Where one target leads: specialties, the best first, and who names it: (kind, key)."""

    specialties: tuple[str, ...]
    named: tuple[tuple[str, str], ...] = ()


def ways_of(targets: list[Hit], version: int) -> dict[Hit, Ways]:
    found: dict[Hit, Ways] = {}
    for kind, read in _READ.items():
        hits = targets_of(targets, kind)
        if hits:
            ways = kept(f"ways:{kind}", hits, version, read)
            found.update({hits[key]: way for key, way in ways.items()})
    return found


def specialty_scores(ways: dict[Hit, Ways]) -> dict[str, tuple[float, Hit]]:
    """Slug of each specialty that answers, with the best score and the target behind it."""
    scores: dict[str, tuple[float, Hit]] = {}
    for target, way in ways.items():
        whole = target.score if target.kind == EntryKind.SPECIALTY else target.score * COVER
        for place, slug in enumerate(way.specialties):
            score = whole * LESSER_SPECIALTY**place
            if slug not in scores or scores[slug][0] < score:
                scores[slug] = (score, target)
    return scores


def targets_of(targets: list[Hit], kind: str) -> dict[str, Hit]:
    return {hit.target: hit for hit in targets if hit.kind == kind}


def _of_conditions(slugs: list[str]) -> dict[str, Ways]:
    rows = ConditionSpecialty.objects.filter(condition__slug__in=slugs)
    rows = rows.values_list("condition__slug", "specialty__slug")
    return _grouped(EntryKind.CONDITION, slugs, rows)


def _of_treatments(slugs: list[str]) -> dict[str, Ways]:
    rows = TreatmentSpecialty.objects.filter(treatment__slug__in=slugs)
    rows = rows.values_list("treatment__slug", "specialty__slug")
    return _grouped(EntryKind.TREATMENT, slugs, rows)


def _grouped(kind: str, slugs: list[str], rows) -> dict[str, Ways]:
    found = defaultdict(list)
    for slug, specialty in rows:
        found[slug].append(specialty)
    return {slug: Ways(tuple(found[slug]), ((str(kind), slug),)) for slug in slugs}


def _of_specialties(slugs: list[str]) -> dict[str, Ways]:
    return {slug: Ways((slug,)) for slug in slugs}


def _of_codes(codes: list[str]) -> dict[str, Ways]:
    """The curated conditions of the code, else the specialties of its block."""
    rows = ConditionCode.objects.filter(code__in=codes).values_list(
        "code", "condition__slug", "condition__ways__specialty__slug"
    )
    specialties, conditions = defaultdict(dict), defaultdict(set)
    for code, condition, specialty in rows.order_by("code", "condition__ways__position"):
        conditions[code].add(condition)
        if specialty:
            specialties[code][specialty] = True
    whole = _of_one_code({slug for slugs in conditions.values() for slug in slugs})
    return {
        code: Ways(
            tuple(specialties[code]) or block_specialties(code),
            tuple((str(EntryKind.CONDITION), slug) for slug in sorted(conditions[code] & whole)),
        )
        for code in codes
    }


def _of_one_code(slugs: set[str]) -> set[str]:
    """Those that one code means wholly; an illness under more codes is not this very code."""
    codes = defaultdict(set)
    rows = ConditionCode.objects.filter(condition__slug__in=slugs)
    for slug, code in rows.values_list("condition__slug", "code"):
        codes[slug].add(code)
    return {slug for slug, own in codes.items() if len(own) == 1}


_READ = {
    EntryKind.CONDITION: _of_conditions,
    EntryKind.TREATMENT: _of_treatments,
    EntryKind.SPECIALTY: _of_specialties,
    EntryKind.CODE: _of_codes,
}
