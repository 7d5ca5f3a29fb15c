"""What was public before, who changed it and who approved it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from hospitals.actions.values import CLAIM_FIELDS, SET_FIELDS
from hospitals.admin.showing import SETS, Shown, field_label
from hospitals.changes import fact_kinds
from hospitals.changes import field_label as public_label
from hospitals.choices import ChangeOrigin
from hospitals.models import Change, Hospital, Listing

MAX_ROWS = 60


@dataclass
class Entry:
    """One change of a public claim, in words."""

    change: Change
    label: str
    before: str
    after: str

    @property
    def is_confirmation(self) -> bool:
        return self.change.origin == ChangeOrigin.CONFIRMATION


def history(changes) -> list[Entry]:
    """The newest changes of a queryset, each with the people behind it. A few queries."""
    rows = list(changes.select_related("by", "approved_by", "listing")[:MAX_ROWS])
    shown = {model: Shown.of(model, *_values(rows, model)) for model in (Hospital, Listing)}
    facts = fact_kinds(rows)
    return [_entry(row, shown[_model(row)], facts) for row in rows]


def _values(rows: list[Change], model):
    for row in rows:
        if _model(row) is model and row.field in SETS:
            yield {row.field: row.before}
            yield {row.field: row.after}


def _model(row: Change):
    return Listing if row.listing_id else Hospital


def _entry(row: Change, shown: Shown, facts: dict) -> Entry:
    if row.origin == ChangeOrigin.CONFIRMATION:
        return Entry(row, _("Everything on the page"), "", "")
    return Entry(
        row, _label(row, facts), *(_display(row, shown, v) for v in (row.before, row.after))
    )


def _label(row: Change, facts: dict) -> str:
    """As on the public page; what has no name there (a key, a place) by its own."""
    if _is_column(row):
        return field_label(_model(row), row.field).text
    if (row.hospital_id, row.subject) in facts:
        return public_label(row, facts)
    return f"{row.subject} {row.field}".strip()


def _display(row: Change, shown: Shown, value) -> str:
    return shown.display(row.field, value) if _is_column(row) else str(value or _("not said"))


def _is_column(row: Change) -> bool:
    """Of the hospital itself or a listing; facts and campuses are told by their keys."""
    names = {field.name for field in _model(row)._meta.fields}
    return not row.subject and row.field in {*names, *SET_FIELDS, *CLAIM_FIELDS}
