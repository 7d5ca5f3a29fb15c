"""Who works on a case, and by when."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import notifications
from cases.actions.core import ActionRefusedError, change_case, leave_event
from cases.models import Case
from cases.models.event import EventKind
from cases.permissions import can_assign, can_work, is_case_worker


@transaction.atomic
def assign_case(*, by, case: Case, to, version: int | None = None) -> None:
    """A lead gives a case to anyone who works cases; a coordinator takes a free one."""
    if not can_assign(by, case):
        raise ActionRefusedError(_("This case cannot be assigned by you."))
    if not is_case_worker(to):
        raise ActionRefusedError(_("Choose somebody who works on cases."))
    takes_free_one = case.assigned_to_id is None and to.pk == by.pk
    if not by.has_perm("cases.assign_case") and not takes_free_one:
        raise ActionRefusedError(_("You can only take a case that nobody has."))
    change_case(case, version=version, assigned_to=to)
    leave_event(case, EventKind.ASSIGNED, by=by, to=to.get_username())


@transaction.atomic
def set_due(*, by, case: Case, due, version: int | None = None) -> None:
    """A new date, which the family is told; it lies in the future."""
    if not can_work(by, case) or case.has_ended:
        raise ActionRefusedError(_("The date of this case cannot be changed now."))
    if due <= timezone.now():
        raise ActionRefusedError(_("Choose a date in the future."))
    change_case(case, version=version, next_due_at=due)
    leave_event(case, EventKind.DUE_EXTENDED, by=by, due=due.isoformat())
    notifications.notify_family(case, notifications.STATUS_CHANGED)
