"""Troubles of the machine that pass: a full disk, a storage that does not answer (row R6)."""

import errno

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# SQLite: no room for the pages, the log or the log's index.
SQLITE_FULL = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_TRUNCATE")
POSTGRES_FULL = "53100"


class StorageDownError(Exception):
    """Where files are kept does not answer; they are as safe as before."""


def is_full(error: BaseException | None) -> bool:
    """Whether this error, or one that it came from, says that there is no room left."""
    while error is not None:
        named = getattr(error, "sqlite_errorname", "")
        if getattr(error, "errno", None) in NO_ROOM or named in SQLITE_FULL:
            return True
        if getattr(error, "sqlstate", None) == POSTGRES_FULL or "is full" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def is_passing(error: BaseException | None) -> bool:
    """Nobody did anything wrong, and the same request may work in a few minutes."""
    return isinstance(error, StorageDownError) or is_full(error)
