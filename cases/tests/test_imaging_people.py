"""Whose disc it is: the same person in other spellings is the same, another one is noticed."""

import pytest

from cases.imaging.people import Same, same_day, same_name, same_sex

SAME = [
    ("KOWALSKA^ANNA", "Anna Kowalska"),
    ("Kowalska^Anna^Maria", "Anna Kowalska"),
    ("KOWALSKA ANNA", "Anna Maria Kowalska"),
    ("Anna^Kowalska", "Kowalska Anna"),
    ("Zolkiewski^Lukasz", "Łukasz Żółkiewski"),
    ("MUELLER^JUERGEN", "Jürgen Müller"),
    ("Muller^Jurgen", "Jürgen Müller"),
    ("Ivanov^Ivan", "Иван Иванов"),
    ("Иванова^Анна", "Ivanova Anna"),
    ("Iwanow^Iwan", "Ivan Ivanov"),
    ("Wang^XiaoMing=王^小明", "王小明"),
    ("王^小明", "Wang Xiaoming"),
    ("WANG^XIAO MING", "Xiaoming Wang"),
    ("Nguyen^Thi Lan", "Nguyễn Thị Lan"),
    ("Dr^Nowak^Jan", "Jan Nowak"),
    ("NOWAK^J", "Jan Nowak"),
    ("Kowalski^Jan", "Jan Kovalski"),
    ("MOHAMMED^ALI", "Mohamed Ali"),
    ("O'Brien^Sean", "Seán O’Brien"),
    ("Nowak-Zielinska^Ewa", "Ewa Zielińska"),
]
OTHERS = [
    ("NOWAK^PIOTR", "Anna Kowalska"),
    ("Kowalska^Ewa", "Anna Kowalska"),
    ("Kowalski^Jan", "Jan Nowak"),
    ("Wang^Wei", "王小明"),
    ("Петров^Пётр", "Ivan Ivanov"),
    ("Li^Na", "Lu Bo"),
]
NOTHING_TO_COMPARE = [
    ("", "Anna Kowalska"),
    ("^^^^", "Anna Kowalska"),
    ("ANONYMOUS", "Anna Kowalska"),
    ("Anon^Patient", "Anna Kowalska"),
    ("NoName", "Anna Kowalska"),
    ("123456", "Anna Kowalska"),
    ("محمد^علي", "Mohamed Ali"),
    ("Kowalska^Anna", ""),
    ("Kowalska^Anna", "محمد علي"),
]


@pytest.mark.parametrize(("told", "known"), SAME)
def test_the_same_person_in_another_spelling(told, known):
    assert same_name(told, known) == Same.YES


@pytest.mark.parametrize(("told", "known"), OTHERS)
def test_another_person(told, known):
    assert same_name(told, known) == Same.NO


@pytest.mark.parametrize(("told", "known"), NOTHING_TO_COMPARE)
def test_names_that_cannot_be_compared_are_no_alarm(told, known):
    assert same_name(told, known) == Same.UNKNOWN


@pytest.mark.parametrize(
    ("told", "same"),
    [
        ("20240203", Same.YES),
        ("20240302", Same.NO),
        ("", Same.UNKNOWN),
        ("19000101", Same.UNKNOWN),
        ("00000000", Same.UNKNOWN),
        ("20241399", Same.UNKNOWN),
        ("18000101", Same.UNKNOWN),
    ],
)
def test_birth_dates_are_compared_exactly(told, same):
    assert same_day(told, "20240203") == same


@pytest.mark.parametrize(
    ("told", "known", "same"),
    [
        ("F", "female", Same.YES),
        ("M", "female", Same.NO),
        ("O", "female", Same.UNKNOWN),
        ("F", "", Same.UNKNOWN),
        ("F", "other", Same.UNKNOWN),
    ],
)
def test_sex_is_compared_where_both_tell_it(told, known, same):
    assert same_sex(told, known) == same
