"""The table of defences fits the code; `make defences` takes each out and looks who notices."""

import ast
from collections import Counter

import pytest

from tools import defences

ROWS = defences.read_table()
IDS = [row.name for row in ROWS]


def test_there_are_sixty_defences_with_names_of_their_own():
    assert len(ROWS) >= 60
    assert [name for name, count in Counter(IDS).items() if count > 1] == []


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_defence_stands_once_and_can_be_taken_out(row):
    text = (defences.ROOT / row.file).read_text(encoding="utf-8")
    assert text.count(row.old) == 1
    assert row.take_out(text) != text
    # What cannot be imported is noticed by every test, and so by none.
    ast.parse(row.take_out(text))


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_defence_has_tests_that_exist(row):
    assert row.tests
    for test in row.tests:
        file, _mark, name = test.partition("::")
        text = (defences.ROOT / file).read_text(encoding="utf-8")
        assert not name or f"def {name.partition('[')[0]}(" in text


def test_defence_is_caught_by_a_failed_test_alone():
    row = ROWS[0]
    failed = "F\nFAILED cases/tests/test_a.py::test_b - assert 1 == 2\n1 failed in 1.00s"
    assert defences.judge(row, 1, failed).is_caught
    error = "E\nERROR cases/tests/test_a.py::test_b - ImportError\n1 error in 1.00s"
    for code, said in ((1, error), (2, failed), (0, "1 passed in 1.00s"), (5, ""), (None, "")):
        assert not defences.judge(row, code, said).is_caught


def test_defence_that_moved_is_an_error():
    with pytest.raises(ValueError, match=ROWS[0].file):
        ROWS[0].take_out("something else")
