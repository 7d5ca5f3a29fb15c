"""Files that cost too much: after two of a case the next check waits an hour (rows M1, U3)."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone, translation

from cases import actions, jobs, wording
from cases.models import Case
from cases.records import checking
from cases.records.checking import Verdict
from cases.records.kinds import Reason, Status
from cases.tests.papers import Tus, make_pdf
from portal.tests.cast import sign_in_family
from portal.tests.fixtures import make_case

pytestmark = pytest.mark.django_db
FINE, COSTLY = Verdict(Status.FINE), Verdict(Status.REFUSED, Reason.TOO_MUCH)


@pytest.fixture
def judged(monkeypatch):
    """What the sandbox says next, and how often it was asked."""
    state = {"verdict": COSTLY, "asked": 0}

    def judge(*args):
        state["asked"] += 1
        return state["verdict"]

    monkeypatch.setattr(checking, "judge_file", judge)
    return state


def send(case, count: int = 1) -> list:
    line = Tus(case)
    return [line.send(make_pdf(), f"{number}.pdf") for number in range(count)]


def check(record) -> str:
    return jobs.check_record.func(str(record.pk))


def test_third_check_after_two_costly_ones_waits_an_hour_M1(case, judged):
    records = send(case, 4)
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        assert [check(record) for record in records] == ["refused"] * 2 + ["checking"] * 2
        assert judged["asked"] == 2
        records[2].refresh_from_db()
        assert records[2].next_check_at == start + timedelta(hours=1)
        clock.shift(timedelta(minutes=59))
        assert check(records[2]) == "checking"
        clock.shift(timedelta(minutes=2))
        # One an hour, as long as they cost too much.
        assert (check(records[2]), check(records[3])) == ("refused", "checking")
    assert judged["asked"] == 3


def test_good_file_is_checked_after_the_hour(case, judged):
    records = send(case, 3)
    for record in records[:2]:
        check(record)
    judged["verdict"] = FINE
    assert check(records[2]) == "checking"
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert check(records[2]) == "fine"
        assert check(send(case)[0]) == "fine"


def test_removing_what_was_refused_changes_nothing_M1(case, judged):
    for record in send(case, 2):
        check(record)
        record.refresh_from_db()
        actions.remove_record(by=case.owner, record=record)
    assert check(send(case)[0]) == "checking"
    assert judged["asked"] == 2


def test_other_cases_are_checked_at_once(case, judged):
    for record in send(case, 2):
        check(record)
    judged["verdict"] = FINE
    assert check(send(make_case())[0]) == "fine"


def test_files_refused_for_other_reasons_cost_nothing(case, judged):
    judged["verdict"] = Verdict(Status.REFUSED, Reason.TYPE)
    assert [check(record) for record in send(case, 4)] == ["refused"] * 4


def test_costly_files_are_forgotten_after_a_day(case, judged):
    for _day in range(2):
        check(send(case)[0])
        Case.objects.update(costly_at=timezone.now() - timedelta(hours=25))
    case.refresh_from_db()
    assert case.costly_checks == 1


def test_put_off_check_is_queued_for_its_hour(case, judged):
    from django_tasks_db.models import DBTaskResult

    records = send(case, 3)
    DBTaskResult.objects.all().delete()
    for record in records:
        check(record)
    records[2].refresh_from_db()
    row = DBTaskResult.objects.get(task_path=jobs.check_record.module_path)
    assert row.run_after == records[2].next_check_at
    assert jobs._requeue_lost_checks() == 0


@pytest.mark.parametrize("language", ["en", "pl", "ar", "zh-hans"])
def test_family_reads_when_its_file_is_looked_at(case, judged, language):
    records = send(case, 3)
    for record in records:
        check(record)
    records[2].refresh_from_db()
    with translation.override(language):
        words = wording.paper_words(records[2])
    assert f"{timezone.localtime(records[2].next_check_at):%M}" in words
    assert (language == "en") == words.startswith("It arrived whole. Files that you sent before")
    page = sign_in_family(case).get(reverse("case:papers", args=[case.reference]))
    assert "Files that you sent before" in page.text


def test_scanner_that_is_down_for_a_moment_is_no_such_wait(case):
    record = send(case)[0]
    record.next_check_at = timezone.now() + timedelta(seconds=30)
    assert wording.paper_words(record).startswith("It arrived whole and is being checked")
