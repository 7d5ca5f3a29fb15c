"""Two cases of one patient become one: everything of the one that ends moves to the other.

Words and rows move at once, in one transaction. Files are sealed with the key of their case, so
a job copies each anew and then changes its row: whenever it is killed, a paper is whole in one
of the two cases, and the job goes on with those that are left. What nobody names is swept.
"""

from contextlib import ExitStack

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import notifications
from cases.actions.checklist import move_checklist
from cases.actions.core import ActionRefusedError, change_case, forget_derived, leave_event
from cases.actions.duplicates import decide, refuse_others
from cases.actions.keys import case_key
from cases.actions.records import queue_what_follows
from cases.actions.shares import lock_case
from cases.actions.steps import close_case
from cases.models import (
    Case,
    Consent,
    DuplicateHint,
    FamilyMember,
    FamilyTask,
    ImagingReading,
    MergeAgreement,
    Message,
    PatientTrace,
    PhotoDocument,
    Proposal,
    Record,
    Referral,
)
from cases.models.event import EventKind
from cases.models.key import SealedTextField
from cases.records import crypto, sealed, store
from cases.records.kinds import Status
from cases.workflow import CloseReason
from portal import audit

# What becomes of every table that belongs to a case. A test holds it complete.
STAYS = frozenset({"Inquiry", "Draft", "CaseKey", "CaseEvent", "IdentityCheck", "MergeAgreement"})
MOVES = frozenset(
    {"FamilyMember", "Message", "FamilyTask", "Consent", "Referral", "Proposal", "PatientTrace"}
)
MOVES_WITH_FILES = frozenset({"Record", "DerivedFile", "PhotoDocument", "ChecklistItem"})
POINTS_THERE = frozenset({"Case", "DuplicateHint"})


class NotYetError(Exception):
    """A paper is being sent or checked at this moment: try again a little later."""


@transaction.atomic
def merge_cases(*, by, hint: DuplicateHint, keep: Case, version: int | None = None) -> None:
    """The other case ends in this one; its reference and its owner's code lead here.

    Raises ActionRefusedError without both agreements, or when a second adult is there already.
    No consent is carried over: each was given for the other case.
    """
    refuse_others(by, hint)
    left = _other(hint, keep)
    for case in sorted((keep, left), key=lambda case: case.pk):
        lock_case(case)
    left.refresh_from_db()
    if keep.has_ended or left.has_ended:
        raise ActionRefusedError(_("One of the two cases has ended."))
    if FamilyMember.objects.filter(case__in=(keep, left), is_owner=False, ended_at=None).exists():
        raise ActionRefusedError(_("A second adult has access already. End that first."))
    decide(hint, DuplicateHint.State.MERGED, by)
    change_case(keep, version=version, has_new_words=True)
    _move_tasks(left, keep)
    close_case(by=by, case=left, reason=CloseReason.DUPLICATE)
    _point_there(left, keep)
    _move_rows(left, keep)
    leave_event(keep, EventKind.MERGED, by=by, other=left.reference)
    notifications.notify_family(keep, notifications.STATUS_CHANGED)
    queue_papers(left)


def _other(hint: DuplicateHint, keep: Case) -> Case:
    if keep.pk not in (hint.older_id, hint.newer_id):
        raise ActionRefusedError(_("Choose one of the two cases."))
    if MergeAgreement.objects.filter(hint=hint).count() < 2:
        raise ActionRefusedError(_("Both families have to agree first."))
    return hint.other(keep)


def _move_tasks(left: Case, keep: Case) -> None:
    """What both are asked for is asked once."""
    asked_here = FamilyTask.objects.filter(case=keep, done_at=None).values_list("code", flat=True)
    twice = FamilyTask.objects.filter(case=left, done_at=None, code__in=list(asked_here))
    twice.update(done_at=timezone.now())
    FamilyTask.objects.filter(case=left).update(case=keep)


def _point_there(left: Case, keep: Case) -> None:
    """Whoever asks for this case comes to the other; so does what was joined with it before."""
    Case.objects.filter(Q(pk=left.pk) | Q(merged_into=left)).update(merged_into=keep)
    left.merged_into = keep
    for hint in DuplicateHint.objects.filter(
        Q(older=left) | Q(newer=left), state=DuplicateHint.State.OPEN
    ):
        _point_hint(hint, left, keep)


def _point_hint(hint: DuplicateHint, left: Case, keep: Case) -> None:
    """A third case of the same patient: it is compared with the one that goes on."""
    third = hint.newer_id if hint.older_id == left.pk else hint.older_id
    pair = Q(older=third, newer=keep) | Q(older=keep, newer=third)
    if DuplicateHint.objects.filter(pair).exists():
        hint.delete()
        return
    # Whoever agreed, agreed about another case.
    hint.agreements.all().delete()
    side = "older" if hint.older_id == left.pk else "newer"
    DuplicateHint.objects.filter(pk=hint.pk).update(**{side: keep})


def _move_rows(left: Case, keep: Case) -> None:
    now = timezone.now()
    for model in (Message, Proposal):
        for row in model.objects.filter(case=left).select_related("case"):
            _move_words(row, keep)
    Consent.objects.filter(case=left, withdrawn_at=None).update(withdrawn_at=now, living_key=None)
    Consent.objects.filter(case=left).update(case=keep)
    Referral.objects.filter(case=left).update(case=keep)
    known = list(PatientTrace.objects.filter(case=keep).values_list("key", flat=True))
    PatientTrace.objects.filter(case=left, key__in=known).delete()
    PatientTrace.objects.filter(case=left).update(case=keep)
    _let_in(left, keep)


def _move_words(row, keep: Case) -> None:
    """Opened with the key of the case that it leaves, and sealed with that of the other."""
    names = [
        field.name for field in row._meta.concrete_fields if isinstance(field, SealedTextField)
    ]
    for name in names:
        getattr(row, name)
    row.case = keep
    row.save(update_fields=["case", *names])


def _let_in(left: Case, keep: Case) -> None:
    """The same person with the same code: sessions that are open go on, in the other case.

    Nobody else was let in since `merge_cases` looked: whoever lets in locks the case as well.
    """
    owner = FamilyMember.objects.filter(case=left, is_owner=True)
    owner.update(case=keep, is_owner=False, can_write=True)
    FamilyMember.objects.filter(case=left).update(case=keep)


def queue_papers(left: Case) -> None:
    from cases.jobs import move_papers

    if Record.objects.filter(case=left).exists() or left.photo_documents.exists():
        move_papers.enqueue(str(left.pk))


def cases_with_papers_to_move() -> list:
    """Joined cases whose job was lost, or that got a paper at the last moment."""
    joined = Case.objects.filter(merged_into__isnull=False)
    waiting = joined.filter(Q(records__isnull=False) | Q(photo_documents__isnull=False))
    return list(waiting.distinct().values_list("pk", flat=True))


def move_papers(*, left: Case) -> int:
    """Every paper of a joined case into the other; how many. Not to be called in a transaction.

    May run twice, and go on after a kill. Raises NotYetError while one is sent or checked.
    """
    keep, moved, waits = left.merged_into, 0, False
    if PhotoDocument.objects.filter(case=left, record=None, failed_at=None).exists():
        raise NotYetError
    for record in Record.objects.filter(case=left).select_related("case"):
        try:
            _move_paper(record, keep)
            moved += 1
        except (NotYetError, store.BusyError):
            waits = True
    if waits:
        raise NotYetError
    _move_documents(PhotoDocument.objects.filter(case=left), case_key(left), keep)
    return moved


def _move_paper(record: Record, keep: Case) -> None:
    """The file first, then its row; the former file when the row is changed for good."""
    old_key, new_key = case_key(record.case), case_key(keep)
    with ExitStack() as locks:
        if record.status == Status.UPLOADING:
            # Nobody writes to it meanwhile. Raises BusyError.
            locks.enter_context(store.writing(record.storage_name))
            record.refresh_from_db()
        if record.status == Status.CHECKING:
            raise NotYetError
        name = _copy_file(record, old_key, new_key)
        try:
            _move_row(record, keep, name, old_key, new_key)
        except BaseException:
            if name != record.storage_name:
                store.remove(name)
            raise


def _copy_file(record: Record, old_key: bytes, new_key: bytes) -> str:
    """Its name; the former one when there is nothing to copy: refused, lost or damaged."""
    if record.status == Status.REFUSED:
        return record.storage_name
    name = store.create()
    try:
        with store.reading(record.storage_name) as source, store.writing(name) as target:
            appender = sealed.Appender(target, new_key, name)
            is_whole = record.status != Status.UPLOADING
            received = None if is_whole else record.received
            for piece in sealed.pieces_of(source, old_key, record.storage_name, received):
                appender.write(piece)
            appender.finish() if is_whole else appender.flush()
    except (store.FileLostError, crypto.SealBrokenError) as error:
        store.remove(name)
        is_missed = isinstance(error, store.FileLostError) and record.status != Status.UNREADABLE
        if is_missed and record.may_come_back:
            # With its row it would get the other case's key, and open nowhere when it is back.
            raise NotYetError from error
        return record.storage_name
    except BaseException:
        store.remove(name)
        raise
    return name


@transaction.atomic
def _move_row(record: Record, keep: Case, name: str, old_key: bytes, new_key: bytes) -> None:
    left, former = record.case, record.storage_name
    as_it_was = Record.objects.filter(
        pk=record.pk, case=left, status=record.status, received=record.received
    )
    tail = record.tail(old_key) if record.status == Status.UPLOADING else b""
    place = record.about(f"tail-{record.received}")
    changed = as_it_was.update(
        case=keep,
        # For hospitals it waits for a consent that knows of it.
        moved_at=timezone.now(),
        storage_name=name,
        sealed_name=_sealed_anew(record.sealed_name, record.about("name"), old_key, new_key),
        sealed_metadata=_sealed_anew(
            record.sealed_metadata, record.about("metadata"), old_key, new_key
        ),
        sealed_tail=crypto.seal(new_key, tail, place) if tail else b"",
    )
    if not changed:
        raise NotYetError
    # Made from the file, and made again.
    forget_derived(record.derived.all())
    ImagingReading.objects.filter(record=record).delete()
    move_checklist(source=left, target=keep)
    _move_documents(PhotoDocument.objects.filter(record=record), old_key, keep)
    codes = {"label": keep.reference, "from": left.reference}
    audit.record(by=None, action="record.moved", obj=record, **codes)
    if name != former:
        transaction.on_commit(lambda: store.remove(former))
    if record.status == Status.FINE:
        moved = Record.objects.select_related("case").get(pk=record.pk)
        queue_what_follows(moved)


def _sealed_anew(value: bytes, about: str, old_key: bytes, new_key: bytes) -> bytes:
    return crypto.seal(new_key, crypto.unseal(old_key, value, about), about) if value else b""


def _move_documents(documents, old_key: bytes, keep: Case) -> None:
    new_key = case_key(keep)
    for document in documents:
        document.sealed_name = _sealed_anew(document.sealed_name, document.about, old_key, new_key)
        document.case = keep
        document.save(update_fields=["case", "sealed_name"])
