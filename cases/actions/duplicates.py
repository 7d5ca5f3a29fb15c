"""The same patient in two cases: proposed to the office, joined only with both consents."""

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import traces
from cases.actions.core import ActionRefusedError, leave_event
from cases.models import (
    Case,
    DuplicateHint,
    Inquiry,
    MergeAgreement,
    PatientTrace,
)
from cases.models.event import EventKind
from cases.permissions import can_work

# Of more than these nobody could look at each; a name that common says nothing.
LOOKED_AT = 10
State = DuplicateHint.State


def note_patient(case: Case, inquiry: Inquiry) -> None:
    """Leaves the traces of this patient, and a hint for each case with the same ones."""
    keys = traces.keys_of(inquiry.patient_name, inquiry.birth_date)
    enough = min(traces.COMMON, len(keys))
    same = PatientTrace.objects.filter(key__in=keys).values("case").annotate(found=Count("key"))
    others = same.filter(found__gte=max(1, enough)).values_list("case", flat=True)[:LOOKED_AT]
    for older in Case.objects.filter(pk__in=list(others), merged_into=None):
        DuplicateHint.objects.create(older=older, newer=case)
        leave_event(case, EventKind.DUPLICATE_FOUND, by=None, other=older.reference)
    PatientTrace.objects.bulk_create(PatientTrace(case=case, key=key) for key in keys)


def refuse_others(by, hint: DuplicateHint) -> None:
    """Whoever decides sees both cases already: a hint opens none."""
    if not (can_work(by, hint.older) and can_work(by, hint.newer)):
        raise ActionRefusedError(_("Only who works on both cases decides about them."))


def decide(hint: DuplicateHint, state: str, by) -> None:
    decided = {"state": state, "decided_at": timezone.now(), "decided_by": by}
    if not DuplicateHint.objects.filter(pk=hint.pk, state=State.OPEN).update(**decided):
        raise ActionRefusedError(_("Somebody has decided about it already."))


@transaction.atomic
def tell_apart(*, by, hint: DuplicateHint) -> None:
    """They are two patients."""
    refuse_others(by, hint)
    decide(hint, State.DIFFERENT, by)
    for case in (hint.older, hint.newer):
        other = hint.other(case).reference
        leave_event(case, EventKind.TOLD_APART, by=by, other=other)


@transaction.atomic
def record_merge_agreement(*, by, hint: DuplicateHint, case: Case, how: str) -> None:
    """The owner of this case agrees. Each is asked about their own case, not told of the other."""
    refuse_others(by, hint)
    if case.pk not in (hint.older_id, hint.newer_id) or how not in MergeAgreement.How.values:
        raise ActionRefusedError(_("Choose how the family agreed."))
    _row, is_new = MergeAgreement.objects.get_or_create(
        hint=hint, case=case, defaults={"how": how, "by": by}
    )
    if is_new:
        leave_event(case, EventKind.MERGE_AGREED, by=by, how=how)
