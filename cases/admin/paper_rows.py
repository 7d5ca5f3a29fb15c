"""The papers of a case as its page shows them."""

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy

from cases import actions
from cases.forms.office import UnreadableForm, VersionForm
from cases.models import Case, Record
from cases.permissions import can_read_record, can_work
from cases.records.crypto import KeyDestroyedError
from cases.records.kinds import Status

# Parts of a PDF that its reader may carry out; the codes are those of `records.judging`.
FLAGS = {
    "script": gettext_lazy("script"),
    "launch": gettext_lazy("starts a program"),
    "action": gettext_lazy("does something when it is opened"),
    "attachment": gettext_lazy("files inside"),
    "media": gettext_lazy("film or sound"),
    "form": gettext_lazy("a form with a program of its own"),
}


def paper_rows(user, case: Case) -> list[dict]:
    """What the page shows: names are opened with the case's key, in one go."""
    records = list(case.records.living().order_by("-created_at"))
    try:
        key = actions.case_key(case) if records else b""
    except KeyDestroyedError:
        return []
    return [_row(user, case, record, key) for record in records]


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
        "can_mark": may_mark and is_fine,
        "can_unmark": may_mark and record.is_marked_by_staff,
        "form": form_class(prefix=str(record.pk), initial={"version": case.version}),
        "flags": [FLAGS[flag] for flag in record.flags],
    }
