"""Files as they come: encodings, separators, workbooks, and those that were made to harm."""

import json
import re
import struct
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.worksheet.formula import ArrayFormula

from hospitals.exchange import reading
from hospitals.exchange.parsing import parse
from hospitals.exchange.reading import (
    MAX_BYTES,
    MAX_ROWS,
    UnreadableError,
    read_table,
)
from hospitals.tests.exchange import as_csv, as_xlsx, replace_part, saved, zip_of


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch):
    """These ask what is read; `test_exchange_sandbox` starts the sandbox."""

    def parse_here(task, order, limits, *, data):
        # What a child answers went through JSON.
        return json.loads(json.dumps(parse(data, order["names"])))

    monkeypatch.setattr(reading, "run_in_sandbox", parse_here)


TITLES = ["小儿肝移植", "烧伤整形科"]
SHEET_PART = "xl/worksheets/sheet1.xml"
NO_WORKBOOK = (
    "This is not an Excel workbook that we can read. Save it again as “Excel workbook (.xlsx)”, "
    "or as “CSV UTF-8”."
)
TOO_BIG = (
    "This workbook holds far more than a table of listings. Copy the table alone into a new "
    "workbook, without pictures and other sheets."
)
TOO_MANY = (
    "The file has more than 2000 rows. Keep the rows of your hospital only, and delete empty ones "
    "below."
)
ENCODING = (
    "We cannot tell how the letters of this file are written (its encoding). In Excel choose “Save "
    "as”, then “CSV UTF-8 (Comma delimited)”, or send the .xlsx file itself."
)


def refusal(data: bytes) -> str:
    with pytest.raises(UnreadableError) as error:
        read_table(data)
    return str(error.value)


def text_of(titles) -> str:
    return "specialty,title_zh_hans\r\n" + "".join(f"key,{title}\r\n" for title in titles)


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("gb18030", "GB18030"),
        ("gbk", "GB18030"),
    ],
)
def test_encoding_is_found(codec, name):
    table = read_table(text_of(TITLES).encode(codec))
    assert table.encoding == name
    assert [row.cells[1] for row in table.rows] == TITLES


def test_rare_characters_of_gb18030_are_read():
    table = read_table(text_of(["小儿外科手术，患者𠮷某、儿科医院治疗"]).encode("gb18030"))
    assert table.rows[0].cells[1] == "小儿外科手术，患者𠮷某、儿科医院治疗"


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp1250", "guz wątroby u dziecka, żółć"),
        ("iso8859_2", "białaczka u dziecka"),
        ("cp1256", "ورم الكبد عند الأطفال"),
        ("iso8859_6", "ورم الكبد عند الأطفال"),
        ("latin-1", "chirurgie pédiatrique à Shanghai"),
        ("euc_kr", "우리 병원은 소아 간이식 수술을 전문으로 하고 있으며"),
        ("euc_jp", "小児肝移植と手術の専門家がいます。患者さんの治療を行います"),
        ("shift_jis", "小児肝移植と手術"),
        ("big5", "小兒肝臟移植手術治療患者"),
        ("cp1251", "опухоль печени у ребёнка"),
    ],
)
def test_other_encodings_are_told_not_guessed(codec, text):
    assert refusal(text_of([text]).encode(codec)) == ENCODING


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\x00", b"s\x00p", b"\x89PNG\r\n\x1a\n\xff", b"\x80" * 99]
)
def test_bytes_that_are_no_text_are_told(data):
    assert refusal(data) == ENCODING


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_separator_is_found(delimiter):
    data = as_csv(["specialty", "title_en"], ["key", 'a, b; c\td "e"\nf'], delimiter=delimiter)
    assert read_table(data).rows[0].cells == ["key", 'a, b; c\td "e"\nf']


def test_line_of_excel_that_names_the_separator_is_no_row():
    (row,) = read_table(b"sep=;\r\nspecialty;title_en\r\nkey;A\r\n").rows
    assert (row.number, row.cells) == (2, ["key", "A"])


def test_rows_are_counted_as_a_spreadsheet_counts():
    data = b'specialty,description_en\r\na,"one\r\ntwo"\r\n\r\n , \r\nb,x\r\n'
    assert [row.number for row in read_table(data).rows] == [2, 5]


def test_header_is_read_kindly():
    table = read_table(b'" Specialty ",TITLE_EN,,\nkey,A,,\n')
    assert table.header == ["specialty", "title_en"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b" \n", "The file is empty."),
        (b"specialty\n", "The file has no rows below the names of the columns."),
        (b"title_en\nA\n", None),
        (
            b"specialty,title_en,Title_EN\na,b,c\n",
            "The column “title_en” is there twice. Keep one of them.",
        ),
        (
            b'specialty,title_en\na,"b\n',
            "Near row 2 the quotation marks do not match, so we cannot tell where the cells end. "
            "Save the file again from your spreadsheet.",
        ),
        (b"\xd0\xcf\x11\xe0old", None),
        (b"PK\x03\x04nothing", NO_WORKBOOK),
        (
            b"x" * (MAX_BYTES + 1),
            "The file is larger than 5 MB. A file of at most 2000 rows fits easily.",
        ),
        (
            b",".join(b"c%d" % number for number in range(101)) + b"\na\n",
            "The file has more than 100 columns.",
        ),
    ],
)  # fmt: skip
def test_file_that_cannot_be_used_gets_a_sentence(data, sentence):
    words = refusal(data)
    assert words == (sentence or words)
    assert words.endswith(".")


def test_missing_key_column_is_told_with_what_to_do():
    assert refusal(b"title_en\nA\n").startswith("There is no column “specialty”")


def test_old_excel_is_told_with_what_to_do():
    assert refusal(b"\xd0\xcf\x11\xe0old").startswith(
        "This is an Excel file of the old kind (.xls)"
    )


def test_row_limit_is_the_limit():
    rows = [["specialty"], *([f"s{number}"] for number in range(MAX_ROWS))]
    assert len(read_table(as_csv(*rows)).rows) == MAX_ROWS
    assert refusal(as_csv(*rows, ["one more"])) == TOO_MANY


@pytest.mark.parametrize(
    ("line", "bad"),
    [
        (b"key,=1+1\n", [["title_en", "formula", ""]]),
        (b'key,"@SUM(A1)"\n', [["title_en", "formula", ""]]),
        (b"key,'=1+1\n", []),
        (b"key,a,b\n", [["", "misplaced", ""]]),
        (b"key,a,\n", []),
        (b"key\n", []),
        (b"key," + b"x" * 20_001 + b"\n", [["title_en", "long", ""]]),
        (b"=key,a\n", [["specialty", "formula", ""]]),
    ],
)
def test_bad_cells_are_kept_apart(line, bad):
    (row,) = read_table(b"specialty,title_en\n" + line).rows
    assert row.bad == bad
    assert len(row.cells) == 2


def test_notes_in_a_column_of_their_own_are_not_judged():
    (row,) = read_table(b"specialty,my notes\nkey,=1\n").rows
    assert row.bad == []


@given(data=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    try:
        read_table(data)
    except UnreadableError as error:
        assert str(error)


@given(text=st.text(st.characters(exclude_categories=("Cs",)), max_size=200))
def test_any_text_is_read_or_refused(text):
    try:
        read_table(("specialty,title_en\n" + text).encode())
    except UnreadableError as error:
        assert str(error)


# --- Workbooks


def test_workbook_gives_what_was_typed():
    row = ["key", 7, 7.0, 0.5, True, date(2026, 12, 31), datetime(2026, 12, 31, 8), None, "=x"]
    data = as_xlsx(["specialty", *"abcdefg", "title_en"], row[:-1])
    cells = read_table(data).rows[0].cells
    assert cells == ["key", "7", "7", "0.5", "yes", "2026-12-31", "2026-12-31", "", ""]


def test_workbook_of_another_program_is_read_from_its_first_sheet():
    assert read_table(as_xlsx(["specialty"], ["key"], title="Arkusz1")).rows[0].cells == ["key"]


def test_sheet_of_listings_is_found_wherever_it_stands():
    book = Workbook()
    book.active.append(["notes"])
    sheet = book.create_sheet("Listings")
    sheet.append(["specialty"])
    sheet.append(["key"])
    assert read_table(saved(book)).rows[0].cells == ["key"]


def test_text_that_begins_like_a_formula_is_a_text_in_a_workbook():
    book = Workbook()
    book.active.append(["specialty", "title_en"])
    book.active.append(["key", "=x"])
    book.active["B2"].data_type = "s"
    (row,) = read_table(saved(book)).rows
    assert (row.cells, row.bad) == (["key", "=x"], [])


@pytest.mark.parametrize(
    "formula", ["=1+1", '=HYPERLINK("https://evil.example")', ArrayFormula("B2", "=SUM(C1:C9)")]
)
def test_formula_in_a_workbook_is_named_by_its_cell(formula):
    book = Workbook()
    book.active.append(["specialty", "title_en"])
    book.active.append(["key", "words"])
    book.active["B2"] = formula
    (row,) = read_table(saved(book)).rows
    assert row.bad == [["title_en", "formula", "B2"]]


def test_error_of_a_workbook_is_named_by_its_cell():
    book = Workbook()
    book.active.append(["specialty", "price_low"])
    book.active.append(["key", "#N/A"])
    book.active["B2"].data_type = "e"
    assert read_table(saved(book)).rows[0].bad == [["price_low", "error", "B2"]]


def test_workbook_with_too_many_rows_is_refused_before_it_is_parsed():
    rows = [["specialty"], *([f"s{number}"] for number in range(MAX_ROWS + 1))]
    assert refusal(as_xlsx(*rows)) == TOO_MANY


def test_far_away_cell_costs_nothing():
    book = Workbook()
    book.active.append(["specialty"])
    book.active["XFD1048576"] = "far"
    book.active["A3"] = "key"
    assert refusal(saved(book)) == TOO_MANY


def test_false_size_of_a_sheet_changes_nothing():
    def lie(part):
        return part.replace(b'<dimension ref="A1:A2"', b'<dimension ref="A1:XFD1048576"')

    data = replace_part(as_xlsx(["specialty"], ["key"]), SHEET_PART, lie)
    assert len(read_table(data).rows) == 1


def test_zip_bomb_is_refused_by_its_size():
    data = zip_of({SHEET_PART: b" " * 60_000_000})
    assert len(data) < 100_000
    assert refusal(data) == TOO_BIG


def test_bomb_that_lies_about_its_size_is_refused():
    """zlib stops at the size that was named, and the checksum is wrong then."""
    data = bytearray(zip_of({SHEET_PART: b" " * 60_000_000}))
    real, named = struct.pack("<I", 60_000_000), struct.pack("<I", 100)
    assert data.count(real) == 2
    assert refusal(bytes(data.replace(real, named))) == NO_WORKBOOK


def test_bomb_of_tags_is_refused_before_it_is_parsed():
    cells = b"<c><v>1</v></c>" * 150_000
    sheet = b"<worksheet><sheetData><row>" + cells + b"</row></sheetData></worksheet>"
    assert refusal(replace_part(as_xlsx(["a"]), SHEET_PART, lambda _part: sheet)) == TOO_BIG


def test_bomb_in_the_styles_is_refused():
    styles = b"<styleSheet>" + b"<xf/>" * 25_000 + b"</styleSheet>"
    assert refusal(replace_part(as_xlsx(["a"]), "xl/styles.xml", lambda _part: styles)) == TOO_BIG


def test_many_parts_are_refused():
    assert refusal(zip_of({f"{number}.xml": b"x" for number in range(201)})) == TOO_BIG


def test_other_compression_is_refused():
    """Python unpacks it without a limit."""
    assert refusal(zip_of({SHEET_PART: b"x" * 99}, zipfile.ZIP_LZMA)) == TOO_BIG


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>"""


@pytest.mark.parametrize("prologue", [BOMB, OUTSIDE])
@pytest.mark.parametrize("part", [SHEET_PART, "xl/workbook.xml", "xl/styles.xml"])
def test_entities_are_refused(prologue, part):
    def add(old):
        body = old.partition(b"?>")[2] if old.startswith(b"<?xml") else old
        return prologue + body.replace(b"key", b"&a;")

    assert refusal(replace_part(as_xlsx(["specialty"], ["key"]), part, add)) == NO_WORKBOOK


def test_parser_of_workbooks_is_the_defused_one():
    assert openpyxl.DEFUSEDXML is True


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", SHEET_PART, "[Content_Types].xml", "xl/_rels/workbook.xml.rels"]
)
@pytest.mark.parametrize("change", [lambda _part: b"", lambda part: part[: len(part) // 2],
                                    lambda _part: b"<a/>"])  # fmt: skip
def test_broken_workbook_gets_a_sentence(part, change):
    data = replace_part(as_xlsx(["specialty"], ["key"]), part, change)
    try:
        read_table(data)
    except UnreadableError as error:
        assert str(error)


def test_file_that_is_a_zip_but_no_workbook_gets_a_sentence():
    assert refusal(zip_of({"letter.txt": b"hello"})) == NO_WORKBOOK


def test_locked_workbook_gets_a_sentence():
    data = as_xlsx(["specialty"], ["key"])
    # The lowest bit of the flags in each entry of the table of contents.
    locked = bytearray(data)
    for entry in re.finditer(rb"PK\x01\x02", data):
        locked[entry.start() + 8] |= 1
    assert refusal(bytes(locked)) == NO_WORKBOOK
