"""Showing a case to a hospital, and no longer: never without the family's consent (row P1)."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import consents, notifications
from cases.actions.checklist import refresh_checklist
from cases.actions.core import ActionRefusedError, change_case, leave_event
from cases.actions.imaging import SharedCopy, shared_copies
from cases.actions.keys import case_key
from cases.actions.shares import NEEDED, end_shares, lock_case
from cases.actions.steps import apply_step
from cases.models import Case, Consent, DerivedFile, FamilyTask, Purpose, Referral
from cases.models.event import EventKind
from cases.permissions import can_read_referral, can_share_record, can_take_step, can_work
from cases.records import store
from cases.records.crypto import KeyDestroyedError, SealBrokenError
from cases.records.sealed import open_sealed
from cases.workflow import Step, WaitingOn
from portal import audit

# As many hospitals look at a case at one time (product.md).
AT_ONCE = 3


@transaction.atomic
def refer_case(*, by, case: Case, hospital, version: int | None = None) -> Referral:
    """Needs the consent to share with this hospital by name, and the one to China.

    The database refuses it too: both keys are those of living consents. The turn is the
    hospital's then, unless the family still owes something.
    """
    lock_case(case)
    if not can_work(by, case) or case.has_ended or case.held_for:
        raise ActionRefusedError(_("This case cannot be shared by you now."))
    _refuse_beyond_limits(case, hospital)
    share, transfer = _consents_for(case, hospital)
    change_case(case, version=version)
    referral = Referral.objects.create(
        case=case, hospital=hospital, share=share, transfer=transfer, sent_by=by
    )
    leave_event(case, EventKind.REFERRED, by=by, hospital=hospital.slug)
    notifications.notify_hospital(referral)
    # Copies of scans without names: made while the hospital reads the summary.
    shared_copies(case=case)
    # What this hospital wants to see may be more than what was asked for so far.
    refresh_checklist(case=case)
    _hand_to_hospital(case, by)
    return referral


def _refuse_beyond_limits(case: Case, hospital) -> None:
    living = set(
        Referral.objects.filter(case=case, ended_at=None).values_list("hospital", flat=True)
    )
    if hospital.pk in living:
        raise ActionRefusedError(_("It is shared with this hospital already."))
    if len(living) >= AT_ONCE:
        raise ActionRefusedError(_("Three hospitals see this case already. End one of them first."))


def _consents_for(case: Case, hospital) -> tuple[Consent, Consent]:
    """Raises ActionRefusedError when one is missing, withdrawn, or given to an older text."""
    rows = list(Consent.objects.filter(case=case))
    living = [row for row in rows if row.withdrawn_at is None]
    kinds = {row.kind for row in living}
    if any(row.kind in NEEDED and row.kind not in kinds for row in rows):
        raise ActionRefusedError(_("The family has withdrawn a consent that this needs."))
    shares = (row for row in living if row.hospital_id == hospital.pk)
    transfers = (row for row in living if row.kind == Consent.Kind.TRANSFER_CHINA)
    share, transfer = next(shares, None), next(transfers, None)
    if share is None or transfer is None:
        raise ActionRefusedError(_("The family has not agreed to share it with this hospital."))
    if not (consents.is_current(share) and consents.is_current(transfer)):
        raise ActionRefusedError(
            _("The text has changed since the family agreed. Propose the hospital again.")
        )
    return share, transfer


def _hand_to_hospital(case: Case, by) -> None:
    owed = FamilyTask.objects.filter(case=case, done_at=None).exists()
    if not owed and can_take_step(by, case, Step.SEND_TO_HOSPITAL):
        apply_step(by=by, case=case, step=Step.SEND_TO_HOSPITAL)
        return
    notifications.notify_family(case, notifications.STATUS_CHANGED)


@transaction.atomic
def end_referral(*, by, referral: Referral, version: int | None = None) -> None:
    """The hospital sees it no longer, from its next request on."""
    case = referral.case
    lock_case(case)
    if not can_work(by, case):
        raise ActionRefusedError(_("This case is not yours to work on."))
    if not end_shares(Referral.objects.filter(pk=referral.pk), by):
        return
    others = Referral.objects.filter(case=case, ended_at=None)
    is_last = case.waiting_on == WaitingOn.HOSPITAL and not others.exists()
    if is_last and can_take_step(by, case, Step.RESUME_TRIAGE):
        apply_step(by=by, case=case, step=Step.RESUME_TRIAGE, version=version)
        return
    change_case(case, version=version)
    notifications.notify_family(case, notifications.STATUS_CHANGED)


def open_referral(*, by, referral: Referral) -> Referral:
    """A hospital reads what was shared with it; each reading is a row (row L3).

    Raises ActionRefusedError.
    """
    if not can_read_referral(by, referral):
        raise ActionRefusedError("not to be read")
    details = {"label": referral.case.reference, "hospital": referral.hospital.slug}
    audit.record(by=by, action="referral.opened", obj=referral, **details)
    return referral


def copies_for(*, by, referral: Referral) -> list[SharedCopy]:
    """Return the copies of scans that this hospital may have; the rest is not named to it."""
    copies = shared_copies(case=referral.case)
    return [copy for copy in copies if can_share_record(by, copy.record, referral)]


def open_shared_copy(*, by, referral: Referral, copy: DerivedFile):
    """The copy of a scan that was made for hospitals, as a reader; never the scan itself.

    Raises ActionRefusedError, SealBrokenError, KeyDestroyedError or store.FileLostError.
    """
    record = copy.record
    is_one = copy.purpose == Purpose.SHARED and record is not None
    if not is_one or not can_share_record(by, record, referral):
        raise ActionRefusedError("not to be read")
    if not copy.storage_name:
        raise store.FileLostError
    file = store.reading(copy.storage_name)
    try:
        reader = open_sealed(file, case_key(referral.case), copy.storage_name)
    except (SealBrokenError, KeyDestroyedError):
        file.close()
        raise
    details = {"label": referral.case.reference, "hospital": referral.hospital.slug}
    audit.record(by=by, action="record.opened", obj=record, copy="shared", **details)
    return reader
