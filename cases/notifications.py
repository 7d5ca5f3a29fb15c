"""Which mail goes out for what. Called by actions, inside their transaction."""

from django.urls import reverse
from django.utils.translation import override

from cases.models import Case, Draft, FamilyMember, FamilyToken, Referral
from cases.models.tokens import Purpose
from cases.permissions import can_read_referral
from cases.workflow import CloseReason, Stage
from portal.languages import PARTNER_LANGUAGE
from portal.models import MailStatus, OutgoingMail
from portal.outbox import post_mail

RECEIVED = "cases/email/received"
INVITATION = "cases/email/invitation"
CONFIRM_EMAIL = "cases/email/confirm_email"
MESSAGE_WAITING = "cases/email/message_waiting"
STATUS_CHANGED = "cases/email/status_changed"
CODE_REPLACED = "cases/email/code_replaced"
WITHDRAWN = "cases/email/withdrawn"
# To the address that was replaced.
EMAIL_CHANGED = "cases/email/email_changed"
DRAFT_REMINDER = "cases/email/draft_reminder"
# To the people of a hospital that a case is shown to.
REFERRED = "cases/email/referred"
# These ask whether the address is right, so they alone go to one that nobody confirmed (row M3).
ASKING = frozenset({RECEIVED, CONFIRM_EMAIL})


def notify_family(case: Case, template: str, *, only: FamilyMember | None = None) -> None:
    """A mail to each adult in their language: there is news, and the link to sign in.

    Nothing automatic goes to a family whose patient has died, and nothing but
    the question itself to an address that nobody confirmed yet.
    """
    if not is_told(case) and template != WITHDRAWN:
        return
    adults = FamilyMember.objects.filter(case=case, ended_at=None).exclude(email="")
    for member in adults.filter(pk=only.pk) if only else adults.order_by("-is_owner"):
        is_asked = template in ASKING and member.is_owner
        if (member.email_confirmed_at and template not in ASKING) or is_asked:
            link = confirmation_path(member) if template in ASKING else ""
            notify_member(member, template, reference=case.reference, link=link)


def is_told(case: Case) -> bool:
    """Whether news of this case are mailed: not after a death, nor where nobody signs in."""
    return case.close_reason != CloseReason.DIED and case.stage != Stage.WITHDRAWN


def confirmation_path(member: FamilyMember) -> str:
    """Where the family says that the address is theirs."""
    row = FamilyToken.objects.make(member, Purpose.CONFIRM)
    with override(member.language):
        # The row's id alone; the mail's template makes the token of it.
        return reverse("case:confirm-email", args=[row.pk.hex])


def notify_member(member: FamilyMember, template: str, *, reference: str, link: str = "") -> None:
    _queue(template, member.language, member.email, reference, link)


def notify_draft(draft: Draft, template: str, *, link: str = "") -> None:
    """To whoever began an inquiry; nothing without an address."""
    if draft.email:
        _queue(template, draft.language, draft.email, draft.reference, link)


def _queue(template: str, language: str, recipient: str, reference: str, link: str) -> None:
    """The row and its job. The link is a path; the host comes from a setting (row W5)."""
    with override(language):
        path = link or reverse("case:sign-in")
    post_mail(template=template, language=language, recipient=recipient, about=reference, link=path)


def stop_waiting_mail(case: Case) -> None:
    """Mail about this case that has not left yet will not leave."""
    OutgoingMail.objects.filter(about=case.reference, status=MailStatus.WAITING).update(
        status=MailStatus.STOPPED
    )


def notify_hospital(referral: Referral) -> int:
    """One mail to each person of the hospital who may read it now; how many they are.

    The mail is about the row of the share, not the case: what becomes of it says nothing of
    the family's address, and the family's reference goes into no mail box of a hospital.
    """
    readers = _readers(referral)
    for reader in readers:
        post_mail(
            template=REFERRED,
            language=reader.language or PARTNER_LANGUAGE,
            recipient=reader.email,
            about=str(referral.pk),
            link=reverse("partners:referral", args=[referral.pk]),
        )
    return len(readers)


def _readers(referral: Referral) -> list:
    people = referral.hospital.memberships.select_related("user").exclude(user__email="")
    users = [row.user for row in people.order_by("user__username")]
    return [user for user in users if can_read_referral(user, referral)]


def stop_hospital_mail(referral: Referral) -> None:
    """Nobody is told of what they can no longer read."""
    mails = mails_to_hospitals([referral])
    mails.filter(status=MailStatus.WAITING).update(status=MailStatus.STOPPED)


def mails_to_hospitals(referrals):
    return OutgoingMail.objects.filter(about__in=[str(row.pk) for row in referrals])
