"""Stages of a case and the one table of what may follow what. A leaf: imports no model.

The table says who may do each step and whose turn it is afterwards; `actions`
carry the steps out, the admin draws its buttons from `allowed`.
"""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Stage(models.TextChoices):
    """The family's journey. A draft is not a case yet (see models.Draft)."""

    RECEIVED = "received", _("Received")
    TRIAGE = "triage", _("Being read")
    INFO_NEEDED = "info_needed", _("Information needed")
    HOSPITAL_REVIEW = "hospital_review", _("Hospital review")
    OPINION_READY = "opinion_ready", _("Advice ready")
    ESTIMATE_READY = "estimate_ready", _("Estimate ready")
    PLANNING = "planning", _("Planning")
    CONFIRMED = "confirmed", _("Confirmed")
    IN_TREATMENT = "in_treatment", _("In treatment")
    HANDOVER = "handover", _("Discharge and handover")
    FOLLOW_UP = "follow_up", _("Follow-up")
    CLOSED = "closed", _("Closed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class WaitingOn(models.TextChoices):
    """Whose turn it is."""

    FAMILY = "family", pgettext_lazy("whose turn", "Family")
    COORDINATOR = "coordinator", pgettext_lazy("whose turn", "Coordinator")
    HOSPITAL = "hospital", pgettext_lazy("whose turn", "Hospital")
    EMBASSY = "embassy", pgettext_lazy("whose turn", "Embassy")
    INSURER = "insurer", pgettext_lazy("whose turn", "Insurer")
    NOBODY = "nobody", pgettext_lazy("whose turn", "Nobody")


class CloseReason(models.TextChoices):
    """Why a case ended, in plain words that the family reads."""

    TREATED = "treated", _("Treated in Shanghai")
    STAY_HOME = "stay_home", _("Advised to be treated at home")
    HOSPITAL_DECLINED = "hospital_declined", _("The hospitals could not take the case")
    FAMILY_WITHDREW = "family_withdrew", _("The family withdrew")
    COST = "cost", _("The cost")
    VISA_REFUSED = "visa_refused", _("The visa was refused")
    NO_REPLY = "no_reply", _("No reply after three reminders")
    DIED = "died", _("The patient has died")
    DUPLICATE = "duplicate", _("Joined with another case")
    OUT_OF_SCOPE = "out_of_scope", _("Not something the pilot hospitals treat")
    EMERGENCY = "emergency", _("Sent to emergency care at home")


class HeldFor(models.TextChoices):
    """Why a new inquiry waits for a look of the office before it enters the queue."""

    NO_SCRIPT = "no_script", _("The browser runs no scripts")
    FAST = "fast", _("It was filled in very fast")
    TRAP = "trap", _("A field that people do not see was filled in")
    FLOOD = "flood", _("Many came within an hour")


class InfoReason(models.TextChoices):
    """What can be missing; each becomes a task that the family reads in its language."""

    SUMMARY = "summary", _("A medical summary not older than 30 days")
    PATHOLOGY = "pathology", _("The pathology report")
    IMAGING = "imaging", _("The scans (CT, MRI or X-ray) as files")
    LAB = "lab", _("The latest blood and laboratory results")
    MEDICINES = "medicines", _("A list of the medicines taken now")
    QUESTION = "question", _("An answer to our question in the messages")
    CONTACT = "contact", _("A phone number or address that reaches you")
    PAPER_AGAIN = "paper_again", _("A paper that we could not read, once more")
    HOSPITAL = "hospital", _("Your answer: may this hospital see your case?")


class Step(models.TextChoices):
    """Verbs of the office; each is one function of `actions`."""

    START_TRIAGE = "start_triage", _("Start reading")
    ASK_FOR_INFORMATION = "ask_for_information", _("Ask the family for information")
    RESUME_TRIAGE = "resume_triage", _("Go on reading")
    SEND_TO_HOSPITAL = "send_to_hospital", _("Mark as under hospital review")
    RECORD_OPINION = "record_opinion", _("Advice is ready")
    RECORD_ESTIMATE = "record_estimate", _("Estimate is ready")
    START_PLANNING = "start_planning", _("Start planning")
    CONFIRM_ADMISSION = "confirm_admission", _("Admission is confirmed")
    START_TREATMENT = "start_treatment", _("Treatment has begun")
    START_HANDOVER = "start_handover", _("Discharge and handover")
    START_FOLLOW_UP = "start_follow_up", _("Papers arrived, begin follow-up")
    CLOSE = "close", _("Close the case")
    REOPEN = "reopen", _("Reopen the case")
    WITHDRAW = "withdraw", _("Withdraw")


@dataclass(frozen=True)
class Transition:
    """One row of the table. `due` names a clock of `clocks`; empty: no clock runs."""

    step: Step
    sources: frozenset[Stage]
    target: Stage
    waiting_on: WaitingOn
    due: str = ""


OPEN_STAGES = frozenset(set(Stage) - {Stage.CLOSED, Stage.WITHDRAWN})
ENDED_STAGES = frozenset({Stage.CLOSED, Stage.WITHDRAWN})
# Steps that the family itself may take.
FAMILY_STEPS = frozenset({Step.WITHDRAW, Step.REOPEN})


def _row(step, sources, target, waiting_on, due=""):
    return Transition(step, frozenset(sources), target, waiting_on, due)


_REVIEWED = {Stage.TRIAGE, Stage.INFO_NEEDED, Stage.HOSPITAL_REVIEW}
TRANSITIONS: dict[Step, Transition] = {
    row.step: row
    for row in (
        _row(Step.START_TRIAGE, {Stage.RECEIVED}, Stage.TRIAGE, WaitingOn.COORDINATOR, "triage"),
        _row(
            Step.ASK_FOR_INFORMATION,
            {Stage.RECEIVED, Stage.TRIAGE, Stage.INFO_NEEDED, Stage.HOSPITAL_REVIEW},
            Stage.INFO_NEEDED,
            WaitingOn.FAMILY,
        ),
        _row(
            Step.RESUME_TRIAGE,
            {Stage.INFO_NEEDED, Stage.HOSPITAL_REVIEW},
            Stage.TRIAGE,
            WaitingOn.COORDINATOR,
            "triage",
        ),
        _row(
            Step.SEND_TO_HOSPITAL,
            {Stage.TRIAGE, Stage.INFO_NEEDED},
            Stage.HOSPITAL_REVIEW,
            WaitingOn.HOSPITAL,
            "hospital_review",
        ),
        _row(
            Step.RECORD_OPINION,
            {Stage.HOSPITAL_REVIEW, Stage.TRIAGE},
            Stage.OPINION_READY,
            WaitingOn.FAMILY,
            "family_decision",
        ),
        _row(
            Step.RECORD_ESTIMATE,
            {Stage.OPINION_READY, Stage.HOSPITAL_REVIEW},
            Stage.ESTIMATE_READY,
            WaitingOn.FAMILY,
            "family_decision",
        ),
        _row(
            Step.START_PLANNING,
            {Stage.OPINION_READY, Stage.ESTIMATE_READY},
            Stage.PLANNING,
            WaitingOn.COORDINATOR,
            "letter",
        ),
        _row(Step.CONFIRM_ADMISSION, {Stage.PLANNING}, Stage.CONFIRMED, WaitingOn.FAMILY),
        _row(
            Step.START_TREATMENT,
            {Stage.CONFIRMED, Stage.PLANNING},
            Stage.IN_TREATMENT,
            WaitingOn.HOSPITAL,
        ),
        _row(
            Step.START_HANDOVER, {Stage.IN_TREATMENT}, Stage.HANDOVER, WaitingOn.HOSPITAL, "letter"
        ),
        _row(
            Step.START_FOLLOW_UP,
            {Stage.HANDOVER, Stage.IN_TREATMENT},
            Stage.FOLLOW_UP,
            WaitingOn.NOBODY,
        ),
        _row(Step.CLOSE, OPEN_STAGES, Stage.CLOSED, WaitingOn.NOBODY),
        _row(Step.WITHDRAW, OPEN_STAGES, Stage.WITHDRAWN, WaitingOn.NOBODY),
        _row(Step.REOPEN, ENDED_STAGES, Stage.TRIAGE, WaitingOn.COORDINATOR, "first_answer"),
    )
}


def allowed_steps(stage: str) -> list[Step]:
    """Steps that may follow this stage, in the table's order."""
    return [step for step, row in TRANSITIONS.items() if stage in row.sources]


def staff_steps(stage: str) -> list[Step]:
    """What the office may do next. Only the family withdraws its own case."""
    return [step for step in allowed_steps(stage) if step != Step.WITHDRAW]
