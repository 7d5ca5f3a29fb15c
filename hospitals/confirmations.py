"""What a hospital has confirmed of its public page, and what of it is getting old."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.utils import timezone

from hospitals.choices import Accepting, ChangeOrigin
from hospitals.freshness import fresh_since, shanghai_today
from hospitals.models import (
    Campus,
    Change,
    Claim,
    Fact,
    Hospital,
    Listing,
    ListingCondition,
    ListingTreatment,
)
from portal.roles import Role

# A month before a confirmation fades it is worth asking.
ASK_BEFORE = timedelta(days=31)
ENDS_SOON = timedelta(days=14)
REMIND_EVERY = timedelta(days=30)
# Each kind of claim: its model, the way to its hospital, and what makes it public.
_ON_THE_PAGE = (
    (Listing, "hospital", {"is_public": True}),
    (Claim, "listing__hospital", {"is_public": True, "listing__is_public": True}),
    (ListingCondition, "listing__hospital", {"listing__is_public": True}),
    (ListingTreatment, "listing__hospital", {"listing__is_public": True}),
    (Fact, "hospital", {"is_withheld": False}),
    (Campus, "hospital", {"is_withheld": False}),
)


@dataclass
class PageState:
    """How sure a reader can be of the page. Counts are of single claims."""

    last: Change | None
    old: int
    ageing: int
    never: int
    total: int
    listings: list[Listing]
    ending: list[Listing]

    @property
    def is_due(self) -> bool:
        return bool(self.old or self.ageing or self.ending)


def public_claims(hospital: Hospital) -> list:
    """A queryset for each kind of claim on the public page. The press's stories are not its."""
    return [
        model.objects.filter(**{way: hospital}, **public) for model, way, public in _ON_THE_PAGE
    ]


def page_fingerprint(hospital: Hospital) -> str:
    """Differs as soon as any public claim reads otherwise. Confirming does not change it."""
    version = Hospital.objects.values_list("version", flat=True).get(pk=hospital.pk)
    rows = [
        sorted(str(values) for values in queryset.values_list("pk", *_texts(queryset.model)))
        for queryset in public_claims(hospital)
    ]
    return hashlib.sha256(json.dumps([version, rows]).encode()).hexdigest()


def _texts(model) -> list[str]:
    """Every column that a reader sees: a listing has a version that stands for them."""
    if model is Listing:
        return ["version"]
    silent = ("id", "confirmed_at", "confirmed_by", "loaded_digest")
    return [field.attname for field in model._meta.fields if field.name not in silent]


def page_state(hospital: Hospital, day: date | None = None) -> PageState:
    """What is confirmed on this day (in Shanghai). A fixed number of queries."""
    day = day or shanghai_today()
    counts: Counter = Counter()
    for queryset in public_claims(hospital):
        counts.update(queryset.aggregate(**_counted(fresh_since(day))))
    listings = _listings(hospital, day)
    last = hospital.changes.filter(origin=ChangeOrigin.CONFIRMATION).select_related("by").first()
    ending = [row for row in listings if ends_soon(row, day)]
    return PageState(last=last, listings=listings, ending=ending, **counts)


def ends_soon(listing: Listing, day: date) -> bool:
    """The day until which it takes new patients is near, or over."""
    until = listing.accepting_until
    return listing.accepting == Accepting.YES and until is not None and until <= day + ENDS_SOON


def _counted(since: datetime) -> dict:
    return {
        "old": Count("pk", filter=Q(confirmed_at__lt=since)),
        "ageing": Count(
            "pk", filter=Q(confirmed_at__gte=since, confirmed_at__lt=since + ASK_BEFORE)
        ),
        "never": Count("pk", filter=Q(confirmed_at=None)),
        "total": Count("pk"),
    }


def _listings(hospital: Hospital, day: date) -> list[Listing]:
    """Public ones with `oldest`: the earliest confirmation of anything they say."""
    since = fresh_since(day)
    rows = list(
        Listing.objects.public()
        .filter(hospital=hospital)
        .annotate(
            oldest_claim=Min("claims__confirmed_at", filter=Q(claims__is_public=True)),
            oldest_condition=Min("own_conditions__confirmed_at"),
            oldest_treatment=Min("own_treatments__confirmed_at"),
        )
    )
    for row in rows:
        said = (row.confirmed_at, row.oldest_claim, row.oldest_condition, row.oldest_treatment)
        row.oldest = min((at for at in said if at), default=None)
        row.is_old = bool(row.oldest and row.oldest < since)
        row.is_ageing = bool(row.oldest and since <= row.oldest < since + ASK_BEFORE)
    return rows


def due_for_reminder(now: datetime):
    """Public hospitals with something old or ending that nobody reminded for a month."""
    day = timezone.localdate(now, timezone.get_default_timezone())
    old = {"confirmed_at__lt": fresh_since(day)}
    due = Q(accepting_confirmed_at__lt=fresh_since(day))
    for model, way, public in _ON_THE_PAGE:
        due |= Q(Exists(model.objects.filter(**{way: OuterRef("pk")}, **public, **old)))
    ending = Listing.objects.public().filter(
        hospital=OuterRef("pk"), accepting=Accepting.YES, accepting_until__lte=day + ENDS_SOON
    )
    asked_before = Q(reminded_at=None) | Q(reminded_at__lte=now - REMIND_EVERY)
    return Hospital.objects.public().filter(asked_before, due | Q(Exists(ending)))


def editors_of(hospital: Hospital) -> list:
    """Whom a reminder reaches."""
    rows = hospital.memberships.select_related("user").filter(
        user__is_active=True, user__role=Role.HOSPITAL_EDITOR
    )
    return [row.user for row in rows.exclude(user__email="").order_by("user__username")]
