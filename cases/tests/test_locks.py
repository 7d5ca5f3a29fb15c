"""Rows that are locked before something is decided about them.

SQLite lets one write at a time and locks no rows: there the races of other tests pass without a
lock too. So each is asked for here, by the name of its model, on every database.
"""

import pytest
from django.db.models import QuerySet

from cases import actions, consents
from cases.actions.records import _count_costly
from cases.tests.hospitals import agree_to_all
from portal.second_factor import find_device, new_key, new_recovery_codes
from portal.tests.fixtures import make_record

pytestmark = pytest.mark.django_db


@pytest.fixture
def locked(monkeypatch) -> set[str]:
    """Models of which rows were locked."""
    names, lock = set(), QuerySet.select_for_update

    def note(rows, *args, **kwargs):
        names.add(rows.model.__name__)
        return lock(rows, *args, **kwargs)

    monkeypatch.setattr(QuerySet, "select_for_update", note)
    return names


def test_code_is_looked_at_with_its_device_locked_S1(locked, coordinator):
    find_device(coordinator, "123456")
    assert locked == {"TOTPDevice"}
    find_device(coordinator, new_recovery_codes(coordinator)[0])
    assert locked == {"TOTPDevice", "RecoveryDevice"}


def test_set_up_of_a_phone_locks_the_person_S1(locked, coordinator):
    from portal.actions import WrongCodeError, enrol

    with pytest.raises(WrongCodeError):
        enrol(by=coordinator, key=new_key(), code="none")
    assert "User" in locked


def test_whoever_shares_and_whoever_withdraws_lock_the_case_P1(locked, case, scmc, lead):
    agree_to_all(case, scmc)
    actions.refer_case(by=lead, case=case, hospital=scmc)
    assert "Case" in locked
    locked.clear()
    actions.withdraw_consent(by=case.owner, consent=case.consents.get(kind="transfer_china"))
    assert "Case" in locked
    locked.clear()
    actions.give_consent(by=case.owner, case=case, text=consents.text_of("news"), language="en")
    assert "Case" in locked


def test_files_of_a_case_are_counted_with_the_case_locked_U2(locked, case):
    actions.begin_upload(by=case.owner, case=case, name="a.pdf", size=10)
    assert "Case" in locked


def test_costly_checks_are_counted_with_the_case_locked_M1(locked, case):
    _count_costly(case.pk)
    assert locked == {"Case"}


def test_page_is_saved_with_its_draft_locked_R3(locked):
    draft, _secret = actions.start_draft(language="en")
    locked.clear()
    actions.save_page(draft=draft, page="you", typed={"relation": ["parent"]}, language="en")
    assert locked == {"Draft"}


def test_paper_is_sorted_with_its_row_locked(locked, case):
    record = make_record(case)
    locked.clear()
    actions.assign_paper(by=case.owner, record=record, items=[])
    assert "Record" in locked


def test_adult_is_let_in_with_the_case_locked(locked, case):
    details = {"name": "Jan", "relation": "parent", "language": "en", "can_write": True}
    actions.invite_adult(by=case.owner, case=case, **details)
    assert "Case" in locked
