"""From a file that somebody chose to rows of texts. Decides by what is in it, not by its name.

The bytes are parsed in the sandbox; this module has the words for what it finds.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from threading import BoundedSemaphore

from django.utils.translation import gettext as _

from hospitals.exchange.cells import looks_like_formula
from hospitals.exchange.columns import HEADER
from hospitals.exchange.limits import ERROR, FORMULA, MAX_CELL, MAX_COLUMNS, MAX_ROWS
from hospitals.exchange.parsing import normal_name
from portal.sandbox import MB, Limits, SandboxFailedError, TooMuchError, run_in_sandbox

__all__ = ["ERROR", "FORMULA", "MISPLACED", "TOO_LONG", "read_table"]

MAX_BYTES = 5_000_000
TOO_LONG, MISPLACED = "long", "misplaced"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
LIMITS = Limits(memory=400 * MB, seconds=10)
# One in each process, for the sake of its memory and of whoever wants a page; the next waits.
_SEAT, WAIT_FOR_SEAT = BoundedSemaphore(1), 5


class UnreadableError(Exception):
    """The file as a whole cannot be used; the message is for the reader."""


@dataclass
class Row:
    """`number` as a spreadsheet counts: the header is row 1. `bad`: column, kind, cell."""

    number: int
    cells: list[str]
    bad: list[list[str]] = field(default_factory=list)


@dataclass
class Table:
    header: list[str]
    rows: list[Row]
    # How a CSV file was written, where we had to find out; empty for a workbook.
    encoding: str = ""

    def as_json(self) -> list[dict]:
        """The rows as a draft keeps them."""
        return [asdict(row) for row in self.rows]


def read_table(data: bytes) -> Table:
    """Raises UnreadableError."""
    if len(data) > MAX_BYTES:
        raise UnreadableError(too_large())
    if not data.strip():
        raise UnreadableError(_("The file is empty."))
    if data.startswith(_OLD_EXCEL):
        words = _("This is an Excel file of the old kind (.xls), or one with a password. Save it "
                  "as “Excel workbook (.xlsx)” without a password and choose "
                  "it again.")  # fmt: skip
        raise UnreadableError(words)
    found = _parse(data)
    return make_table(_rows_of(found), found["encoding"], is_typed=found["is_typed"])


def _parse(data: bytes) -> dict:
    if not _SEAT.acquire(timeout=WAIT_FOR_SEAT):
        raise UnreadableError(_not_now())
    try:
        return run_in_sandbox("table", {"names": list(HEADER)}, LIMITS, data=data)
    except TooMuchError:
        raise UnreadableError(_refusal("too_big", 0)) from None
    except SandboxFailedError:
        raise UnreadableError(_not_now()) from None
    finally:
        _SEAT.release()


def _rows_of(found: dict) -> Iterator[tuple]:
    """A header that says nothing is told before a quotation mark further down."""
    for number, cells in found["rows"]:
        yield number, [cell if isinstance(cell, str) else tuple(cell) for cell in cells]
    if found["refusal"]:
        raise UnreadableError(_refusal(*found["refusal"]))


def _not_now() -> str:
    return _("We cannot read your file at this moment. Wait a minute and choose it again.")


def _refusal(code: str, number: int) -> str:
    if code == "rows":
        return too_many_rows()
    words = {
        "too_big": _("This workbook holds far more than a table of listings. Copy the table alone "
                     "into a new workbook, without pictures and other sheets."),
        "no_workbook": _("This is not an Excel workbook that we can read. Save it again as “Excel "
                         "workbook (.xlsx)”, or as “CSV UTF-8”."),
        "encoding": _("We cannot tell how the letters of this file are written (its encoding). In "
                      "Excel choose “Save as”, then “CSV UTF-8 (Comma delimited)”, or send the "
                      ".xlsx file itself."),
        "first_line": _("The first row is far too long to be the names of the columns."),
        "quotes": _("Near row %(number)d the quotation marks do not match, so we cannot tell where "
                    "the cells end. Save the file again from your spreadsheet."),
    }[code]  # fmt: skip
    return words % {"number": number} if number else words


def too_large() -> str:
    words = _("The file is larger than %(size)d MB. A file of at most %(rows)d rows fits easily.")
    return words % {"size": MAX_BYTES // 1_000_000, "rows": MAX_ROWS}


def too_many_rows() -> str:
    words = _("The file has more than %(rows)d rows. Keep the rows of your hospital only, and "
              "delete empty ones below.")  # fmt: skip
    return words % {"rows": MAX_ROWS}


def make_table(numbered, encoding: str = "", *, is_typed: bool = False) -> Table:
    """`numbered`: row number and cells; a cell is a text, or (kind, place) where it is bad.

    Stops at the first row too many, so that a long file costs no more than a short one.
    """
    rows = []
    header = None
    for number, cells in numbered:
        if len(rows) > MAX_ROWS or number > MAX_ROWS + 1:
            raise UnreadableError(too_many_rows())
        if header is None:
            header = read_header(cells)
        elif any(not isinstance(cell, str) or cell.strip() for cell in cells):
            rows.append(read_row(number, cells, header, is_typed))
    if not rows:
        raise UnreadableError(_("The file has no rows below the names of the columns."))
    return Table(header, rows, encoding)


def read_header(cells) -> list[str]:
    names = [normal_name(cell) if isinstance(cell, str) else "?" for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MAX_COLUMNS:
        words = _("The file has more than %(number)d columns.")
        raise UnreadableError(words % {"number": MAX_COLUMNS})
    twice = [name for name in dict.fromkeys(names) if name in HEADER and names.count(name) > 1]
    if twice:
        words = _("The column “%(name)s” is there twice. Keep one of them.")
        raise UnreadableError(words % {"name": twice[0]})
    if "specialty" not in names:
        words = _("There is no column “specialty”, so we cannot tell which rows are meant. The "
                  "names of the columns stand in the first row; export your listings to see "
                  "them.")  # fmt: skip
        raise UnreadableError(words)
    return names


def read_row(number: int, cells, header: list[str], is_typed: bool) -> Row:
    """Cells beyond the header mean that the row has slipped."""
    row = Row(number, [])
    for place, cell in enumerate(cells):
        name = header[place] if place < len(header) else ""
        text = cell if isinstance(cell, str) else ""
        problem = _problem(cell, is_typed) if name in HEADER else ""
        if place >= len(header) and (text.strip() or text is not cell):
            row.bad = [["", MISPLACED, ""]]
        elif problem:
            row.bad.append([name, problem, "" if isinstance(cell, str) else cell[1]])
        row.cells.append("" if problem else text)
    row.cells = (row.cells + [""] * len(header))[: len(header)]
    return row


def _problem(cell, is_typed: bool) -> str:
    if not isinstance(cell, str):
        return cell[0]
    if len(cell) > MAX_CELL:
        return TOO_LONG
    return FORMULA if not is_typed and looks_like_formula(cell) else ""
