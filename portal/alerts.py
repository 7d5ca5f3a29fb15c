"""Troubles that somebody must look at now: a line of the log, and a mail past the outbox.

The outbox is a table, and the database may be what has no room.
"""

import fcntl
import logging
import os
import threading
import time
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _
from django.utils.translation import override

from portal.troubles import (
    WrongKeysError,
    came_from,
    is_database_away,
    is_disk_trouble,
    is_full,
)

# One mail of each kind in this many seconds, from each machine.
ONCE_IN = 3600
FOLDER = "alerts"
NO_ROOM, STORAGE_DOWN = "no room left", "storage does not answer"
LITTLE_ROOM, DISK_BROKEN = "little room left", "disk does not work"
DATABASE_AWAY, MAIL_WAITS = "database does not answer", "mail waits"
OTHER_FOLDER, FILE_LOST = "another folder of files", "a file is not where it should be"
WRONG_KEYS = "key ring does not open what is there"
SCANNER_DOWN, SCANNER_SMALL = "scanner does not answer", "scanner takes small files alone"
NO_WORKER, NO_HEAVY_WORKER = "no worker for mail and clocks", "no worker for files"
log = logging.getLogger("portal.alerts")
_told: dict[str, float] = {}


def trouble_of(error: BaseException) -> str:
    """What an error that passes is told as."""
    if is_full(error):
        return NO_ROOM
    if is_database_away(error):
        return DATABASE_AWAY
    if any(isinstance(one, WrongKeysError) for one in came_from(error)):
        return WRONG_KEYS
    return DISK_BROKEN if is_disk_trouble(error) else STORAGE_DOWN


def tell_operator(trouble: str, route: str = "") -> None:
    """Never fails and never waits: whoever calls it has a family to answer."""
    log.critical(trouble, extra={"fields": {"route": route}})
    if settings.OPERATOR["email"] and _is_my_turn(trouble):
        threading.Thread(target=_mail, args=[trouble], name="alert", daemon=True).start()


def forget() -> None:
    """As if nothing had been told yet, for the tests."""
    _told.clear()
    for folder in _folders():
        for path in folder.glob("*"):
            path.unlink()


def _is_my_turn(trouble: str) -> bool:
    """Nobody told it within the hour, neither this process nor another of this machine."""
    now = time.time()
    if now - _told.get(trouble, 0) < ONCE_IN:
        return False
    _told[trouble] = now
    for folder in _folders():
        try:
            return _claim(folder / trouble.replace(" ", "-"), now)
        except OSError:
            # Full, read-only or gone: that may be the trouble itself.
            continue
    return True


def _folders() -> list[Path]:
    return [parent / FOLDER for parent in (settings.VAR_DIR, settings.RECORDS_DIR)]


def _claim(path: Path, now: float) -> bool:
    """The file's own time is when it was last told. The lock dies with its process."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        known = os.fstat(descriptor)
        # Empty: just made.
        if known.st_size and 0 <= now - known.st_mtime < ONCE_IN:
            return False
        os.pwrite(descriptor, b"told\n", 0)
        os.utime(descriptor, (now, now))
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _mail(trouble: str) -> None:
    try:
        with override(settings.LANGUAGE_CODE):
            words = subject(trouble), _body(trouble)
            message = EmailMessage(*words, to=[settings.OPERATOR["email"]])
        message.send()
    except Exception:
        # Whatever it was: the mail server may be the next that is full.
        log.exception("operator not told")


def subject(trouble: str) -> str:
    """The trouble in one sentence, for a mail and for the office's desk."""
    words = {
        NO_ROOM: _("The portal has no room left on a disk"),
        STORAGE_DOWN: _("The portal's file storage does not answer"),
        LITTLE_ROOM: _("A disk of the portal is nearly full"),
        DISK_BROKEN: _("The portal cannot write to its disk"),
        DATABASE_AWAY: _("The portal's database does not answer"),
        OTHER_FOLDER: _("RECORDS_DIR is not the folder of the portal's database"),
        FILE_LOST: _("A file of the portal is missing"),
        WRONG_KEYS: _("The portal's RECORD_KEYS do not open what it holds"),
        SCANNER_DOWN: _("Files wait for the portal's virus scanner"),
        SCANNER_SMALL: _("The portal's virus scanner takes only small files"),
        MAIL_WAITS: _("The portal's mail server takes no mail"),
        NO_WORKER: _("The portal's worker for mail does not run"),
        NO_HEAVY_WORKER: _("The portal's worker for files does not run"),
    }
    return words[trouble]


def _body(trouble: str) -> str:
    if trouble == LITTLE_ROOM:
        return _(
            "New files of families are refused until there is room again; everything else still "
            "works. Make room soon: when the disk is full, families can save nothing. See "
            '"Files of families" in docs/operations.md.'
        )
    if trouble in (NO_ROOM, STORAGE_DOWN):
        return _(
            "Families can save nothing, or not everything, until this is mended. Nothing that was "
            'saved is lost, and the portal goes on by itself. See "Files of families" in '
            "docs/operations.md."
        )
    return _(
        "Nothing that was saved is lost, and what waits goes on by itself once this is mended. "
        'See "Is it well?" in docs/operations.md.'
    )
