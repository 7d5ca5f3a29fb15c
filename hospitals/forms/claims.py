"""The fields of a claim: each part a field of its own, together one value of the proposal.

A field is called claim_<kind>__<part>, so that an error stands next to what is to blame.
"""

from django import forms
from django.utils.translation import get_language_info, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from hospitals.actions.values import (
    CLAIM_PARTS,
    RANGE_KEYS,
    SOURCE_KEYS,
    TEXT_KEYS,
    normal,
)
from hospitals.choices import NEEDS_PERIOD, SPOKEN_LANGUAGES, ClaimKind, Currency, RecordKind
from hospitals.models.claim import MAX_NUMBER
from portal.partial_date import validate_partial_date

# Chinese is written first; English is read by most families.
TEXT_ORDER = ("zh_hans", "en", "pl", "ar")
RANGE_LABELS = {
    ClaimKind.VOLUME: (_("Patients a year, at least"), _("at most")),
    ClaimKind.OUTCOME: (_("Percent, at least"), _("at most")),
    ClaimKind.PRICE: (_("Price, from"), pgettext_lazy("upper end of a price", "to")),
    ClaimKind.WAITING: (_("Days, at least"), _("at most")),
}
TEXT_LABELS = {
    ClaimKind.EXCLUSIONS: _("Who cannot be taken"),
    ClaimKind.VOLUME: _("What was counted"),
    ClaimKind.OUTCOME: _("Which result, of which patients"),
    ClaimKind.PRICE: _("For what, and what the price leaves out"),
    ClaimKind.WAITING: _("Until what, or on what it depends"),
    ClaimKind.LANGUAGES: _("In your words"),
    ClaimKind.RECORDS: _("Anything else that you want to see"),
}
HELP = {
    ClaimKind.EXCLUSIONS: _("For example: children below 5 kg; patients with active infections."),
    ClaimKind.VOLUME: _("For example: operations for this illness, all campuses."),
    ClaimKind.OUTCOME: _("For example: alive five years after the operation."),
    ClaimKind.PRICE: _("For example: one operation; medicines and the stay not included."),
    ClaimKind.WAITING: _("For example: until the first appointment, once all papers are here."),
    ClaimKind.RECORDS: _("Families read this as the list of papers to send."),
}
PART_LABELS = {
    "currency": _("Currency"),
    "period_from": _("Period, from"),
    "period_to": pgettext_lazy("end of a period", "to"),
    "source_title": _("Where it is written"),
    "source_url": _("Its address on the web"),
    "source_date": _("Its date"),
}
DATE_HELP = _("A year, a month or a day: 2024, 2024-03 or 2024-03-02.")


def parts_of(kind: str) -> tuple[str, ...]:
    """In the order of the form: the claim, its words, its evidence."""
    texts = tuple(f"text_{language}" for language in TEXT_ORDER)
    return (*CLAIM_PARTS[kind], *texts, *SOURCE_KEYS)


def part_name(kind: str, part: str) -> str:
    return f"claim_{kind}__{part}"


def claim_fields(kind: str) -> dict[str, forms.Field]:
    return {part_name(kind, part): _field(kind, part) for part in parts_of(kind)}


def take_apart(kind: str, value: dict | None) -> dict:
    """The value of each field; the first currency where none is said, as the list shows it."""
    value = value or {}
    parts = {part_name(kind, part): value.get(part, "") for part in parts_of(kind)}
    if "codes" in CLAIM_PARTS[kind]:
        parts[part_name(kind, "codes")] = value.get("codes", [])
    if "currency" in CLAIM_PARTS[kind]:
        parts[part_name(kind, "currency")] = value.get("currency") or Currency.CNY
    return parts


def put_together(kind: str, cleaned: dict) -> dict | None:
    value = {part: cleaned.get(part_name(kind, part)) for part in parts_of(kind)}
    if all(value.get(key) is None for key in RANGE_KEYS):
        # The list of currencies always has one; without a price it says nothing.
        value.pop("currency", None)
    return normal(f"claim_{kind}", value)


def _field(kind: str, part: str) -> forms.Field:
    if part in TEXT_KEYS:
        return _text_field(kind, part.removeprefix("text_"))
    if part in RANGE_KEYS:
        return _number_field(kind, part)
    if part == "codes":
        return _codes_field(kind)
    if part == "currency":
        return forms.ChoiceField(label=PART_LABELS[part], choices=Currency.choices, required=False)
    return _evidence_field(kind, part)


def _text_field(kind: str, language: str) -> forms.Field:
    code = language.replace("_", "-")
    direction = "rtl" if get_language_info(code)["bidi"] else "ltr"
    attrs = {"rows": 2, "lang": code, "dir": direction, "class": "vLargeTextField"}
    return forms.CharField(
        label=TEXT_LABELS[kind],
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs),
        help_text=HELP.get(kind, "") if language == TEXT_ORDER[0] else "",
    )


def _number_field(kind: str, part: str) -> forms.Field:
    return forms.IntegerField(
        label=RANGE_LABELS[kind][RANGE_KEYS.index(part)],
        required=False,
        min_value=0,
        max_value=100 if kind == ClaimKind.OUTCOME else MAX_NUMBER,
        widget=forms.NumberInput({"inputmode": "numeric", "class": "vIntegerField"}),
    )


def _codes_field(kind: str) -> forms.Field:
    names = dict(RecordKind.choices) if kind == ClaimKind.RECORDS else spoken_languages()
    return forms.MultipleChoiceField(
        label=ClaimKind(kind).label,
        required=False,
        choices=list(names.items()),
        widget=forms.CheckboxSelectMultiple,
    )


def spoken_languages() -> dict:
    """Names in the reader's language; those of Django's list tell how Chinese is written."""
    names = {code: get_language_info(code)["name_translated"] for code in SPOKEN_LANGUAGES}
    return names | {"zh-hans": pgettext_lazy("language spoken", "Chinese")}


def _evidence_field(kind: str, part: str) -> forms.Field:
    label = PART_LABELS[part]
    if part == "source_url":
        widget = forms.URLInput({"class": "vTextField", "placeholder": "https://"})
        return forms.URLField(
            label=label, required=False, max_length=500, widget=widget, assume_scheme="https"
        )
    if part == "source_title":
        help_text = _("For example: Annual report 2024 of the department.")
        attrs = {"class": "vTextField", "maxlength": 200}
        return forms.CharField(
            label=label,
            required=False,
            max_length=200,
            widget=forms.TextInput(attrs),
            help_text=help_text if kind in NEEDS_PERIOD else "",
        )
    return forms.CharField(
        label=label,
        required=False,
        max_length=10,
        validators=[validate_partial_date],
        widget=forms.TextInput({"placeholder": "2024", "class": "vDateField"}),
        help_text=DATE_HELP if part == "period_from" or kind not in NEEDS_PERIOD else "",
    )
