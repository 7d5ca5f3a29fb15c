"""Where plain bytes could lie: the database, files, and what a process has open."""

import os
import stat
from pathlib import Path

from django.db import connection


def found_in_the_database(word: str) -> list[str]:
    """Tables, each read whole, as the engine gives it back."""
    found = []
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            cursor.execute("SELECT * FROM " + connection.ops.quote_name(name))  # noqa: S608
            cells = (_as_bytes(cell) for row in cursor.fetchall() for cell in row)
            if any(word.encode() in cell for cell in cells):
                found.append(name)
    return found


def _as_bytes(cell) -> bytes:
    return bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()


def found_in_files(folder: Path, word: str) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if word.encode() in path.read_bytes()]


def found_in_open_files(word: str, process: int | str = "self") -> list[str]:
    """Files without a name too, as temporary files are."""
    found = []
    for handle in Path(f"/proc/{process}/fd").iterdir():
        try:
            if not stat.S_ISREG(handle.stat().st_mode):
                continue
            target, contents = os.readlink(handle), handle.read_bytes()
        except OSError:
            continue
        if word.encode() in contents:
            found.append(target)
    return found
