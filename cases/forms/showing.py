"""Answers as text, for pages that show them again."""

from datetime import date

from django import forms
from django.utils.translation import gettext

from cases.times import long_day


def as_text(field, value) -> str:
    """The words that the person chose or typed."""
    if isinstance(field, forms.BooleanField):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, date):
        return long_day(value)
    if isinstance(value, list):
        return gettext(", ").join(label_of(field, item) for item in value)
    if hasattr(value, "as_international"):
        return value.as_international
    if isinstance(field, forms.ChoiceField):
        value = label_of(field, value)
    return str(value) if value else gettext("Not answered")


def label_of(field, value) -> str:
    """The label of a choice; the value itself if it is no choice any more."""
    for key, label in field.choices:
        if isinstance(label, list | tuple):
            for inner, text in label:
                if inner == value:
                    return str(text)
        elif str(key) == str(value):
            return str(label)
    return str(value)
