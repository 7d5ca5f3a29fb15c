"""Which mail goes out for what. Called by actions, inside their transaction."""

from datetime import timedelta

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import override

from cases.models import Case, Draft, FamilyMail, FamilyMember, FamilyToken, Referral
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
# To one address, over all cases; a case has three or four at its busiest.
MAILS_A_DAY = 20
# Nobody may silence these by causing many others first.
WARNINGS = frozenset({EMAIL_CHANGED, CODE_REPLACED})
UNCONFIRMED_EVERY = timedelta(days=7)


@transaction.atomic
def notify_family(case: Case, template: str, *, only: FamilyMember | None = None) -> bool:
    """A mail to each adult in their language: there is news, and the link to sign in.

    Returns whether any is on its way.

    Nothing automatic goes to a family whose patient has died, and nothing but
    the question itself to an address that nobody confirmed yet.
    """
    if not is_told(case) and template != WITHDRAWN:
        return False
    sent = False
    adults = FamilyMember.objects.filter(case=case, ended_at=None).exclude(email="")
    _take_turns(*adults.values_list("email", flat=True))
    for member in adults.filter(pk=only.pk) if only else adults.order_by("-is_owner"):
        is_asked = template in ASKING and member.is_owner
        if (member.email_confirmed_at and template not in ASKING) or is_asked:
            link = confirmation_path(member) if template in ASKING else ""
            member.case = case
            sent |= notify_member(member, template, reference=case.reference, link=link)
    return sent


def is_told(case: Case) -> bool:
    """Whether news of this case are mailed: not after a death, nor where nobody signs in."""
    return case.close_reason != CloseReason.DIED and case.stage != Stage.WITHDRAWN


def confirmation_path(member: FamilyMember) -> str:
    """Where the family says that the address is theirs."""
    row = FamilyToken.objects.make(member, Purpose.CONFIRM)
    with override(member.language):
        # The row's id alone; the mail's template makes the token of it.
        return reverse("case:confirm-email", args=[row.pk.hex])


@transaction.atomic
def notify_member(member: FamilyMember, template: str, *, reference: str, link: str = "") -> bool:
    """One mail to an adult of a case; whether one is on its way."""
    # Whoever is held as a machine must not write to strangers through us.
    if member.case.held_for or not may_write(member, template):
        return False
    _queue(template, member.language, member.email, reference, link)
    return True


@transaction.atomic
def notify_draft(draft: Draft, template: str, *, link: str = "") -> bool:
    """To whoever began an inquiry; whether one is on its way. Nothing without an address."""
    if not may_write(draft, template):
        return False
    _queue(template, draft.language, draft.email, draft.reference, link)
    return True


def may_write(whom: FamilyMember | Draft, template: str) -> bool:
    """The gate of all mail to families: whether one more mail of this kind may go (rows M1, M3).

    Never without an address. To one that nobody confirmed one of a kind a week; to any address
    MAILS_A_DAY, whatever cases it stands in. Nobody else counts or writes to this address until
    the transaction ends.
    """
    if not whom.email:
        return False
    _take_turns(whom.email)
    now = timezone.now()
    rows = FamilyMail.objects.filter(key=_address_key(whom.email))
    today = rows.filter(at__gt=now - timedelta(days=1)).exclude(template__in=WARNINGS)
    if template not in WARNINGS and today.count() >= MAILS_A_DAY:
        return False
    if whom.email_confirmed_at:
        return True
    return not rows.filter(template=template, at__gt=now - UNCONFIRMED_EVERY).exists()


def _take_turns(*addresses: str) -> None:
    """Between the count and the row nobody else counts: two at once must not both pass.

    SQLite lets one transaction write at a time anyway. In one order, so that no two wait for
    each other.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for key in sorted(set(map(_address_key, addresses))):
            # The number is 60 bits of the hash; a clash waits for nothing, and harms nobody.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(key[:15], 16)])


def _address_key(address: str) -> str:
    """One for all ways of writing one mailbox: what stands behind a plus is the reader's own."""
    name, _at, host = address.strip().lower().rpartition("@")
    mailbox = name.partition("+")[0] or name
    return salted_hmac("cases.family_mail", f"{mailbox}@{host}", algorithm="sha256").hexdigest()


def _queue(template: str, language: str, recipient: str, reference: str, link: str) -> None:
    """The row and its job. The link is a path; the host comes from a setting (row W5)."""
    FamilyMail.objects.create(key=_address_key(recipient), template=template)
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
