"""Claims for the tests. The numbers are made up and stand for no hospital."""

from datetime import timedelta

from django.utils import timezone

from hospitals.models import (
    Claim,
    Condition,
    ConditionCode,
    ConditionSpecialty,
    Listing,
    ListingCondition,
    Source,
    Specialty,
)


def days_ago(days: int):
    return timezone.now() - timedelta(days=days)


def make_source(key: str = "yearbook", **fields) -> Source:
    values = {"title": "A yearbook", "url": "https://example.org/yearbook"}
    return Source.objects.get_or_create(key=key, defaults=values | fields)[0]


def make_claim(listing: Listing, kind: str, *, by=None, days: int | None = None, **fields):
    """`days`: how long ago `by` confirmed it."""
    confirmed = {"confirmed_at": days_ago(days), "confirmed_by": by} if days is not None else {}
    return Claim.objects.create(listing=listing, kind=kind, **confirmed, **fields)


def make_condition(slug: str, *specialties: str, codes=(), **fields) -> Condition:
    """The specialties must exist."""
    values = {"name_en": slug.replace("-", " ").capitalize(), "words": {}}
    condition = Condition.objects.create(slug=slug, **(values | fields))
    for place, specialty in enumerate(specialties):
        row = Specialty.objects.get(slug=specialty)
        ConditionSpecialty.objects.create(condition=condition, specialty=row, position=place)
    for code in codes:
        ConditionCode.objects.create(condition=condition, code=code)
    return condition


def name_condition(listing: Listing, condition: Condition, **fields) -> ListingCondition:
    return ListingCondition.objects.create(listing=listing, condition=condition, **fields)
