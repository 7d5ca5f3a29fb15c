"""Scans: read once they passed their checks, one picture drawn of each series, copied for others.

All of it is made again when it is lost: rows say what is there, jobs make what is not.
"""

import base64
import errno
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from cases.actions.core import forget_derived
from cases.actions.derived import keep_files, keep_nothing, tell_of_disk
from cases.actions.keys import case_key
from cases.imaging import headers, profile
from cases.imaging.slices import Image
from cases.imaging.studies import Patient, Scans, combine
from cases.models import Case, DerivedFile, ImagingReading, Purpose, Record
from cases.records import store
from cases.records.crypto import KeyDestroyedError, SealBrokenError
from cases.records.derive import CannotMakeError, DeriveFailedError, deriving
from cases.records.kinds import Kind, Status
from portal.chains import arguments_with_jobs
from portal.sandbox import Limits

SCANS = (Kind.DICOM, Kind.ZIP)
# Papers of one child: 200 single pictures are four of them.
AT_ONCE = 50
READ_SECONDS = 90
READ = Limits(seconds=READ_SECONDS + 30)
DRAW = Limits(seconds=60, file_size=4 * 1024**2)
# A copy is hardly larger than the file: 2 GB, sealed.
COPY = Limits(seconds=900, file_size=2_200_000_000)
# Pictures drawn of one paper; a disc has ten to forty series.
DRAWN_MOST = 60
MISSED_AFTER, MISSED_UNTIL = timedelta(minutes=5), timedelta(days=7)
LOST = (KeyDestroyedError, SealBrokenError, store.FileLostError)


def is_scan(record: Record) -> bool:
    return record.kind in SCANS


def queue_scans(case: Case) -> None:
    """One job waits for a case, however many of its pictures arrive."""
    from cases.jobs import read_scans

    if str(case.pk) not in arguments_with_jobs(read_scans.module_path):
        read_scans.enqueue(str(case.pk))


def read_scans(*, case: Case) -> int:
    """Read what was not read yet, and draw what has no picture; how many papers were read.

    May run twice. Raises DeriveFailedError when it should be tried again.
    Takes its time: not to be called within a transaction.
    """
    count = 0
    try:
        key = case_key(case)
        _forget_broken(case)
        while waiting := list(_unread(case)[:AT_ONCE]):
            _read(waiting, key)
            count += len(waiting)
        _draw_missing(case, key)
    except KeyDestroyedError:
        return count
    except OSError as error:
        tell_of_disk(error)
        raise DeriveFailedError(errno.errorcode.get(error.errno, "")) from error
    return count


def _forget_broken(case: Case) -> None:
    """Readings that do not open were sealed with another case's key: read again."""
    for reading in _all_readings(case):
        if not _opens(reading):
            ImagingReading.objects.filter(pk=reading.pk).delete()


def _all_readings(case: Case) -> list[ImagingReading]:
    readings = ImagingReading.objects.filter(
        record__case=case, record__status=Status.FINE, version=headers.VERSION
    ).select_related("record")
    found = list(readings.order_by("record__created_at"))
    for reading in found:
        reading.record.case = case
    return found


def _opens(reading: ImagingReading) -> bool:
    try:
        return reading.contents is not None and reading.copied is not None
    except SealBrokenError:
        return False


def _unread(case: Case):
    fine = case.records.filter(kind__in=SCANS, status=Status.FINE)
    return fine.exclude(imaging__version=headers.VERSION).order_by("created_at")


def _read(records: list[Record], key: bytes) -> None:
    """Together; if that fails, each alone, so that one bad file hides no other."""
    try:
        with deriving(
            "headers",
            case_key=key,
            inputs=[record.storage_name for record in records],
            details={"kinds": [str(record.kind) for record in records], "seconds": READ_SECONDS},
            limits=READ,
        ) as derived:
            discs = derived.answer["discs"]
    except (CannotMakeError, SealBrokenError, store.FileLostError):
        if len(records) > 1:
            for record in records:
                _read([record], key)
            return
        discs = [headers.empty_disc() | {"is_partial": True}]
    for record, disc in zip(records, discs, strict=True):
        _keep_reading(record, disc)


@transaction.atomic
def _keep_reading(record: Record, disc: dict) -> None:
    # Removed, or moved to another case with another key while it was read.
    if not Record.objects.select_for_update().filter(pk=record.pk, case=record.case_id).exists():
        return
    ImagingReading.objects.filter(pk=record.pk).delete()
    forget_derived(record.derived.filter(purpose=Purpose.SERIES))
    ImagingReading(record=record, contents=disc, version=headers.VERSION).save(force_insert=True)


def readings_of(case: Case) -> list[ImagingReading]:
    """Of papers that may be looked at; one that does not open counts as not made."""
    return [reading for reading in _all_readings(case) if _opens(reading)]


def combined(case: Case, readings: Iterable[ImagingReading]) -> Scans:
    """Raises KeyDestroyedError."""
    discs = {str(reading.pk): reading.contents for reading in readings}
    return combine(discs, _patient(case), case_key(case))


def _patient(case: Case) -> Patient:
    inquiry = getattr(case, "inquiry", None)
    if inquiry is None:
        return Patient("", "")
    return Patient(inquiry.patient_name, f"{inquiry.birth_date:%Y%m%d}", inquiry.sex)


def _draw_missing(case: Case, key: bytes) -> None:
    """A picture from the middle of each series, read from the paper that holds it."""
    readings = readings_of(case)
    drawn = {uid for reading in readings for uid in reading.contents.get("previews", [])}
    picks: dict[str, list] = {}
    for study in combined(case, readings).studies:
        for series in study.series:
            if series.uid not in drawn:
                paper, number, frame = middle_of(series.images)
                picks.setdefault(paper, []).append((series.uid, number, frame))
    for reading in readings:
        mine = picks.get(str(reading.pk), [])[:DRAWN_MOST]
        if mine and not reading.record.derived.filter(purpose=Purpose.SERIES).exists():
            _draw(reading, mine, key)


def middle_of(images: list[Image]) -> tuple[str, int, int]:
    """Paper, number in it, and frame."""
    order = sorted(images, key=lambda one: (one.position or 0.0, one.number or 0))
    image = order[len(order) // 2]
    return *image.where, image.frames // 2


def _draw(reading: ImagingReading, picks: list, key: bytes) -> None:
    record, purposes = reading.record, [Purpose.SERIES] * len(picks)
    details = {"kind": str(record.kind), "picks": [pick[1:] for pick in picks]}
    try:
        with (
            deriving(
                "series",
                case_key=key,
                inputs=[record.storage_name],
                outputs=len(picks),
                details=details,
                limits=DRAW,
            ) as derived,
            transaction.atomic(),
        ):
            if keep_files(record=record, purposes=purposes, kind=Kind.JPEG, derived=derived):
                _name_previews(reading, picks)
    except (CannotMakeError, SealBrokenError, store.FileLostError):
        with transaction.atomic():
            keep_nothing(record=record, purposes=purposes, kind=Kind.JPEG)
            _name_previews(reading, picks)


def _name_previews(reading: ImagingReading, picks: list) -> None:
    reading.contents = reading.contents | {"previews": [pick[0] for pick in picks]}
    reading.save(update_fields=["contents"])


def previews_of(case: Case, readings: Iterable[ImagingReading]) -> dict[str, tuple]:
    """Paper and position of the picture of each series that could be drawn."""
    files = DerivedFile.objects.filter(
        case=case, purpose=Purpose.SERIES, storage_name__isnull=False
    ).values_list("record_id", "position")
    there = set(files)
    return {
        uid: (reading.pk, position)
        for reading in readings
        for position, uid in enumerate(reading.contents.get("previews", []))
        if (reading.pk, position) in there
    }


@dataclass(frozen=True)
class SharedCopy:
    """The copy of one paper for a hospital. Without a file and not waited for: all must stay."""

    record: Record
    file: DerivedFile | None
    is_made: bool
    # How many pictures it holds, and how many were held back why.
    written: int = 0
    held: dict | None = None
    # The name is gone from the copy, so whoever reads it must be told that it was another's.
    is_doubtful: bool = False


def shared_copies(*, case: Case) -> list[SharedCopy]:
    """Of all scans that passed; what is not made yet is asked for, and is there later.

    Sharing reads the files of these rows alone, never the scans themselves.
    """
    copies = [
        replace(_shared_copy(reading), is_doubtful=_is_doubtful(case, reading))
        for reading in readings_of(case)
    ]
    for copy in copies:
        if not copy.is_made:
            _queue_copy(copy.record)
    if _unread(case).exists():
        queue_scans(case)
    return copies


def _is_doubtful(case: Case, reading: ImagingReading) -> bool:
    return any(study.is_doubtful for study in combined(case, [reading]).studies)


def _shared_copy(reading: ImagingReading) -> SharedCopy:
    record, told = reading.record, reading.copied
    file = record.derived.filter(purpose=Purpose.SHARED).first()
    if file is None or told.get("profile") != profile.VERSION:
        return SharedCopy(record, None, is_made=False)
    file = file if file.storage_name else None
    return SharedCopy(record, file, True, told["written"], told["held"])


def _queue_copy(record: Record) -> None:
    from cases.jobs import make_shared_copy

    if str(record.pk) not in arguments_with_jobs(make_shared_copy.module_path):
        make_shared_copy.enqueue(str(record.pk))


def make_shared_copy(*, record: Record) -> bool:
    """Without names, under the reference of the case; whether anything of it may leave.

    May run twice. Raises DeriveFailedError when it should be tried again.
    Not to be called within a transaction.
    """
    reading = next((one for one in readings_of(record.case) if one.pk == record.pk), None)
    if reading is None:
        return False
    known = _shared_copy(reading)
    if known.is_made:
        return known.file is not None
    with transaction.atomic():
        forget_derived(record.derived.filter(purpose=Purpose.SHARED))
    try:
        return _copy(reading, case_key(record.case))
    except CannotMakeError as error:
        return _keep_no_copy(reading, {"written": 0, "held": {error.word: 1}, "series": {}})
    except LOST:
        return False
    except OSError as error:
        tell_of_disk(error)
        raise DeriveFailedError(errno.errorcode.get(error.errno, "")) from error


def _copy(reading: ImagingReading, key: bytes) -> bool:
    record = reading.record
    with deriving(
        "shared",
        case_key=key,
        inputs=[record.storage_name],
        outputs=1,
        details=_copy_details(reading, key),
        limits=COPY,
    ) as derived:
        if derived.files[0] is None:
            return _keep_no_copy(reading, derived.answer)
        with transaction.atomic():
            kind = Kind(record.kind)
            is_kept = keep_files(
                record=record, purposes=[Purpose.SHARED], kind=kind, derived=derived
            )
            if is_kept:
                _keep_report(reading, derived.answer)
    return is_kept


def _copy_details(reading: ImagingReading, key: bytes) -> dict:
    """The pseudonym is the reference, by which the hospital knows the case already."""
    case = reading.record.case
    inquiry = getattr(case, "inquiry", None)
    names = [person[0] for person in reading.contents["people"]]
    names += [person[3] for person in reading.contents["people"]]
    names += [member.name for member in case.family.all()]
    names += [inquiry.patient_name, inquiry.guardian_name] if inquiry else []
    return {
        "kind": str(reading.record.kind),
        "pseudonym": case.reference,
        "names": [name for name in names if name],
        "key": base64.b64encode(identifier_key(key)).decode(),
    }


def identifier_key(key: bytes) -> bytes:
    """Makes new identifiers out of old ones; from the key of the case, so that it dies with it."""
    return hmac.new(key, b"dicom-identifiers", hashlib.sha256).digest()


def _keep_no_copy(reading: ImagingReading, told: dict) -> bool:
    with transaction.atomic():
        record = reading.record
        keep_nothing(record=record, purposes=[Purpose.SHARED], kind=Kind(record.kind))
        _keep_report(reading, told)
    return False


def _keep_report(reading: ImagingReading, told: dict) -> None:
    """In a transaction. Not once the paper moved: it would be sealed with the wrong key."""
    record = reading.record
    mine = Record.objects.select_for_update().filter(pk=record.pk, case=record.case_id)
    if not mine.exists() or not ImagingReading.objects.filter(pk=reading.pk).exists():
        return
    reading.copied = told | {"profile": profile.VERSION}
    reading.save(update_fields=["copied"])


def queue_missed_scans() -> int:
    """Cases with scans that nobody read: a worker was killed, the disk was full."""
    now = timezone.now()
    missed = (
        Record.objects.filter(
            kind__in=SCANS,
            status=Status.FINE,
            checked_at__lt=now - MISSED_AFTER,
            checked_at__gt=now - MISSED_UNTIL,
            case__record_key__destroyed_at=None,
        )
        .exclude(imaging__version=headers.VERSION)
        .values_list("case_id", flat=True)
        .distinct()
    )
    cases = list(Case.objects.filter(pk__in=list(missed)))
    for case in cases:
        queue_scans(case)
    return len(cases)
