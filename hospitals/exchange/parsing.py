"""From the bytes of a file to rows of texts, within the sandbox: no Django, no languages.

A refusal is a code here; `reading` has the words for it.
"""

import csv
import re
import sys
from collections.abc import Iterable
from io import StringIO

from hospitals.exchange.limits import (
    MAX_CELL,
    MAX_COLUMNS,
    MAX_FIRST_LINE,
    MAX_LETTERS,
    MAX_ROWS,
    Refusal,
)
from hospitals.exchange.workbook import read_workbook

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig", "UTF-8"),
    (b"\xff\xfe", "utf-16", "UTF-16"),
    (b"\xfe\xff", "utf-16", "UTF-16"),
)
_UTF_32 = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
_DELIMITERS = ",;\t"
_ZIP = b"PK\x03\x04"
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


def carry_out(order: dict) -> dict:
    """The task of the sandbox: the file lies on standard input."""
    return parse(sys.stdin.buffer.read(), order["names"])


def parse(data: bytes, names: list[str]) -> dict:
    """Rows up to the place where the file cannot be used any more, and why.

    `names` are those of our columns. A cell is a text, or kind and place of one that is bad.
    """
    found = {"rows": [], "encoding": "", "is_typed": data.startswith(_ZIP), "refusal": None}
    try:
        if found["is_typed"]:
            numbered = read_workbook(data)
        else:
            numbered, found["encoding"] = _read_csv(data, names)
        _collect(numbered, found["rows"])
    except Refusal as refusal:
        found["refusal"] = [refusal.code, refusal.number]
    return found


def _collect(numbered: Iterable[tuple], rows: list) -> None:
    """Not more than is looked at, so that a long file costs no more than a short one."""
    letters = 0
    for number, cells in numbered:
        kept = [_short(cell) for cell in _few(cells)]
        letters += sum(len(cell) for cell in kept if isinstance(cell, str))
        if letters > MAX_LETTERS:
            raise Refusal("too_big")
        rows.append([number, kept])
        if number > MAX_ROWS + 1:
            # The reader of these rows sees that there is one too many.
            return


def _few(cells: list) -> list:
    """Without empty ones at the end; what lies beyond the last column counts once."""
    beyond = next((cell for cell in cells[MAX_COLUMNS:] if _is_filled(cell)), None)
    if beyond is not None:
        return [*cells[:MAX_COLUMNS], beyond]
    filled = [place for place, cell in enumerate(cells[:MAX_COLUMNS], 1) if cell != ""]
    return cells[: max(filled, default=0)]


def _is_filled(cell) -> bool:
    return not isinstance(cell, str) or bool(cell.strip())


def _short(cell):
    """Enough of it to see that it is too long."""
    return cell[: MAX_CELL + 1] if isinstance(cell, str) else cell


def _read_csv(data: bytes, names: list[str]):
    text, encoding = decode(data)
    lines = StringIO(text, newline="")
    first = lines.readline()
    if first.strip().lower().startswith("sep="):
        # Excel's own line, which it does not count.
        text = text[len(first) :]
        first = text.partition("\n")[0]
    if len(first) > MAX_FIRST_LINE:
        raise Refusal("first_line")
    delimiter = find_delimiter(first, names)
    return _csv_rows(StringIO(text, newline=""), delimiter), encoding


def _csv_rows(lines, delimiter: str):
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        yield from enumerate(reader, 1)
    except csv.Error:
        raise Refusal("quotes", max(reader.line_num, 1)) from None


def decode(data: bytes) -> tuple[str, str]:
    """The text, and the encoding in which it was written. Raises Refusal."""
    try:
        return _decode(data)
    except UnicodeDecodeError:
        raise Refusal("encoding") from None


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


def find_delimiter(first: str, names: list[str]) -> str:
    """The one that finds most of our columns; a comma when none does."""

    def found(delimiter: str) -> int:
        return len({normal_name(name) for name in first.split(delimiter)} & set(names))

    return max(_DELIMITERS, key=found)


def normal_name(cell: str) -> str:
    return cell.strip().strip("\"'").strip().casefold()
