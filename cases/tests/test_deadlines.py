"""Names of clocks become dates; every name in the table has one."""

from datetime import datetime, timedelta

import pytest

from cases.actions.deadlines import due_at, stage_clock
from cases.clocks import SHANGHAI
from cases.workflow import TRANSITIONS, Stage, WaitingOn

MONDAY = datetime(2026, 11, 23, 10, tzinfo=SHANGHAI)


def test_due_at_knows_every_clock_of_the_table():
    for row in TRANSITIONS.values():
        due = due_at(row.due, MONDAY)
        assert due is None if not row.due else due > MONDAY


def test_due_at_unknown_clock_is_an_error():
    with pytest.raises(KeyError):
        due_at("nonsense", MONDAY)


def test_due_at_counts_working_days_and_a_familys_days():
    assert due_at("triage", MONDAY) == datetime(2026, 11, 25, 17, tzinfo=SHANGHAI)
    assert due_at("family_decision", MONDAY) == MONDAY + timedelta(days=14)


@pytest.mark.parametrize(
    ("stage", "waiting_on", "clock"),
    [
        (Stage.RECEIVED, WaitingOn.COORDINATOR, "triage"),
        (Stage.TRIAGE, WaitingOn.COORDINATOR, "triage"),
        (Stage.TRIAGE, WaitingOn.HOSPITAL, ""),
        (Stage.INFO_NEEDED, WaitingOn.FAMILY, ""),
        (Stage.INFO_NEEDED, WaitingOn.COORDINATOR, "triage"),
        (Stage.HOSPITAL_REVIEW, WaitingOn.HOSPITAL, "hospital_review"),
        (Stage.OPINION_READY, WaitingOn.FAMILY, "family_decision"),
        (Stage.OPINION_READY, WaitingOn.COORDINATOR, "triage"),
        (Stage.PLANNING, WaitingOn.COORDINATOR, "letter"),
        (Stage.FOLLOW_UP, WaitingOn.NOBODY, ""),
        (Stage.CLOSED, WaitingOn.NOBODY, ""),
        (Stage.CLOSED, WaitingOn.COORDINATOR, ""),
    ],
)
def test_stage_clock(stage, waiting_on, clock):
    assert stage_clock(stage, waiting_on) == clock
