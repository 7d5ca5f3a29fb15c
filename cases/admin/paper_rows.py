"""The papers of a case as its page shows them."""

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy

from cases import actions
from cases.forms.office import UnreadableForm, VersionForm
from cases.models import Case, Record
from cases.permissions import can_read_health, can_read_record, can_work
from cases.records.crypto import KeyDestroyedError
from cases.records.kinds import PICTURES, Status

# Parts of a PDF that its reader may carry out; the codes are those of `records.judging`.
FLAGS = {
    "script": gettext_lazy("script"),
    "launch": gettext_lazy("starts a program"),
    "action": gettext_lazy("does something when it is opened"),
    "attachment": gettext_lazy("files inside"),
    "media": gettext_lazy("film or sound"),
    "form": gettext_lazy("a form with a program of its own"),
}


def paper_rows(user, case: Case, items) -> list[dict]:
    """What the page shows: names are opened with the case's key, in one go."""
    records = list(case.records.living().order_by("-created_at"))
    if not can_read_health(user, case):
        # Names of files say what somebody has.
        return []
    try:
        key = actions.case_key(case) if records else b""
    except KeyDestroyedError:
        return []
    return [_row(user, case, record, key) | _serving(items, record) for record in records]


def _serving(items, record: Record) -> dict:
    """What this file is of the list, and the whole list to choose from."""
    choices = [
        {"code": item.row.code, "name": item.name, "is_it": record.pk in item.record_ids}
        for item in items
    ]
    return {"items": choices, "served": [one["name"] for one in choices if one["is_it"]]}


def _row(user, case: Case, record: Record, key: bytes) -> dict:
    record.case = case
    may_mark = can_work(user, case) and not case.has_ended
    is_fine = record.status == Status.FINE
    form_class = UnreadableForm if is_fine else VersionForm
    return {
        "record": record,
        "name": record.name(key),
        "size": filesizeformat(record.size),
        "can_open": can_read_record(user, record),
        "can_look": record.kind in PICTURES and can_read_record(user, record),
        "can_mark": may_mark and is_fine,
        "can_sort": may_mark,
        "can_unmark": may_mark and record.is_marked_by_staff,
        "form": form_class(prefix=str(record.pk), initial={"version": case.version}),
        "flags": [FLAGS[flag] for flag in record.flags],
    }
