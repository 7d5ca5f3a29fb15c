"""Listings as CSV and as an Excel workbook. Neither holds a cell that a program would run."""

import csv
from collections.abc import Iterator
from io import StringIO

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from hospitals.exchange.cells import CLEAR, cell_value, protect
from hospitals.exchange.columns import BY_NAME, COLUMNS, HEADER, HOSPITAL, SPECIALTY, allowed
from hospitals.exchange.listings import public_rows
from hospitals.exchange.reading import MAX_ROWS
from hospitals.exchange.workbook import SHEET
from hospitals.models import Condition, Hospital, Specialty, Treatment

_TEXT_FORMAT, _DATE_FORMAT = "@", "yyyy-mm-dd"


def write_csv(hospital: Hospital) -> Iterator[str]:
    """Begins with the mark by which Excel knows UTF-8. Texts are quoted, numbers are not."""
    yield "\ufeff"
    yield _line(HEADER)
    for cells in rows(hospital):
        yield _line([_safe(cell) for cell in cells])


def rows(hospital: Hospital) -> Iterator[list]:
    for slug, flat in public_rows(hospital):
        values = [cell_value(BY_NAME[name], flat[name]) for name in BY_NAME]
        yield [hospital.slug, slug, *values]


def _line(cells) -> str:
    text = StringIO()
    csv.writer(text, quoting=csv.QUOTE_NONNUMERIC).writerow(cells)
    return text.getvalue()


def _safe(cell):
    return protect(cell, against_formulas=True) if isinstance(cell, str) else cell


def write_workbook(hospital: Hospital, target) -> None:
    """With what the columns mean, and the keys, in the reader's language."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    sheet.freeze_panes = "C2"
    sheet.append(_heading(sheet, HEADER))
    for cells in rows(hospital):
        sheet.append([_typed(sheet, cell) for cell in cells])
    _write_help(book.create_sheet("help"))
    _write_keys(book.create_sheet("keys"))
    book.save(target)


def _heading(sheet, names) -> list[WriteOnlyCell]:
    cells = [_text(sheet, name) for name in names]
    for cell in cells:
        cell.font = Font(bold=True)
    return cells


def _typed(sheet, cell):
    if isinstance(cell, str):
        return _text(sheet, protect(cell, against_formulas=False))
    typed = WriteOnlyCell(sheet, cell)
    if not isinstance(cell, int):
        typed.number_format = _DATE_FORMAT
    return typed


def _text(sheet, text: str) -> WriteOnlyCell:
    """A text, whatever it begins with, also once somebody has edited it in Excel."""
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    cell.number_format = _TEXT_FORMAT
    cell.quotePrefix = True
    return cell


def _write_help(sheet) -> None:
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 28, 60
    sheet.column_dimensions["C"].width = 60
    sheet.append(_heading(sheet, [_("Column"), _("What it says"), _("What may stand there")]))
    for name, meaning, values in explain_columns():
        sheet.append([_text(sheet, text) for text in (name, meaning, values)])
    for rule in rules():
        sheet.append([_text(sheet, ""), _text(sheet, rule)])


def explain_columns() -> list[tuple[str, str, str]]:
    """Name, meaning and allowed values of every column, in the reader's language."""
    return [
        (HOSPITAL, _("Your hospital. May be left out."), _("the key of your own hospital")),
        (SPECIALTY, _("Which row it is."), _("a key from the list “keys”, or the name")),
        *((column.name, column.label, allowed(column)) for column in COLUMNS),
    ]


def rules() -> list[str]:
    return [
        _("An empty cell, or a column that is missing, changes nothing."),
        _("To empty what is said now, write %(word)s into the cell.") % {"word": CLEAR},
        _("Formulas are refused. A text that begins with =, +, - or @ gets an apostrophe (') in "
          "front in a CSV file."),
        _("At most %(rows)d rows. Rows that are not in the file stay as they are.")
        % {"rows": MAX_ROWS},
    ]  # fmt: skip


def _write_keys(sheet) -> None:
    sheet.column_dimensions["B"].width, sheet.column_dimensions["C"].width = 40, 60
    kind, key, name = _("Column"), pgettext("code", "Key"), _("Name")
    sheet.append(_heading(sheet, [kind, key, name]))
    for column, model in (
        (SPECIALTY, Specialty),
        ("conditions", Condition),
        ("treatments", Treatment),
    ):
        for row in model.objects.order_by("slug"):
            sheet.append([_text(sheet, text) for text in (column, row.slug, row.name)])
