"""Papers on the desk: what staff see, saving a copy, saying that one cannot be read (row L3)."""

import pytest
from django.urls import reverse
from django.utils import timezone

from cases import actions
from cases.actions import ActionRefusedError, ChangedMeanwhileError
from cases.models import CaseEvent, FamilyTask, Record
from cases.records.kinds import STAFF_REASONS, Reason, Status
from cases.tests.family import case_url, signed_in
from cases.tests.test_desk import address
from cases.workflow import InfoReason, Stage, WaitingOn
from portal.models import AuditEvent, OutgoingMail
from portal.tests.fixtures import HEALTH_CANARY, RECORD_NAME, make_record, sign_in_staff

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
PDF = b"%PDF-1.7 something"


@pytest.fixture
def desk(coordinator):
    return sign_in_staff(coordinator)


@pytest.fixture
def record(case):
    return make_record(case, PDF)


def url(record, name: str) -> str:
    return reverse(f"office:cases_case_paper_{name}", args=[record.case_id, record.pk])


def typed(record, **fields) -> dict:
    record.case.refresh_from_db()
    values = {"version": record.case.version, "reason": Reason.BLURRED} | fields
    return {f"{record.pk}-{name}": value for name, value in values.items()}


def test_the_page_names_every_paper_with_its_state(desk, case):
    for status in Status:
        reason = Reason.BROKEN if status in ("unreadable", "refused", "quarantined") else ""
        fields = {"status": status, "reason": reason, "flags": ["script", "attachment"]}
        fields |= {"completed_at": None} if status == Status.UPLOADING else {}
        make_record(case, name=f"{status}.pdf", **fields)
    rows = desk.get(address(case)).context["papers"]
    assert {row["name"] for row in rows} == {f"{status}.pdf" for status in Status}
    assert [row["name"] for row in rows if row["can_open"]] == ["fine.pdf"]
    assert [row["name"] for row in rows if row["can_mark"]] == ["fine.pdf"]
    assert "Open it with care, it holds: script, files inside" in desk.get(address(case)).text


def test_a_copy_is_saved_and_every_reading_is_a_row_L3(desk, record, case):
    for _number in range(2):
        answer = desk.get(url(record, "save"))
        assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"] == f'attachment; filename="{RECORD_NAME}"'
    rows = AuditEvent.objects.filter(action="record.opened")
    assert [(row.actor_label, row.object_label) for row in rows] == [
        ("coordinator", case.reference)
    ] * 2
    assert not rows.filter(data__icontains=HEALTH_CANARY).exists()


def test_looking_at_the_headers_alone_is_a_row_too_L3(desk, record):
    assert desk.head(url(record, "save")).status_code == 200
    assert AuditEvent.objects.filter(action="record.opened").count() == 1


def test_papers_of_cases_of_others_are_not_there_Z2(record, case, coordinator, other_coordinator):
    case.assigned_to = coordinator
    case.save()
    other = sign_in_staff(other_coordinator)
    assert other.get(url(record, "save")).status_code == 404
    assert other.post(url(record, "unreadable"), typed(record)).status_code == 404
    assert other.post(url(record, "readable"), typed(record)).status_code == 404
    assert Record.objects.get().status == Status.FINE


def test_a_paper_is_not_reached_by_another_case_Z2(desk, record, other_case):
    mixed = reverse("office:cases_case_paper_save", args=[other_case.pk, record.pk])
    assert desk.get(mixed).status_code == 404
    for name in ("unreadable", "readable"):
        mixed = reverse(f"office:cases_case_paper_{name}", args=[other_case.pk, record.pk])
        assert desk.post(mixed, typed(record)).status_code == 404
    assert Record.objects.get().status == Status.FINE


@pytest.mark.parametrize("who", ["auditor", "administrator"])
def test_who_does_not_work_on_cases_reads_no_paper_Z1(request, record, who):
    client = sign_in_staff(request.getfixturevalue(who))
    assert client.get(url(record, "save")).status_code == 403


@pytest.mark.parametrize("status", ["checking", "refused", "quarantined"])
def test_staff_save_nothing_that_did_not_pass_U7(desk, case, status):
    reason = "" if status == "checking" else "infected"
    record = make_record(case, PDF, status=status, reason=reason)
    assert desk.get(url(record, "save")).status_code == 404


def test_an_unreadable_paper_becomes_a_task_of_the_family(desk, record, case):
    page = desk.post(url(record, "unreadable"), typed(record), follow=True)
    assert "The family gets a task" in page.text
    record.refresh_from_db()
    assert (record.status, record.reason, record.is_readable) == ("unreadable", "blurred", True)
    task = FamilyTask.objects.get()
    assert (task.code, task.done_at) == (InfoReason.PAPER_AGAIN, None)
    case.refresh_from_db()
    assert (case.stage, case.waiting_on) == (Stage.INFO_NEEDED, WaitingOn.FAMILY)
    assert case.first_answered_at is not None
    assert OutgoingMail.objects.filter(template="cases/email/status_changed").count() == 1
    family = signed_in(case)
    assert "A paper that we could not read, once more" in family.get(case_url(case)).text
    assert "It is blurred or too small." in family.get(case_url(case, "papers")).text


def test_a_second_unreadable_paper_is_the_same_task_and_no_second_mail(desk, case):
    for name in ("a.pdf", "b.pdf"):
        record = make_record(case, PDF, name=name)
        desk.post(url(record, "unreadable"), typed(record))
    assert Record.objects.filter(status=Status.UNREADABLE).count() == 2
    assert FamilyTask.objects.count() == 1
    assert OutgoingMail.objects.filter(template="cases/email/status_changed").count() == 1
    assert CaseEvent.objects.filter(kind="paper_unreadable").count() == 2


def test_where_the_stage_cannot_change_the_family_is_told_all_the_same(desk, case):
    case.stage, case.waiting_on = Stage.PLANNING, WaitingOn.COORDINATOR
    case.save()
    record = make_record(case, PDF)
    desk.post(url(record, "unreadable"), typed(record))
    case.refresh_from_db()
    assert (case.stage, FamilyTask.objects.count()) == (Stage.PLANNING, 1)
    assert OutgoingMail.objects.filter(template="cases/email/status_changed").count() == 1


@pytest.mark.parametrize("reason", ["", "infected", "type", "made-up"])
def test_only_reasons_of_people_are_taken(desk, record, coordinator, reason):
    page = desk.post(url(record, "unreadable"), typed(record, reason=reason), follow=True)
    assert "Choose why it cannot be used." in page.text
    with pytest.raises(ActionRefusedError):
        actions.mark_unreadable(by=coordinator, record=record, reason=reason)
    assert Record.objects.get().status == Status.FINE


@pytest.mark.parametrize("reason", STAFF_REASONS)
def test_every_reason_of_people_is_taken(record, coordinator, reason):
    actions.mark_unreadable(by=coordinator, record=record, reason=reason)
    assert Record.objects.get().reason == reason


def test_a_mark_is_taken_back(desk, record, case):
    desk.post(url(record, "unreadable"), typed(record))
    page = desk.post(url(record, "readable"), typed(record), follow=True)
    assert "Marked as fine." in page.text
    record.refresh_from_db()
    assert (record.status, record.reason, record.is_marked_by_staff) == ("fine", "", False)


def test_what_the_checks_refused_stays_refused_U1(desk, case):
    record = make_record(case, PDF, status="unreadable", reason="broken")
    page = desk.post(url(record, "readable"), typed(record), follow=True)
    assert "nobody can change that" in page.text
    assert Record.objects.get().status == Status.UNREADABLE


def test_a_mark_on_a_changed_case_is_a_conflict_R4(desk, record, case):
    data = typed(record)
    actions.write_message(by=case.owner, case=case, body="New", language="en", submission=None)
    page = desk.post(url(record, "unreadable"), data, follow=True)
    assert "was changed meanwhile" in page.text
    assert (Record.objects.get().status, FamilyTask.objects.count()) == (Status.FINE, 0)


def test_two_marks_at_once_are_one(record, coordinator):
    stale = Record.objects.select_related("case").get()
    actions.mark_unreadable(by=coordinator, record=record, reason=Reason.DARK)
    with pytest.raises(ChangedMeanwhileError):
        actions.mark_unreadable(by=coordinator, record=stale, reason=Reason.BLURRED)


@pytest.mark.parametrize("who", ["owner", "auditor", "other_coordinator"])
def test_who_does_not_work_on_the_case_marks_nothing(request, record, case, coordinator, who):
    case.assigned_to = coordinator
    case.save()
    record.case = case
    by = case.owner if who == "owner" else request.getfixturevalue(who)
    for act, more in ((actions.mark_unreadable, {"reason": "dark"}), (actions.mark_readable, {})):
        with pytest.raises(ActionRefusedError):
            act(by=by, record=record, **more)
    with pytest.raises(ActionRefusedError):
        actions.remove_record(by=coordinator, record=record)


def test_a_closed_case_is_not_marked(desk, record, case):
    case.stage, case.waiting_on, case.next_due_at = Stage.CLOSED, WaitingOn.NOBODY, None
    case.close_reason = "cost"
    case.save()
    assert (
        "not yours to work on"
        in desk.post(url(record, "unreadable"), typed(record), follow=True).text
    )
    assert [row["can_mark"] for row in desk.get(address(case)).context["papers"]] == [False]


@pytest.mark.parametrize("count", [1, 3])
def test_papers_cost_the_same_queries_however_many(
    desk, case, count, django_assert_max_num_queries
):
    for number in range(count):
        make_record(case, name=f"{number}.pdf")
    # The first look makes the list of papers.
    actions.refresh_checklist(case=case)
    with django_assert_max_num_queries(42):
        desk.get(address(case))


def test_erased_papers_are_not_shown(desk, record, case):
    actions.destroy_case_key(by=None, case=case)
    assert desk.get(address(case)).context["papers"] == []
    assert desk.get(url(record, "save")).status_code == 404


def test_staff_are_warned_while_no_scanner_is_there_U7(desk, settings):
    assert "No virus scanner looks at" in desk.get("/office/").text
    settings.CLAMD_ADDRESS = "unix:/run/clamav/clamd.ctl"
    assert "No virus scanner looks at" not in desk.get("/office/").text


def test_a_new_paper_is_new_words_for_the_office(case):
    """But not the turn: the family says itself when it has sent everything."""
    case.has_new_words, case.waiting_on = False, WaitingOn.FAMILY
    case.next_due_at = None
    case.save()
    record = make_record(case, PDF, status="checking", checked_at=None)
    Record.objects.update(next_check_at=timezone.now())
    actions.records._settle(record, actions.records.Verdict(Status.FINE))
    case.refresh_from_db()
    assert (case.has_new_words, case.waiting_on) == (True, WaitingOn.FAMILY)
