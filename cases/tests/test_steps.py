"""Steps of the journey: every row of the table, and nothing besides."""

import pytest
from django.db import transaction
from django_tasks_db.models import DBTaskResult
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cases import actions
from cases.actions import ActionRefusedError, ChangedMeanwhileError
from cases.models import Case, CaseEvent, FamilyTask, Message
from cases.models.event import EventKind
from cases.workflow import (
    ENDED_STAGES,
    TRANSITIONS,
    CloseReason,
    InfoReason,
    Stage,
    Step,
    WaitingOn,
)
from portal.models import AuditEvent, MailStatus, OutgoingMail
from portal.roles import Role
from portal.tests.fixtures import make_case, make_user

DETAILS = {
    Step.ASK_FOR_INFORMATION: {"reasons": [InfoReason.SUMMARY]},
    Step.CLOSE: {"reason": CloseReason.COST},
}


def case_at(stage, **fields) -> Case:
    """A case at any stage, as the constraints allow it."""
    if stage in ENDED_STAGES:
        fields |= {"waiting_on": WaitingOn.NOBODY, "next_due_at": None}
    if stage == Stage.CLOSED:
        fields["close_reason"] = CloseReason.COST
    return make_case(stage=stage, **fields)


@pytest.mark.parametrize("step", list(actions.STEP_ACTIONS))
@pytest.mark.parametrize("stage", list(Stage))
def test_step_does_what_the_table_says_and_nothing_else(lead, step, stage):
    case, row = case_at(stage), TRANSITIONS[step]
    details = DETAILS.get(step, {})
    if stage not in row.sources:
        with pytest.raises(ActionRefusedError):
            actions.take_step(by=lead, case=case, step=step, version=1, **details)
        assert not CaseEvent.objects.exists()
        assert not OutgoingMail.objects.exists()
        return
    actions.take_step(by=lead, case=case, step=step, version=1, **details)
    case = Case.objects.get()
    assert (case.stage, case.waiting_on, case.version) == (row.target, row.waiting_on, 2)
    assert (case.next_due_at is not None) == bool(row.due)
    event = CaseEvent.objects.get(kind=EventKind.STAGE)
    assert (event.by, event.data["from"], event.data["to"]) == (lead, stage, row.target)
    assert AuditEvent.objects.get(action="case.stage").object_label == case.reference
    assert OutgoingMail.objects.get().template == "cases/email/status_changed"
    assert DBTaskResult.objects.get().args_kwargs["args"] == [str(OutgoingMail.objects.get().pk)]


def test_every_step_of_staff_has_its_function():
    assert set(actions.STEP_ACTIONS) == set(Step) - {Step.WITHDRAW}


def test_take_step_refuses_what_is_no_step_of_staff(lead, case):
    for step in (Step.WITHDRAW, "nonsense"):
        with pytest.raises(ActionRefusedError):
            actions.take_step(by=lead, case=case, step=step)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR, Role.HOSPITAL_EDITOR, ""])
def test_step_is_refused_to_whoever_does_not_work_cases(case, role):
    with pytest.raises(ActionRefusedError):
        actions.start_triage(by=make_user("somebody", role), case=case)


def test_step_is_refused_on_a_colleagues_case(coordinator, other_coordinator):
    case = make_case(assigned_to=other_coordinator)
    with pytest.raises(ActionRefusedError):
        actions.start_triage(by=coordinator, case=case)


def test_start_triage_makes_the_reader_the_coordinator(coordinator, lead):
    free, taken = make_case(), make_case(assigned_to=coordinator)
    actions.start_triage(by=coordinator, case=free)
    actions.start_triage(by=lead, case=taken)
    assert set(Case.objects.values_list("assigned_to", flat=True)) == {coordinator.pk}


def test_step_with_an_old_version_changes_nothing_R4(lead, case):
    actions.start_triage(by=lead, case=case, version=1)
    for again in (case, Case.objects.get()):
        with pytest.raises(ChangedMeanwhileError):
            actions.send_to_hospital(by=lead, case=again, version=1)
    assert Case.objects.get().stage == Stage.TRIAGE
    assert CaseEvent.objects.count() == OutgoingMail.objects.count() == 1


def test_step_rolled_back_leaves_no_mail_and_no_job_M4(lead, case):
    with pytest.raises(RuntimeError), transaction.atomic():
        actions.start_triage(by=lead, case=case)
        assert DBTaskResult.objects.count() == OutgoingMail.objects.count() == 1
        raise RuntimeError
    assert DBTaskResult.objects.count() == OutgoingMail.objects.count() == 0


def test_ask_for_information_makes_tasks_words_and_the_first_answer(coordinator):
    case = make_case(stage=Stage.TRIAGE)
    reasons = [InfoReason.IMAGING, InfoReason.SUMMARY]
    actions.ask_for_information(
        by=coordinator, case=case, reasons=reasons, body=" The scans, please ", language="pl"
    )
    assert set(FamilyTask.objects.values_list("code", flat=True)) == {"imaging", "summary"}
    message = Message.objects.get()
    assert (message.body, message.language, message.from_staff) == (
        "The scans, please",
        "pl",
        coordinator,
    )
    case = Case.objects.get()
    assert case.first_answered_at is not None
    assert (case.waiting_on, case.next_due_at, case.has_new_words) == ("family", None, False)
    assert OutgoingMail.objects.count() == 1


def test_ask_for_information_again_asks_for_nothing_twice(lead):
    case = make_case(stage=Stage.TRIAGE)
    actions.ask_for_information(by=lead, case=case, reasons=["summary"])
    answered = Case.objects.get().first_answered_at
    actions.ask_for_information(by=lead, case=case, reasons=["summary", "lab"], submission=None)
    assert FamilyTask.objects.count() == 2
    assert Case.objects.get().first_answered_at == answered


@pytest.mark.parametrize("reasons", [[], ["nonsense"]])
def test_ask_for_information_without_a_reason_is_refused(lead, case, reasons):
    with pytest.raises(ActionRefusedError):
        actions.ask_for_information(by=lead, case=case, reasons=reasons)


def test_moving_on_settles_what_was_asked(lead):
    case = make_case(stage=Stage.TRIAGE)
    actions.ask_for_information(by=lead, case=case, reasons=["summary"])
    actions.resume_triage(by=lead, case=case)
    assert not FamilyTask.objects.filter(done_at=None).exists()


def test_close_needs_a_known_reason(lead, case):
    for reason in ("", "because"):
        with pytest.raises(ActionRefusedError):
            actions.close_case(by=lead, case=case, reason=reason)
    assert Case.objects.get().stage == Stage.RECEIVED


def test_close_after_a_death_stops_every_automatic_mail(lead):
    case = make_case()
    actions.start_triage(by=lead, case=case)
    actions.close_case(by=lead, case=case, reason=CloseReason.DIED)
    mail = OutgoingMail.objects.get()
    assert mail.status == MailStatus.STOPPED
    from portal.outbox import send_mail

    assert send_mail.func(str(mail.pk)) == "nothing to send"


def test_reopen_clears_the_reason_and_starts_the_first_answer_clock(lead):
    case = case_at(Stage.CLOSED)
    actions.reopen_case(by=lead, case=case)
    case = Case.objects.get()
    assert (case.stage, case.close_reason) == (Stage.TRIAGE, "")
    assert case.next_due_at is not None


def test_reopen_by_the_family_shares_the_core(db):
    case = case_at(Stage.CLOSED)
    actions.reopen_case(by=case.owner, case=case)
    assert CaseEvent.objects.get().actor_kind == "family"


class Journey(RuleBasedStateMachine):
    """Any sequence of steps by anybody: the stage never leaves the table (row R4)."""

    def __init__(self):
        super().__init__()
        number = Case.objects.count()
        self.lead = make_user(f"lead-{number}-{id(self)}", Role.LEAD)
        self.case = make_case()
        self.stage = Stage.RECEIVED
        self.steps = 0

    @rule(step=st.sampled_from(list(Step)), stale=st.booleans(), family=st.booleans())
    def take(self, step, stale, family):
        row = TRANSITIONS[step]
        case = Case.objects.get(pk=self.case.pk)
        by = self.case.owner if family else self.lead
        may = case.stage in row.sources and not stale
        may = may and (step in {Step.WITHDRAW, Step.REOPEN} if family else step != Step.WITHDRAW)
        try:
            with transaction.atomic():
                self.act(by, case, step, case.version - 1 if stale else case.version)
            assert may
            self.stage, self.steps = row.target, self.steps + 1
        except (ActionRefusedError, ChangedMeanwhileError):
            assert not may

    def act(self, by, case, step, version):
        if step == Step.WITHDRAW:
            actions.withdraw_case(by=by, case=case, version=version)
        else:
            details = DETAILS.get(step, {})
            actions.take_step(by=by, case=case, step=step, version=version, **details)

    @precondition(lambda self: self.stage not in ENDED_STAGES)
    @rule()
    def answer(self):
        case = Case.objects.get(pk=self.case.pk)
        actions.mark_read(by=self.lead, case=case)

    @invariant()
    def stage_is_what_the_table_reached(self):
        case = Case.objects.get(pk=self.case.pk)
        assert case.stage == self.stage
        assert (case.stage == Stage.CLOSED) == bool(case.close_reason)
        if case.has_ended:
            assert (case.waiting_on, case.next_due_at) == (WaitingOn.NOBODY, None)
        trail = case.events.filter(kind=EventKind.STAGE)
        assert trail.count() == self.steps


class TestJourney(HypothesisTestCase, Journey.TestCase):
    settings = settings(
        max_examples=25,
        stateful_step_count=15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
