"""How long a session of staff lasts: 15 minutes idle, 8 hours in all (row A5)."""

import time

from django.conf import settings

STARTED, SEEN = "staff_started_at", "staff_seen_at"


def begin(session) -> None:
    """At the log-in itself: a session that is first used hours later is over by then."""
    session[STARTED] = session[SEEN] = time.time()


def touch(session) -> None:
    now = time.time()
    session.setdefault(STARTED, now)
    session[SEEN] = now


def is_over(session) -> bool:
    idle = time.time() - session.get(SEEN, time.time())
    return idle >= settings.STAFF_SESSION_IDLE.total_seconds() or seconds_left(session) <= 0


def seconds_left(session) -> int:
    """Until the session ends whatever its owner does."""
    now = time.time()
    age = now - session.get(STARTED, now)
    return int(settings.STAFF_SESSION_MAX.total_seconds() - age)
