"""The columns of the spreadsheet: one for each plain value of a listing.

Their names are part of the files that hospitals keep: they never change their meaning.
"""

from dataclasses import dataclass

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from hospitals.actions.values import (
    CLAIM_PARTS,
    CODES,
    DESCRIPTIONS,
    LISTING_COLUMNS,
    SET_FIELDS,
    SOURCE_KEYS,
    TEXT_KEYS,
    TITLES,
)
from hospitals.choices import Accepting, Audience, ClaimKind, Currency
from hospitals.models import Claim, Listing, Source

HOSPITAL, SPECIALTY = "hospital", "specialty"
TEXT, NUMBER, DATE, PARTIAL, CHOICE, FLAG, SLUGS, LIST = (
    "text", "number", "date", "partial", "choice", "flag", "slugs", "codes",
)  # fmt: skip
_KINDS = {
    **dict.fromkeys((*TITLES, *DESCRIPTIONS, *TEXT_KEYS, "source_title", "source_url"), TEXT),
    **dict.fromkeys(("min_age_years", "max_age_years", "low", "high"), NUMBER),
    **dict.fromkeys(("period_from", "period_to", "source_date"), PARTIAL),
    **dict.fromkeys(("audience", "accepting", "currency"), CHOICE),
    **dict.fromkeys(SET_FIELDS, SLUGS),
    "accepting_until": DATE,
    "is_public": FLAG,
    "codes": LIST,
}
CHOICES = {"audience": Audience, "accepting": Accepting, "currency": Currency}
# What the number of a claim counts.
UNITS = {
    ClaimKind.VOLUME: gettext_lazy("patients a year"),
    ClaimKind.OUTCOME: gettext_lazy("percent"),
    ClaimKind.PRICE: gettext_lazy("whole units of the currency"),
    ClaimKind.WAITING: gettext_lazy("days"),
}
_SOURCE_LABELS = {
    "source_title": gettext_lazy("title of the source"),
    "source_url": gettext_lazy("address of the source"),
    "source_date": gettext_lazy("date of the source"),
}
_SET_LABELS = {
    "conditions": gettext_lazy("Conditions treated"),
    "treatments": gettext_lazy("Treatments offered"),
}
_CODES_LABEL = pgettext_lazy("list of languages or of papers", "which ones")


@dataclass(frozen=True)
class Column:
    """`name` in the file. `field` is that of a proposal; `key` the part of a claim, or empty."""

    name: str
    field: str
    key: str = ""

    @property
    def part(self) -> str:
        return self.key or self.field

    @property
    def kind(self) -> str:
        return _KINDS[self.part]

    @property
    def claim(self) -> str:
        return self.field.removeprefix("claim_") if self.key else ""

    @property
    def choices(self) -> dict[str, str]:
        """Code -> word, in the reader's language; empty for what is written freely."""
        if self.part in CHOICES:
            return dict(CHOICES[self.part].choices)
        return dict.fromkeys(CODES.get(self.claim, ())) if self.key == "codes" else {}

    @property
    def language(self) -> str:
        """Of a text in one language."""
        if self.part not in (*TITLES, *DESCRIPTIONS, *TEXT_KEYS):
            return ""
        return self.part.partition("_")[2].replace("_", "-")

    @property
    def label(self) -> str:
        """What it says, in the reader's language."""
        if not self.key:
            return self._in_language(_field_label(self.field))
        return f"{ClaimKind(self.claim).label}: {self._in_language(self._part_label())}"

    @property
    def max_length(self) -> int | None:
        if self.key.startswith("source_"):
            return Source._meta.get_field(self.key.removeprefix("source_")).max_length
        model = Claim if self.key else Listing
        return model._meta.get_field(self.part).max_length if self.kind == TEXT else None

    def _part_label(self) -> str:
        if self.key in _SOURCE_LABELS:
            return str(_SOURCE_LABELS[self.key])
        if self.key == "codes":
            return str(_CODES_LABEL)
        label = str(Claim._meta.get_field(self.key).verbose_name)
        unit = UNITS.get(self.claim) if self.kind == NUMBER else None
        return f"{label} ({unit})" if unit else label

    def _in_language(self, label: str) -> str:
        return f"{label} ({dict(settings.LANGUAGES)[self.language]})" if self.language else label


def _field_label(field: str) -> str:
    if field in SET_FIELDS:
        return str(_SET_LABELS[field])
    base = field.partition("_")[0] if field in (*TITLES, *DESCRIPTIONS) else field
    return capfirst(str(Listing._meta.get_field(base).verbose_name))


def _claim_columns(kind: str) -> list[Column]:
    keys = (*TEXT_KEYS, *CLAIM_PARTS[kind], *SOURCE_KEYS)
    return [Column(f"{kind}_{key}", f"claim_{kind}", key) for key in keys]


COLUMNS = (
    *(Column(name, name) for name in (*LISTING_COLUMNS, *SET_FIELDS)),
    *(column for kind in ClaimKind.values for column in _claim_columns(kind)),
)
BY_NAME = {column.name: column for column in COLUMNS}
HEADER = (HOSPITAL, SPECIALTY, *BY_NAME)


def allowed(column: Column) -> str:
    """What may stand in a cell, in the reader's language."""
    words = {
        NUMBER: _("a whole number"),
        DATE: _("a date such as 2026-12-31"),
        PARTIAL: _("a date such as 2024, 2024-03 or 2024-03-02"),
        FLAG: _("yes or no"),
        SLUGS: _("keys from the list “keys”, separated by semicolons"),
    }
    if column.choices:
        return ", ".join(column.choices)
    if column.kind == TEXT:
        return _("text, at most %(number)d characters") % {"number": column.max_length}
    return words[column.kind]


def flatten(listing_values: dict) -> dict:
    """The values of a proposal as one value a column."""
    flat = {}
    for column in COLUMNS:
        value = listing_values.get(column.field)
        flat[column.name] = (value or {}).get(column.key) if column.key else value
    return flat


def unflatten(base: dict, changed: dict) -> dict:
    """The fields that differ from `base`; a claim keeps the parts that nobody changed."""
    fields = {}
    for name, value in changed.items():
        column = BY_NAME[name]
        if column.key:
            whole = fields.setdefault(column.field, dict(base.get(column.field) or {}))
            whole[column.key] = value
        else:
            fields[column.field] = value
    return fields
