"""Sending an inquiry: one draft makes one case, however often it is sent (row R3)."""

import uuid
from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from cases import notifications
from cases.actions.core import ActionRefusedError, leave_event
from cases.actions.deadlines import due_at
from cases.codes import new_reference, normalise_code
from cases.models import Case, Consent, Draft, FamilyMember, Inquiry
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
    # The demo's printed one; else a free one is drawn.
    reference: str = ""


def submit_inquiry(*, draft: Draft, code: str, sent: SentInquiry, by=None) -> Case:
    """The case of this draft: made now, or by whoever was faster with the same draft.

    `code` is the private code that the family is shown. Raises
    ActionRefusedError when the draft expired.
    """
    # Hashing is slow on purpose: not while the database is locked.
    code_hash = make_password(normalise_code(code))
    return _submit(draft, code_hash, sent, by)


@transaction.atomic
def _submit(draft, code_hash, sent, by) -> Case:
    case_id, now = uuid.uuid4(), timezone.now()
    # The foreign key is checked at the end of the transaction, when the case is there.
    taken = Draft.objects.filter(pk=draft.pk, case=None, expires_at__gt=now).update(
        case=case_id, answers={}
    )
    if not taken:
        return _case_of(draft)
    case = _create_case(case_id, sent, now)
    member = FamilyMember.objects.create(case=case, code_hash=code_hash, **sent.member)
    Inquiry.objects.create(case=case, **sent.inquiry)
    for consent in sent.consents:
        Consent.objects.create(case=case, given_by=member, given_at=now, **consent)
    leave_event(case, EventKind.RECEIVED, by=by or member)
    notifications.notify_family(case, notifications.RECEIVED)
    return case


def _create_case(case_id, sent: SentInquiry, now) -> Case:
    promised = due_at("first_answer", now)
    return Case.objects.create(
        id=case_id,
        reference=sent.reference or _free_reference(),
        stage=Stage.RECEIVED,
        waiting_on=WaitingOn.COORDINATOR,
        turn_since=now,
        next_due_at=promised,
        first_answer_due_at=promised,
        created_at=now,
        **sent.case,
    )


def _free_reference() -> str:
    """Among 30^8 references a clash is rare; the unique constraint stands behind this."""
    reference = new_reference()
    while Case.objects.filter(reference=reference).exists():
        reference = new_reference()
    return reference


def _case_of(draft: Draft) -> Case:
    case = Case.objects.filter(draft=draft.pk).first()
    if case is None:
        raise ActionRefusedError("the draft has expired")
    return case
