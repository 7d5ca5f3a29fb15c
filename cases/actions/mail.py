"""The address of a family: confirmed, corrected, and mail that did not arrive there."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import notifications
from cases.actions.core import ActionRefusedError, change_case, leave_event, whose
from cases.models import Case, FamilyMember, FamilyToken, IdentityCheck
from cases.models.draft import Channel
from cases.models.event import EventKind
from cases.models.tokens import Purpose
from cases.permissions import can_work, is_family
from portal.models import OutgoingMail

# Checks of different kinds before a confirmed address is changed, and how long each holds.
CHECKS_NEEDED, CHECKS_HOLD = 2, timedelta(days=1)


@transaction.atomic
def record_mail_failure(*, reference: str, template: str) -> None:
    """A row on the case that staff see; the template's name, never its words."""
    case = _case_of(reference, template)
    if case:
        leave_event(case, EventKind.MAIL_FAILED, by=None, template=template)


def _case_of(about: str, template: str) -> Case | None:
    """A mail to a hospital is about the row of the share."""
    if template == notifications.REFERRED:
        return Case.objects.filter(referrals=about).first()
    return Case.objects.filter(reference=about).first()


@transaction.atomic
def correct_email(*, by, member: FamilyMember, email: str, version: int | None = None) -> bool:
    """The family told us the right address: a mail there asks whether it is theirs.

    Links that went to the old address are void. An address opens the case to whoever reads mail
    there, so one that the family gave itself, or confirmed, changes only after two checks of the
    person by two of us, and is told. Returns whether a mail to the new one is on its way.
    """
    case = member.case
    if not can_work(by, case):
        raise ActionRefusedError(_("This case is not yours to work on."))
    _refuse_wrong_address(email)
    if member.email_confirmed_at or is_own_address(member):
        use_checks(case)
    change_case(case, version=version)
    notifications.stop_waiting_mail(case)
    if (member.email_confirmed_at or is_own_address(member)) and notifications.is_told(case):
        notifications.notify_member(member, notifications.EMAIL_CHANGED, reference=case.reference)
    # First the links, then the member: the order of whoever confirms at the same time.
    member.tokens.make_void()
    FamilyMember.objects.filter(pk=member.pk).update(email=email, email_confirmed_at=None)
    leave_event(case, EventKind.EMAIL_CHANGED, by=by)
    return notifications.notify_family(case, notifications.CONFIRM_EMAIL)


def is_receipt_mailed(case: Case) -> bool:
    """Whether the mail that says we have the inquiry is on its way, or was."""
    mails = OutgoingMail.objects.filter(about=case.reference, template=notifications.RECEIVED)
    return mails.exists()


def living_checks(case: Case):
    """Of the last day and not used yet; what a decision may rest on."""
    since = timezone.now() - CHECKS_HOLD
    return IdentityCheck.objects.filter(case=case, used_at=None, at__gt=since)


def is_own_address(member: FamilyMember) -> bool:
    """Whether the family typed this address itself, not the office for it."""
    return bool(member.email) and member.case.consents.filter(channel=Channel.ONLINE).exists()


def use_checks(case: Case) -> None:
    """Two ways, two people: nobody alone moves a case to an address of their own choice.

    Raises ActionRefusedError.
    """
    checks = living_checks(case)
    kinds, people = (checks.values(name).distinct().order_by().count() for name in ("kind", "by"))
    if min(kinds, people) < CHECKS_NEEDED:
        raise ActionRefusedError(
            _("First check in two different ways who you are speaking with. Two of us do that, "
              "and each records one.")
        )  # fmt: skip
    checks.update(used_at=timezone.now())


@transaction.atomic
def record_identity_check(*, by, case: Case, kind: str, version: int | None = None) -> None:
    """Somebody lost code and mail: how we made sure that it is them, in a code."""
    if not (can_work(by, case) and by.has_perm("cases.replace_code")):
        raise ActionRefusedError(_("This case is not yours to work on."))
    if kind not in IdentityCheck.Kind.values:
        raise ActionRefusedError(_("Choose how you checked who it is."))
    change_case(case, version=version)
    IdentityCheck.objects.create(case=case, kind=kind, by=by)
    leave_event(case, EventKind.IDENTITY_CHECKED, by=by, code=kind)


def living_confirmation(token: str) -> FamilyToken | None:
    """The row of a link that confirms an address; one that was used already still says so."""
    links = FamilyToken.objects.select_related("member__case").of(token).living()
    return links.filter(purpose=Purpose.CONFIRM).first()


@transaction.atomic
def confirm_email(*, token: str) -> bool:
    """Whoever reads the mail says that the address is theirs. Tells and opens nothing else."""
    row = living_confirmation(token)
    if row is None:
        return False
    now = timezone.now()
    # Corrected at this very moment: the link is void, and this address was never asked about.
    living = FamilyToken.objects.filter(pk=row.pk, expires_at__gt=now)
    if not living.update(used_at=now):
        return False
    confirm_address(row.member)
    return True


def confirm_address(member: FamilyMember) -> None:
    """A link that went to this address was used."""
    asked = FamilyMember.objects.filter(pk=member.pk, email_confirmed_at=None)
    if asked.update(email_confirmed_at=timezone.now()):
        leave_event(member.case, EventKind.EMAIL_CONFIRMED, by=member, **whose(member))


@transaction.atomic
def send_confirmation(*, by: FamilyMember) -> None:
    """The family asks for the mail again; to an address that nobody confirmed it comes once a week.

    Raises ActionRefusedError.
    """
    if not is_family(by):
        raise ActionRefusedError(_("Only the family asks for this mail."))
    # In a row: of many clicks at once one is counted.
    member = FamilyMember.objects.select_for_update().select_related("case").get(pk=by.pk)
    if member.email_confirmed_at or not notifications.is_told(member.case):
        raise ActionRefusedError(_("There is nothing to confirm now."))
    if not notifications.notify_family(member.case, notifications.CONFIRM_EMAIL):
        raise ActionRefusedError(
            _("No mail can go to this address now: we wrote there lately, or have not looked at "
              "your inquiry yet. Look for our last mail, in the folder for spam too. If the "
              "address is wrong, tell us the right one in a message.")
        )  # fmt: skip


def _refuse_wrong_address(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError as error:
        raise ActionRefusedError(_("This is not an e-mail address.")) from error
