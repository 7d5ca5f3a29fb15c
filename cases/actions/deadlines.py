"""From the names of clocks in the table of transitions to dates."""

from datetime import datetime, timedelta

from cases import clocks
from cases.workflow import ENDED_STAGES, TRANSITIONS, Stage, WaitingOn

_WORKING_DAYS = {
    "first_answer": clocks.FIRST_ANSWER_PROMISE,
    "triage": clocks.TRIAGE,
    "hospital_review": clocks.HOSPITAL_REVIEW,
    "estimate": clocks.ESTIMATE,
    "letter": clocks.LETTER,
}
_CALENDAR_DAYS = {"family_decision": clocks.FAMILY_DECISION}


def due_at(clock: str, start: datetime) -> datetime | None:
    """When the clock of this name ends; None when no clock runs. KeyError for an unknown name."""
    if not clock:
        return None
    if clock in _CALENDAR_DAYS:
        return start + timedelta(days=_CALENDAR_DAYS[clock])
    return clocks.add_working_days(start, _WORKING_DAYS[clock])


def stage_clock(stage: str, waiting_on: str) -> str:
    """The clock that runs at a stage while it is this one's turn.

    Our own turn always has one: whoever waits for us may know until when.
    """
    if stage in ENDED_STAGES or waiting_on == WaitingOn.NOBODY:
        return ""
    own = next((row.due for row in TRANSITIONS.values() if row.target == stage), "")
    if waiting_on == WaitingOn.COORDINATOR:
        return own if own and own != "family_decision" else "triage"
    if waiting_on == WaitingOn.FAMILY:
        return own if own == "family_decision" else ""
    return own if stage != Stage.TRIAGE else ""
