"""What a family reads about its case: whose turn it is, what happened, what comes.

Every stage with every `waiting_on`, and every kind of event, has words here; a
test walks them in every language. No word of a coordinator is made here.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from cases import times
from cases.models.event import ActorKind, EventKind
from cases.records.kinds import Reason, Status
from cases.workflow import CloseReason, InfoReason, Stage, Step, WaitingOn

_TURN = {
    WaitingOn.FAMILY: _("It is your turn"),
    WaitingOn.COORDINATOR: _("Our turn: your coordinator is working on it"),
    WaitingOn.HOSPITAL: _("It is the hospital's turn"),
    WaitingOn.EMBASSY: _("It is the embassy's turn"),
    WaitingOn.INSURER: _("It is the insurer's turn"),
    WaitingOn.NOBODY: _("Nobody has to do anything now"),
}
# Where a stage with its usual turn has a better headline.
_HEADLINES = {
    (Stage.RECEIVED, WaitingOn.COORDINATOR): _("Our turn: we have your inquiry"),
    (Stage.TRIAGE, WaitingOn.COORDINATOR): _("Our turn: your coordinator is reading it"),
    (Stage.INFO_NEEDED, WaitingOn.FAMILY): _("Your turn: we asked you something"),
    (Stage.INFO_NEEDED, WaitingOn.COORDINATOR): _("Our turn: we are looking at what you sent"),
    (Stage.HOSPITAL_REVIEW, WaitingOn.HOSPITAL): _("The doctors in Shanghai are reviewing"),
    (Stage.OPINION_READY, WaitingOn.FAMILY): _("Your turn: the doctors' advice is here"),
    (Stage.ESTIMATE_READY, WaitingOn.FAMILY): _("Your turn: the estimate is here"),
    (Stage.PLANNING, WaitingOn.COORDINATOR): _("Our turn: we are planning the journey"),
    (Stage.CONFIRMED, WaitingOn.FAMILY): _("The hospital has confirmed your admission"),
    (Stage.IN_TREATMENT, WaitingOn.HOSPITAL): _("In Shanghai: treatment is under way"),
    (Stage.HANDOVER, WaitingOn.HOSPITAL): _("The papers to take home are being prepared"),
    (Stage.FOLLOW_UP, WaitingOn.NOBODY): _("Home again: nothing is due now"),
    (Stage.CLOSED, WaitingOn.NOBODY): _("This case is closed"),
    (Stage.WITHDRAWN, WaitingOn.NOBODY): _("You withdrew this case"),
}
_NOW = {
    Stage.RECEIVED: _("Your inquiry is safe with us. A person reads it and writes to you."),
    Stage.TRIAGE: _("Your coordinator reads everything and looks for the right doctors."),
    Stage.INFO_NEEDED: _("The doctors cannot start without what we asked for."),
    Stage.HOSPITAL_REVIEW: _("Doctors read the case and discuss what they can do."),
    Stage.OPINION_READY: _("Read the advice in the messages and tell us what you think."),
    Stage.ESTIMATE_READY: _("Read what it will cost and what is left out, then tell us."),
    Stage.PLANNING: _("Letter, payment, interpreter, journey: one thing after the other."),
    Stage.CONFIRMED: _("The hospital expects you. The messages say when, where and what to bring."),
    Stage.IN_TREATMENT: _("The hospital treats the patient. Write to us whenever you need us."),
    Stage.HANDOVER: _("The hospital writes the papers that your doctors at home need."),
    Stage.FOLLOW_UP: _(
        "We ask how it goes on day 7, 30, 90 and 365. Write earlier if you need us."
    ),
    Stage.CLOSED: _("It stays readable here. You can reopen it any time, with the same reference."),
    Stage.WITHDRAWN: _("Nobody works on it any more, and nobody can sign in to it again."),
}
_NOW_OTHERWISE = {
    (Stage.INFO_NEEDED, WaitingOn.COORDINATOR): _(
        "Your coordinator reads it and writes to you if anything is still missing."
    ),
    (Stage.HOSPITAL_REVIEW, WaitingOn.COORDINATOR): _(
        "Something has changed. Your coordinator looks at it and writes to you what comes next."
    ),
}
_THEN = {
    Stage.RECEIVED: _("Your coordinator reads it: 2 working days"),
    Stage.TRIAGE: _("We ask you for papers, or a hospital for advice"),
    Stage.INFO_NEEDED: _("Your coordinator goes on reading: 2 working days"),
    Stage.HOSPITAL_REVIEW: _("You get the doctors' advice"),
    Stage.OPINION_READY: _("If you want to come: the estimate, or the plan"),
    Stage.ESTIMATE_READY: _("If you want to come: we plan the journey"),
    Stage.PLANNING: _("The hospital confirms your place"),
    Stage.CONFIRMED: _("We call you 10 days before"),
    Stage.IN_TREATMENT: _("The papers to take home"),
    Stage.HANDOVER: _("Home, and follow-up"),
    Stage.FOLLOW_UP: _("The case closes after a year"),
    Stage.CLOSED: _("Nothing, unless you reopen it"),
    Stage.WITHDRAWN: _("Nothing"),
}
_CLOSED_BECAUSE = {
    CloseReason.TREATED: _("The treatment in Shanghai is finished."),
    CloseReason.STAY_HOME: _("The doctors advise treatment at home. That is good news."),
    CloseReason.HOSPITAL_DECLINED: _("The hospitals that we asked cannot take this case."),
    CloseReason.FAMILY_WITHDREW: _("You told us that you do not want to go on."),
    CloseReason.COST: _("The cost was the reason."),
    CloseReason.VISA_REFUSED: _("The visa was refused."),
    CloseReason.NO_REPLY: _("We wrote three times and had no answer."),
    CloseReason.DIED: _("We are very sorry for your loss. You will get no automatic mail from us."),
    CloseReason.DUPLICATE: _("It was joined with another case of the same patient."),
    CloseReason.OUT_OF_SCOPE: _("It is not something that the hospitals of this portal treat."),
    CloseReason.EMERGENCY: _("Emergency care at home comes first."),
}
_TASK_HELP = {
    InfoReason.SUMMARY: _(
        "Ask your doctor or hospital for it. It should say what was done so far."
    ),
    InfoReason.PATHOLOGY: _("The report of the laboratory that looked at the tissue."),
    InfoReason.IMAGING: _("Ask the hospital for the disc with the pictures, not only the report."),
    InfoReason.LAB: _("The newest ones are enough."),
    InfoReason.MEDICINES: _("Name, dose and how often. A photo of the packets helps too."),
    InfoReason.QUESTION: _("You find the question in the messages below."),
    InfoReason.CONTACT: _("Write it in a message below."),
    InfoReason.HOSPITAL: _("It sees nothing before you agree. You can also say no."),
    InfoReason.PAPER_AGAIN: _("Your papers say which one it is, and why we could not read it."),
}
_EVENTS = {
    EventKind.RECEIVED: _("We received your inquiry"),
    EventKind.STAGE: _("The case went one step further"),
    EventKind.ASSIGNED: _("A coordinator took on your case"),
    EventKind.FAMILY_MESSAGE: _("You wrote a message"),
    EventKind.STAFF_MESSAGE: _("Your coordinator wrote to you"),
    EventKind.TASK_DONE: _("You marked a task as done"),
    EventKind.CODE_REPLACED: _("The private code was replaced"),
    EventKind.DUE_EXTENDED: _("A new date was set"),
    EventKind.EMAIL_CHANGED: _("Your e-mail address was corrected"),
    EventKind.EMAIL_CONFIRMED: _("You confirmed your e-mail address"),
    EventKind.CONSENT_WITHDRAWN: _("You withdrew a consent"),
    EventKind.PAPERS_ADDED: _("You added papers"),
    EventKind.PAPER_NOT_USABLE: _("A paper that you sent could not be used"),
    EventKind.PAPER_UNREADABLE: _("We could not read one of your papers"),
    EventKind.PAPER_NOT_HAD: _("You told us that you cannot get a paper"),
    EventKind.CONSENT_GIVEN: _("You gave a consent"),
    EventKind.ADULT_INVITED: _("A second adult was let in"),
    EventKind.ADULT_ENDED: _("The access of the second adult was ended"),
    EventKind.PROPOSED: _("Your coordinator proposed a hospital"),
    EventKind.PROPOSAL_DECLINED: _("You said no to a hospital"),
    EventKind.PROPOSAL_ENDED: _("A proposed hospital was taken back"),
    EventKind.MERGED: _("Another case of the same patient was joined with this one"),
    EventKind.REFERRED: _("Your case was shared with a hospital"),
    EventKind.REFERRAL_ENDED: _("A hospital no longer sees your case"),
}
_OF_SECOND_ADULT = {
    EventKind.CODE_REPLACED: _("The second adult has a new private code"),
    EventKind.EMAIL_CONFIRMED: _("The second adult confirmed their e-mail address"),
}
_PAPER = {
    Status.UPLOADING: _("Choose the same file again: it goes on where it stopped."),
    Status.CHECKING: _("It arrived whole and is being checked. You need not wait."),
    Status.FINE: _("It arrived and passed the checks."),
}
_PAPER_TROUBLE = {
    Reason.TYPE: _("We cannot take this kind of file. Send it as a PDF or as a photo."),
    Reason.MISMATCH: _(
        "The contents are not what the name says. Open it on your device, save it as a PDF or "
        "take a photo of it, and send that."
    ),
    Reason.TOO_MUCH: _(
        "It unpacks to far more than it should, so we did not open it. If a hospital gave it to "
        "you, write to us."
    ),
    Reason.NOT_ONLY_SCANS: _(
        "The zip holds other files than scans. Put only the folder with the scans (often called "
        "DICOM) into a zip and send that."
    ),
    Reason.LOCKED: _("It asks for a password. Save a copy without a password and send that."),
    Reason.BROKEN: _(
        "It is damaged or did not arrive whole. Look whether it opens on your device, then send "
        "it again."
    ),
    Reason.LOST: _(
        "It arrived, and we lost it. That is our fault, not yours. Please send it once more."
    ),
    Reason.INFECTED: _(
        "Our virus scanner found something in it, so we locked it away and nobody opened it. It "
        "is hardly ever anybody's fault. Have your device looked at, and send a photo instead."
    ),
    Reason.BLURRED: _("It is blurred or too small. Take the photo again, near and in daylight."),
    Reason.DARK: _("It is too dark or too bright. Take the photo again, in daylight."),
    Reason.CUT_OFF: _("Part of the page is missing. Take the photo again with all four corners."),
    Reason.PAGES_MISSING: _("Pages are missing. Send all of them, the back sides too."),
    Reason.WRONG_PAPER: _("It is another paper than we asked for. Look at your tasks."),
    Reason.OTHER_PERSON: _("Another person's name is on it. Remove it and send the right one."),
}
_REACHED = {
    Stage.RECEIVED: _("We received your inquiry"),
    Stage.TRIAGE: _("Your coordinator began to read"),
    Stage.INFO_NEEDED: _("We asked you for something"),
    Stage.HOSPITAL_REVIEW: _("A hospital began to review"),
    Stage.OPINION_READY: _("The doctors' advice arrived"),
    Stage.ESTIMATE_READY: _("The estimate arrived"),
    Stage.PLANNING: _("Planning began"),
    Stage.CONFIRMED: _("The hospital confirmed your place"),
    Stage.IN_TREATMENT: _("Treatment began"),
    Stage.HANDOVER: _("Discharge was prepared"),
    Stage.FOLLOW_UP: _("Follow-up began"),
    Stage.CLOSED: _("The case was closed"),
    Stage.WITHDRAWN: _("You withdrew the case"),
}
_WAY = (
    (_("Received"), {Stage.RECEIVED}),
    (_("Read by your coordinator"), {Stage.TRIAGE}),
    (_("Papers"), {Stage.INFO_NEEDED}),
    (_("Hospital review"), {Stage.HOSPITAL_REVIEW}),
    (_("Advice"), {Stage.OPINION_READY}),
    (_("Estimate"), {Stage.ESTIMATE_READY}),
    (_("Planning and travel"), {Stage.PLANNING, Stage.CONFIRMED}),
    (_("Treatment"), {Stage.IN_TREATMENT}),
    (_("Home again"), {Stage.HANDOVER, Stage.FOLLOW_UP}),
)


@dataclass(frozen=True)
class Turn:
    """The first panel of the case page."""

    headline: str
    text: str
    since: str
    by: str
    then: str
    style: str
    is_late: bool


def turn_of(case, open_tasks: int) -> Turn:
    """Whose turn it is, since when, by when, and what follows; in the family's time zone."""
    return Turn(
        headline=headline(case.stage, case.waiting_on, open_tasks),
        text=str(_NOW_OTHERWISE.get((case.stage, case.waiting_on)) or _NOW[Stage(case.stage)]),
        since=times.moment(case.turn_since, case.time_zone),
        by=times.moment(case.next_due_at, case.time_zone) if case.next_due_at else "",
        then=str(_THEN[Stage(case.stage)]),
        style=_style(case),
        is_late=case.is_overdue,
    )


def headline(stage: str, waiting_on: str, open_tasks: int = 0) -> str:
    key = (Stage(stage), WaitingOn(waiting_on))
    if key == (Stage.INFO_NEEDED, WaitingOn.FAMILY) and open_tasks:
        return ngettext(
            "Your turn: %(count)d thing is missing",
            "Your turn: %(count)d things are missing",
            open_tasks,
        ) % {"count": open_tasks}
    return str(_HEADLINES.get(key) or _TURN[key[1]])


def _style(case) -> str:
    if case.has_ended:
        return "panel--ended"
    return "panel--turn-family" if case.waiting_on == WaitingOn.FAMILY else "panel--turn-us"


def closed_because(case) -> str:
    return str(_CLOSED_BECAUSE[CloseReason(case.close_reason)]) if case.close_reason else ""


def task_words(task) -> dict:
    return {
        "code": task.code,
        "title": task.get_code_display(),
        "help": str(_TASK_HELP[InfoReason(task.code)]),
        "is_done": task.done_at is not None,
    }


def event_words(event) -> str:
    """One line of the history."""
    if event.kind == EventKind.STAGE:
        if event.data.get("step") == Step.REOPEN:
            return str(_reopened(event))
        return str(_REACHED.get(event.data.get("to"), _EVENTS[EventKind.STAGE]))
    words = _OF_SECOND_ADULT if event.data.get("adult") else _EVENTS
    return str(words[EventKind(event.kind)])


def _reopened(event):
    if event.actor_kind == ActorKind.FAMILY:
        return _("You reopened the case")
    return _("Your coordinator reopened the case")


def way_of(case, events) -> list[dict]:
    """The whole way with what is done, where the case stands, and what comes."""
    reached = _reached_at(events)
    position = _position(case, reached)
    way = []
    for number, (label, stages) in enumerate(_WAY):
        moments = [reached[stage] for stage in stages if stage in reached]
        way.append(
            {
                "label": label,
                "state": _state(number, position, case.has_ended, bool(moments)),
                "day": times.day(min(moments)) if moments else "",
            }
        )
    return way


def _reached_at(events) -> dict:
    """When each stage was reached first."""
    reached = {}
    for event in events:
        if event.kind == EventKind.RECEIVED:
            reached[Stage.RECEIVED] = event.at
        elif event.kind == EventKind.STAGE:
            stage = event.data.get("to")
            reached[stage] = min(event.at, reached.get(stage, event.at))
    return reached


def _position(case, reached) -> int:
    """The place on the way; an ended case stands where it came to."""
    found = [
        number
        for number, (_label, stages) in enumerate(_WAY)
        if (case.has_ended and stages & set(reached)) or case.stage in stages
    ]
    return found[-1] if found else 0


def _state(number: int, position: int, has_ended: bool, was_reached: bool) -> str:
    if number == position and not has_ended:
        return "is-now"
    if number < position or (has_ended and was_reached):
        return "is-done"
    return "is-next"


def paper_words(record) -> str:
    """What a family reads about one of its files: where it stands, and what it can do."""
    if record.reason:
        return str(_PAPER_TROUBLE[Reason(record.reason)])
    if record.status == Status.CHECKING and _is_put_off(record):
        at = times.moment(record.next_check_at, record.case.time_zone)
        return gettext(
            "It arrived whole. Files that you sent before cost too much to look into, so this one "
            "is looked at after %(at)s. You need do nothing; if it cannot wait, call us."
        ) % {"at": at}
    return str(_PAPER[Status(record.status)])


def _is_put_off(record) -> bool:
    """For longer than until a scanner answers again."""
    soon = timezone.now() + timedelta(minutes=2)
    return record.next_check_at is not None and record.next_check_at > soon
