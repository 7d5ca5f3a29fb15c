"""Mail that did not arrive, and the address it should have gone to."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import notifications
from cases.actions.core import ActionRefusedError, change_case, leave_event
from cases.models import Case, FamilyMember
from cases.models.event import EventKind
from cases.permissions import can_work


@transaction.atomic
def record_mail_failure(*, reference: str, template: str) -> None:
    """A row on the case that staff see; the template's name, never its words."""
    case = Case.objects.filter(reference=reference).first()
    if case:
        leave_event(case, EventKind.MAIL_FAILED, by=None, template=template)


@transaction.atomic
def correct_email(*, by, member: FamilyMember, email: str, version: int | None = None) -> None:
    """The family told us the right address; the news goes there at once."""
    case = member.case
    if not can_work(by, case):
        raise ActionRefusedError(_("This case is not yours to work on."))
    _refuse_wrong_address(email)
    change_case(case, version=version)
    notifications.stop_waiting_mail(case)
    FamilyMember.objects.filter(pk=member.pk).update(email=email)
    leave_event(case, EventKind.EMAIL_CHANGED, by=by)
    notifications.notify_family(case, notifications.STATUS_CHANGED)


def _refuse_wrong_address(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError as error:
        raise ActionRefusedError(_("This is not an e-mail address.")) from error
