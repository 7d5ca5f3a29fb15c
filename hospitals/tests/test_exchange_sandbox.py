"""Hospitals' files are parsed in the sandbox, and what makes parsers slow is refused before."""

import io
import zipfile

import pytest

from hospitals.exchange import reading
from hospitals.exchange.limits import MAX_LETTERS, Refusal
from hospitals.exchange.parsing import parse
from hospitals.exchange.reading import UnreadableError, read_table
from hospitals.exchange.workbook import MAX_TAG
from hospitals.models import ImportDraft
from hospitals.tests.exchange import as_csv, as_xlsx, problem, replace_part, upload
from portal.sandbox import SandboxFailedError, TooMuchError
from portal.tests.fixtures import sign_in_staff
from portal.tests.sandboxed import run_instead

SHEET = "xl/worksheets/sheet1.xml"
NAMES = ["specialty", "title_pl"]
ROW = ["neurosurgery", "Guz"]
LONG = MAX_TAG + 10


def book(change, part=SHEET) -> bytes:
    return replace_part(as_xlsx(NAMES, ROW), part, change)


def before_rows(mark: bytes):
    return lambda part: part.replace(b"<sheetData>", mark + b"<sheetData>", 1)


def many_attributes(count: int) -> bytes:
    names = b" ".join(b'a%d CDATA ""' % number for number in range(count))
    return b"<!DOCTYPE worksheet [<!ATTLIST worksheet " + names + b">]>"


def in_utf_16(part: bytes) -> bytes:
    text = part.decode().partition("?>")[2]
    return ('<?xml version="1.0" encoding="UTF-16"?>' + text).encode("utf-16")


SLOW = {
    "one attribute of 3 MB": (before_rows(b'<x a="' + b"A" * 3_000_000 + b'"/>'), "too_big"),
    "an attribute with >": (before_rows(b'<x a=">' + b"A" * LONG + b'"/>'), "too_big"),
    "an attribute with > and '": (
        before_rows(b"<x a='>\"' b='>" + b"A" * LONG + b"'/>"),
        "too_big",
    ),
    "a tag that never ends": (lambda part: part + b'<x a=">' + b"A" * LONG, "too_big"),
    "a tag without a sign": (lambda part: part + b"<" + b"A" * LONG, "too_big"),
    "many attributes": (before_rows(b"<x" + b' a=""' * LONG + b"/>"), "too_big"),
    "a long name": (before_rows(b"<" + b"x" * LONG + b"/>"), "too_big"),
    "a comment full of tags": (before_rows(b"<!--" + b"< >" * 30_000 + b"-->"), "too_big"),
    "a comment that never ends": (lambda part: part + b"<!-- < " + b"a" * LONG, "too_big"),
    "an instruction": (before_rows(b"<?x " + b"< >" * 30_000 + b"?>"), "too_big"),
    "5,000 declared attributes": (
        lambda part: many_attributes(5_000) + part[part.index(b"<worksheet") :],
        "no_workbook",
    ),
    "a small document type": (
        lambda part: b"\xef\xbb\xbf\n<!DOCTYPE a>" + part[part.index(b"<worksheet") :],
        "no_workbook",
    ),
    "UTF-16, where none of it is seen": (in_utf_16, "no_workbook"),
}


@pytest.mark.parametrize("part", [SHEET, "xl/styles.xml"])
@pytest.mark.parametrize("name", SLOW)
def test_what_makes_parsers_slow_is_refused_before_any_parser(monkeypatch, name, part):
    change, code = SLOW[name]
    monkeypatch.setattr("hospitals.exchange.workbook.load_workbook", None)

    def changed(old):
        body = old.replace(b"<worksheet", b"<worksheet", 1)
        if part != SHEET:
            body = b"<?xml version='1.0'?><worksheet><sheetData></sheetData></worksheet>"
        return change(body)

    assert parse(book(changed, part), NAMES)["refusal"][0] == code


def test_each_of_two_parts_of_one_name_is_looked_at():
    """A reader takes the last one of a name."""
    data = io.BytesIO(as_xlsx(NAMES, ROW))
    with zipfile.ZipFile(data, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(SHEET, b"<!DOCTYPE a>")
    assert parse(data.getvalue(), NAMES)["refusal"][0] == "no_workbook"


def test_short_comments_are_read():
    data = book(before_rows(b"<!-- by some program -->"))
    assert parse(data, NAMES)["rows"][1:] == [[2, ROW]]


@pytest.mark.parametrize(
    "text", ["ł" * 15_000, "a > b " * 3_000, '"' * 19_000, "it's " * 3_000, "重" * 19_999]
)
def test_long_text_is_no_long_tag(text):
    """A hospital's own words; a spreadsheet writes marks in them by their names or as they are."""
    data = as_xlsx(NAMES, ["neurosurgery", text])
    assert parse(data, NAMES)["rows"][1] == [2, ["neurosurgery", text]]


def test_one_text_in_every_cell_is_refused_before_it_fills_the_memory():
    text = "x" * 20_000
    rows = [[text] * 90 for _number in range(MAX_LETTERS // (20_000 * 90) + 2)]
    assert parse(as_xlsx(NAMES, *rows), NAMES)["refusal"] == ["too_big", 0]


def test_rows_before_the_trouble_are_told_first():
    """No column “specialty” is what the reader mends first, not a quotation mark below it."""
    data = b'a,b\n1,2\n"3\n'
    assert parse(data, NAMES)["refusal"][0] == "quotes"
    with pytest.raises(UnreadableError, match="no column"):
        read_table(data)


@pytest.mark.parametrize("data", [as_csv(NAMES, ROW), as_xlsx(NAMES, ROW)])
def test_sandbox_reads_what_a_hospital_sends(data):
    assert read_table(data).rows[0].cells == ROW


def test_every_refusal_has_words():
    for code in ("too_big", "no_workbook", "encoding", "first_line", "quotes", "rows"):
        assert Refusal(code, 3).number == 3
        assert reading._refusal(code, 3)


@pytest.fixture
def partner(editor, db):
    editor.language = "en"
    editor.save()
    return sign_in_staff(editor)


def test_file_that_costs_too_much_is_refused_in_words(partner, monkeypatch):
    monkeypatch.setattr(reading, "LIMITS", reading.Limits(memory=reading.LIMITS.memory, seconds=1))
    run_instead(monkeypatch, "while True: pass")
    page = upload(partner, as_csv(NAMES, ROW))
    assert problem(page).startswith("This workbook holds far more")
    assert not ImportDraft.objects.exists()


@pytest.mark.parametrize("error", [TooMuchError("memory"), SandboxFailedError(3)])
def test_seat_is_free_again_after_a_failure(monkeypatch, error):
    def fail(*args, **options):
        raise error

    monkeypatch.setattr(reading, "run_in_sandbox", fail)
    for _try in range(5):
        with pytest.raises(UnreadableError) as refused:
            read_table(b"specialty\na\n")
    assert str(refused.value) != reading._not_now() or isinstance(error, SandboxFailedError)


def test_second_file_at_once_is_asked_to_wait(partner, monkeypatch):
    """One child of 400 MB is what a process has room for."""
    monkeypatch.setattr(reading, "WAIT_FOR_SEAT", 0.01)
    with reading._SEAT:
        page = upload(partner, as_csv(NAMES, ROW))
    assert problem(page).startswith("We cannot read your file at this moment.")
    assert upload(partner, as_csv(NAMES, ROW)).redirect_chain
