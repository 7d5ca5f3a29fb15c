"""The folder of sealed files: random names, no served root, one writer for each file.

With RECORDS_STORAGE files arrive in the folder all the same, and are handed
over to a bucket once they were checked. Reading looks in both.
"""

import fcntl
import hashlib
import logging
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from cases.records import s3
from cases.records.s3 import FileLostError
from cases.records.sealed import new_header
from portal.troubles import StorageDownError

__all__ = ["BusyError", "FileLostError", "StorageDownError"]
NAME = re.compile(r"[0-9a-f]{40}")
log = logging.getLogger("portal.records")


class BusyError(Exception):
    """Somebody writes to this file at this moment."""


# Asked before each use once the process serves: raises StorageDownError in another's folder.
_proof: list[Callable[[], None]] = []


def require(*proofs: Callable[[], None]) -> None:
    """From now on nothing is read or kept here without these proofs."""
    _proof[:] = proofs


def path_of(name: str) -> Path:
    """Raises FileLostError for what is no name of ours, or StorageDownError."""
    if not NAME.fullmatch(name):
        raise FileLostError
    for prove in _proof:
        prove()
    return settings.RECORDS_DIR / name[:2] / name


def create() -> str:
    """A new file with its header, on the disk when this returns; its name."""
    name = secrets.token_hex(20)
    path = path_of(name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(new_header())
            file.flush()
            os.fsync(descriptor)
        _sync_folder(path.parent)
    except OSError:
        # A full disk leaves nothing half behind.
        path.unlink(missing_ok=True)
        raise
    return name


def _sync_folder(folder: Path) -> None:
    """Or the name of a new file may be gone after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def writing(name: str):
    """The file, for reading and appending, locked. The lock dies with its process.

    Raises BusyError or FileLostError.
    """
    try:
        file = path_of(name).open("r+b")
    except FileNotFoundError as error:
        raise FileLostError from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError from error
        yield file


def reading(name: str):
    """The sealed file, to be closed by the caller, wherever it is.

    Raises FileLostError or StorageDownError.
    """
    try:
        return path_of(name).open("rb")
    except FileNotFoundError as error:
        if settings.RECORDS_STORAGE is None:
            raise FileLostError from error
    return s3.RangeFile(name)


def touch(name: str) -> None:
    """As if it had been written to just now. Raises FileLostError."""
    try:
        os.utime(path_of(name))
    except FileNotFoundError as error:
        raise FileLostError from error


def remove(name: str) -> None:
    """Wherever it is. A bucket that does not answer is looked through later for what has no row."""
    path_of(name).unlink(missing_ok=True)
    if settings.RECORDS_STORAGE is None:
        return
    try:
        s3.remove(name)
    except StorageDownError:
        log.warning("file not removed from the bucket yet")


def names_older_than(seconds: float) -> Iterator[str]:
    """Files here that nobody wrote to since. Which of them have a row is not known here."""
    for prove in _proof:
        prove()
    limit = time.time() - seconds
    for path in settings.RECORDS_DIR.glob("??/*"):
        try:
            if NAME.fullmatch(path.name) and path.stat().st_mtime < limit:
                yield path.name
        except FileNotFoundError:
            continue


def bucket_names_older_than(seconds: float) -> Iterator[str]:
    """The same of the bucket. Raises StorageDownError."""
    limit = time.time() - seconds
    for name, since in s3.names():
        if NAME.fullmatch(name) and since.timestamp() < limit:
            yield name


def hand_over(name: str) -> None:
    """Moves a finished file into the bucket. May be cut off and called again at any moment.

    The copy here goes once the bucket has given back the same bytes. Raises
    BusyError, FileLostError (not here, or not any more) or StorageDownError.
    """
    with writing(name) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        if not _bucket_gives(name, digest):
            s3.put(name, file)
            if not _bucket_gives(name, digest):
                raise StorageDownError("other bytes came back")
        if os.fstat(file.fileno()).st_nlink == 0:
            # Removed by its family while it was on its way.
            s3.remove(name)
            raise FileLostError
        path_of(name).unlink(missing_ok=True)
        _sync_folder(path_of(name).parent)


def _bucket_gives(name: str, digest: str) -> bool:
    try:
        return s3.digest_of(name) == digest
    except FileLostError:
        return False
