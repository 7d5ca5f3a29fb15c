"""Answers, assignment, dates, addresses: what the office does besides steps."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from cases import actions
from cases.actions import ActionRefusedError, ChangedMeanwhileError
from cases.models import Case, CaseEvent, FamilyMember, Message
from cases.models.event import EventKind
from cases.tests.family import check_twice
from cases.workflow import CloseReason, Stage, WaitingOn
from portal.models import AuditEvent, MailStatus, OutgoingMail
from portal.roles import Role
from portal.tests.fixtures import make_case, make_user


def answer(by, case, *, body="Thank you for writing.", submission=None, version=None, **more):
    return actions.answer_family(
        by=by,
        case=case,
        body=body,
        language="en",
        version=case.version if version is None else version,
        submission=submission or uuid.uuid4(),
        **more,
    )


def test_answer_is_the_first_human_answer_and_clears_new_words(coordinator, case):
    answer(coordinator, case)
    case = Case.objects.get()
    assert case.first_answered_at is not None
    assert (case.has_new_words, case.waiting_on) == (False, WaitingOn.COORDINATOR)
    assert OutgoingMail.objects.get().template == "cases/email/message_waiting"
    assert CaseEvent.objects.get().kind == EventKind.STAFF_MESSAGE


def test_answer_keeps_the_time_of_the_first_answer(coordinator, case):
    answer(coordinator, case)
    first = Case.objects.get().first_answered_at
    answer(coordinator, Case.objects.get())
    assert Case.objects.get().first_answered_at == first


def test_answer_can_hand_the_turn_over(coordinator):
    case = make_case(stage=Stage.HOSPITAL_REVIEW)
    answer(coordinator, case, waiting_on=WaitingOn.HOSPITAL)
    case = Case.objects.get()
    assert case.waiting_on == WaitingOn.HOSPITAL
    assert case.next_due_at > timezone.now() + timedelta(days=4)
    answer(coordinator, case, waiting_on=WaitingOn.FAMILY)
    assert Case.objects.get().next_due_at is None


def test_answer_leaves_anothers_clock_alone(coordinator):
    due = timezone.now() + timedelta(days=3)
    case = make_case(stage=Stage.HOSPITAL_REVIEW, waiting_on=WaitingOn.HOSPITAL, next_due_at=due)
    answer(coordinator, case)
    assert Case.objects.get().next_due_at == due


def test_answer_sent_twice_is_one_message_R3(coordinator, case):
    submission = uuid.uuid4()
    first = answer(coordinator, case, submission=submission)
    again = answer(coordinator, Case.objects.get(), submission=submission, version=1)
    assert first == again
    assert Message.objects.count() == OutgoingMail.objects.count() == 1


def test_answer_second_half_of_a_double_click_finds_the_first_R3(coordinator, case, monkeypatch):
    """Both halves looked before either had written: the compare-and-set stops the second."""
    from cases.actions import answers

    submission, look, looks = uuid.uuid4(), answers._already_sent, []

    def blind_at_first(*args):
        looks.append(args)
        return None if len(looks) < 3 else look(*args)

    monkeypatch.setattr(answers, "_already_sent", blind_at_first)
    first = answer(coordinator, case, submission=submission)
    assert answer(coordinator, Case.objects.get(), submission=submission, version=1) == first


def test_answer_to_a_case_that_changed_is_a_conflict_R4(coordinator, lead, case):
    answer(lead, case)
    with pytest.raises(ChangedMeanwhileError):
        answer(coordinator, Case.objects.get(), version=1)
    assert Message.objects.count() == 1


def test_answer_empty_or_to_an_ended_case_is_refused(coordinator, case):
    with pytest.raises(ActionRefusedError):
        answer(coordinator, case, body="  ")
    ended = make_case(
        stage=Stage.CLOSED,
        close_reason=CloseReason.COST,
        waiting_on=WaitingOn.NOBODY,
        next_due_at=None,
    )
    with pytest.raises(ActionRefusedError):
        answer(coordinator, ended)
    assert not Message.objects.exists()


def test_mark_read_leaves_the_clock_alone(coordinator, case):
    due = case.next_due_at
    actions.mark_read(by=coordinator, case=case)
    case = Case.objects.get()
    assert (case.has_new_words, case.next_due_at) == (False, due)
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR, Role.HOSPITAL_REVIEWER])
def test_nobody_else_does_any_of_it(case, role):
    somebody = make_user("somebody", role)
    soon = timezone.now() + timedelta(days=1)
    for act in (
        lambda: answer(somebody, case),
        lambda: actions.mark_read(by=somebody, case=case),
        lambda: actions.set_due(by=somebody, case=case, due=soon),
        lambda: actions.assign_case(by=somebody, case=case, to=somebody),
        lambda: actions.correct_email(by=somebody, member=case.owner, email="x@example.org"),
    ):
        with pytest.raises(ActionRefusedError):
            act()
    assert Case.objects.get().version == 1


def test_assign_coordinator_takes_a_free_case(coordinator, case):
    actions.assign_case(by=coordinator, case=case, to=coordinator)
    assert Case.objects.get().assigned_to == coordinator
    assert CaseEvent.objects.get().data == {"to": "coordinator"}


def test_assign_coordinator_gives_no_case_to_others_nor_takes_theirs(
    coordinator, other_coordinator, case
):
    with pytest.raises(ActionRefusedError):
        actions.assign_case(by=coordinator, case=case, to=other_coordinator)
    mine = make_case(assigned_to=coordinator)
    with pytest.raises(ActionRefusedError):
        actions.assign_case(by=coordinator, case=mine, to=coordinator)


def test_assign_lead_gives_a_case_to_anyone_who_works_cases(lead, coordinator, auditor, case):
    actions.assign_case(by=lead, case=case, to=coordinator)
    with pytest.raises(ActionRefusedError):
        actions.assign_case(by=lead, case=case, to=auditor)
    coordinator.is_active = False
    with pytest.raises(ActionRefusedError):
        actions.assign_case(by=lead, case=case, to=coordinator)


def test_set_due_tells_the_family(coordinator, case):
    due = timezone.now() + timedelta(days=3)
    actions.set_due(by=coordinator, case=case, due=due)
    assert Case.objects.get().next_due_at == due
    assert OutgoingMail.objects.get().template == "cases/email/status_changed"


def test_set_due_in_the_past_is_refused(coordinator, case):
    with pytest.raises(ActionRefusedError):
        actions.set_due(by=coordinator, case=case, due=timezone.now())


def test_mail_failure_is_an_event_of_its_case_and_of_no_other(case):
    actions.record_mail_failure(reference=case.reference, template="cases/email/received")
    actions.record_mail_failure(reference="SH-0000-0000", template="cases/email/received")
    event = CaseEvent.objects.get()
    assert (event.kind, event.actor_kind) == (EventKind.MAIL_FAILED, "system")
    assert AuditEvent.objects.get().data == {"template": "cases/email/received"}


def test_correct_email_stops_the_old_mail_and_sends_the_news(coordinator, case):
    actions.start_triage(by=coordinator, case=case)
    FamilyMember.objects.update(email_confirmed_at=None)
    member = FamilyMember.objects.get()
    member.case = case
    check_twice(case, coordinator)
    actions.correct_email(by=coordinator, member=member, email="right@example.org")
    mails = dict(OutgoingMail.objects.values_list("recipient", "status"))
    assert mails == {
        "family@example.org": MailStatus.STOPPED,
        "right@example.org": MailStatus.WAITING,
    }
    assert "right@example.org" not in str(AuditEvent.objects.values_list("data", flat=True))


@pytest.mark.parametrize("email", ["", "nonsense", "a@b\r\nBcc: c@d.example", "two@a.de,b@c.de"])
def test_correct_email_refuses_what_is_no_address_M3(coordinator, case, email):
    with pytest.raises(ActionRefusedError):
        actions.correct_email(by=coordinator, member=case.owner, email=email)
    assert FamilyMember.objects.get().email == "family@example.org"
