"""Words and deeds of the family: any of them makes it the coordinator's turn."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.actions.core import (
    ActionRefusedError,
    ChangedMeanwhileError,
    change_case,
    leave_event,
)
from cases.actions.deadlines import due_at, stage_clock
from cases.actions.words import keep_words
from cases.models import Case, FamilyTask, Message
from cases.models.event import EventKind
from cases.permissions import can_write_message, is_family
from cases.workflow import InfoReason, WaitingOn

# A family's words are never refused because somebody of the office saved at the same time.
TRIES = 5


@transaction.atomic
def write_message(*, by, case: Case, body: str, language: str, submission) -> Message:
    """Keep the family's words; the same text sent twice is one message (row R3)."""
    if not (is_family(by) and can_write_message(by, case)):
        raise ActionRefusedError(_("You can no longer write to this case."))
    message, is_new = keep_words(
        case, body=body, language=language, submission=submission, from_family=by
    )
    if is_new:
        leave_event(case, EventKind.FAMILY_MESSAGE, by=by)
        hand_to_coordinator(case)
    return message


@transaction.atomic
def complete_task(*, by, case: Case, code: str) -> None:
    """The family says that it did what was asked. The last task hands the turn over."""
    if not (is_family(by) and can_write_message(by, case)):
        raise ActionRefusedError(_("This case has ended."))
    open_tasks = FamilyTask.objects.filter(case=case, done_at=None)
    if code not in InfoReason.values:
        raise ActionRefusedError(_("This task is not known."))
    if code == InfoReason.HOSPITAL:
        raise ActionRefusedError(_("Answer it on the page “Who may see what”."))
    if not open_tasks.filter(code=code).update(done_at=timezone.now()):
        return
    leave_event(case, EventKind.TASK_DONE, by=by, code=code)
    hand_to_coordinator(case, keep_turn=open_tasks.exists())


def hand_to_coordinator(case: Case, *, keep_turn: bool = False) -> None:
    """New words for the office. A clock that runs already is not set back."""
    for _number in range(TRIES):
        try:
            return change_case(case, **_new_turn(case, keep_turn))
        except ChangedMeanwhileError:
            case.refresh_from_db()
    raise ChangedMeanwhileError


def _new_turn(case: Case, keep_turn: bool) -> dict:
    fields = {"has_new_words": True}
    if keep_turn or case.has_ended:
        return fields
    now = timezone.now()
    if case.waiting_on != WaitingOn.COORDINATOR:
        fields |= {"waiting_on": WaitingOn.COORDINATOR, "turn_since": now}
    elif case.next_due_at:
        return fields
    return fields | {"next_due_at": due_at(stage_clock(case.stage, WaitingOn.COORDINATOR), now)}
