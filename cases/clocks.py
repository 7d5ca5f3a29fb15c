"""Working time in Shanghai: working days, deadlines, and how long each clock runs.

A working day is a day on which China works, make-up Saturdays and Sundays included, less the
operator's own days off. Only dates and settings: no model is imported here.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import holidays
from django.conf import settings

SHANGHAI = ZoneInfo("Asia/Shanghai")

# Lengths of the clocks, from the table of stages in the product design. It counts three nudges but
# sets no days for them: those are the project's choice.
# In working days:
FIRST_ANSWER_TARGET = 1  # a person answers a new inquiry: what we aim at
FIRST_ANSWER_PROMISE = 2  # the same: what the family is promised
TRIAGE = 2
HOSPITAL_CHASE = 3  # after asking a hospital: ask it again
HOSPITAL_REVIEW = 5  # its answer is due
HOSPITAL_ESCALATE = 7  # a supervisor takes over
ESTIMATE = 3  # after a hospital's acceptance
LETTER = 3  # the letter of invitation
# In calendar days:
FAMILY_DECISION = 14  # the family may ask for more
NUDGES = (3, 10, 21)  # reminders to a silent family, counted from our question
DRAFT_KEPT = 30
DRAFT_UNTOUCHED_KEPT = 1  # begun, and nothing typed
DRAFT_REMINDER = 7
BALANCE_NOTICE = 7  # between two notices during treatment
FOLLOW_UP_DAYS = (7, 30, 90, 365)  # after the return home


def is_working_day(day: date) -> bool:
    """Whether Shanghai works on this date (a date in Shanghai).

    The State Council publishes each year's make-up days in the autumn before. For a year that the
    `holidays` library has no such notice for, this is weekends and the holidays by law, and a
    deadline may move once the notice is out and the library is updated. After 2100 the library
    knows no holidays at all, which leaves weekends and the operator's own days off.
    """
    if isinstance(day, datetime):
        raise TypeError("is_working_day takes a date in Shanghai, not a datetime")
    extra = _extra_holidays(tuple(settings.OPERATOR["extra_holidays"]))
    return day not in extra and _calendar(day.year).is_working_day(day)


def add_working_days(start: datetime, days: int) -> datetime:
    """When the n-th working day after the start's working day closes, in Shanghai time.

    A start after closing time or on a day off counts from the next working day's opening; a start
    before opening counts from that day. 0 days: the close of the start's own working day.
    Raises ValueError for a naive start or a negative number of days.
    """
    if days < 0:
        raise ValueError("days must not be negative")
    day = _working_day_of(start)
    for _ in range(days):
        day = _next_working_day(day)
    return datetime.combine(day, closing_time(), tzinfo=SHANGHAI)


def working_days_between(start: datetime, end: datetime) -> int:
    """Working days that have begun after the start's working day, up to the end's date.

    The reverse of add_working_days: working_days_between(t, add_working_days(t, n)) == n. 0 if the
    end is not later. Raises ValueError for a naive datetime.
    """
    day, last = _working_day_of(start), _in_shanghai(end).date()
    span = range(1, (last - day).days + 1)
    return sum(is_working_day(day + timedelta(days=n)) for n in span)


def opening_time() -> time:
    """Start of OPERATOR["working_hours"], Shanghai time; ValueError if malformed."""
    return _hours(settings.OPERATOR["working_hours"])[0]


def closing_time() -> time:
    """End of OPERATOR["working_hours"], Shanghai time; ValueError if malformed."""
    return _hours(settings.OPERATOR["working_hours"])[1]


def _working_day_of(moment: datetime) -> date:
    local = _in_shanghai(moment)
    day = local.date()
    if is_working_day(day) and local.time() < closing_time():
        return day
    return _next_working_day(day)


def _next_working_day(day: date) -> date:
    day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def _in_shanghai(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("a naive datetime has no place on Shanghai's clock")
    return moment.astimezone(SHANGHAI)


@cache
def _calendar(year: int) -> holidays.HolidayBase:
    """Of one year and the next, whose New Year notice can move days of December."""
    return holidays.country_holidays("CN", years=(year, year + 1), expand=False)


@lru_cache(maxsize=8)
def _extra_holidays(days: Iterable[str]) -> frozenset[date]:
    """Raises ValueError for a text that is no ISO date."""
    return frozenset(date.fromisoformat(day) for day in days)


@lru_cache(maxsize=8)
def _hours(text: str) -> tuple[time, time]:
    """Reads "09:00-17:00"."""
    opening, _, closing = text.partition("-")
    hours = time.fromisoformat(opening.strip()), time.fromisoformat(closing.strip())
    if hours[0] >= hours[1]:
        raise ValueError(f"working hours must end after they begin: {text!r}")
    return hours
