"""Answers that are sent piece by piece, and how one of them breaks off."""

import errno
import logging
from collections.abc import Iterable, Iterator

from portal import alerts
from portal.troubles import is_passing

log = logging.getLogger("portal.streams")


def pieces_or_cut(request, pieces: Iterable) -> Iterator:
    """All of them. What breaks on the way is one line of the log, and the reader's line is cut.

    A server that was merely given less would keep that line open, and the reader would take
    the next answer for the rest of this one.
    """
    try:
        yield from pieces
    except Exception as error:  # noqa: BLE001  whatever it is, the beginning has left
        _tell(request, error)
    else:
        return
    # As when the reader has left: the server closes the line and has nothing to add.
    raise ConnectionResetError(errno.ECONNRESET, "cut")


def _tell(request, error: Exception) -> None:
    match = getattr(request, "resolver_match", None)
    route = match.view_name if match else ""
    if is_passing(error):
        alerts.tell_operator(alerts.trouble_of(error), route)
        return
    log.error("answer cut while it was sent", exc_info=error, extra={"fields": {"route": route}})
