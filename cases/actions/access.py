"""The family's way in: signing in, a new code, a mailed link, and leaving for good."""

from datetime import timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from cases import codes, notifications
from cases.actions.core import ActionRefusedError, change_case, leave_event, whose
from cases.actions.drafts import reopen_by_link
from cases.actions.mail import confirm_address, use_checks
from cases.actions.steps import apply_step
from cases.models import Case, Draft, FamilyMember, FamilyToken
from cases.models.event import EventKind
from cases.models.tokens import MAKES_CODE, Purpose
from cases.permissions import can_work, is_family
from cases.workflow import Stage, Step

SIGN_IN_LINK = "cases/email/sign_in_link"
LINKS_AN_HOUR = 3
# Codes that may belong to one reference: of the owner and of a second adult.
DOORS = 2


def sign_in(*, reference: str, code: str) -> FamilyMember | Draft | None:
    """The family member, or the inquiry that is not sent yet, or None.

    Unknown reference, wrong code, withdrawn case and expired draft are answered alike (row A3).
    Each way costs the same number of Argon2 hashes, so time tells nothing either.
    """
    typed = codes.normalise_code(code)
    doors = _doors_of(codes.normalise_reference(reference))
    opened = [door for door in doors if check_password(typed, door.code_hash)]
    for _spare in range(DOORS - len(doors)):
        make_password(typed)
    if not opened:
        return None
    if isinstance(opened[0], Draft):
        return opened[0]
    return _enter(opened[0])


def _enter(member: FamilyMember) -> FamilyMember | None:
    if member.case.stage == Stage.WITHDRAWN:
        return None
    with transaction.atomic():
        leave_event(member.case, EventKind.SIGNED_IN, by=member)
    return member


def open_sent(*, draft: Draft) -> FamilyMember | None:
    """The browser that sent an inquiry goes on into its case.

    None once the owner has another code than the draft had: then that one is asked for.
    """
    owners = FamilyMember.objects.select_related("case").filter(case=draft.case_id)
    owner = owners.filter(is_owner=True, access_version=1).first()
    return _enter(owner) if owner else None


def _doors_of(reference: str) -> list[FamilyMember | Draft]:
    """Whose code may be typed with this reference: adults of a case, or one draft."""
    members = FamilyMember.objects.select_related("case").of_reference(reference)
    drafts = Draft.objects.open().filter(reference=reference).exclude(code_hash="")
    return [*members, *drafts][:DOORS]


@transaction.atomic
def replace_code(*, member: FamilyMember, by) -> str:
    """A new private code for the family's eyes; every session of the old one is dead (row A5).

    Staff never see a code: they send a link (`lock_out_and_send_link`).
    """
    if not (is_family(by) and by.pk == member.pk):
        raise ActionRefusedError(_("Only the family sees its private code."))
    code = codes.new_code()
    _set_code(member, codes.normalise_code(code), by)
    notifications.notify_family(member.case, notifications.CODE_REPLACED, only=member)
    return code


def _set_code(member: FamilyMember, code: str, by) -> None:
    FamilyMember.objects.filter(pk=member.pk).update(
        code_hash=make_password(code), access_version=F("access_version") + 1
    )
    member.refresh_from_db(fields=["code_hash", "access_version"])
    leave_event(member.case, EventKind.CODE_REPLACED, by=by, **whose(member))


@transaction.atomic
def lock_out_and_send_link(*, member: FamilyMember, by, version: int | None = None) -> None:
    """Staff: the old code and its sessions end now, a mailed link makes the new code.

    It goes to an address that was confirmed, or after two checks by two of us.

    A button pressed twice sends one link: the second press finds another version.
    """
    allowed = can_work(by, member.case) and by.has_perm("cases.replace_code")
    if not allowed or member.case.stage == Stage.WITHDRAWN:
        raise ActionRefusedError(_("You cannot replace the code of this case."))
    if not member.email_confirmed_at:
        use_checks(member.case)
    change_case(member.case, version=version)
    # A code that nobody was ever shown.
    _set_code(member, codes.normalise_code(codes.new_code()), by)
    if not _mail_link(member):
        # Taken back with the transaction: a code that ends without a link locks the family out.
        raise ActionRefusedError(
            _("No link can be mailed to this address now, so the old code still works. Call the "
              "family.")
        )  # fmt: skip


@transaction.atomic
def send_sign_in_link(*, member: FamilyMember | Draft) -> None:
    """Mail a link that works once within ten minutes. More than three an hour are not sent.

    To an adult of a case, or back to an inquiry that is not sent yet.
    """
    since = timezone.now() - timedelta(hours=1)
    recent = member.tokens.filter(purpose=Purpose.SIGN_IN, created_at__gt=since)
    is_open = isinstance(member, Draft) or member.case.stage != Stage.WITHDRAWN
    if is_open and recent.count() < LINKS_AN_HOUR:
        _mail_link(member)


def _mail_link(whom: FamilyMember | Draft) -> bool:
    """Whether it is on its way."""
    row = FamilyToken.objects.make(whom, Purpose.SIGN_IN)
    with override(whom.language):
        # The row's id alone; the mail's template makes the token of it.
        path = reverse("case:link", args=[row.pk.hex])
    if isinstance(whom, Draft):
        return notifications.notify_draft(whom, SIGN_IN_LINK, link=path)
    return notifications.notify_member(whom, SIGN_IN_LINK, reference=row.reference, link=path)


def living_token(token: str) -> FamilyToken | None:
    """The unused, unexpired row of a link to a new code. Reading it uses nothing up."""
    links = FamilyToken.objects.select_related("member__case", "draft").of(token).living()
    return links.filter(purpose__in=MAKES_CODE, used_at=None).first()


@transaction.atomic
def use_link(*, token: str) -> tuple[FamilyMember | Draft, str] | None:
    """The member and their new code; None for a token that is unknown, used or too old.

    For a draft: it and its new secret, of which the code is made. Other links to a new code
    are void from now on, and the address is right: the link went there.
    """
    row = living_token(token)
    if row is None:
        return None
    # Two at once: the second finds the row used.
    now = timezone.now()
    unused = FamilyToken.objects.filter(pk=row.pk, used_at=None, expires_at__gt=now)
    if not unused.update(used_at=now):
        return None
    if row.draft_id:
        return reopen_by_link(row=row)
    row.member.tokens.filter(purpose__in=MAKES_CODE).make_void()
    confirm_address(row.member)
    return row.member, replace_code(member=row.member, by=row.member)


def withdraw_case(*, by, case: Case, version: int | None = None) -> None:
    """The family ends its case, any time. Nobody signs in to it afterwards."""
    apply_step(by=by, case=case, step=Step.WITHDRAW, version=version)
