"""Shanghai's working time: real holidays of 2026, weekends, other zones, the operator's own days.

2026 by the State Council: Spring Festival 15-23 February with work on 14 and 28 February;
National Day 1-7 October with work on 20 September and 10 October.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cases import clocks
from cases.clocks import SHANGHAI, add_working_days, is_working_day, working_days_between


@pytest.fixture(autouse=True)
def operator(settings):
    """The default hours, whatever this machine's environment says; tests change the dict."""
    settings.OPERATOR = {
        **django_settings.OPERATOR,
        "working_hours": "09:00-17:00",
        "extra_holidays": [],
    }
    return settings.OPERATOR


def shanghai(*parts):
    return datetime(*parts, tzinfo=SHANGHAI)


def closing(*parts):
    return shanghai(*parts, 17)


def working(first, last):
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in days if is_working_day(day)]


def test_national_day_week_2026():
    assert working(date(2026, 9, 18), date(2026, 10, 12)) == [
        date(2026, 9, 18),
        date(2026, 9, 20),  # a Sunday worked for 6 October
        date(2026, 9, 21),
        date(2026, 9, 22),
        date(2026, 9, 23),
        date(2026, 9, 24),  # the 25th is Mid-Autumn
        date(2026, 9, 28),
        date(2026, 9, 29),
        date(2026, 9, 30),
        date(2026, 10, 8),
        date(2026, 10, 9),
        date(2026, 10, 10),  # a Saturday worked for 7 October
        date(2026, 10, 12),
    ]


def test_spring_festival_2026():
    assert working(date(2026, 2, 13), date(2026, 3, 2)) == [
        date(2026, 2, 13),
        date(2026, 2, 14),  # a Saturday worked
        date(2026, 2, 24),
        date(2026, 2, 25),
        date(2026, 2, 26),
        date(2026, 2, 27),
        date(2026, 2, 28),  # a Saturday worked
        date(2026, 3, 2),
    ]


def test_ordinary_week():
    assert working(date(2026, 11, 21), date(2026, 11, 29)) == [
        date(2026, 11, day) for day in range(23, 28)
    ]


def test_operators_own_days_off(operator):
    operator["extra_holidays"] = ["2026-11-24"]
    assert not is_working_day(date(2026, 11, 24))
    assert add_working_days(shanghai(2026, 11, 23, 10), 1) == closing(2026, 11, 25)


@pytest.mark.parametrize("year", [2040, 2100])
def test_far_year_has_weekends_and_fixed_holidays(year):
    assert not is_working_day(date(year, 10, 1))
    assert working(date(year, 11, 1), date(year, 11, 30)) == [
        date(year, 11, day) for day in range(1, 31) if date(year, 11, day).weekday() < 5
    ]


def test_beyond_the_library_weekends_remain():
    assert [is_working_day(date(2150, 11, day)) for day in range(2, 9)] == [True] * 5 + [False] * 2


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (shanghai(2026, 11, 23, 10), 1, closing(2026, 11, 24)),
        (shanghai(2026, 11, 23, 10), 0, closing(2026, 11, 23)),
        (shanghai(2026, 11, 23, 7), 1, closing(2026, 11, 24)),  # before opening: still that day
        (shanghai(2026, 11, 23, 16, 59), 1, closing(2026, 11, 24)),
        (shanghai(2026, 11, 23, 17), 1, closing(2026, 11, 25)),  # closed: from Tuesday's opening
        (shanghai(2026, 11, 27, 18), 1, closing(2026, 12, 1)),  # Friday evening: from Monday
        (shanghai(2026, 11, 28, 10), 1, closing(2026, 12, 1)),  # Saturday: from Monday
        (shanghai(2026, 11, 28, 10), 0, closing(2026, 11, 30)),
        (shanghai(2026, 11, 27, 10), 1, closing(2026, 11, 30)),  # Friday: to Monday
        (shanghai(2026, 9, 30, 10), 1, closing(2026, 10, 8)),  # over National Day
        (shanghai(2026, 9, 30, 10), 3, closing(2026, 10, 10)),  # onto the make-up Saturday
        (shanghai(2026, 9, 30, 18), 1, closing(2026, 10, 9)),
        (shanghai(2026, 2, 14, 10), 5, closing(2026, 2, 28)),
        (shanghai(2026, 2, 17, 10), 2, closing(2026, 2, 26)),
    ],
)
def test_add_working_days(start, days, end):
    result = add_working_days(start, days)
    assert result == end
    assert result.tzinfo == SHANGHAI


@pytest.mark.parametrize(
    "start",
    [
        datetime(2026, 11, 23, 3, tzinfo=UTC),  # Monday 11:00 in Shanghai
        datetime(2026, 11, 22, 18, 30, tzinfo=ZoneInfo("America/New_York")),  # Monday 07:30
    ],
)
def test_start_in_another_zone_is_read_on_shanghais_clock(start):
    assert add_working_days(start, 1) == closing(2026, 11, 24)


def test_evening_in_warsaw_is_the_next_day_in_shanghai():
    start = datetime(2026, 11, 23, 22, tzinfo=ZoneInfo("Europe/Warsaw"))  # Tuesday 05:00
    assert add_working_days(start, 1) == closing(2026, 11, 25)


def test_working_hours_come_from_the_settings(operator):
    operator["working_hours"] = "08:30-18:00"
    assert add_working_days(shanghai(2026, 11, 23, 17, 30), 1) == shanghai(2026, 11, 24, 18)
    assert clocks.opening_time().isoformat("minutes") == "08:30"


@pytest.mark.parametrize("hours", ["", "9-5", "17:00-09:00", "09:00", "09:00-09:00"])
def test_malformed_working_hours_are_an_error(operator, hours):
    operator["working_hours"] = hours
    with pytest.raises(ValueError):
        clocks.closing_time()


def test_naive_datetimes_are_refused():
    aware, naive = shanghai(2026, 11, 23, 10), datetime(2026, 11, 23, 10)
    for call in (
        lambda: add_working_days(naive, 1),
        lambda: working_days_between(naive, aware),
        lambda: working_days_between(aware, naive),
    ):
        with pytest.raises(ValueError, match="naive"):
            call()


def test_negative_days_and_datetimes_for_dates_are_refused():
    with pytest.raises(ValueError, match="negative"):
        add_working_days(shanghai(2026, 11, 23, 10), -1)
    with pytest.raises(TypeError):
        is_working_day(shanghai(2026, 11, 23, 10))


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (shanghai(2026, 11, 23, 10), shanghai(2026, 11, 23, 16), 0),
        (shanghai(2026, 11, 23, 10), shanghai(2026, 11, 24, 1), 1),
        (shanghai(2026, 11, 23, 10), shanghai(2026, 11, 29, 12), 4),
        (shanghai(2026, 9, 30, 10), shanghai(2026, 10, 7, 23), 0),
        (shanghai(2026, 9, 30, 10), shanghai(2026, 10, 10, 12), 3),
        (shanghai(2026, 11, 24, 10), shanghai(2026, 11, 23, 10), 0),
    ],
)
def test_working_days_between(start, end, days):
    assert working_days_between(start, end) == days


_moments = st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 1), timezones=st.timezones())


# No deadline: the first look at a year computes its lunar holidays.
@hypothesis_settings(deadline=None)
@given(start=_moments, days=st.integers(0, 15))
def test_between_is_the_reverse_of_add(start, days):
    end = add_working_days(start, days)
    assert working_days_between(start, end) == days
    assert is_working_day(end.date())
    assert end > start


def test_clocks_keep_their_order():
    assert clocks.FIRST_ANSWER_TARGET < clocks.FIRST_ANSWER_PROMISE
    assert clocks.HOSPITAL_CHASE < clocks.HOSPITAL_REVIEW < clocks.HOSPITAL_ESCALATE
    assert clocks.DRAFT_REMINDER < clocks.DRAFT_KEPT
    assert list(clocks.NUDGES) == sorted(clocks.NUDGES)
    assert list(clocks.FOLLOW_UP_DAYS) == sorted(clocks.FOLLOW_UP_DAYS)
