"""Steps of the journey: one public function for each row of the table of transitions."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import notifications
from cases.actions.core import ActionRefusedError, change_case, leave_event
from cases.actions.deadlines import due_at
from cases.actions.shares import close_shares
from cases.actions.words import keep_words
from cases.models import Case, FamilyTask
from cases.models.event import EventKind
from cases.permissions import can_take_step
from cases.workflow import TRANSITIONS, CloseReason, InfoReason, Stage, Step


@transaction.atomic
def apply_step(*, by, case: Case, step: Step, version: int | None = None, **fields) -> None:
    """The core of every step: veto, compare-and-set, event, audit, mail.

    `fields` are further columns of the case that the step sets. Raises
    ActionRefusedError or ChangedMeanwhileError; then nothing was written.
    """
    if not can_take_step(by, case, step):
        raise ActionRefusedError(_("This step is not possible now."))
    row, now, left = TRANSITIONS[step], timezone.now(), case.stage
    values = {
        "stage": row.target,
        "waiting_on": row.waiting_on,
        "turn_since": now,
        "next_due_at": due_at(row.due, now),
        "close_reason": "",
    }
    change_case(case, version=version, **(values | fields))
    _settle_tasks(case, left, now)
    if case.has_ended:
        close_shares(case, by)
    leave_event(case, EventKind.STAGE, by=by, **_codes(case, step, left))
    _tell_family(case)


def _tell_family(case: Case) -> None:
    """Nobody signs in to a withdrawn case: no mail that is on its way may ask for it."""
    if case.stage != Stage.WITHDRAWN:
        notifications.notify_family(case, notifications.STATUS_CHANGED)
        return
    notifications.stop_waiting_mail(case)
    notifications.notify_family(case, notifications.WITHDRAWN)


def _codes(case: Case, step: Step, left: str) -> dict:
    codes = {"step": str(step), "from": str(left), "to": str(case.stage)}
    return codes | ({"reason": str(case.close_reason)} if case.close_reason else {})


def _settle_tasks(case: Case, left: str, now) -> None:
    """What was asked for is no longer asked for once the case moves on."""
    if left == Stage.INFO_NEEDED and case.stage != Stage.INFO_NEEDED:
        FamilyTask.objects.filter(case=case, done_at=None).update(done_at=now)


@transaction.atomic
def ask_for_information(
    *, by, case: Case, reasons, version: int | None = None, body="", language="", submission=None
) -> None:
    """The family's turn: a task for each reason, and words of the coordinator if any.

    Counts as the first human answer. Raises ActionRefusedError without a reason.
    """
    codes = [reason for reason in InfoReason if reason in set(reasons)]
    if not codes:
        raise ActionRefusedError(_("Choose at least one thing that the family should send."))
    answered = {"first_answered_at": case.first_answered_at or timezone.now()}
    fields = answered | {"has_new_words": False}
    apply_step(by=by, case=case, step=Step.ASK_FOR_INFORMATION, version=version, **fields)
    for code in codes:
        FamilyTask.objects.get_or_create(case=case, code=code, done_at=None)
    if body.strip():
        _write_words(case, by, body, language, submission)


def _write_words(case: Case, by, body: str, language: str, submission) -> None:
    words = {"body": body.strip(), "language": language or by.language}
    _message, is_new = keep_words(case, submission=submission, from_staff=by, **words)
    if is_new:
        leave_event(case, EventKind.STAFF_MESSAGE, by=by)


def close_case(*, by, case: Case, reason: str, version: int | None = None) -> None:
    """Ends a case with a coded reason. After a death no automatic message goes out."""
    if reason not in CloseReason.values:
        raise ActionRefusedError(_("Choose why the case is closed."))
    with transaction.atomic():
        apply_step(by=by, case=case, step=Step.CLOSE, version=version, close_reason=reason)
        if reason == CloseReason.DIED:
            notifications.stop_waiting_mail(case)


def reopen_case(*, by, case: Case, version: int | None = None) -> None:
    """By staff or by the family, any time, under the same reference."""
    apply_step(by=by, case=case, step=Step.REOPEN, version=version)


def start_triage(*, by, case: Case, version: int | None = None) -> None:
    """Whoever begins to read a free case becomes its coordinator."""
    mine = {} if case.assigned_to_id else {"assigned_to": by}
    apply_step(by=by, case=case, step=Step.START_TRIAGE, version=version, **mine)


def resume_triage(*, by, case: Case, version: int | None = None) -> None:
    apply_step(by=by, case=case, step=Step.RESUME_TRIAGE, version=version)


def send_to_hospital(*, by, case: Case, version: int | None = None) -> None:
    apply_step(by=by, case=case, step=Step.SEND_TO_HOSPITAL, version=version)


def record_opinion(*, by, case: Case, version: int | None = None) -> None:
    apply_step(by=by, case=case, step=Step.RECORD_OPINION, version=version)


def record_estimate(*, by, case: Case, version: int | None = None) -> None:
    apply_step(by=by, case=case, step=Step.RECORD_ESTIMATE, version=version)


def start_planning(*, by, case: Case, version: int | None = None) -> None:
    apply_step(by=by, case=case, step=Step.START_PLANNING, version=version)


def confirm_admission(*, by, case: Case, version: int | None = None) -> None:
    apply_step(by=by, case=case, step=Step.CONFIRM_ADMISSION, version=version)


def start_treatment(*, by, case: Case, version: int | None = None) -> None:
    apply_step(by=by, case=case, step=Step.START_TREATMENT, version=version)


def start_handover(*, by, case: Case, version: int | None = None) -> None:
    apply_step(by=by, case=case, step=Step.START_HANDOVER, version=version)


def start_follow_up(*, by, case: Case, version: int | None = None) -> None:
    apply_step(by=by, case=case, step=Step.START_FOLLOW_UP, version=version)


# The one table from a verb of the office to its function. Withdrawing is the family's own.
STEP_ACTIONS = {
    Step.START_TRIAGE: start_triage,
    Step.ASK_FOR_INFORMATION: ask_for_information,
    Step.RESUME_TRIAGE: resume_triage,
    Step.SEND_TO_HOSPITAL: send_to_hospital,
    Step.RECORD_OPINION: record_opinion,
    Step.RECORD_ESTIMATE: record_estimate,
    Step.START_PLANNING: start_planning,
    Step.CONFIRM_ADMISSION: confirm_admission,
    Step.START_TREATMENT: start_treatment,
    Step.START_HANDOVER: start_handover,
    Step.START_FOLLOW_UP: start_follow_up,
    Step.CLOSE: close_case,
    Step.REOPEN: reopen_case,
}


def take_step(*, by, case: Case, step: str, version: int | None = None, **details) -> None:
    """The function of this step, for callers that have only its name."""
    if step not in STEP_ACTIONS:
        raise ActionRefusedError(_("This step is not possible now."))
    STEP_ACTIONS[Step(step)](by=by, case=case, version=version, **details)
