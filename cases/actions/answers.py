"""Words of the office to the family."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import notifications
from cases.actions.core import (
    ActionRefusedError,
    ChangedMeanwhileError,
    change_case,
    leave_event,
)
from cases.actions.deadlines import due_at, stage_clock
from cases.actions.words import keep_words, kept_words
from cases.models import Case, Message
from cases.models.event import EventKind
from cases.permissions import can_work, can_write_message
from cases.workflow import WaitingOn


def answer_family(
    *, by, case: Case, body: str, language: str, version: int, submission, waiting_on: str = ""
) -> Message:
    """A message of the coordinator; the same text sent twice is one message (row R3).

    The turn stays where it is unless `waiting_on` says whose it is now.
    """
    try:
        return _answer(by, case, body, language, version, submission, waiting_on)
    except ChangedMeanwhileError:
        # The other half of a double click was faster: the words are there.
        sent = _already_sent(by, case, submission, body)
        if sent is None:
            raise
        return sent


@transaction.atomic
def _answer(by, case, body, language, version, submission, waiting_on) -> Message:
    if not can_write_message(by, case):
        raise ActionRefusedError(_("This case has ended: reopen it to write to the family."))
    sent = _already_sent(by, case, submission, body)
    if sent:
        return sent
    if not body.strip():
        raise ActionRefusedError(_("Write something to the family."))
    change_case(case, version=version, **_after_answer(case, waiting_on))
    message, _is_new = keep_words(
        case, body=body.strip(), language=language, submission=submission, from_staff=by
    )
    leave_event(case, EventKind.STAFF_MESSAGE, by=by)
    notifications.notify_family(case, notifications.MESSAGE_WAITING)
    return message


def _already_sent(by, case, submission, body) -> Message | None:
    return kept_words(case, body=body.strip(), submission=submission, from_staff=by)


def _after_answer(case: Case, waiting_on: str) -> dict:
    """The words were read and answered: the clock of the next step begins."""
    now, turn = timezone.now(), waiting_on or case.waiting_on
    fields = {
        "first_answered_at": case.first_answered_at or now,
        "has_new_words": False,
    }
    if turn != case.waiting_on:
        fields |= {"waiting_on": WaitingOn(turn), "turn_since": now}
    if turn != case.waiting_on or turn == WaitingOn.COORDINATOR:
        fields["next_due_at"] = due_at(stage_clock(case.stage, turn), now)
    return fields


@transaction.atomic
def mark_read(*, by, case: Case, version: int | None = None) -> None:
    """The new words need no answer. The clock goes on."""
    if not can_work(by, case):
        raise ActionRefusedError(_("This case is not yours to work on."))
    change_case(case, version=version, has_new_words=False)
    leave_event(case, EventKind.MARKED_READ, by=by)
