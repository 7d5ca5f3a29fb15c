"""One cell at a time: what is written and what is understood."""

import string

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from hospitals.exchange.cells import (
    CLEAR,
    FORMULA_SIGNS,
    CellError,
    cell_value,
    looks_like_formula,
    parse_cell,
    protect,
    tidy,
    unprotect,
)
from hospitals.exchange.columns import BY_NAME, COLUMNS, HEADER, allowed, flatten, unflatten
from hospitals.exchange.reading import MAX_COLUMNS

NAMES = {"conditions": {"leukaemia, acute": "all", "all": "all", "cml": "cml"}, "treatments": {}}
# Texts that tempt a spreadsheet, and any others that a database keeps.
TEXTS = st.one_of(
    st.text(st.sampled_from("'=+-@\t\r\n\"; ,＝" + string.ascii_letters), max_size=12),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=40),
    st.sampled_from([CLEAR, f"'{CLEAR}", f"''{CLEAR}", "'=1", "''", "=HYPERLINK(1)", "-", "'tis"]),
)


def parse(name, cell):
    return parse_cell(BY_NAME[name], cell, NAMES)


@given(text=TEXTS)
@pytest.mark.parametrize("against_formulas", [True, False])
def test_text_comes_back_as_it_was(against_formulas, text):
    text = tidy(text)
    cell = protect(text, against_formulas=against_formulas)
    assert tidy(unprotect(tidy(cell))) == text


@given(text=TEXTS)
def test_no_protected_cell_begins_with_a_formula_sign(text):
    cell = protect(text, against_formulas=True)
    assert cell.lstrip(" ")[:1] not in tuple(FORMULA_SIGNS)


@given(text=TEXTS)
def test_protected_cell_never_means_to_empty(text):
    for against_formulas in (True, False):
        cell = protect(tidy(text), against_formulas=against_formulas)
        assert tidy(cell).lower() != CLEAR


@given(text=st.text(max_size=200))
def test_any_cell_is_a_value_or_a_sentence(text):
    for column in COLUMNS:
        try:
            parse_cell(column, text, NAMES)
        except CellError as error:
            assert str(error)


@pytest.mark.parametrize(
    ("cell", "is_formula"),
    [
        ("=1+1", True),
        ("@SUM(A1)", True),
        ("+1", True),
        ("-2+3+cmd|' /C calc'!A0", True),
        (" =1", True),
        ("\t=1", True),
        ("\r=1", True),
        ("＝1", True),
        ("- children", False),
        ("+ papers", False),
        ("'=1", False),
        ("a=1", False),
        ("", False),
        ("\t", False),
    ],
)
def test_formula_is_known_by_its_first_sign(cell, is_formula):
    assert looks_like_formula(cell) is is_formula


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("title_en", "  Liver ", "Liver"),
        ("title_en", "'=Liver", "=Liver"),
        ("description_en", "one\r\ntwo\rthree\x07", "one\ntwo\nthree"),
        ("price_low", " 9000 ", 9000),
        ("price_low", "0", 0),
        ("accepting", "YES", "yes"),
        ("accepting", "是", "yes"),
        ("accepting", "Accepting new patients", "yes"),
        ("accepting", "nie", "no"),
        ("audience", "Children", "children"),
        ("price_currency", "cny", "CNY"),
        ("is_public", "no", False),
        ("is_public", "TRUE", True),
        ("accepting_until", "2026-12-31", "2026-12-31"),
        ("accepting_until", "2026/1/5", "2026-01-05"),
        ("accepting_until", "2026年1月5日", "2026-01-05"),
        ("volume_period_from", "2024", "2024"),
        ("volume_period_from", "2024-03", "2024-03"),
        ("languages_codes", "en, zh-hans", ["zh-hans", "en"]),
        ("records_codes", "lab;pathology", ["pathology", "lab"]),
        ("conditions", "cml; Leukaemia, acute", ["all", "cml"]),
        ("conditions", "cml all", ["all", "cml"]),
        ("conditions", "cml，all；", ["all", "cml"]),
    ],
)
def test_cell_is_understood(name, cell, value):
    assert parse(name, cell) == value


@pytest.mark.parametrize(
    ("name", "cell", "sentence"),
    [
        ("title_en", "x" * 121, "This is too long: 121 characters. At most 120 fit."),
        ("price_low", "9,000", "“9,000” is not a whole number."),
        ("price_low", "-1", "“-1” is not a whole number."),
        ("price_low", "9" * 13, "“9999999999999” is not a whole number."),
        ("accepting", "maybe", "“maybe” is not one of: unknown, yes, no."),
        ("is_public", "2", "“2”: write yes or no."),
        (
            "accepting_until",
            "3/4/2026",
            "“3/4/2026” is not a date that we are sure about. Write it as 2026-12-31.",
        ),
        (
            "accepting_until",
            "2026-02-30",
            "“2026-02-30” is not a date that we are sure about. Write it as 2026-12-31.",
        ),
        (
            "volume_period_to",
            "Mar-24",
            "“Mar-24” is not a date that we are sure about. Write 2024, 2024-03 or 2024-03-02.",
        ),
        ("languages_codes", "klingon", "“klingon” is not in our list."),
        ("conditions", "cml; measles", "“measles” is not in our list."),
        ("title_en", CLEAR, "This cannot be emptied."),
        ("is_public", CLEAR, "This cannot be emptied."),
    ],
)
def test_cell_that_is_not_understood_gets_a_sentence(name, cell, sentence):
    with pytest.raises(CellError) as error:
        parse(name, cell)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("name", "value"),
    [("title_pl", ""), ("price_low", None), ("conditions", []), ("audience", ""),
     ("accepting_until", None), ("volume_period_from", ""), ("languages_codes", [])],
)  # fmt: skip
def test_word_empties_a_cell(name, value):
    assert parse(name, " [Clear] ") == value


def test_escaped_word_is_a_text():
    assert parse("title_pl", f"'{CLEAR}") == CLEAR


@pytest.mark.parametrize(
    ("name", "value", "cell"),
    [("is_public", False, "no"), ("conditions", ["a", "b"], "a; b"), ("conditions", [], ""),
     ("price_low", None, ""), ("price_low", 0, 0), ("title_en", " a\r\nb", "a\nb")],
)  # fmt: skip
def test_value_becomes_a_cell(name, value, cell):
    assert cell_value(BY_NAME[name], value) == cell


def test_names_of_columns_stay_as_files_have_them():
    """Hospitals keep files: a name is added, never changed."""
    assert HEADER[:4] == ("hospital", "specialty", "title_en", "title_zh_hans")
    assert {"waiting_low", "price_currency", "records_codes", "outcome_source_url"} <= set(HEADER)
    assert len(set(HEADER)) == len(HEADER) <= MAX_COLUMNS


@pytest.mark.parametrize("language", ["en", "zh-hans", "pl", "ar"])
def test_every_column_is_explained(language):
    with override(language):
        assert [column.name for column in COLUMNS if not (column.label and allowed(column))] == []


def test_label_says_what_a_number_counts():
    assert BY_NAME["waiting_low"].label == "Waiting time: from (days)"
    assert BY_NAME["title_zh_hans"].label == "Title (简体中文)"


def test_changed_part_of_a_claim_keeps_the_others():
    base = {"claim_price": {"low": 5, "currency": "CNY"}, "title_en": "A"}
    assert flatten(base)["price_low"] == 5
    assert unflatten(base, {"price_low": 7, "title_en": "B"}) == {
        "claim_price": {"low": 7, "currency": "CNY"},
        "title_en": "B",
    }
