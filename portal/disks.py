"""Whether the disks that files and rows lie on have room left."""

import shutil
from pathlib import Path

from django.conf import settings


def has_room() -> bool:
    """Where files arrive and are kept, and where SQLite's own is: MIN_FREE_MB on each."""
    folders = settings.RECORDS_DIR, settings.VAR_DIR
    return min(map(_free_bytes, folders)) >= settings.MIN_FREE_MB * 1000**2


def _free_bytes(folder: Path) -> int:
    """For whoever is not root. The folder of a first start is made with its first file."""
    there = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    return shutil.disk_usage(there).free
