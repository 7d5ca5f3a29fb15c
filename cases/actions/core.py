"""What every action shares: the compare-and-set and the rows that each change leaves."""

from django.db import transaction

from cases.models import Case, CaseEvent
from cases.models.event import ActorKind, EventKind
from cases.permissions import is_family
from cases.records import store
from portal import audit


class ActionRefusedError(Exception):
    """This person may not do this now; the message is for the reader."""


class ChangedMeanwhileError(Exception):
    """Somebody else changed the case after it was read (row R4)."""


def change_case(case: Case, *, version: int | None = None, **fields) -> None:
    """Write fields when the case is still as it was read, and raise its version.

    Raises ChangedMeanwhileError when somebody was faster. `version` is the
    one that the acting person saw, if that differs from the loaded row's.
    """
    seen = case.version if version is None else version
    written = Case.objects.filter(pk=case.pk, version=seen, stage=case.stage).update(
        version=seen + 1, **fields
    )
    if not written:
        raise ChangedMeanwhileError
    case.version = seen + 1
    for name, value in fields.items():
        setattr(case, name, value)


def actor_kind(by) -> ActorKind:
    if by is None:
        return ActorKind.SYSTEM
    return ActorKind.FAMILY if is_family(by) else ActorKind.STAFF


def leave_event(case: Case, kind: EventKind, *, by, **data) -> CaseEvent:
    """The row of the timeline and the row of the audit trail, with codes only."""
    event = CaseEvent.objects.create(
        case=case,
        kind=kind,
        actor_kind=actor_kind(by),
        by=by if actor_kind(by) == ActorKind.STAFF else None,
        data=data,
    )
    audit.record(by=by, action=f"case.{kind}", obj=case, label=case.reference, **data)
    return event


def whose(member) -> dict[str, int]:
    """For an event about one adult: the history of both says when it was the second."""
    return {} if member.is_owner else {"adult": 2}


def forget_derived(rows) -> None:
    """Rows of files that we made, and the files once the rows are gone for good."""
    names = [name for name in rows.values_list("storage_name", flat=True) if name]
    rows.delete()
    transaction.on_commit(lambda: [store.remove(name) for name in names])
