"""The preview of an import in the reader's words."""

from collections import Counter

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hospitals.actions import values
from hospitals.admin.showing import Shown, text_direction
from hospitals.claim_words import claim_items
from hospitals.exchange.columns import BY_NAME, CHOICES, LIST, SLUGS, Column, flatten
from hospitals.exchange.difference import (
    CHANGED,
    NEW,
    SAME,
    WRONG,
    Change,
    Plan,
    differing,
    explain,
    unknown_columns,
)
from hospitals.exchange.listings import public_values
from hospitals.models import ImportDraft, Listing


def describe(draft: ImportDraft, plans: list[Plan]) -> dict:
    """What the page shows of a draft."""
    counts = Counter(plan.kind for plan in plans)
    ready = [plan for plan in plans if plan.kind in (NEW, CHANGED)]
    return {
        "summary": summarise(counts),
        "unknown": unknown_columns(draft.header),
        "wrong": [plan for plan in plans if plan.kind == WRONG],
        "rows": [show_plan(plan) for plan in ready],
        "same": [plan for plan in plans if plan.kind == SAME],
        "count": sum(plan.is_ready and plan.waiting is None for plan in ready),
        "can_tick": any(plan.is_ready and plan.waiting is not None for plan in ready),
    }


def summarise(counts: Counter) -> list[str]:
    """How many rows of each kind; kinds that are not there are not named."""
    words = {
        CHANGED: ngettext("%d row changes something", "%d rows change something", counts[CHANGED]),
        NEW: ngettext("%d row is a new specialty", "%d rows are new specialties", counts[NEW]),
        SAME: ngettext("%d row changes nothing", "%d rows change nothing", counts[SAME]),
        WRONG: ngettext("%d row has an error", "%d rows have errors", counts[WRONG]),
    }
    return [text % counts[kind] for kind, text in words.items() if counts[kind]]


def show_plan(plan: Plan) -> dict:
    waiting = waiting_changes(plan)
    shown = shown_names([*plan.changes, *waiting])
    return {
        "plan": plan,
        "is_new": plan.kind == NEW,
        "seen": f"{plan.number}:{plan.base_version}:{plan.waiting.pk if plan.waiting else ''}",
        "changes": [show_change(change, shown) for change in plan.changes],
        "waiting": [show_change(change, shown) for change in waiting],
        "can_tick": plan.is_ready and plan.waiting is not None,
    }


def waiting_changes(plan: Plan) -> list[Change]:
    """What waits for approval for the same specialty, by column."""
    if plan.waiting is None:
        return []
    public = public_values(plan.listing) if plan.listing else {}
    flat, after = flatten(public), flatten(public | plan.waiting.after)
    return [
        Change(BY_NAME[name], flat[name], value) for name, value in differing(flat, after).items()
    ]


def shown_names(changes: list[Change]) -> Shown:
    """The names of the conditions and treatments that these changes speak of."""
    sides = [
        {change.column.field: side}
        for change in changes
        if change.column.kind == SLUGS
        for side in (change.before, change.after)
    ]
    return Shown.of(Listing, *sides)


def show_change(change: Change, shown: Shown) -> dict:
    column = change.column
    return {
        "label": column.label,
        "before": show_value(column, change.before, shown),
        "after": show_value(column, change.after, shown),
        "language": column.language,
        "direction": text_direction(column.language),
    }


def show_value(column: Column, value, shown: Shown) -> str:
    """As a person reads it."""
    if values.is_empty(value):
        return _("not said")
    if column.kind == LIST:
        return ", ".join(map(str, claim_items(column.claim, value)))
    if column.part in CHOICES:
        return str(CHOICES[column.part](value).label)
    return str(value) if column.key else shown.display(column.field, value)


def sentences(refusal: Exception) -> list[str]:
    return explain(refusal) if isinstance(refusal, ValidationError) else [str(refusal)]
