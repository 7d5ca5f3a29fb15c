"""What becomes of a file that arrived: checked, read, marked unreadable, removed."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import notifications
from cases.actions.checklist import note_readable, note_unreadable
from cases.actions.core import (
    ActionRefusedError,
    ChangedMeanwhileError,
    change_case,
    forget_derived,
    leave_event,
)
from cases.actions.derived import has_copies, queue_copies
from cases.actions.imaging import is_scan, queue_scans
from cases.actions.keys import case_key
from cases.actions.messages import hand_to_coordinator
from cases.actions.steps import apply_step
from cases.models import Case, CaseEvent, FamilyTask, ImagingReading, Record
from cases.models.event import EventKind
from cases.permissions import can_read_record, can_remove_record, can_take_step, can_work
from cases.records import checking, scanner, store
from cases.records.checking import Verdict
from cases.records.crypto import KeyDestroyedError, KeyUnknownError, SealBrokenError
from cases.records.kinds import STAFF_REASONS, Reason, Status
from cases.records.sealed import open_sealed
from cases.workflow import InfoReason, Step
from portal import alerts, audit

# A scanner that is down is asked again after this.
NEXT_CHECK = timedelta(seconds=30)
# So many files of a case may cost too much; then its next check waits. Forgotten after a day.
COSTLY_AT_ONCE, COSTLY_WAIT, COSTLY_KEPT = 2, timedelta(hours=1), timedelta(days=1)
# Thirty photos of one evening are one line of the history and one mail.
TOLD_ONCE_IN = timedelta(minutes=30)


def check_record(*, record: Record) -> Status:
    """Judge, scan, and write down what was found; CHECKING again when nobody could say.

    Takes its time: not to be called within a transaction.
    """
    if waits_until := _next_allowed(record.case_id):
        return _check_later(record, waits_until)
    try:
        key = case_key(record.case)
        verdict = checking.judge_file(record.storage_name, key, record.kind)
    except KeyUnknownError:
        alerts.tell_operator(alerts.WRONG_KEYS, "check")
        return _check_later(record, timezone.now() + NEXT_CHECK)
    except store.FileLostError:
        alerts.tell_operator(alerts.FILE_LOST, "check")
        if record.may_come_back:
            return _check_later(record, timezone.now() + NEXT_CHECK)
        return _settle(record, Verdict(Status.UNREADABLE, Reason.LOST))
    except (KeyDestroyedError, SealBrokenError):
        return _settle(record, Verdict(Status.UNREADABLE, Reason.BROKEN))
    try:
        virus = _find_virus(record, key, verdict)
    except scanner.ScannerDownError as error:
        is_small = isinstance(error, scanner.ScannerTooSmallError)
        alerts.tell_operator(alerts.SCANNER_SMALL if is_small else alerts.SCANNER_DOWN, "check")
        if verdict.status == Status.FINE:
            return _check_later(record, timezone.now() + NEXT_CHECK)
        virus = ""
    if virus:
        verdict = Verdict(Status.QUARANTINED, Reason.INFECTED)
    return _settle(record, verdict)


def _find_virus(record: Record, key: bytes, verdict: Verdict) -> str:
    if not scanner.is_configured():
        return ""
    is_sound = verdict.status == Status.FINE
    return checking.find_virus(record.storage_name, key, record.kind, is_sound)


def _next_allowed(case_id):
    """When the case may cost something again; None when it may now.

    Asked of the row, and not counted from papers: those that were refused can be removed.
    """
    case = Case.objects.only("costly_checks", "costly_at").get(pk=case_id)
    if case.costly_checks < COSTLY_AT_ONCE or case.costly_at is None:
        return None
    waits_until = case.costly_at + COSTLY_WAIT
    return waits_until if waits_until > timezone.now() else None


def _count_costly(case_id) -> None:
    now = timezone.now()
    case = Case.objects.select_for_update().only("costly_checks", "costly_at").get(pk=case_id)
    is_new = case.costly_at is None or case.costly_at < now - COSTLY_KEPT
    count = 1 if is_new else min(case.costly_checks + 1, COSTLY_AT_ONCE)
    Case.objects.filter(pk=case_id).update(costly_checks=count, costly_at=now)


def _check_later(record: Record, at) -> Status:
    """Fail closed: what nobody looked into is given to nobody (row U7)."""
    record.next_check_at = at
    rows = Record.objects.filter(pk=record.pk, status=Status.CHECKING)
    rows.update(next_check_at=record.next_check_at)
    return Status.CHECKING


@transaction.atomic
def _settle(record: Record, verdict: Verdict) -> Status:
    rows = Record.objects.filter(pk=record.pk, status=Status.CHECKING)
    changed = rows.update(
        status=verdict.status,
        reason=verdict.reason,
        flags=list(verdict.flags),
        checked_at=timezone.now(),
        next_check_at=None,
    )
    if not changed:
        # Removed, or checked by another worker meanwhile.
        return verdict.status
    codes = {"status": str(verdict.status), "reason": str(verdict.reason)}
    audit.record(by=None, action="record.checked", obj=record, **codes)
    if verdict.reason == Reason.TOO_MUCH:
        _count_costly(record.case_id)
    if verdict.status == Status.REFUSED:
        # Nobody needs it any more, and some of it is dangerous.
        transaction.on_commit(lambda: store.remove(record.storage_name))
    if verdict.status == Status.FINE:
        queue_what_follows(record)
    _tell(record.case, record, verdict.status)
    return verdict.status


def queue_what_follows(record: Record) -> None:
    """Jobs that make something of a paper that passed its checks."""
    if has_copies(record):
        queue_copies(record)
    if is_scan(record):
        queue_scans(record.case)


def _tell(case: Case, record: Record, status: Status) -> None:
    """The office learns that papers came, the family that one is of no use."""
    if status == Status.FINE:
        if _leave_event_once(case, EventKind.PAPERS_ADDED, by=record.uploaded_by):
            hand_to_coordinator(case, keep_turn=True)
        return
    if status == Status.QUARANTINED:
        leave_event(case, EventKind.PAPER_LOCKED_AWAY, by=None)
        hand_to_coordinator(case, keep_turn=True)
    if _leave_event_once(case, EventKind.PAPER_NOT_USABLE, by=None):
        notifications.notify_family(case, notifications.STATUS_CHANGED)


def _leave_event_once(case: Case, kind: EventKind, *, by) -> bool:
    since = timezone.now() - TOLD_ONCE_IN
    if CaseEvent.objects.filter(case=case, kind=kind, at__gt=since).exists():
        return False
    leave_event(case, kind, by=by)
    return True


@transaction.atomic
def remove_record(*, by, record: Record) -> None:
    """The family takes one back, finished or not. The file goes when the row is gone for good."""
    if not can_remove_record(by, record):
        raise ActionRefusedError(_("You can no longer change the papers of this case."))
    audit.record(by=by, action="record.removed", obj=record, status=str(record.status))
    name = record.storage_name
    forget_derived(record.derived.all())
    Record.objects.filter(pk=record.pk).delete()
    transaction.on_commit(lambda: store.remove(name))


def open_record(*, by, record: Record):
    """The plain bytes as a reader, its name; every reading by staff leaves a row (row L3).

    Raises ActionRefusedError, SealBrokenError, KeyDestroyedError or store.FileLostError.
    """
    if not can_read_record(by, record):
        raise ActionRefusedError("not to be read")
    key = case_key(record.case)
    file = store.reading(record.storage_name)
    try:
        reader = open_sealed(file, key, record.storage_name)
    except SealBrokenError:
        file.close()
        raise
    audit.record(by=by, action="record.opened", obj=record, label=record.case.reference)
    return reader, record.name(key)


@transaction.atomic
def mark_unreadable(*, by, record: Record, reason: str, version: int | None = None) -> None:
    """The office cannot use a paper: the family gets a task, and its turn if that is possible."""
    case = record.case
    if not can_work(by, case) or case.has_ended:
        raise ActionRefusedError(_("This case is not yours to work on."))
    if reason not in STAFF_REASONS:
        raise ActionRefusedError(_("Choose why it cannot be used."))
    _change_mark(record, Status.FINE, Status.UNREADABLE, reason, by)
    if reason == Reason.OTHER_PERSON:
        # Nothing that was made of it stays to be shown; taken back, it is made anew.
        forget_derived(record.derived.all())
        ImagingReading.objects.filter(record=record).delete()
    note_unreadable(record)
    _task, is_new = FamilyTask.objects.get_or_create(
        case=case, code=InfoReason.PAPER_AGAIN, done_at=None
    )
    leave_event(case, EventKind.PAPER_UNREADABLE, by=by, reason=str(reason))
    answered = {"first_answered_at": case.first_answered_at or timezone.now()}
    if is_new and can_take_step(by, case, Step.ASK_FOR_INFORMATION):
        apply_step(by=by, case=case, step=Step.ASK_FOR_INFORMATION, version=version, **answered)
        return
    change_case(case, version=version, **answered)
    if is_new:
        notifications.notify_family(case, notifications.STATUS_CHANGED)


@transaction.atomic
def mark_readable(*, by, record: Record, version: int | None = None) -> None:
    """Taken back: it can be read after all. The family's task stays theirs to finish."""
    if not can_work(by, record.case):
        raise ActionRefusedError(_("This case is not yours to work on."))
    if not record.is_marked_by_staff:
        raise ActionRefusedError(_("The checks refused this file; nobody can change that."))
    was_anothers = record.is_anothers
    _change_mark(record, Status.UNREADABLE, Status.FINE, "", by)
    note_readable(record)
    if was_anothers:
        queue_what_follows(Record.objects.select_related("case").get(pk=record.pk))
    change_case(record.case, version=version)


def _change_mark(record: Record, old: Status, new: Status, reason: str, by) -> None:
    rows = Record.objects.filter(pk=record.pk, status=old)
    is_bad = new == Status.UNREADABLE
    if not rows.update(status=new, reason=reason, is_marked_by_staff=is_bad):
        raise ChangedMeanwhileError
    codes = {"status": str(new), "reason": str(reason)}
    audit.record(by=by, action="record.marked", obj=record, **codes)
