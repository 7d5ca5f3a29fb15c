"""The end of what hospitals see: of one hospital, of all when a consent or the case ends."""

from django.utils import timezone

from cases import notifications
from cases.actions.core import leave_event
from cases.models import Case, Consent, FamilyTask, Proposal, Referral
from cases.models.event import EventKind
from cases.workflow import InfoReason

# Withdrawing one of these takes the case away from every hospital.
NEEDED = frozenset(
    {
        Consent.Kind.HEALTH_DATA,
        Consent.Kind.TRANSFER_CHINA,
        Consent.Kind.GUARDIAN,
        Consent.Kind.CHILD,
    }
)


def lock_case(case: Case) -> None:
    """One after the other: who shares, and who withdraws at the same moment."""
    Case.objects.select_for_update().get(pk=case.pk)


def end_shares(rows, by) -> int:
    """In rows that nobody else ends at the same time; how many hospitals see it no longer."""
    ended = {"ended_at": timezone.now(), "share": None, "transfer": None}
    living = list(rows.filter(ended_at=None).select_related("case", "hospital").order_by("pk"))
    for row in living:
        Referral.objects.filter(pk=row.pk).update(**ended)
        notifications.stop_hospital_mail(row)
        leave_event(row.case, EventKind.REFERRAL_ENDED, by=by, hospital=row.hospital.slug)
    return len(living)


def end_shares_of(consent: Consent, by) -> int:
    """Before a consent is withdrawn, whatever stands on it ends."""
    rows = Referral.objects.filter(case_id=consent.case_id)
    if consent.kind == Consent.Kind.SHARE_HOSPITAL:
        return end_shares(rows.filter(hospital_id=consent.hospital_id), by)
    return end_shares(rows, by) if consent.kind in NEEDED else 0


def close_shares(case: Case, by) -> None:
    """The case has ended: no hospital sees it, and nobody waits for an answer about one."""
    end_shares(Referral.objects.filter(case=case), by)
    now, taken_back = timezone.now(), Proposal.State.TAKEN_BACK
    asked = Proposal.objects.filter(case=case, state=Proposal.State.OPEN)
    asked.update(state=taken_back, answered_at=now)
    tasks = FamilyTask.objects.filter(case=case, code=InfoReason.HOSPITAL, done_at=None)
    tasks.update(done_at=now)
