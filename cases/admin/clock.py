"""A case's clock in words, in Shanghai time: the first thing in each row of the queue."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.models import Case
from cases.workflow import WaitingOn

SOON = timedelta(hours=4)


@dataclass(frozen=True)
class Clock:
    """`state` is the colour: overdue, soon, due, paused, ended."""

    state: str
    words: str


def read_clock(case: Case, now: datetime | None = None) -> Clock:
    now = now or timezone.now()
    if case.has_ended:
        return Clock("ended", _("ended"))
    due = case.next_due_at
    if due is None:
        return Clock("paused", _pause(case))
    if due < now:
        return Clock("overdue", _("overdue since %(time)s") % {"time": span(now - due)})
    state = "soon" if due - now < SOON else "due"
    return Clock(state, _("due %(time)s") % {"time": short_time(due, now)})


def _pause(case: Case) -> str:
    """No clock runs: since when it has been so is what counts then."""
    since = span(timezone.now() - case.turn_since)
    if case.waiting_on == WaitingOn.FAMILY:
        return _("family's turn for %(time)s") % {"time": since}
    return _("no date")


def span(length: timedelta) -> str:
    """45 min, 2 h, 3 d: one unit is enough to see what is late."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 60:
        return _in_words(ngettext("%(number)d min", "%(number)d min", minutes), minutes)
    if minutes < 48 * 60:
        hours = minutes // 60
        return _in_words(ngettext("%(number)d h", "%(number)d h", hours), hours)
    days = minutes // (24 * 60)
    return _in_words(ngettext("%(number)d day", "%(number)d days", days), days)


def _in_words(words: str, number: int) -> str:
    return words % {"number": number}


def short_time(moment: datetime, now: datetime | None = None) -> str:
    """Today 17:00, Tue 17:00 within six days, else 4 Dec."""
    local, today = timezone.localtime(moment), timezone.localdate(now or timezone.now())
    days = (local.date() - today).days
    if days == 0:
        return _("today %(time)s") % {"time": f"{local:%H:%M}"}
    if abs(days) < 7:
        return f"{date_format(local, 'D')} {local:%H:%M}"
    words = "MONTH_DAY_FORMAT" if local.year == today.year else "DATE_FORMAT"
    return date_format(local, words)
