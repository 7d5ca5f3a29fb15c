"""Excel workbooks (.xlsx), read with care: nothing is evaluated, fetched or unpacked blindly.

Runs within the sandbox, which bounds what the care forgets.
"""

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO

from defusedxml import DefusedXmlException
from openpyxl import load_workbook

from hospitals.exchange.limits import ERROR, FORMULA, MAX_COLUMNS, MAX_ROWS, Refusal

SHEET = "listings"
MAX_PARTS = 200
MAX_UNPACKED = 40_000_000
# Tags of the sheets and their texts, and of every other part: the time that reading takes
# (two seconds). A hospital's 73 specialties, all filled in, are 37,000.
MAX_TAGS, MAX_OTHER_TAGS = 120_000, 20_000
_CONTENT = re.compile(r"xl/(worksheets/[^/]+|sharedStrings)\.xml")
_ROW = re.compile(rb"<(?:\w+:)?row[ >/]")
MAX_TAG = 64 * 1024
# Marks of byte order and spaces, also in UTF-16: a parser takes nothing else before a tag.
_BEFORE_XML = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
_QUOTE_OR_END = re.compile(rb"[\"'>]")
# What is one piece to a parser though it may hold "<".
_UNSPLIT = ((b"<!--", b"-->"), (b"<?", b"?>"), (b"<![CDATA[", b"]]>"))
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What openpyxl, its XML parser and zlib raise for files that are none or were made to harm.
_BROKEN = (
    ArithmeticError, AttributeError, DefusedXmlException, EOFError, LookupError, OSError,
    RuntimeError, SyntaxError, TypeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def read_workbook(data: bytes) -> Iterator[tuple[int, list]]:
    """Rows of the sheet “listings”, or else of the first one. Raises Refusal."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            refuse_bombs(archive)
        with warnings.catch_warnings():
            # About styles and extensions, which do not concern us.
            warnings.simplefilter("ignore")
            yield from _read(data)
    except _BROKEN:
        raise Refusal("no_workbook") from None


def refuse_bombs(archive: zipfile.ZipFile) -> None:
    """Counts before anything is parsed. Raises Refusal."""
    parts = archive.infolist()
    size = sum(part.file_size for part in parts)
    strange = any(part.compress_type not in _PLAIN for part in parts)
    if len(parts) > MAX_PARTS or size > MAX_UNPACKED or strange:
        raise Refusal("too_big")
    tags = 0
    for part in parts:
        count, rows = _count(archive, part)
        if rows > MAX_ROWS + 1:
            raise Refusal("rows")
        is_content = bool(_CONTENT.fullmatch(part.filename))
        tags += count
        if tags > MAX_TAGS or (count > MAX_OTHER_TAGS and not is_content):
            raise Refusal("too_big")


def _count(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> tuple[int, int]:
    """Tags and rows of a part; raises Refusal for what makes a parser slow."""
    data = archive.read(part)
    tags = data.count(b"<")
    if tags <= MAX_TAGS and data.lstrip(_BEFORE_XML)[:1] == b"<":
        _refuse_slow_marks(data)
    return tags, len(_ROW.findall(data))


def _refuse_slow_marks(data: bytes) -> None:
    """Document types and endless tags, for which some parsers take quadratic time.

    No spreadsheet writes either. In UTF-16 neither would be recognised here.
    """
    if b"<!DOCTYPE" in data or data.lstrip(_BEFORE_XML)[1:2] == b"\x00":
        raise Refusal("no_workbook")
    if not all(len(part) <= MAX_TAG or _ends_soon(part) for part in data.split(b"<")[1:]):
        raise Refusal("too_big")
    for begin, end in _UNSPLIT:
        place = data.find(begin)
        while place >= 0:
            if data.find(end, place, place + MAX_TAG) < 0:
                raise Refusal("too_big")
            place = data.find(begin, place + len(begin))


def _ends_soon(part: bytes) -> bool:
    """Whether the tag before a long text ends: a ">" between quotation marks ends none."""
    place, start = 0, part[:MAX_TAG]
    while mark := _QUOTE_OR_END.search(start, place):
        if mark[0] == b">":
            return True
        place = start.find(mark[0], mark.end()) + 1
        if not place:
            return False
    return False


def _read(data: bytes) -> Iterator[tuple[int, list]]:
    book = load_workbook(BytesIO(data), read_only=True, data_only=False, keep_links=False)
    try:
        named = [sheet for sheet in book.worksheets if sheet.title.strip().casefold() == SHEET]
        sheet = (named or book.worksheets)[0]
        # What the file says about its own size may be wrong.
        sheet.reset_dimensions()
        yield from _rows(sheet)
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
