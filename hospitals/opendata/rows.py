"""Reads everything public of the directory, a few hospitals at a time.

Pages by the slug, so that each step starts where the last one ended: the memory and the
queries of a step are the same at any size, and no cursor stays open while a slow reader
takes the answer. Only columns that are named here leave the database: none is a person's.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from modeltranslation.utils import build_localized_fieldname

from hospitals.models import (
    Campus,
    Claim,
    Condition,
    ConditionCode,
    ConditionSpecialty,
    Fact,
    Hospital,
    Listing,
    ListingCondition,
    ListingTreatment,
    Specialty,
    Story,
    Treatment,
    TreatmentSpecialty,
)
from portal.addresses import LANGUAGES

STEP = 40
NAMES_STEP = 500

Rows = dict[object, list[dict]]


@cache
def texts(*fields: str) -> tuple[str, ...]:
    """The column of each language."""
    return tuple(build_localized_fieldname(field, code) for field in fields for code in LANGUAGES)


def source(name: str = "source") -> tuple[str, ...]:
    parts = ("title", "publisher", "url", "is_weak", "is_linkable")
    return (*(f"{name}__{part}" for part in parts), f"{name}_date")


EVIDENCE = (*source(), "confirmed_at")
HOSPITAL = (
    "pk", "slug", "type", "accepting", "accepting_confirmed_at", "pilot_status",
    *texts("name", "short_name", "description"),
    *source("pilot_source"), *source("name_source"), *source("name_zh_source"),
)  # fmt: skip
CAMPUS = ("key", "district", "is_main", "is_withheld", *texts("name", "address", "note"), *EVIDENCE)
FACT = ("key", "kind", *texts("value", "note"), *EVIDENCE)
STORY = ("key", "country", *texts("patient", "condition", "summary"), *source())
LISTING = (
    "pk", "specialty__slug", "specialty__area", *texts("specialty__name"), "audience",
    "min_age_years", "max_age_years", "accepting", "accepting_until",
    *texts("title", "reason", "description"), *EVIDENCE,
)  # fmt: skip
CLAIM = (
    "kind", *texts("text"), "codes", "low", "high", "currency", "period_from", "period_to",
    *EVIDENCE,
)  # fmt: skip
CONDITION = ("condition", "condition__slug", *texts("condition__name"), *EVIDENCE)
TREATMENT = ("treatment__slug", *texts("treatment__name"), *EVIDENCE)
NAMED = ("slug", "audience", "words", "hidden_words", *texts("name"))


def read_hospitals(step: int = STEP) -> Iterator[dict]:
    """Each public hospital with all that is public of it, in the order of the slugs."""
    for rows in _pages(Hospital.objects.public(), HOSPITAL, step):
        _add_parts(rows)
        yield from rows


def read_specialties() -> Iterator[dict]:
    for rows in _pages(Specialty.objects.all(), ("slug", "area", *texts("name")), NAMES_STEP):
        yield from rows


def read_conditions() -> Iterator[dict]:
    for rows in _pages(Condition.objects.all(), ("pk", *NAMED), NAMES_STEP):
        keys = [row["pk"] for row in rows]
        codes = _by(ConditionCode.objects.filter(condition__in=keys), "condition", "code")
        ways = _ways(ConditionSpecialty.objects.filter(condition__in=keys), "condition")
        for row in rows:
            row["codes"] = [code["code"] for code in codes[row["pk"]]]
            row["specialties"] = ways[row["pk"]]
        yield from rows


def read_treatments() -> Iterator[dict]:
    for rows in _pages(Treatment.objects.all(), ("pk", *NAMED), NAMES_STEP):
        keys = [row["pk"] for row in rows]
        ways = _ways(TreatmentSpecialty.objects.filter(treatment__in=keys), "treatment")
        for row in rows:
            row["specialties"] = ways[row["pk"]]
        yield from rows


def _pages(queryset, columns: tuple, step: int) -> Iterator[list[dict]]:
    last = ""
    while rows := list(queryset.filter(slug__gt=last).order_by("slug").values(*columns)[:step]):
        yield rows
        last = rows[-1]["slug"]


def _add_parts(hospitals: list[dict]) -> None:
    """Eight queries for any number of hospitals. What is withheld stays behind."""
    keys = [row["pk"] for row in hospitals]
    of_these = {"hospital__in": keys}
    campuses = _by(Campus.objects.filter(**of_these), "hospital", *CAMPUS)
    facts = _by(Fact.objects.public().filter(**of_these), "hospital", *FACT)
    stories = _by(Story.objects.filter(**of_these), "hospital", *STORY)
    listings = _by(Listing.objects.public().filter(**of_these), "hospital", *LISTING)
    _add_claims([row for rows in listings.values() for row in rows], keys)
    for row in hospitals:
        key = row["pk"]
        row["campuses"], row["facts"] = campuses[key], facts[key]
        row["stories"], row["listings"] = stories[key], listings[key]


def _add_claims(listings: list[dict], hospitals: list) -> None:
    of_these = {"listing__hospital__in": hospitals, "listing__is_public": True}
    claims = _by(Claim.objects.filter(is_public=True, **of_these), "listing", *CLAIM)
    named = ListingCondition.objects.filter(**of_these).order_by("condition__slug")
    conditions = _by(named, "listing", *CONDITION)
    of_named = {"condition__in": named.order_by().values("condition")}
    codes = _by(ConditionCode.objects.filter(**of_named), "condition", "code")
    offered = ListingTreatment.objects.filter(**of_these).order_by("treatment__slug")
    treatments = _by(offered, "listing", *TREATMENT)
    for row in listings:
        row["claims"], row["treatments"] = claims[row["pk"]], treatments[row["pk"]]
        row["conditions"] = conditions[row["pk"]]
        for condition in row["conditions"]:
            condition["codes"] = [code["code"] for code in codes[condition["condition"]]]


def _by(queryset, parent: str, *columns: str) -> Rows:
    """Rows under the key of what they belong to, in the queryset's order."""
    found = defaultdict(list)
    for row in queryset.values(parent, *columns):
        found[row[parent]].append(row)
    return found


def _ways(queryset, parent: str) -> dict:
    rows = _by(queryset, parent, "specialty__slug")
    return defaultdict(list, {key: [row["specialty__slug"] for row in rows[key]] for key in rows})
