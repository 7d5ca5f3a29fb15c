"""Files that arrive: begun, received piece by piece, whole. Sealed before they touch the disk.

Order of every step: bytes on the disk first, then the row that acknowledges
them. A worker killed in between leaves bytes that nobody counts; the next
write cuts them off.
"""

import hmac
from collections.abc import Iterable
from datetime import timedelta

from django.db import OperationalError, transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.actions.core import ActionRefusedError
from cases.actions.keys import case_key
from cases.models import Case, Record
from cases.permissions import can_send_records
from cases.records import crypto, kinds, store
from cases.records.kinds import Status
from cases.records.sealed import Appender
from portal import alerts, audit, disks
from portal.troubles import StorageDownError, is_disk_trouble, is_full

# An upload that nobody goes on with is cleared away after this.
UPLOAD_KEPT = timedelta(days=7)
# Within one request; more is never lost by a kill.
ACKNOWLEDGED_EVERY = 8 * kinds.MB


class StorageFullError(Exception):
    """Nothing more can be kept now; what was acknowledged is safe (row R6)."""


class WrongOffsetError(Exception):
    """The sender goes on at another place than we do."""


class GoneError(Exception):
    """This upload has expired or was removed."""


class TooMuchError(Exception):
    """More bytes than the upload announced."""


class ChecksumError(Exception):
    """What arrived is not what was sent; it was thrown away."""


def begin_upload(
    *, by, case: Case, name: str, size: int, metadata: str = "", submission=None
) -> Record:
    """The row and its empty file. The same submission sent twice is one row (row R3)."""
    _look(by, case, name, size)
    refuse_when_full("upload")
    key, storage_name = case_key(case), _create_file()
    record = _new_record(by, case, name, size, storage_name, key, metadata)
    record.submission = submission or record.submission
    record.expires_at = timezone.now() + UPLOAD_KEPT
    try:
        kept = _insert(record)
    except BaseException:
        store.remove(storage_name)
        raise
    if kept is not record:
        store.remove(storage_name)
    return kept


def _look(by, case: Case, name: str, size: int) -> None:
    """What can be refused before the first byte. Raises ActionRefusedError."""
    if not can_send_records(by, case):
        raise ActionRefusedError(_("You can no longer add papers to this case."))
    refusal = refusal_in(case, name, size)
    if refusal:
        raise ActionRefusedError(refusal)


def refuse_when_full(route: str) -> None:
    """Nothing new begins while little room is left. Raises StorageFullError.

    What has begun goes on: a part that is there already is worth more than one that is not.
    """
    if not disks.has_room():
        alerts.tell_operator(alerts.LITTLE_ROOM, route)
        raise StorageFullError


def refusal_in(case: Case, name: str, size: int):
    """As `refusal_of`, and what an inquiry that is held as a machine's may not send yet."""
    refusal = refusal_of(name, size)
    if not refusal and case.held_for and kinds.allowed_of(name).kind in kinds.SCANS:
        return _(
            "We take scans once a coordinator has looked at your inquiry. Until then send papers "
            "and photos, 30 MB in all. If it cannot wait, call us."
        )
    return refusal


def refusal_of(name: str, size: int):
    """Why a file of this name and size cannot be sent, in words for the family; or None."""
    allowed = kinds.allowed_of(name)
    if allowed is None:
        return _("We cannot take this kind of file. Send a PDF, a photo, or scans as DICOM or zip.")
    if size <= 0:
        return _("This file is empty. Look whether it opens on your device, then choose it again.")
    if size > allowed.size:
        if allowed.size == kinds.PAPER_MAX:
            return _("This file is larger than 30 MB. Send it in parts, or as photos.")
        return _("This file is larger than 2 GB. Send it in parts.")
    return None


def _new_record(by, case, name, size, storage_name, key, metadata="") -> Record:
    record = Record(
        case=case,
        uploaded_by=by,
        storage_name=storage_name,
        kind=kinds.allowed_of(name).kind,
        size=size,
    )
    clean = kinds.clean_name(name)
    record.sealed_name = crypto.seal_text(key, clean, record.about("name"))
    if metadata:
        record.sealed_metadata = crypto.seal_text(key, metadata, record.about("metadata"))
    return record


def _create_file() -> str:
    try:
        return store.create()
    except OSError as error:
        _tell_of(error)
        raise


@transaction.atomic
def _insert(record: Record) -> Record:
    """The row, or the one that an earlier attempt has made."""
    # One after the other for each case, or two files pass a limit that has room for one.
    case = Case.objects.select_for_update().get(pk=record.case_id)
    begun = Record.objects.filter(case=record.case_id, submission=record.submission).first()
    if begun and begun.is_expired:
        # Its file is swept with the other orphans.
        begun.delete()
    elif begun and begun.size == record.size:
        return begun
    elif begun:
        raise ActionRefusedError(_("This is another file than before. Choose it again."))
    _refuse_beyond_limits(record, case)
    record.save(force_insert=True)
    audit.record(by=record.uploaded_by, action="record.begun", obj=record)
    return record


def _refuse_beyond_limits(record: Record, case: Case) -> None:
    held = Record.objects.filter(case=record.case_id).aggregate(
        files=Count("pk"),
        kept=Sum("size", filter=~Q(status=Status.REFUSED), default=0),
        sent=Sum("size", default=0),
    )
    if case.held_for and held["sent"] + record.size > kinds.HELD_BYTES:
        raise ActionRefusedError(
            _(
                "Until a coordinator has looked at your inquiry, it holds 30 MB of papers. Remove "
                "one, send a smaller photo, or send the rest after our first answer."
            )
        )
    if held["files"] >= kinds.CASE_FILES:
        raise ActionRefusedError(
            _("This case holds 200 files already. Remove some, or put scans into one zip.")
        )
    if held["kept"] + record.size > kinds.CASE_BYTES:
        raise ActionRefusedError(_("This case has no room for it: 4 GB is the most. Write to us."))


def keep_whole(*, by, case: Case, name: str, size: int, storage_name: str) -> Record:
    """A file of the plain form, which is written to the store already; else it is removed."""
    try:
        _look(by, case, name, size)
        # Young again: a form that took an hour to arrive must not lose it to the sweep.
        store.touch(storage_name)
        record = _new_record(by, case, name, size, storage_name, case_key(case))
        now = timezone.now()
        record.received, record.completed_at, record.expires_at = size, now, now + UPLOAD_KEPT
        record.status, record.next_check_at = Status.CHECKING, now
        with transaction.atomic():
            _insert(record)
            _queue_check(record)
    except BaseException:
        store.remove(storage_name)
        raise
    return record


def receive(*, by, record: Record, offset: int, pieces: Iterable[bytes], checksum=None) -> Record:
    """Append what arrives at `offset`; the row then says what is acknowledged.

    `checksum` is a hash object and the digest that the sender promised: then
    nothing is acknowledged before it agrees. Raises StorageFullError, StorageDownError,
    WrongOffsetError, TooMuchError, GoneError, ChecksumError or store.BusyError.
    """
    if not can_send_records(by, record.case):
        raise GoneError
    key = case_key(record.case)
    try:
        with store.writing(record.storage_name) as file:
            record.refresh_from_db()
            _look_at_offset(record, offset)
            if not record.received:
                refuse_when_full("upload")
            name, tail = record.storage_name, record.tail(key)
            appender = Appender(file, key, name, record.received, tail)
            _append(record, appender, key, pieces, checksum)
    except (store.FileLostError, Record.DoesNotExist) as error:
        raise GoneError from error
    except (OSError, OperationalError) as error:
        _tell_of(error)
        raise
    return record


def _look_at_offset(record: Record, offset: int) -> None:
    if record.is_expired:
        raise GoneError
    if record.status != Status.UPLOADING or offset != record.received:
        raise WrongOffsetError


def _append(record, appender: Appender, key: bytes, pieces, checksum) -> None:
    for piece in pieces:
        # Measured here too: another part may have arrived since the request was looked at.
        if appender.received + len(piece) > record.size:
            raise TooMuchError
        appender.write(piece)
        if checksum:
            checksum[0].update(piece)
        elif appender.received - record.received >= ACKNOWLEDGED_EVERY:
            _acknowledge(record, appender, key)
    if checksum and not hmac.compare_digest(checksum[0].digest(), checksum[1]):
        raise ChecksumError
    if appender.received > record.received:
        _acknowledge(record, appender, key)


def _acknowledge(record: Record, appender: Appender, key: bytes) -> None:
    """The bytes are on the disk; now the row says so, if it is as we read it."""
    is_whole = appender.received == record.size
    appender.finish() if is_whole else appender.flush()
    now, known = timezone.now(), record.received
    record.received, record.expires_at = appender.received, now + UPLOAD_KEPT
    record.sealed_tail = b"" if is_whole else _sealed_tail(record, appender, key)
    fields = ["received", "expires_at", "sealed_tail"]
    if is_whole:
        record.status, record.completed_at, record.next_check_at = Status.CHECKING, now, now
        fields += ["status", "completed_at", "next_check_at"]
    with transaction.atomic():
        rows = Record.objects.filter(pk=record.pk, received=known, status=Status.UPLOADING)
        if not rows.update(**{name: getattr(record, name) for name in fields}):
            # Removed or erased meanwhile: the lock keeps other writers out, not deletions.
            raise GoneError
        if is_whole:
            audit.record(by=record.uploaded_by, action="record.arrived", obj=record)
            _queue_check(record)


def _sealed_tail(record: Record, appender: Appender, key: bytes) -> bytes:
    tail = appender.tail
    return crypto.seal(key, tail, record.about(f"tail-{record.received}")) if tail else b""


def _queue_check(record: Record) -> None:
    from cases.jobs import check_record

    check_record.enqueue(str(record.pk))


def _tell_of(error: Exception) -> None:
    """Raises StorageFullError or StorageDownError for what the sender cannot help."""
    if is_full(error):
        alerts.tell_operator(alerts.NO_ROOM, "upload")
        raise StorageFullError from error
    if is_disk_trouble(error):
        alerts.tell_operator(alerts.DISK_BROKEN, "upload")
        raise StorageDownError from error


@transaction.atomic
def sweep_uploads() -> int:
    """Rows of uploads whose time is over; their files go once the rows are gone for good."""
    expired = Record.objects.unfinished().filter(expires_at__lte=timezone.now())
    # Locked: one that goes on at this very moment is either not found here or finds itself gone.
    rows = list(expired.select_for_update())
    Record.objects.filter(pk__in=[row.pk for row in rows]).delete()
    transaction.on_commit(lambda: [store.remove(row.storage_name) for row in rows])
    return len(rows)
