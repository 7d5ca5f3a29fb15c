"""Inquiries that a person of the office looks at first (row M1)."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import notifications
from cases.actions.core import ActionRefusedError, change_case, leave_event
from cases.models import Case
from cases.models.event import EventKind
from cases.permissions import can_work


@transaction.atomic
def release_case(*, by, case: Case, version: int | None = None) -> bool:
    """A person wrote this: into the queue. Returns whether the family's first mail leaves."""
    if not can_work(by, case):
        raise ActionRefusedError(_("This case is not yours to work on."))
    if not case.held_for:
        raise ActionRefusedError(_("This case is not held."))
    change_case(case, version=version, held_for="")
    leave_event(case, EventKind.RELEASED, by=by)
    return notifications.notify_family(case, notifications.RECEIVED)
