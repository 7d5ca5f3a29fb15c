"""The keys of cases: made at first need, wrapped anew after a rotation, destroyed for erasure."""

import hashlib
from collections.abc import Iterator

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from cases.actions.core import ActionRefusedError, forget_derived
from cases.models import Case, CaseKey, DerivedFile, Draft
from cases.records import crypto
from portal import audit

RING_OPENS = "key-ring-opens"
# Seconds. A ring changes with a restart alone; rows of another one come with a restored copy.
RING_KNOWN_FOR = 60


def case_key(case: Case) -> bytes:
    """The key that seals files and words of this case. Raises KeyDestroyedError after erasure."""
    return CaseKey.objects.of(case).open()


def refuse_wrong_ring() -> None:
    """Open one key of each name that is in use; what does not open takes nothing new (row U5).

    Asked before an inquiry begins and by `/readyz`. Raises KeyUnknownError.
    """
    ring = crypto.key_ring()
    mark = hashlib.sha256(repr(ring.keys).encode()).hexdigest()
    if cache.get(RING_OPENS) == mark:
        return
    for row in _one_of_each_name(CaseKey.objects.filter(destroyed_at=None)):
        row.open()
    for row in _one_of_each_name(Draft.objects.all()):
        row.sealing_key()
    cache.set(RING_OPENS, mark, RING_KNOWN_FOR)


def ring_opens() -> bool:
    """Whether the key ring opens what the portal holds."""
    try:
        refuse_wrong_ring()
    except crypto.KeyUnknownError:
        return False
    return True


def _one_of_each_name(rows) -> Iterator[CaseKey | Draft]:
    """By the index, one look for each name: there may be a million rows."""
    named = rows.order_by("ring_key")
    row = named.filter(ring_key__gt="").first()
    while row is not None:
        yield row
        row = named.filter(ring_key__gt=row.ring_key).first()


@transaction.atomic
def destroy_case_key(*, by, case: Case) -> None:
    """Nothing sealed of this case can be opened again, in backups neither. Not to be undone.

    The system alone does it, when a retention period ends or an erasure was decided.
    """
    if by is not None:
        raise ActionRefusedError("only the system destroys keys")
    # The row is made when there is none: no key may be made later.
    case.record_key, _is_new = CaseKey.objects.update_or_create(
        case=case,
        defaults={"ring_key": "", "wrapped": b"", "destroyed_at": timezone.now()},
    )
    # What we made ourselves is no use to anybody now.
    forget_derived(DerivedFile.objects.filter(case=case))
    audit.record(by=by, action="case.key_destroyed", obj=case, label=case.reference)
    # What was joined with it is of the same patient: the inquiry of the other adult, the draft.
    for joined in case.joined.exclude(record_key__destroyed_at__isnull=False):
        destroy_case_key(by=by, case=joined)


def rewrap_case_keys(*, by) -> int:
    """Wrap every key of cases and drafts with the ring's first one; how many were changed.

    Each by itself: it may be stopped and started again. Raises
    KeyUnknownError when the ring lacks a former key that is still in use.
    """
    ring, changed = crypto.key_ring(), 0
    former = CaseKey.objects.filter(destroyed_at=None).exclude(ring_key=ring.current)
    for pk in list(former.values_list("pk", flat=True)):
        changed += _rewrap(ring, pk, by)
    drafts = Draft.objects.exclude(ring_key__in=("", ring.current))
    for pk in list(drafts.values_list("pk", flat=True)):
        changed += _rewrap_draft(ring, pk)
    return changed


@transaction.atomic
def _rewrap_draft(ring: crypto.KeyRing, pk) -> int:
    row = Draft.objects.select_for_update().filter(pk=pk).first()
    # Sent or erased meanwhile, or done by another.
    if row is None or row.ring_key in ("", ring.current):
        return 0
    row.wrap(row.sealing_key())
    row.save(update_fields=["ring_key", "wrapped"])
    return 1


@transaction.atomic
def _rewrap(ring: crypto.KeyRing, pk, by) -> int:
    row = CaseKey.objects.select_for_update().select_related("case").get(pk=pk)
    if row.destroyed_at or row.ring_key == ring.current:
        return 0
    row.wrap(row.open())
    row.save(update_fields=["ring_key", "wrapped"])
    audit.record(by=by, action="case.key_rewrapped", obj=row.case, label=row.case.reference)
    return 1
