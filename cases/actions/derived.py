"""Files made from papers: copies of pictures to look at. Made by jobs, opened like papers."""

import errno
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from cases.actions.core import ActionRefusedError
from cases.actions.keys import case_key
from cases.models import DerivedFile, Purpose, Record
from cases.permissions import can_read_record, is_family
from cases.records import store
from cases.records.crypto import KeyDestroyedError, SealBrokenError
from cases.records.derive import CannotMakeError, Derived, DeriveFailedError, Made, deriving
from cases.records.kinds import PICTURES, Kind, Status
from cases.records.sealed import open_sealed
from portal import alerts, audit
from portal.chains import arguments_with_jobs
from portal.sandbox import Limits

# In the order in which the task writes them.
COPIES = (Purpose.VIEWING, Purpose.SMALL)
LIMITS = Limits(seconds=20, file_size=16 * 1024**2)
# A copy that is still missing is looked for so long, and one that waits is not hurried.
MISSED_AFTER, MISSED_UNTIL = timedelta(minutes=3), timedelta(days=7)
MISSED_AT_ONCE = 50


def has_copies(record: Record) -> bool:
    """Whether copies are made of papers of this kind."""
    return record.kind in PICTURES


def queue_copies(record: Record) -> None:
    from cases.jobs import make_viewing_copies

    make_viewing_copies.enqueue(str(record.pk))


def make_viewing_copies(*, record: Record) -> bool:
    """The copies of a picture that passed its checks; whether there are any now.

    May run twice: the second finds the rows. Raises DeriveFailedError when
    it should be tried again. Not to be called within a transaction.
    """
    if not has_copies(record) or not record.is_readable or record.is_anothers:
        return False
    if known := list(record.derived.filter(purpose__in=COPIES)):
        return all(row.storage_name for row in known)
    try:
        with deriving(
            "picture",
            case_key=case_key(record.case),
            inputs=[record.storage_name],
            outputs=len(COPIES),
            details={"kind": str(record.kind)},
            limits=LIMITS,
        ) as derived:
            return keep_files(record=record, purposes=COPIES, kind=Kind.JPEG, derived=derived)
    except (CannotMakeError, SealBrokenError, KeyDestroyedError, store.FileLostError):
        return keep_nothing(record=record, purposes=COPIES, kind=Kind.JPEG)
    except OSError as error:
        tell_of_disk(error)
        raise DeriveFailedError(errno.errorcode.get(error.errno, "")) from error


def tell_of_disk(error: OSError) -> None:
    """No family waits for what the job makes, so nobody else would notice."""
    alerts.tell_operator(alerts.trouble_of(error), "derive")


@transaction.atomic
def keep_files(*, record: Record, purposes: Iterable, kind: Kind, derived: Derived) -> bool:
    """Rows for the files that a task has written, one for each purpose, in its order.

    False when the paper was removed meanwhile, or somebody was faster: the
    files then go again. The same purpose several times counts its positions.
    """
    if not _may_add(record, purposes):
        return False
    DerivedFile.objects.bulk_create(_rows(record, purposes, kind, derived.files))
    # Should the transaction fail after all, the orphan sweep has them.
    derived.keep()
    return True


def _rows(record: Record, purposes, kind: Kind, files: Iterable[Made | None]):
    counts = {}
    for purpose, made in zip(purposes, files, strict=True):
        counts[purpose] = counts.get(purpose, -1) + 1
        yield DerivedFile(
            case_id=record.case_id,
            record=record,
            purpose=purpose,
            kind=kind,
            position=counts[purpose],
            storage_name=made.storage_name if made else None,
            size=made.size if made else 0,
        )


@transaction.atomic
def keep_nothing(*, record: Record, purposes: Iterable, kind: Kind) -> bool:
    """Write down that none can be made, so that nobody tries again."""
    purposes = list(purposes)
    if _may_add(record, purposes):
        rows = _rows(record, purposes, kind, [None] * len(purposes))
        DerivedFile.objects.bulk_create(rows)
    return False


def _may_add(record: Record, purposes: Iterable) -> bool:
    """Locks the paper: one worker after the other, and none once it is gone."""
    mine = Record.objects.select_for_update().filter(pk=record.pk, case=record.case_id)
    now = mine.first()
    # Removed, moved to another case with another key, or found to be another person's meanwhile.
    if now is None or now.is_anothers:
        return False
    return not DerivedFile.objects.filter(record=record, purpose__in=purposes).exists()


def queue_missed_copies() -> int:
    """Pictures without copies whose job was lost: a worker was killed, the disk was full."""
    from cases.jobs import make_viewing_copies

    now = timezone.now()
    missed = (
        Record.objects.filter(
            kind__in=PICTURES,
            status=Status.FINE,
            checked_at__lt=now - MISSED_AFTER,
            checked_at__gt=now - MISSED_UNTIL,
        )
        .exclude(derived__purpose=Purpose.VIEWING)
        .order_by("-checked_at")
        .values_list("pk", flat=True)
    )
    queued = arguments_with_jobs(make_viewing_copies.module_path)
    keys = [str(pk) for pk in missed[:MISSED_AT_ONCE] if str(pk) not in queued]
    for key in keys:
        make_viewing_copies.enqueue(key)
    return len(keys)


def open_copy(*, by, record: Record, purpose: str, position: int = 0):
    """The plain bytes of a file made from this paper, as a reader.

    As for the paper itself: asked at every request, written down (row L3).
    Raises ActionRefusedError, SealBrokenError, KeyDestroyedError or store.FileLostError.
    """
    if not can_read_record(by, record):
        raise ActionRefusedError("not to be read")
    row = record.derived.filter(purpose=purpose, position=position).first()
    if row is None or row.storage_name is None:
        raise store.FileLostError
    file = store.reading(row.storage_name)
    try:
        reader = open_sealed(file, case_key(record.case), row.storage_name)
    except (SealBrokenError, KeyDestroyedError):
        file.close()
        raise
    # A family's own list is full of stamps; who of the staff looks always leaves a row.
    if not (is_family(by) and purpose == Purpose.SMALL):
        details = {"label": record.case.reference, "copy": str(purpose)}
        audit.record(by=by, action="record.opened", obj=record, **details)
    return reader
