"""A disk that is small enough to be filled, for the tests (row R6)."""

import os
import sqlite3
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection


class SmallDisk:
    """A folder of its own size in memory."""

    def __init__(self, folder: Path):
        self.folder, self._filler = folder, folder / "filler"

    def fill(self, leave: int = 0) -> None:
        """To the last page, or but for some bytes."""
        space = os.statvfs(self.folder)
        if leave:
            self._filler.write_bytes(b"x" * (space.f_bavail * space.f_frsize - leave))
            return
        with self._filler.open("ab", buffering=0) as filler, pytest.raises(OSError):
            while True:
                filler.write(b"x" * 4096)

    def free(self) -> None:
        self._filler.unlink()


@contextmanager
def mounted(folder: Path, megabytes: int):
    if os.geteuid() != 0:
        pytest.skip("a disk of one's own needs root")
    folder.mkdir(parents=True, exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs"]
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"this machine mounts nothing: {done.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        # Lazily: a test that failed may have left a file open.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def database_on(folder: Path):
    """The database of the tests, moved to this folder for a while."""
    place, target = connection.settings_dict["NAME"], str(folder / "portal.sqlite3")
    connection.ensure_connection()
    with sqlite3.connect(target) as copy:
        connection.connection.backup(copy)
    copy.close()
    connection.close()
    connection.settings_dict["NAME"] = target
    try:
        # The log must not have room left over from before.
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = place


def empty_log() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def is_sound() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        return cursor.fetchall() == [("ok",)]
