"""The office decides about a proposed change, field by field: another person than its author."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hospitals.actions import values
from hospitals.actions.core import (
    ActionRefusedError,
    ChangedMeanwhileError,
    close_revision,
    lock_hospital,
)
from hospitals.actions.history import keep_approved
from hospitals.actions.propose import check_all, fresh_target
from hospitals.choices import RevisionStatus
from hospitals.finding.indexing import replace_target
from hospitals.finding.names import specialty_names
from hospitals.models import DirectoryVersion, EntryKind, Listing, Revision

MAX_REASON = 500


@transaction.atomic
def approve_revision(*, by, revision: Revision, refused: dict[str, str] | None = None) -> None:
    """Make a proposed change public, confirmed by its author, at the next request.

    `refused`: field -> why; those fields stay as they were, and the hospital reads the
    reason. Raises ActionRefusedError, or ChangedMeanwhileError when one of the accepted
    fields is not what its author saw any more; then nothing is written.
    """
    refused = {name: reason.strip() for name, reason in (refused or {}).items()}
    _refuse_decision(by, revision)
    _check_reasons(revision, refused)
    lock_hospital(revision.hospital_id)
    accepted = {name: new for name, new in revision.after.items() if name not in refused}
    target = fresh_target(revision.hospital, revision.listing, revision.specialty)
    _refuse_stale(revision, target, accepted)
    _refuse_impossible(target, accepted)
    status = RevisionStatus.PARTLY if refused else RevisionStatus.APPROVED
    close_revision(revision, by=by, status=status, refused=refused)
    listing = _write(revision, target, accepted)
    keep_approved(revision, listing=listing, by=by, accepted=accepted)
    _index(revision)
    DirectoryVersion.raise_number()


@transaction.atomic
def refuse_revision(*, by, revision: Revision, reason: str) -> None:
    """Raises ActionRefusedError, or ChangedMeanwhileError when it was decided meanwhile."""
    _refuse_decision(by, revision)
    _check_reason(reason)
    lock_hospital(revision.hospital_id)
    close_revision(revision, by=by, status=RevisionStatus.REFUSED, reason=reason.strip())


def _refuse_decision(by, revision: Revision) -> None:
    if not by.has_perm("hospitals.decide_revision"):
        raise ActionRefusedError(_("Only a lead coordinator decides about changes."))
    if revision.created_by_id == by.pk:
        raise ActionRefusedError(_("Another person must decide about your change."))


def _check_reasons(revision: Revision, refused: dict[str, str]) -> None:
    if not set(refused) <= set(revision.after):
        raise ActionRefusedError(_("This cannot be changed here."))
    for reason in refused.values():
        _check_reason(reason)
    if set(refused) == set(revision.after):
        raise ActionRefusedError(_("Nothing is left to approve: refuse the whole change."))
    if revision.specialty_id and "title_en" in refused:
        raise ActionRefusedError(_("A new specialty needs its English title."))


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise ActionRefusedError(_("Say why: the hospital reads your reason."))
    if len(reason) > MAX_REASON:
        raise ActionRefusedError(_("Please give the reason in at most 500 letters."))


def stale_fields(revision: Revision) -> list[str]:
    """Fields that do not say any more what the author saw; all, if the new listing exists."""
    target = fresh_target(revision.hospital, revision.listing, revision.specialty)
    return _stale(revision, target, revision.after)


def _refuse_stale(revision: Revision, target, accepted: dict) -> None:
    """A change elsewhere in the row does not matter; one in the same field does."""
    if _stale(revision, target, accepted):
        raise ChangedMeanwhileError


def _stale(revision: Revision, target, names) -> list[str]:
    if target._state.adding:
        listed = Listing.objects.filter(
            hospital=revision.hospital_id, specialty=revision.specialty_id
        )
        return list(names) if listed.exists() else []
    now = values.current(target, names)
    return [name for name in names if not values.same(now[name], revision.before.get(name))]


def _refuse_impossible(target, accepted: dict) -> None:
    """A part of a change may break a rule that the whole of it kept."""
    try:
        check_all(target, accepted)
    except ValidationError as error:
        raise ActionRefusedError(" ".join(error.messages)) from error


def _write(revision: Revision, target, accepted: dict) -> Listing | None:
    """Returns the listing that was written; None for a change of the hospital itself."""
    confirmation = {"confirmed_at": timezone.now(), "confirmed_by_id": revision.created_by_id}
    version = target.version
    if target._state.adding:
        # Version 0 for a moment: what it says is written below, as for any other listing.
        target.position = Listing.objects.filter(hospital=revision.hospital_id).count()
        target.save(force_insert=True)
    if not values.write(target, accepted, base_version=version, confirmation=confirmation):
        raise ChangedMeanwhileError
    return target if isinstance(target, Listing) else None


def _index(revision: Revision) -> None:
    """What a listing is called, and whether it is public, changes what is found."""
    specialty = revision.specialty or (revision.listing and revision.listing.specialty)
    if specialty:
        replace_target(EntryKind.SPECIALTY, specialty.slug, specialty_names(specialty))
