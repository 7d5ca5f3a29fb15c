"""Consents after the inquiry: withdrawn as easily as they were given, and given again."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import consents
from cases.actions.core import ActionRefusedError, leave_event
from cases.actions.messages import hand_to_coordinator
from cases.actions.shares import end_shares_of, lock_case
from cases.models import Case, Consent
from cases.models.event import EventKind
from cases.permissions import can_view, is_owner


def refuse_strangers(by, case: Case) -> None:
    if not (is_owner(by) and can_view(by, case)):
        raise ActionRefusedError(_("Only whoever asked gives and withdraws consents."))


@transaction.atomic
def withdraw_consent(*, by, consent: Consent) -> None:
    """From now on. What happened before stays lawful; the coordinator is told."""
    case = consent.case
    refuse_strangers(by, case)
    lock_case(case)
    # A hospital that sees the case by this consent sees it no longer, or the row would not go.
    end_shares_of(consent, by)
    living = Consent.objects.filter(pk=consent.pk, withdrawn_at=None)
    if not living.update(withdrawn_at=timezone.now(), living_key=None):
        return
    leave_event(case, EventKind.CONSENT_WITHDRAWN, by=by, consent=consent.kind)
    if consent.kind != Consent.Kind.NEWS:
        hand_to_coordinator(case)


@transaction.atomic
def give_consent(
    *, by, case: Case, text: consents.ConsentText, language: str, hospital=None, signed_name=""
) -> None:
    """In the words that were shown. Given twice it is given once."""
    details = {"hospital": hospital, "signed_name": signed_name}
    is_new = keep_consent(by=by, case=case, text=text, language=language, **details)
    if is_new and text.kind != Consent.Kind.NEWS:
        hand_to_coordinator(case)


def keep_consent(*, by, case: Case, text, language: str, hospital=None, signed_name="") -> bool:
    """The row, and whether it is new. One that was given to an older text is replaced by it.

    What stands on the older one stands on the new one then: both have the same key, and the
    database looks at keys when the transaction ends.
    """
    refuse_strangers(by, case)
    lock_case(case)
    if case.has_ended:
        raise ActionRefusedError(_("This case has ended."))
    now = timezone.now()
    living = Consent.objects.filter(case=case, kind=text.kind, hospital=hospital, withdrawn_at=None)
    for held in living:
        if consents.is_current(held):
            return False
    living.update(withdrawn_at=now, living_key=None)
    Consent.objects.create(
        case=case,
        kind=text.kind,
        hospital=hospital,
        version=text.version,
        language=language,
        text_hash=text.hash,
        given_at=now,
        given_by=by,
        capacity=by.relation,
        signed_name=signed_name,
    )
    leave_event(case, EventKind.CONSENT_GIVEN, by=by, consent=text.kind)
    return True
