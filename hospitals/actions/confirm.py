"""A hospital says that everything on its page is still right."""

import hashlib
import json

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hospitals.actions.core import ActionRefusedError, ChangedMeanwhileError, lock_hospital
from hospitals.actions.history import keep_confirmed
from hospitals.choices import Accepting
from hospitals.models import (
    Campus,
    Claim,
    DirectoryVersion,
    Fact,
    Hospital,
    Listing,
    ListingCondition,
    ListingTreatment,
)
from portal import audit


@transaction.atomic
def confirm_page(*, by, hospital: Hospital, seen: str) -> None:
    """Confirm every public claim of the hospital; no text changes, so nobody need approve.

    `seen` is the fingerprint of the page that was read. Raises ActionRefusedError, or
    ChangedMeanwhileError when the page is not the same any more; then nothing is written.
    """
    own = Hospital.objects.visible_to(by).filter(pk=hospital.pk).exists()
    if not own or not by.has_perm("hospitals.propose_revision"):
        raise ActionRefusedError(_("You may confirm the page of your own hospital only."))
    lock_hospital(hospital.pk)
    if page_fingerprint(hospital) != seen:
        raise ChangedMeanwhileError
    now = timezone.now()
    for rows in public_claims(hospital):
        rows.update(confirmed_at=now, confirmed_by=by)
    said = Hospital.objects.filter(pk=hospital.pk).exclude(accepting=Accepting.UNKNOWN)
    said.update(accepting_confirmed_at=now)
    keep_confirmed(hospital, by=by, at=now)
    audit.record(by=by, action="hospital.confirmed", obj=hospital, label=hospital.slug)
    DirectoryVersion.raise_number()


def public_claims(hospital: Hospital) -> list:
    """A queryset for each kind of claim on the public page. The press's stories are not its."""
    own = {"listing__hospital": hospital, "listing__is_public": True}
    return [
        Listing.objects.public().filter(hospital=hospital),
        Claim.objects.filter(is_public=True, **own),
        ListingCondition.objects.filter(**own),
        ListingTreatment.objects.filter(**own),
        Fact.objects.public().filter(hospital=hospital),
        Campus.objects.filter(hospital=hospital, is_withheld=False),
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
