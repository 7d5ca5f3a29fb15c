"""Showing a case to a hospital, and no longer: never without the family's consent (row P1)."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.actions.core import ActionRefusedError, change_case, leave_event
from cases.models import Case, Consent, Referral
from cases.models.event import EventKind
from cases.permissions import can_work

# Withdrawing one of these takes the case away from hospitals.
_NEEDED = frozenset(
    {
        Consent.Kind.HEALTH_DATA,
        Consent.Kind.TRANSFER_CHINA,
        Consent.Kind.GUARDIAN,
        Consent.Kind.CHILD,
    }
)


@transaction.atomic
def refer_case(*, by, case: Case, hospital, version: int | None = None) -> Referral:
    """Needs the consent to share with this hospital by name, and the one to China.

    The database refuses it too: both keys are those of living consents.
    """
    if not can_work(by, case) or case.has_ended or case.held_for:
        raise ActionRefusedError(_("This case cannot be shared by you now."))
    if Referral.objects.filter(case=case, hospital=hospital, ended_at=None).exists():
        raise ActionRefusedError(_("It is shared with this hospital already."))
    living = Consent.objects.filter(case=case, withdrawn_at=None)
    share = living.filter(kind=Consent.Kind.SHARE_HOSPITAL, hospital=hospital).first()
    transfer = living.filter(kind=Consent.Kind.TRANSFER_CHINA).first()
    if share is None or transfer is None:
        raise ActionRefusedError(_("The family has not agreed to share it with this hospital."))
    change_case(case, version=version)
    referral = Referral.objects.create(
        case=case, hospital=hospital, share=share, transfer=transfer, sent_by=by
    )
    leave_event(case, EventKind.REFERRED, by=by, hospital=hospital.slug)
    return referral


@transaction.atomic
def end_referral(*, by, referral: Referral) -> None:
    """The hospital sees it no longer, from its next request on."""
    if not can_work(by, referral.case):
        raise ActionRefusedError(_("This case is not yours to work on."))
    _end(Referral.objects.filter(pk=referral.pk), by)


def end_referrals_of(consent: Consent, by) -> None:
    """Before a consent is withdrawn, whatever stands on it ends."""
    rows = Referral.objects.filter(case_id=consent.case_id)
    if consent.kind == Consent.Kind.SHARE_HOSPITAL:
        rows = rows.filter(hospital_id=consent.hospital_id)
    elif consent.kind not in _NEEDED:
        rows = rows.none()
    _end(rows, by)


def _end(rows, by) -> None:
    """In rows that nobody else ends at the same time."""
    ended = {"ended_at": timezone.now(), "share": None, "transfer": None}
    for row in rows.filter(ended_at=None).select_for_update():
        Referral.objects.filter(pk=row.pk).update(**ended)
        leave_event(row.case, EventKind.REFERRAL_ENDED, by=by, hospital=row.hospital.slug)
