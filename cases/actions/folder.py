"""Whether RECORDS_DIR is this database's folder of files: a mark in both says so (row R6)."""

import fcntl
import os
import re
import secrets
import time
from pathlib import Path

from django.conf import settings
from django.db import transaction

from cases.models import RecordsFolder
from portal import alerts, audit
from portal.troubles import StorageDownError

MARK_FILE = ".folder"
MARK = re.compile(r"[0-9a-f]{40}")
# Seconds that a proof counts: a disk may be taken away from a running process.
PROVED_FOR = 1
_proved: dict[tuple[str, str], float] = {}


def prove_folder() -> None:
    """Compare the folder's mark with the database's; the first of both to come makes them.

    Raises StorageDownError for a folder that is another one's, is empty, or was taken away:
    nothing may be read, kept or judged there.
    """
    place = str(settings.RECORDS_DIR), str(settings.DATABASES["default"]["NAME"])
    if _proved.get(place, 0) > time.monotonic():
        return
    row = RecordsFolder.objects.first() or _claim()
    if _mark_here() != row.mark:
        alerts.tell_operator(alerts.OTHER_FOLDER, "records")
        raise StorageDownError("another folder of files")
    _proved[place] = time.monotonic() + PROVED_FOR


def is_own_folder() -> bool:
    """Whether files may be kept here; a file is written and removed to know it."""
    try:
        # Looking makes no claim.
        if RecordsFolder.objects.exists():
            prove_folder()
        settings.RECORDS_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = settings.RECORDS_DIR / f".check-{secrets.token_hex(8)}"
        path.write_bytes(b"check\n")
        path.unlink()
    except (StorageDownError, OSError):
        return False
    return True


@transaction.atomic
def adopt_folder() -> None:
    """Make RECORDS_DIR the database's, whatever either said before: after a restore."""
    mark = secrets.token_hex(20)
    row, _is_new = RecordsFolder.objects.update_or_create(
        pk=RecordsFolder.ONLY, defaults={"mark": mark}
    )
    _write_mark(mark, anew=True)
    _proved.clear()
    audit.record(by=None, action="records.folder_adopted", obj=row)


def _claim() -> RecordsFolder:
    """For a database without a row. Another machine may do the same at this moment."""
    mark = _write_mark(secrets.token_hex(20))
    row, _is_new = RecordsFolder.objects.get_or_create(
        pk=RecordsFolder.ONLY, defaults={"mark": mark}
    )
    return row


def _mark_here() -> str:
    try:
        return (Path(settings.RECORDS_DIR) / MARK_FILE).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""


def _write_mark(mark: str, anew: bool = False) -> str:
    """The folder's mark, on the disk when this returns: the one that was there, or this one."""
    folder = Path(settings.RECORDS_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / MARK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        there = file.read().strip()
        if MARK.fullmatch(there) and not anew:
            return there
        file.seek(0)
        file.truncate()
        file.write(f"{mark}\n")
        file.flush()
        os.fsync(descriptor)
    return mark
