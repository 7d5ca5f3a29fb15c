"""Dates as exact as their source: a year, a month or a day (the type `date` of FHIR)."""

import re
from datetime import date

from django.core.exceptions import ValidationError
from django.utils import formats
from django.utils.translation import gettext_lazy as _

_PATTERN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def validate_partial_date(value: str) -> None:
    """Raises ValidationError unless YYYY, YYYY-MM or YYYY-MM-DD of a real date."""
    match = _PATTERN.fullmatch(value)
    try:
        if not match:
            raise ValueError(value)
        date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        raise ValidationError(
            _("Write a date as 2024, 2024-03 or 2024-03-02."), code="partial_date"
        ) from None


def display_partial_date(value: str) -> str:
    """In the reader's language; a year stays a year."""
    parts = [int(part) for part in value.split("-")] if value else []
    if len(parts) == 3:
        return formats.date_format(date(*parts), "DATE_FORMAT")
    if len(parts) == 2:
        return formats.date_format(date(*parts, 1), "YEAR_MONTH_FORMAT")
    return value
