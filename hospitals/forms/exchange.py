"""Choosing a file, and sending what was read of it."""

import re
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from hospitals.exchange.difference import Plan, foreign_rows
from hospitals.exchange.reading import MAX_BYTES, Table, UnreadableError, read_table, too_large

_SEEN = re.compile(r"(\d{1,6}):(\d{1,9}):([0-9a-f-]{36})?")
# Of row numbers in one sentence.
_MOST_NUMBERS = 10


class UploadForm(forms.Form):
    """Valid when the whole file can be used; single rows may still be wrong."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or Excel (.xlsx), at most 5 MB and 2,000 rows."),
        widget=forms.ClearableFileInput(
            attrs={"accept": ".csv,.txt,.xlsx", "aria-describedby": "id_file_helptext"}
        ),
        error_messages={
            "required": _("Choose a file first."),
            "empty": _("The file is empty."),
        },
    )

    def __init__(self, *args, hospital, **kwargs):
        super().__init__(*args, **kwargs)
        self.hospital = hospital

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise ValidationError(too_large())
        try:
            table = read_table(file.read())
        except UnreadableError as refusal:
            raise ValidationError(str(refusal)) from None
        self.refuse_foreign(table)
        self.cleaned_data["table"] = table
        return file

    def refuse_foreign(self, table: Table) -> None:
        """All of it: a file of somebody else is a mistake, even where it names us too."""
        foreign = foreign_rows(self.hospital, table.header, table.as_json())
        if not foreign:
            return
        words = ngettext(
            "Row %(rows)s is another hospital’s. A file may hold rows of your own hospital "
            "only, so nothing of it was used.",
            "Rows %(rows)s are another hospital’s. A file may hold rows of your own hospital "
            "only, so nothing of it was used.",
            len(foreign),
        )
        shown = ", ".join(map(str, foreign[:_MOST_NUMBERS]))
        more = ", …" if len(foreign) > _MOST_NUMBERS else ""
        raise ValidationError(words % {"rows": shown + more})


class SendForm:
    """What the author saw of each row, and which waiting changes they mean to replace."""

    def __init__(self, data):
        self.seen = {}
        for text in data.getlist("seen"):
            if match := _SEEN.fullmatch(text):
                self.seen[int(match[1])] = int(match[2]), match[3]
        self.ticked = {int(text) for text in data.getlist("replace") if _is_number(text)}

    def proposals(self, plans: list[Plan]) -> list:
        """Of the rows that were on the page: those that are ready, or ticked."""
        found = []
        for plan in plans:
            version, waiting = self.seen.get(plan.number, (None, None))
            wanted = waiting is None or plan.number in self.ticked
            if version is not None and plan.is_ready and wanted:
                found.append(plan.as_proposal(version, _as_uuid(waiting)))
        return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 6


def _as_uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
