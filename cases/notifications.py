"""Which mail goes out for what. Called by actions, inside their transaction."""

from django.urls import reverse
from django.utils.translation import override

from cases.models import Case, FamilyMember
from cases.workflow import CloseReason
from portal.mail import queue_mail
from portal.models import MailStatus, OutgoingMail

RECEIVED = "cases/email/received"
MESSAGE_WAITING = "cases/email/message_waiting"
STATUS_CHANGED = "cases/email/status_changed"
CODE_REPLACED = "cases/email/code_replaced"


def notify_family(case: Case, template: str) -> None:
    """A mail to the owner in their language: there is news, and the link to sign in.

    Nothing automatic goes to a family whose patient has died.
    """
    if case.close_reason == CloseReason.DIED:
        return
    for member in FamilyMember.objects.filter(case=case, is_owner=True).exclude(email=""):
        notify_member(member, template, reference=case.reference)


def notify_member(member: FamilyMember, template: str, *, reference: str, link: str = "") -> None:
    """Queue the row and its job. The link is a path; the host comes from a setting (row W5)."""
    from cases.jobs import send_mail

    with override(member.language):
        path = link or reverse("case:sign-in")
    mail = queue_mail(
        template=template,
        language=member.language,
        recipient=member.email,
        about=reference,
        link=path,
    )
    send_mail.enqueue(str(mail.pk))


def stop_waiting_mail(case: Case) -> None:
    """Mail about this case that has not left yet will not leave."""
    OutgoingMail.objects.filter(about=case.reference, status=MailStatus.WAITING).update(
        status=MailStatus.STOPPED
    )
