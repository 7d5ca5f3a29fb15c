"""Dates and times as a reader of the active language writes them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time
from django.utils import timezone
from django.utils.translation import get_language, gettext

_LOCALES = {"en": "en_GB", "zh-hans": "zh_Hans_CN"}


def locale() -> str:
    language = get_language() or "en"
    return _LOCALES.get(language, language)


def day(value: date) -> str:
    """Tue 24 Nov, with the year when it is not this one."""
    skeleton = "MMMEd" if value.year == timezone.localdate().year else "yMMMEd"
    return format_skeleton(skeleton, value, locale=locale())


def long_day(value: date) -> str:
    """24 November 2026."""
    return format_date(value, "long", locale=locale())


def moment(value: datetime, zone: str) -> str:
    """Tue 24 Nov, 17:00 in this time zone."""
    local = value.astimezone(ZoneInfo(zone))
    time = format_time(local.timetz(), "HH:mm", locale=locale())
    return gettext("%(day)s, %(time)s") % {"day": day(local), "time": time}
