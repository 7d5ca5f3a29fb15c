"""Troubles of the machine that pass: disk, storage or database do not answer (R6, R7)."""

import errno
from collections.abc import Iterator

import psycopg
from django.db import InterfaceError, OperationalError

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# A disk that fails, is read-only or belongs to somebody else; no file may be opened any more.
DISK = frozenset(
    {errno.EIO, errno.EACCES, errno.EPERM, errno.EROFS, errno.EMFILE, errno.ENFILE}
    | {errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOMEM}
)
# SQLite: no room for the pages, the log or the log's index.
SQLITE_FULL = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_TRUNCATE")
SQLITE_AWAY = (
    "SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_IOERR",
)  # fmt: skip
POSTGRES_FULL = "53100"
# Classes and codes: no connection, no resources, stopped by its operator, errors of its system;
# a lock or an answer that took too long, transactions that were in each other's way, read-only.
POSTGRES_AWAY = ("08", "53", "57", "58", "55P03", "40001", "40P01", "25006")


class StorageDownError(Exception):
    """Where files are kept does not answer; they are as safe as before."""


class WrongKeysError(StorageDownError):
    """The key ring cannot open what it should: nothing may be sealed or judged with it."""


class DatabaseBusyError(OperationalError):
    """As many threads wait for the database as may."""


def came_from(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that it came from, each once: one may be its own cause."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def is_full(error: BaseException | None) -> bool:
    """Whether this error, or one that it came from, says that there is no room left."""
    return any(map(_says_full, came_from(error)))


def _says_full(error: BaseException) -> bool:
    named = getattr(error, "sqlite_errorname", "")
    if getattr(error, "errno", None) in NO_ROOM or named in SQLITE_FULL:
        return True
    return getattr(error, "sqlstate", None) == POSTGRES_FULL or "is full" in str(error)


def is_disk_trouble(error: BaseException | None) -> bool:
    """Full or not: a file could not be written or read, and nobody sent anything wrong."""
    found = came_from(error)
    return is_full(error) or any(isinstance(one, OSError) and one.errno in DISK for one in found)


def is_database_away(error: BaseException | None) -> bool:
    """Stopped, not to be reached, locked, or too slow to answer in time."""
    return any(map(_says_away, came_from(error)))


def _says_away(error: BaseException) -> bool:
    if isinstance(error, InterfaceError) and isinstance(error.__cause__, psycopg.InterfaceError):
        return True
    if getattr(error, "sqlite_errorname", "").startswith(SQLITE_AWAY):
        return True
    if isinstance(error, DatabaseBusyError):
        return True
    if not isinstance(error, psycopg.Error):
        return False
    # No number at all: the connection broke, or there was none.
    is_cut_off = isinstance(error, psycopg.OperationalError) and error.sqlstate is None
    return is_cut_off or (error.sqlstate or "").startswith(POSTGRES_AWAY)


def is_passing(error: BaseException | None) -> bool:
    """Nobody did anything wrong, and the same request may work in a few minutes."""
    is_down = any(isinstance(one, StorageDownError) for one in came_from(error))
    return is_down or is_disk_trouble(error) or is_database_away(error)
