"""The keys of cases: made at first need, wrapped anew after a rotation, destroyed for erasure."""

from django.db import transaction
from django.utils import timezone

from cases.actions.core import ActionRefusedError
from cases.models import Case, CaseKey
from cases.records import crypto
from portal import audit


def case_key(case: Case) -> bytes:
    """The key that seals files and words of this case. Raises KeyDestroyedError after erasure."""
    row = CaseKey.objects.filter(pk=case.pk).first() or _make_key(case)
    return row.open()


def _make_key(case: Case) -> CaseKey:
    """Whoever is faster with the first file makes it; both use the same."""
    row = CaseKey(case=case)
    row.ring_key, row.wrapped = crypto.key_ring().wrap(crypto.new_key(), row.about)
    values = {"ring_key": row.ring_key, "wrapped": row.wrapped}
    return CaseKey.objects.get_or_create(case=case, defaults=values)[0]


@transaction.atomic
def destroy_case_key(*, by, case: Case) -> None:
    """Nothing sealed of this case can be opened again, in backups neither. Not to be undone.

    The system alone does it, when a retention period ends or an erasure was decided.
    """
    if by is not None:
        raise ActionRefusedError("only the system destroys keys")
    # The row is made when there is none: no key may be made later.
    CaseKey.objects.update_or_create(
        case=case,
        defaults={"ring_key": "", "wrapped": b"", "destroyed_at": timezone.now()},
    )
    audit.record(by=by, action="case.key_destroyed", obj=case, label=case.reference)


def rewrap_case_keys(*, by) -> int:
    """Wrap every key with the ring's first one; how many were changed.

    Each by itself: it may be stopped and started again. Raises
    KeyUnknownError when the ring lacks a former key that is still in use.
    """
    ring, changed = crypto.key_ring(), 0
    former = CaseKey.objects.filter(destroyed_at=None).exclude(ring_key=ring.current)
    for pk in list(former.values_list("pk", flat=True)):
        changed += _rewrap(ring, pk, by)
    return changed


@transaction.atomic
def _rewrap(ring: crypto.KeyRing, pk, by) -> int:
    row = CaseKey.objects.select_for_update().select_related("case").get(pk=pk)
    if row.destroyed_at or row.ring_key == ring.current:
        return 0
    row.ring_key, row.wrapped = ring.wrap(row.open(), row.about)
    row.save(update_fields=["ring_key", "wrapped"])
    audit.record(by=by, action="case.key_rewrapped", obj=row.case, label=row.case.reference)
    return 1
