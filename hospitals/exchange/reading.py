"""From the bytes of a file to rows of texts. Decides by what is in the file, not by its name."""

import csv
import re
from dataclasses import asdict, dataclass, field
from io import StringIO

from django.utils.translation import gettext as _

from hospitals.exchange.cells import looks_like_formula
from hospitals.exchange.columns import HEADER

MAX_BYTES = 5_000_000
MAX_ROWS = 2_000
MAX_COLUMNS = 100
MAX_CELL = MAX_FIRST_LINE = 20_000
FORMULA, ERROR, TOO_LONG, MISPLACED = "formula", "error", "long", "misplaced"
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig", "UTF-8"),
    (b"\xff\xfe", "utf-16", "UTF-16"),
    (b"\xfe\xff", "utf-16", "UTF-16"),
)
_UTF_32 = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
_DELIMITERS = ",;\t"
_OLD_EXCEL, _ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
# Two bytes of a character that GB2312 has: what is written in China hardly needs others.
_GB2312 = re.compile(rb"[\xa1-\xa9\xb0-\xf7][\xa1-\xfe]")
# The characters of our specialties and conditions, and the most common ones: two thirds of
# what such a table says in Chinese, but a tenth at most of Korean that is read as Chinese.
_COMMON = frozenset(
    "一上下不与专中临为主乏乳了二产人代以传伤位低体侧儿先克免全关养内再减出分切列创前力功动化区医危卵压原及反发变口可合名后听吸告呼和咽喉器囊国在地型基增声复外多大天"
    "失头妇妊娠婴子学孩官宝实室宫家对射小尔尿岁巴常干年床康异张弯形征心急性息恶患感慢成或房手折护报指损据收放整斑断斯新无日早是普月有期术机杂来染查柱样核检植殖母毒氏"
    "气水治泌流海消液淋湿漏炎烧照牙特状狭球瓣生甲男畸疗疫疾病症痛瘤癌白的皮眠眼睡石硬神科积移窄童等筛管糖素红细经结维综缺网罕者耳肉肌肛肝肠肢肤育肺肾肿胃胆胎胞胰胱胸"
    "能脂脉脊脏脑脓脱腔腹腺膀膜自至良色节营蛋血行衰裂见视诊谢质贫超路转过运退造道遗部酶酸里重锁镜长门闭间阴际院除陷障需静面颅颈颌风食骨髓高黄鼻龄"
)
_COMMON_SHARE = 0.3


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
    if data.startswith(_ZIP):
        from hospitals.exchange.workbook import read_workbook

        return read_workbook(data)
    return read_csv(data)


def too_large() -> str:
    words = _("The file is larger than %(size)d MB. A file of at most %(rows)d rows fits easily.")
    return words % {"size": MAX_BYTES // 1_000_000, "rows": MAX_ROWS}


def too_many_rows() -> str:
    words = _("The file has more than %(rows)d rows. Keep the rows of your hospital only, and "
              "delete empty ones below.")  # fmt: skip
    return words % {"rows": MAX_ROWS}


def read_csv(data: bytes) -> Table:
    text, encoding = decode(data)
    lines = StringIO(text, newline="")
    first = lines.readline()
    if first.strip().lower().startswith("sep="):
        # Excel's own line, which it does not count.
        text = text[len(first) :]
        first = text.partition("\n")[0]
    if len(first) > MAX_FIRST_LINE:
        words = _("The first row is far too long to be the names of the columns.")
        raise UnreadableError(words)
    reader = csv.reader(StringIO(text, newline=""), delimiter=find_delimiter(first), strict=True)
    try:
        return make_table(enumerate(reader, 1), encoding)
    except csv.Error:
        words = _("Near row %(number)d the quotation marks do not match, so we cannot tell where "
                  "the cells end. Save the file again from your spreadsheet.")  # fmt: skip
        raise UnreadableError(words % {"number": max(reader.line_num, 1)}) from None


def decode(data: bytes) -> tuple[str, str]:
    """The text, and the encoding in which it was written. Raises UnreadableError."""
    try:
        return _decode(data)
    except UnicodeDecodeError:
        words = _("We cannot tell how the letters of this file are written (its encoding). In "
                  "Excel choose “Save as”, then “CSV UTF-8 (Comma delimited)”, or send the .xlsx "
                  "file itself.")  # fmt: skip
        raise UnreadableError(words) from None


def _decode(data: bytes) -> tuple[str, str]:
    if not data.startswith(_UTF_32):
        for bom, codec, name in _BOMS:
            if data.startswith(bom):
                return data.decode(codec), name
    if b"\x00" in data[:4]:
        # A table begins with a Latin letter, of which UTF-16 has one half empty.
        return data.decode("utf-16-be" if data[:1] == b"\x00" else "utf-16-le"), "UTF-16"
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        text = data.decode("gb18030")
        if not is_plausible_chinese(data, text):
            raise
        return text, "GB18030"


def is_plausible_chinese(data: bytes, text: str) -> bool:
    """Polish, Arabic or Korean bytes can be read as GB18030 too, as characters at random."""
    foreign = [letter for letter in text if letter > "\x7f"]
    usual = sum(map(len, _GB2312.findall(data))) // 2
    common = sum(letter in _COMMON for letter in foreign)
    return usual >= 0.9 * len(foreign) and common >= _COMMON_SHARE * len(foreign)


def find_delimiter(first: str) -> str:
    """The one that finds most of our columns; a comma when none does."""

    def found(delimiter: str) -> int:
        names = {normal_name(name) for name in first.split(delimiter)}
        return len(names & set(HEADER))

    return max(_DELIMITERS, key=found)


def normal_name(cell: str) -> str:
    return cell.strip().strip("\"'").strip().casefold()


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
