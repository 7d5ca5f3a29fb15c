"""Sending an inquiry: one draft makes one case, however often it is sent (row R3)."""

import uuid
from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from cases import notifications
from cases.actions.core import ActionRefusedError, ChangedMeanwhileError, leave_event
from cases.actions.deadlines import due_at
from cases.actions.duplicates import note_patient
from cases.codes import new_code, normalise_code
from cases.models import Case, CaseKey, Consent, Draft, FamilyMember, Inquiry
from cases.models.event import EventKind
from cases.workflow import Stage, WaitingOn


@dataclass(frozen=True)
class SentInquiry:
    """The answers, re-validated by `intake`, sorted by the rows that they become."""

    case: dict
    member: dict
    inquiry: dict
    # Each with kind, hospital, version, language and the hash of the text that was shown.
    consents: list[dict] = field(default_factory=list)


def submit_inquiry(*, draft: Draft, code: str, sent: SentInquiry, by=None) -> Case:
    """The case of this draft: made now, or by whoever was faster with the same draft.

    `code` is the private code that the family is shown, unless it has one of this draft
    already. Raises ActionRefusedError when the draft expired or got another code meanwhile, and
    ChangedMeanwhileError when a page was saved after the draft was read: what was acknowledged
    must not go with the draft's answers (row R5).
    """
    # Hashing is slow on purpose: not while the database is locked.
    # Typed in by the office it has a code that nobody was shown: a link makes another one.
    code_hash = "" if draft.code_hash else make_password(normalise_code(code or new_code()))
    return _submit(draft, code_hash, sent, by)


@transaction.atomic
def _submit(draft, code_hash, sent, by) -> Case:
    case_id, now = uuid.uuid4(), timezone.now()
    # The foreign key is checked at the end of the transaction, when the case is there.
    mine = Draft.objects.filter(pk=draft.pk, access_version=draft.access_version)
    unsent = mine.filter(case=None, expires_at__gt=now)
    taken = unsent.filter(version=draft.version).update(case=case_id, answers=b"")
    if not taken and unsent.exists():
        raise ChangedMeanwhileError
    if not taken:
        return _case_of(draft)
    draft.refresh_from_db()
    case = _create_case(case_id, draft.reference, sent, now)
    # What was sealed for the draft, in backups too, goes with the case's key.
    CaseKey.objects.give(case, draft.sealing_key())
    Draft.objects.filter(pk=draft.pk).update(email=b"", ring_key="", wrapped=b"")
    member = _create_owner(case, draft, code_hash, sent)
    note_patient(case, Inquiry.objects.create(case=case, **sent.inquiry))
    for consent in sent.consents:
        recorded = {"recorded_by": by} if consent.get("channel", "online") != "online" else {}
        Consent.objects.create(case=case, given_by=member, given_at=now, **consent, **recorded)
    leave_event(case, EventKind.RECEIVED, by=by or member, **_held(case))
    if not case.held_for:
        # A machine would use us to write to strangers: a held one waits for its first mail.
        notifications.notify_family(case, notifications.RECEIVED)
    return case


def _held(case: Case) -> dict:
    return {"held": str(case.held_for)} if case.held_for else {}


def _create_owner(case, draft: Draft, code_hash: str, sent: SentInquiry) -> FamilyMember:
    """With the code that opened the draft, and its address as far as a link went there."""
    is_same = sent.member.get("email", "").lower() == draft.email.lower()
    return FamilyMember.objects.create(
        case=case,
        code_hash=draft.code_hash or code_hash,
        email_confirmed_at=draft.email_confirmed_at if is_same else None,
        **sent.member,
    )


def _create_case(case_id, reference: str, sent: SentInquiry, now) -> Case:
    promised = due_at("first_answer", now)
    return Case.objects.create(
        id=case_id,
        reference=reference,
        stage=Stage.RECEIVED,
        waiting_on=WaitingOn.COORDINATOR,
        turn_since=now,
        next_due_at=promised,
        first_answer_due_at=promised,
        created_at=now,
        **sent.case,
    )


def _case_of(draft: Draft) -> Case:
    case = Case.objects.filter(draft=draft.pk).first()
    if case is None:
        raise ActionRefusedError("the draft has expired")
    return case
