"""The folder of sealed files: random names, no served root, one writer for each file."""

import fcntl
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from cases.records.sealed import new_header

NAME = re.compile(r"[0-9a-f]{40}")


class BusyError(Exception):
    """Somebody writes to this file at this moment."""


class FileLostError(Exception):
    """A row names a file that is not there."""


def path_of(name: str) -> Path:
    if not NAME.fullmatch(name):
        raise FileLostError
    return settings.RECORDS_DIR / name[:2] / name


def create() -> str:
    """A new file with its header, on the disk when this returns; its name."""
    name = secrets.token_hex(20)
    path = path_of(name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, new_header())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    _sync_folder(path.parent)
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
    """The sealed file, to be closed by the caller. Raises FileLostError."""
    try:
        return path_of(name).open("rb")
    except FileNotFoundError as error:
        raise FileLostError from error


def touch(name: str) -> None:
    """As if it had been written to just now. Raises FileLostError."""
    try:
        os.utime(path_of(name))
    except FileNotFoundError as error:
        raise FileLostError from error


def remove(name: str) -> None:
    path_of(name).unlink(missing_ok=True)


def names_older_than(seconds: float) -> Iterator[str]:
    """Files that nobody wrote to since. Which of them have a row is not known here."""
    limit = time.time() - seconds
    for path in settings.RECORDS_DIR.glob("??/*"):
        try:
            if NAME.fullmatch(path.name) and path.stat().st_mtime < limit:
                yield path.name
        except FileNotFoundError:
            continue
