"""Troubles that somebody must look at now: a line of the log, and a mail past the outbox.

The outbox is a table, and the database may be what has no room.
"""

import logging
import threading
import time

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _
from django.utils.translation import override

# One mail of each kind in this many seconds, from each process.
ONCE_IN = 3600
NO_ROOM, STORAGE_DOWN = "no room left", "storage does not answer"
LITTLE_ROOM = "little room left"
log = logging.getLogger("portal.alerts")
_told: dict[str, float] = {}


def tell_operator(trouble: str, route: str = "") -> None:
    """Never fails and never waits: whoever calls it has a family to answer."""
    log.critical(trouble, extra={"fields": {"route": route}})
    last = _told.get(trouble)
    if not settings.OPERATOR["email"] or (last and time.monotonic() - last < ONCE_IN):
        return
    _told[trouble] = time.monotonic()
    threading.Thread(target=_mail, args=[trouble], name="alert", daemon=True).start()


def _mail(trouble: str) -> None:
    try:
        with override(settings.LANGUAGE_CODE):
            words = _subject(trouble), _body(trouble)
            message = EmailMessage(*words, to=[settings.OPERATOR["email"]])
        message.send()
    except Exception:
        # Whatever it was: the mail server may be the next that is full.
        log.exception("operator not told")


def _subject(trouble: str) -> str:
    words = {
        NO_ROOM: _("The portal has no room left on a disk"),
        STORAGE_DOWN: _("The portal's file storage does not answer"),
        LITTLE_ROOM: _("A disk of the portal is nearly full"),
    }
    return words[trouble]


def _body(trouble: str) -> str:
    if trouble == LITTLE_ROOM:
        return _(
            "New files of families are refused until there is room again; everything else still "
            "works. Make room soon: when the disk is full, families can save nothing. See "
            '"Files of families" in docs/operations.md.'
        )
    return _(
        "Families can save nothing, or not everything, until this is mended. Nothing that was "
        'saved is lost, and the portal goes on by itself. See "Files of families" in '
        "docs/operations.md."
    )
