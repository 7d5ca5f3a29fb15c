"""Hospitals that the office proposes, and the family's answer to each."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import consents, notifications
from cases.actions.consents import keep_consent, refuse_strangers
from cases.actions.core import ActionRefusedError, change_case, leave_event
from cases.actions.deadlines import due_at, stage_clock
from cases.actions.messages import hand_to_coordinator
from cases.actions.shares import lock_case
from cases.actions.steps import apply_step
from cases.models import Case, Consent, FamilyTask, Proposal, Referral
from cases.models.event import EventKind
from cases.permissions import can_take_step, can_work
from cases.workflow import InfoReason, Stage, Step, WaitingOn

State = Proposal.State
# Before any hospital looks at it the whole case waits for the family's answer.
ASKING_STAGES = frozenset({Stage.RECEIVED, Stage.TRIAGE, Stage.INFO_NEEDED})


@transaction.atomic
def propose_hospital(
    *, by, case: Case, hospital, reason: str, language: str, version: int | None = None
) -> Proposal:
    """The family's turn: it reads which hospital and why, and what would be shown to it."""
    if not can_work(by, case) or case.has_ended or case.held_for:
        raise ActionRefusedError(_("This case cannot be shared by you now."))
    if not hospital.is_public or not reason.strip():
        raise ActionRefusedError(_("Choose a hospital, and write to the family why this one."))
    if Referral.objects.filter(case=case, hospital=hospital, ended_at=None).exists():
        raise ActionRefusedError(_("It is shared with this hospital already."))
    words = {"reason": reason.strip(), "language": language, "proposed_by": by}
    try:
        with transaction.atomic():
            proposal = Proposal.objects.create(case=case, hospital=hospital, **words)
    except IntegrityError as error:
        raise ActionRefusedError(_("It is proposed to the family already.")) from error
    leave_event(case, EventKind.PROPOSED, by=by, hospital=hospital.slug)
    FamilyTask.objects.get_or_create(case=case, code=InfoReason.HOSPITAL, done_at=None)
    _ask(case, by, version)
    return proposal


def _ask(case: Case, by, version: int | None) -> None:
    answered = {"first_answered_at": case.first_answered_at or timezone.now()}
    is_first = case.stage in ASKING_STAGES
    if is_first and can_take_step(by, case, Step.ASK_FOR_INFORMATION):
        apply_step(by=by, case=case, step=Step.ASK_FOR_INFORMATION, version=version, **answered)
        return
    change_case(case, version=version, **answered)
    notifications.notify_family(case, notifications.STATUS_CHANGED)


@transaction.atomic
def agree_to_hospital(*, by, proposal: Proposal, texts: list, language: str) -> None:
    """Each consent on its own, in the words that were shown; both hold afterwards, or none."""
    case = proposal.case
    refuse_strangers(by, case)
    _answer(proposal, State.AGREED)
    hospital = proposal.hospital
    for text in texts:
        of = hospital if text.kind == Consent.Kind.SHARE_HOSPITAL else None
        keep_consent(by=by, case=case, text=text, language=language, hospital=of)
    if missing_consents(case, hospital):
        raise ActionRefusedError(_("Both consents are needed before the hospital can be asked."))
    _settle(case)


def missing_consents(case: Case, hospital) -> list[str]:
    """Kinds without which this hospital may not be asked, or that were given to an older text."""
    rows = Consent.objects.filter(case=case, withdrawn_at=None)
    current = {(row.kind, row.hospital_id) for row in rows if consents.is_current(row)}
    needed = {
        Consent.Kind.SHARE_HOSPITAL: hospital.pk,
        Consent.Kind.TRANSFER_CHINA: None,
    }
    return [kind for kind, of in needed.items() if (kind, of) not in current]


@transaction.atomic
def decline_hospital(*, by, proposal: Proposal, words: str = "") -> None:
    """Not this hospital; the family says why, or does not."""
    refuse_strangers(by, proposal.case)
    _answer(proposal, State.DECLINED, words.strip())
    leave_event(proposal.case, EventKind.PROPOSAL_DECLINED, by=by, hospital=proposal.hospital.slug)
    _settle(proposal.case)


def _answer(proposal: Proposal, state: str, words: str = "") -> None:
    """Once; whoever answers second is told."""
    lock_case(proposal.case)
    proposal.refresh_from_db(fields=["state"])
    if proposal.state != State.OPEN or proposal.case.has_ended:
        raise ActionRefusedError(_("This question is answered already."))
    proposal.state, proposal.answered_at, proposal.words = state, timezone.now(), words
    proposal.save(update_fields=["state", "answered_at", "words"])


def _settle(case: Case) -> None:
    """The last answer is the end of the family's task."""
    if not _end_task(case):
        hand_to_coordinator(case, keep_turn=True)
        return
    hand_to_coordinator(case, keep_turn=FamilyTask.objects.filter(case=case, done_at=None).exists())


def _end_task(case: Case) -> bool:
    if Proposal.objects.filter(case=case, state=State.OPEN).exists():
        return False
    tasks = FamilyTask.objects.filter(case=case, code=InfoReason.HOSPITAL, done_at=None)
    tasks.update(done_at=timezone.now())
    return True


@transaction.atomic
def take_back_proposal(*, by, proposal: Proposal, version: int | None = None) -> None:
    """The office asks no longer; the family's task goes with its last question."""
    case = proposal.case
    if not can_work(by, case):
        raise ActionRefusedError(_("This case is not yours to work on."))
    _answer(proposal, State.TAKEN_BACK)
    leave_event(case, EventKind.PROPOSAL_ENDED, by=by, hospital=proposal.hospital.slug)
    change_case(case, version=version, **_turn_after(case))
    notifications.notify_family(case, notifications.STATUS_CHANGED)


def _turn_after(case: Case) -> dict:
    """Ours again when the family owes nothing else."""
    is_free = _end_task(case) and not FamilyTask.objects.filter(case=case, done_at=None).exists()
    if not is_free or case.stage != Stage.INFO_NEEDED or case.waiting_on != WaitingOn.FAMILY:
        return {}
    now = timezone.now()
    due = due_at(stage_clock(case.stage, WaitingOn.COORDINATOR), now)
    return {"waiting_on": WaitingOn.COORDINATOR, "turn_since": now, "next_due_at": due}
