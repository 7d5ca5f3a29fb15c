"""Consents after the inquiry: withdrawn as easily as they were given."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.actions.core import ActionRefusedError, leave_event
from cases.actions.messages import hand_to_coordinator
from cases.models import Consent
from cases.models.event import EventKind
from cases.permissions import can_view, is_family


@transaction.atomic
def withdraw_consent(*, by, consent: Consent) -> None:
    """From now on. What happened before stays lawful; the coordinator is told."""
    case = consent.case
    if not (is_family(by) and can_view(by, case)):
        raise ActionRefusedError(_("Only the family withdraws its consent."))
    now = timezone.now()
    if not Consent.objects.filter(pk=consent.pk, withdrawn_at=None).update(withdrawn_at=now):
        return
    leave_event(case, EventKind.CONSENT_WITHDRAWN, by=by, consent=consent.kind)
    if consent.kind != Consent.Kind.NEWS:
        hand_to_coordinator(case)
