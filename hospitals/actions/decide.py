"""The office decides about a proposed change: another person than its author."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from hospitals.actions.core import (
    ActionRefusedError,
    ChangedMeanwhileError,
    close_revision,
    lock_hospital,
)
from hospitals.choices import RevisionStatus
from hospitals.finding.indexing import replace_target
from hospitals.finding.names import specialty_names
from hospitals.models import DirectoryVersion, EntryKind, Hospital, Listing, Revision


@transaction.atomic
def approve_revision(*, by, revision: Revision) -> None:
    """Make a proposed change public, confirmed by its author, at the next request.

    Raises ActionRefusedError, or ChangedMeanwhileError when the claim or the
    revision is not what the approver read; then nothing is written.
    """
    _refuse_decision(by, revision)
    lock_hospital(revision.hospital_id)
    close_revision(revision, by=by, status=RevisionStatus.APPROVED)
    _write(revision)
    _index(revision)
    DirectoryVersion.raise_number()


@transaction.atomic
def refuse_revision(*, by, revision: Revision, reason: str) -> None:
    """Raises ActionRefusedError, or ChangedMeanwhileError when it was decided meanwhile."""
    _refuse_decision(by, revision)
    if not reason.strip():
        raise ActionRefusedError(_("Say why: the hospital reads your reason."))
    if len(reason) > Revision._meta.get_field("reason").max_length:
        raise ActionRefusedError(_("Please give the reason in at most 500 letters."))
    lock_hospital(revision.hospital_id)
    close_revision(revision, by=by, status=RevisionStatus.REFUSED, reason=reason.strip())


def _refuse_decision(by, revision: Revision) -> None:
    if not by.has_perm("hospitals.decide_revision"):
        raise ActionRefusedError(_("Only a lead coordinator decides about changes."))
    if revision.created_by_id == by.pk:
        raise ActionRefusedError(_("Another person must decide about your change."))


def _write(revision: Revision) -> None:
    confirmation = {"confirmed_at": timezone.now(), "confirmed_by_id": revision.created_by_id}
    if revision.listing_id:
        _update(Listing, revision.listing_id, revision, confirmation)
    elif revision.specialty_id:
        _create_listing(revision, confirmation)
    else:
        said = "accepting" in revision.after
        when = {"accepting_confirmed_at": confirmation["confirmed_at"]} if said else {}
        _update(Hospital, revision.hospital_id, revision, when)


def _index(revision: Revision) -> None:
    """What a listing is called, and whether it is public, changes what is found."""
    specialty = revision.specialty or (revision.listing and revision.listing.specialty)
    if specialty:
        replace_target(EntryKind.SPECIALTY, specialty.slug, specialty_names(specialty))


def _update(model, pk, revision: Revision, confirmation: dict) -> None:
    written = model.objects.filter(pk=pk, version=revision.base_version).update(
        version=F("version") + 1, **revision.after, **confirmation
    )
    if not written:
        raise ChangedMeanwhileError


def _create_listing(revision: Revision, confirmation: dict) -> None:
    listings = Listing.objects.filter(hospital=revision.hospital_id)
    if listings.filter(specialty=revision.specialty_id).exists():
        raise ChangedMeanwhileError
    Listing.objects.create(
        hospital_id=revision.hospital_id,
        specialty_id=revision.specialty_id,
        position=listings.count(),
        **revision.after,
        **confirmation,
    )
