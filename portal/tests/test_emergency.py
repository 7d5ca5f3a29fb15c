"""Every emergency number is checked with libphonenumber, and has a source."""

import json
from datetime import date

import pytest
from django_countries.data import COUNTRIES
from django_countries.fields import Country
from phonenumbers.shortnumberinfo import is_emergency_number

from portal.emergency import DATA_FILE, EmergencyNumber, all_numbers, emergency_number

NUMBERS = sorted(all_numbers().items())
EU = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE".split()


def test_every_number_is_an_emergency_number_of_its_country():
    wrong = {
        (code, number)
        for code, entry in NUMBERS
        for number in (entry.number, entry.also)
        if number is not None and not is_emergency_number(number, code)
    }
    assert wrong == set()


def test_every_entry_names_a_second_source_beside_libphonenumber():
    sources = {code: entry.source.split("; ") for code, entry in NUMBERS}
    assert [code for code, names in sources.items() if len(set(names)) < 2] == []
    assert {names[-1] for names in sources.values()} == {"libphonenumber 9.0.42"}


def test_every_entry_has_a_date_that_has_passed():
    dates = {entry.source_date for _, entry in NUMBERS}
    assert dates == {date(2018, 12, 11), date(2026, 10, 27)}


def test_numbers_are_digits_and_the_second_differs_from_the_first():
    assert [code for code, entry in NUMBERS if not entry.number.isdecimal()] == []
    assert [code for code, entry in NUMBERS if entry.also == entry.number] == []


def test_keys_are_countries():
    assert [code for code, _ in NUMBERS if code not in COUNTRIES] == []
    assert len(NUMBERS) == 184


def test_every_member_of_the_union_has_112_by_law():
    assert len(EU) == 27
    entries = [emergency_number(code) for code in EU]
    assert {entry.number for entry in entries} == {"112"}
    assert {entry.source.partition(" (")[0] for entry in entries} == {"Directive"}
    assert [entry.source.startswith("Directive (EU) 2018/1972") for entry in entries] == [True] * 27


@pytest.mark.parametrize(
    ("code", "number", "also"),
    [
        ("PL", "112", "999"),
        ("CN", "120", None),
        ("GB", "999", "112"),
        ("US", "911", None),
        ("FR", "112", "15"),
        ("JP", "119", None),
        ("NO", "113", "112"),
        ("CH", "144", "112"),
        ("SA", "997", None),
        ("PK", "1122", "115"),
    ],
)
def test_known_numbers(code, number, also):
    entry = emergency_number(code)
    assert (entry.number, entry.also) == (number, also)


def test_entry_of_poland_in_full():
    assert emergency_number("PL") == EmergencyNumber(
        number="112",
        also="999",
        source=(
            "Directive (EU) 2018/1972, Article 109 "
            "(https://eur-lex.europa.eu/eli/dir/2018/1972/oj); "
            "Wikipedia, List of emergency telephone numbers (for 999); libphonenumber 9.0.42"
        ),
        source_date=date(2018, 12, 11),
    )


# RS, NG: libphonenumber lacks the number the lists give. DM, YE: the lists differ.
@pytest.mark.parametrize("code", ["RS", "NG", "DM", "YE", "XX", "", "_about", "PLX", "\0", None])
def test_no_number_where_none_is_vouched_for(code):
    assert emergency_number(code) is None


def test_code_in_lower_case_and_country_object():
    assert emergency_number("pl") == emergency_number(Country("PL")) == emergency_number("PL")


def test_file_is_read_once_and_cannot_be_changed():
    assert all_numbers() is all_numbers()
    with pytest.raises(TypeError):
        all_numbers()["XX"] = emergency_number("PL")
    with pytest.raises(AttributeError):
        emergency_number("PL").number = "1"


def test_file_tells_how_it_was_made_and_is_sorted():
    rows = json.loads(DATA_FILE.read_text(encoding="utf-8"))
    about, *codes = rows
    assert about == "_about"
    assert codes == sorted(codes)
