"""What the actions on proposed changes share."""

from django.utils import timezone

from hospitals.choices import RevisionStatus
from hospitals.models import Hospital, Revision
from portal import audit


class ActionRefusedError(Exception):
    """This person may not do this now; the message is for the reader."""


class ChangedMeanwhileError(Exception):
    """The claim, or the proposed change itself, is not as it was read (row R4)."""


class AlreadyWaitingError(Exception):
    """Another change of the same claim waits for approval; it is `revision`."""

    def __init__(self, revision: Revision):
        super().__init__(revision)
        self.revision = revision


def lock_hospital(hospital_id) -> None:
    """One change of a hospital at a time. Every action takes this lock first, or they deadlock."""
    Hospital.objects.select_for_update().get(pk=hospital_id)


def close_revision(
    revision: Revision, *, by, status: RevisionStatus, reason: str = "", refused: dict | None = None
) -> None:
    """Compare-and-set: of two people who decide at once, one is told."""
    fields = {
        "status": status,
        "decided_at": timezone.now(),
        "decided_by": by,
        "reason": reason,
        "refused": refused or {},
    }
    if not Revision.objects.pending().filter(pk=revision.pk).update(**fields):
        raise ChangedMeanwhileError
    for name, value in fields.items():
        setattr(revision, name, value)
    data = {"fields": sorted(revision.after)} | ({"refused": sorted(refused)} if refused else {})
    leave_trace(revision, by=by, action=f"revision.{status}", **data)


def leave_trace(revision: Revision, *, by, action: str, **data) -> None:
    audit.record(by=by, action=action, obj=revision, label=revision.hospital.slug, **data)
