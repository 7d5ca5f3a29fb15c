"""Fields of the family's forms: text that hides nothing, a date in three numbers."""

import re
from datetime import date, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# Controls that reorder what a reader sees, and those that print nothing. The plain marks of
# right-to-left writing and the joiners of emoji and Persian stay.
INVISIBLE = re.compile(
    "[\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
)
LINE_BREAKS = re.compile(r"[\r\n\t]+")
MAX_AGE_YEARS = 120


def without_invisible(text: str) -> str:
    return INVISIBLE.sub("", text)


class Line(forms.CharField):
    """One line of text."""


class Paragraphs(forms.CharField):
    """Several lines of text."""

    widget = forms.Textarea(attrs={"rows": 8})


class DatePartsWidget(forms.MultiWidget):
    """Day, month and year as three boxes, each with its own label."""

    use_fieldset = True

    def __init__(self, attrs=None):
        part = {"inputmode": "numeric", "autocomplete": "off"}
        super().__init__(
            widgets={
                "day": forms.TextInput(attrs={**part, "size": 2}),
                "month": forms.TextInput(attrs={**part, "size": 2}),
                "year": forms.TextInput(attrs={**part, "size": 4}),
            },
            attrs=attrs,
        )

    def decompress(self, value):
        return [value.day, value.month, value.year] if value else [None, None, None]

    def subwidgets(self, name, value, attrs=None):
        """Each box alone, so that the template can put its label to it."""
        boxes = self.get_context(name, value, attrs)["widget"]["subwidgets"]
        for box, label in zip(boxes, (_("Day"), _("Month"), _("Year")), strict=True):
            yield {**box, "label": label}


class DateParts(forms.MultiValueField):
    """A birth date: a real day, not in the future, not more than 120 years ago."""

    widget = DatePartsWidget
    default_error_messages = {
        "required": _("Fill in the day, the month and the year, such as 3 2 2024."),
        "not_numbers": _("Use numbers only, such as 3 2 2024."),
        "short_year": _("Write the year with four numbers, such as 2024."),
        "no_date": _("There is no such day. Check the day and the month."),
        "future": _("This date is in the future. Check the year."),
        "too_old": _("This date is more than 120 years ago. Check the year."),
    }

    def __init__(self, **kwargs):
        parts = [forms.CharField(max_length=20, required=False) for _number in range(3)]
        super().__init__(fields=parts, require_all_fields=False, **kwargs)

    def compress(self, data_list):
        parts = [(part or "").strip() for part in data_list]
        if not all(parts):
            self._refuse("required")
        day, month, year = self._numbers(parts)
        if year < 1000:
            self._refuse("short_year")
        return self._date(year, month, day)

    def _numbers(self, parts) -> list[int]:
        """Numbers of any script: people type their own."""
        if not all(part.isdecimal() and len(part) <= 4 for part in parts):
            self._refuse("not_numbers")
        return [int(part) for part in parts]

    def _date(self, year, month, day) -> date:
        try:
            value = date(year, month, day)
        except ValueError:
            self._refuse("no_date")
        # Somewhere it is tomorrow already.
        today = (timezone.now() + timedelta(hours=14)).date()
        if value > today:
            self._refuse("future")
        if today.year - value.year > MAX_AGE_YEARS:
            self._refuse("too_old")
        return value

    def _refuse(self, code):
        raise ValidationError(self.error_messages[code], code=code)


def age_on(birth: date, today: date) -> int:
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
