"""What today's date does to a claim: it fades, or it ends. A leaf: imports no model.

By whole days in Shanghai, so that a kept page is right until midnight there.
"""

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from django.utils import timezone

from hospitals.choices import Accepting

CONFIRMATION_HOLDS = timedelta(days=365)


def shanghai_today() -> date:
    """The day where the hospitals are, whatever zone the reader's page is shown in."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


@lru_cache(maxsize=8)
def fresh_since(day: date) -> datetime:
    """A confirmation that is older than this has faded on that day."""
    first = day - CONFIRMATION_HOLDS
    return timezone.make_aware(datetime.combine(first, time.min), timezone.get_default_timezone())


def is_fresh(confirmed_at: datetime | None, day: date) -> bool:
    return confirmed_at is not None and confirmed_at >= fresh_since(day)


def accepting_on(accepting: str, until: date | None, day: date) -> str:
    """What to say on this day: a yes that has ended is no longer known; a no stays."""
    has_ended = accepting == Accepting.YES and until is not None and until < day
    return Accepting.UNKNOWN if has_ended else accepting
