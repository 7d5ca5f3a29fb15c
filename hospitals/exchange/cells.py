"""One cell: what is written into it, and what is understood of it.

A spreadsheet runs a cell that begins with certain signs. In a CSV file such a text gets an
apostrophe in front, and reading takes it off again, so that nothing changes on the way.
"""

import re
from datetime import date
from functools import cache

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from hospitals.choices import Accepting
from hospitals.exchange.columns import (
    CHOICE,
    DATE,
    FLAG,
    LIST,
    NUMBER,
    PARTIAL,
    SLUGS,
    TEXT,
    Column,
)

# An empty cell changes nothing; this word empties what is said now.
CLEAR = "[clear]"
# OWASP, CSV injection; the wide forms are those that a Chinese keyboard types.
FORMULA_SIGNS = "=+-@\t\r\n＝＋－＠"
# A list or a number with its sign and a space is no formula: "- children under two".
_HARMLESS = re.compile(r"[-+－＋]\s")
# Excel and PostgreSQL keep none of these.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_NUMBER = re.compile(r"\d{1,12}")
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_PARTIAL = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_BETWEEN = re.compile(r"[;；\n]")
_YES = {"yes", "true", "1", "是", "tak", "نعم"}
_NO = {"no", "false", "0", "否", "nie", "لا"}


class CellError(ValueError):
    """A cell cannot be understood; the message is for the reader."""


def tidy(text: str) -> str:
    """As files keep it: one kind of line end, no control characters, no blanks around."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def protect(text: str, *, against_formulas: bool) -> str:
    """The text as a cell; `unprotect` gives it back from both kinds of files."""
    if against_formulas:
        needed = _is_special(text)
    else:
        needed = _is_clear(text) or (text[:1] == "'" and _is_special(text[1:]))
    return f"'{text}" if needed else text


def unprotect(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and _is_special(cell[1:]) else cell


def looks_like_formula(cell: str) -> bool:
    """Of a cell as it stands in a CSV file, where nothing tells a text from a formula."""
    bare = cell.lstrip(" ")
    return bare[:1] in tuple(FORMULA_SIGNS) and not _HARMLESS.match(bare) and bare.strip() != ""


def _is_special(text: str) -> bool:
    return text[:1] == "'" or text.lstrip(" ")[:1] in tuple(FORMULA_SIGNS) or _is_clear(text)


def _is_clear(text: str) -> bool:
    return text.strip().lower() == CLEAR


def cell_value(column: Column, value):
    """A value as a cell: a text, a whole number or a date."""
    if value is None or value == []:
        return ""
    if column.kind == FLAG:
        return "yes" if value else "no"
    if column.kind in (SLUGS, LIST):
        return "; ".join(value)
    if column.kind == DATE:
        return date.fromisoformat(value)
    return tidy(value) if isinstance(value, str) else value


def parse_cell(column: Column, cell: str, names: dict[str, dict[str, str]]):
    """The value that a cell states. Raises CellError.

    `names`: of conditions and treatments, folded name or slug -> slug (see `naming`).
    """
    text = tidy(cell)
    if text.lower() == CLEAR:
        return _cleared(column)
    if column.kind == SLUGS:
        return _parse_slugs(text, names[column.field])
    return _PARSERS[column.kind](column, tidy(unprotect(text)))


def _cleared(column: Column):
    if column.kind == FLAG or column.field in ("accepting", "title_en"):
        raise CellError(_("This cannot be emptied."))
    if column.kind in (SLUGS, LIST):
        return []
    return None if column.kind in (NUMBER, DATE) else ""


def _parse_text(column: Column, text: str) -> str:
    if len(text) > column.max_length:
        words = _("This is too long: %(length)d characters. At most %(number)d fit.")
        raise CellError(words % {"length": len(text), "number": column.max_length})
    return text


def _parse_number(column: Column, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise CellError(_("“%(value)s” is not a whole number.") % {"value": shorten(text)})
    return int(text)


def _parse_date(column: Column, text: str) -> str:
    match = _DATE.fullmatch(text)
    try:
        return date(*map(int, match.groups())).isoformat() if match else _refuse_date(text)
    except ValueError:
        _refuse_date(text)


def _refuse_date(text: str):
    words = _("“%(value)s” is not a date that we are sure about. Write it as 2026-12-31.")
    raise CellError(words % {"value": shorten(text)}) from None


def _parse_partial(column: Column, text: str) -> str:
    if not _PARTIAL.fullmatch(text):
        words = _("“%(value)s” is not a date that we are sure about. Write 2024, 2024-03 or "
                  "2024-03-02.")  # fmt: skip
        raise CellError(words % {"value": shorten(text)})
    return text


def _parse_flag(column: Column, text: str) -> bool:
    if text.casefold() not in _YES | _NO:
        raise CellError(_("“%(value)s”: write yes or no.") % {"value": shorten(text)})
    return text.casefold() in _YES


def _parse_choice(column: Column, text: str) -> str:
    code = choice_words(column.part).get(text.casefold())
    if code is None:
        words = _("“%(value)s” is not one of: %(codes)s.")
        raise CellError(words % {"value": shorten(text), "codes": ", ".join(column.choices)})
    return code


@cache
def choice_words(part: str) -> dict[str, str]:
    """Codes and their words in every language of the portal -> code."""
    column = Column(part, part)
    found = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            found |= {str(word).casefold(): code for code, word in column.choices.items()}
    if part == "accepting":
        found |= dict.fromkeys(_YES, Accepting.YES.value) | dict.fromkeys(_NO, Accepting.NO.value)
    return found | {code.casefold(): code for code in column.choices}


def _parse_list(column: Column, text: str) -> list[str]:
    codes = [code.casefold() for code in re.split(r"[;；,，\s]+", text) if code]
    for code in codes:
        if code not in column.choices:
            raise CellError(not_listed(code))
    return [code for code in column.choices if code in codes]


def _parse_slugs(text: str, names: dict[str, str]) -> list[str]:
    slugs = set()
    for entry in filter(None, map(str.strip, _BETWEEN.split(unprotect(text)))):
        slugs |= _slugs_of(entry, names)
    return sorted(slugs)


def _slugs_of(entry: str, names: dict[str, str]) -> set[str]:
    """A slug, a name, or several slugs with blanks or commas between."""
    if entry.casefold() in names:
        return {names[entry.casefold()]}
    parts = [part.casefold() for part in re.split(r"[\s,，]+", entry) if part]
    if not all(names.get(part) == part for part in parts):
        raise CellError(not_listed(entry))
    return set(parts)


def not_listed(value: str) -> str:
    return _("“%(value)s” is not in our list.") % {"value": shorten(value)}


def shorten(text: str) -> str:
    """A stranger's text inside a sentence of ours."""
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:59]}…"


_PARSERS = {
    TEXT: _parse_text,
    NUMBER: _parse_number,
    DATE: _parse_date,
    PARTIAL: _parse_partial,
    FLAG: _parse_flag,
    CHOICE: _parse_choice,
    LIST: _parse_list,
}
