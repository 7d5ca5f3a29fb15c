"""Excel workbooks (.xlsx), read with care: nothing is evaluated, fetched or unpacked blindly."""

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO

from defusedxml import DefusedXmlException
from django.utils.translation import gettext as _
from openpyxl import load_workbook

from hospitals.exchange.reading import (
    ERROR,
    FORMULA,
    MAX_COLUMNS,
    MAX_ROWS,
    Table,
    UnreadableError,
    make_table,
    too_many_rows,
)

SHEET = "listings"
MAX_PARTS = 200
MAX_UNPACKED = 40_000_000
# Tags of the sheets and their texts, and of every other part: the time that reading takes
# (two seconds). A hospital's 73 specialties, all filled in, are 37,000.
MAX_TAGS, MAX_OTHER_TAGS = 120_000, 20_000
_CONTENT = re.compile(r"xl/(worksheets/[^/]+|sharedStrings)\.xml")
_ROW = re.compile(rb"<(?:\w+:)?row[ >/]")
_CHUNK = 1 << 20
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What openpyxl, its XML parser and zlib raise for files that are none or were made to harm.
_BROKEN = (
    ArithmeticError, AttributeError, DefusedXmlException, EOFError, LookupError, OSError,
    RuntimeError, SyntaxError, TypeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def read_workbook(data: bytes) -> Table:
    """The sheet “listings”, or else the first one. Raises UnreadableError."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            refuse_bombs(archive)
        with warnings.catch_warnings():
            # About styles and extensions, which do not concern us.
            warnings.simplefilter("ignore")
            return _read(data)
    except _BROKEN:
        words = _("This is not an Excel workbook that we can read. Save it again as “Excel "
                  "workbook (.xlsx)”, or as “CSV UTF-8”.")  # fmt: skip
        raise UnreadableError(words) from None


def refuse_bombs(archive: zipfile.ZipFile) -> None:
    """Counts before anything is parsed. Raises UnreadableError."""
    parts = archive.infolist()
    size = sum(part.file_size for part in parts)
    strange = any(part.compress_type not in _PLAIN for part in parts)
    if len(parts) > MAX_PARTS or size > MAX_UNPACKED or strange:
        raise UnreadableError(_too_big())
    tags = 0
    for part in parts:
        count, rows = _count(archive, part)
        if rows > MAX_ROWS + 1:
            raise UnreadableError(too_many_rows())
        is_content = bool(_CONTENT.fullmatch(part.filename))
        tags += count
        if tags > MAX_TAGS or (count > MAX_OTHER_TAGS and not is_content):
            raise UnreadableError(_too_big())


def _too_big() -> str:
    return _("This workbook holds far more than a table of listings. Copy the table alone into a "
             "new workbook, without pictures and other sheets.")  # fmt: skip


def _count(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> tuple[int, int]:
    """Tags and rows of a part. A row that lies across two chunks is not worth the trouble."""
    tags = rows = 0
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            tags += chunk.count(b"<")
            rows += len(_ROW.findall(chunk))
    return tags, rows


def _read(data: bytes) -> Table:
    book = load_workbook(BytesIO(data), read_only=True, data_only=False, keep_links=False)
    try:
        named = [sheet for sheet in book.worksheets if sheet.title.strip().casefold() == SHEET]
        sheet = (named or book.worksheets)[0]
        # What the file says about its own size may be wrong.
        sheet.reset_dimensions()
        return make_table(_rows(sheet), is_typed=True)
    finally:
        book.close()


def _rows(sheet) -> Iterator[tuple[int, list]]:
    rows = sheet.iter_rows(max_col=MAX_COLUMNS + 1)
    for number, cells in enumerate(rows, 1):
        yield number, [_as_text(cell) for cell in cells]


def _as_text(cell):
    """As somebody would have typed it; kind and place of a cell that nobody typed."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type in ("f", "e"):
        return (FORMULA if cell.data_type == "f" else ERROR), cell.coordinate
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime | date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
