"""The second person for access to cases: asked for by one, decided by another (row S1)."""

from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit
from portal.languages import PARTNER_LANGUAGE
from portal.models import AccessKind, AccessRequest, AccessStatus, User
from portal.outbox import post_mail
from portal.roles import OFFICE_ROLES, READERS_OF_CASES, Role
from portal.second_factor import forget_devices, has_second_factor

# A lead answers within some working days; what nobody remembers is not agreed to.
OPEN_FOR = timedelta(days=5)
ASKED = "portal/email/access_asked"
DECIDED = "portal/email/access_decided"
CHANGED = "portal/email/account_changed"


class RefusedError(Exception):
    """This person may not do this; the message is for the reader."""


def needs_second_person(by: User | None, role: str) -> bool:
    """Whether what gives this role to somebody waits for a lead; the command line does not."""
    return by is not None and role in READERS_OF_CASES


@transaction.atomic
def ask(*, by: User, user: User, kind: str, role: str = "", password: str = "") -> AccessRequest:
    """Write down what is asked for, and mail every lead and the person.

    `password` is a hash. An earlier request of the kind is withdrawn.
    """
    earlier = AccessRequest.objects.select_for_update().filter(
        user=user, kind=kind, status=AccessStatus.WAITING
    )
    for row in earlier:
        _close(row, AccessStatus.WITHDRAWN)
    now = timezone.now()
    row = AccessRequest.objects.create(
        user=user,
        kind=kind,
        role=role or user.role,
        password=password,
        asked_by=by,
        asked_at=now,
        expires_at=now + OPEN_FOR,
    )
    audit.record(by=by, action="access.asked", obj=row, label=user.username, kind=str(kind))
    mail_leads(ASKED, about=user.username, link=_page(row), leave_out={by.pk, user.pk})
    mail_person(user, ASKED)
    return row


@transaction.atomic
def approve(*, by: User | None, request: AccessRequest) -> None:
    """Give what was asked for. Raises RefusedError with words for the reader."""
    row = _locked(request)
    _refuse_decision(by, row)
    if not row.asked_by.has_perm("portal.change_user"):
        raise RefusedError(_("Whoever asked for this may no longer do so. Refuse it."))
    if row.kind != AccessKind.ROLE and row.user.role != row.role:
        raise RefusedError(_("The person's role was changed since. Refuse this request."))
    _apply(row)
    _close(row, AccessStatus.APPROVED, by=by)
    audit.record(
        by=by, action="access.approved", obj=row, label=row.user.username, kind=row.kind,
        role=row.role, asked_by=row.asked_by.username,
    )  # fmt: skip
    _tell_of_decision(row, by)


@transaction.atomic
def refuse(*, by: User, request: AccessRequest) -> None:
    """By a lead, or by whoever asked: then it is withdrawn."""
    row = _locked(request)
    is_own = by.pk == row.asked_by_id
    if not is_own:
        _refuse_decision(by, row)
    _close(
        row,
        AccessStatus.WITHDRAWN if is_own else AccessStatus.REFUSED,
        by=None if is_own else by,
    )
    action = "access.withdrawn" if is_own else "access.refused"
    audit.record(by=by, action=action, obj=row, label=row.user.username, kind=row.kind)
    _tell_of_decision(row, by)


def leads_who_can_decide(row: AccessRequest) -> list[User]:
    """Leads with a phone who neither asked nor are the person."""
    leads = User.objects.filter(role=Role.LEAD, is_active=True)
    others = leads.exclude(pk__in=[row.asked_by_id, row.user_id]).order_by("username")
    return [lead for lead in others if has_second_factor(lead)]


def tell_of_change(*, by: User | None, user: User) -> None:
    """Mail a person, at the address they had before, that somebody changed their account."""
    if by is not None and by.pk != user.pk:
        mail_person(user, CHANGED)


def mail_person(user: User, template: str) -> None:
    """To the person themselves, with the page where they log in."""
    site = "office" if user.role in OFFICE_ROLES else "partners"
    _post(template, user, user.username, reverse(f"{site}:login"))


def mail_leads(template: str, *, about: str, link: str, leave_out=()) -> None:
    """To every lead but these keys of people."""
    for lead in User.objects.filter(role=Role.LEAD, is_active=True).order_by("username"):
        if lead.pk not in leave_out:
            _post(template, lead, about, link)


def _apply(row: AccessRequest) -> None:
    changes = {
        AccessKind.LOG_IN: {"is_active": True},
        AccessKind.ROLE: {"role": row.role, "is_staff": row.role in OFFICE_ROLES},
        AccessKind.PASSWORD: {"password": row.password, "must_choose_password": True},
        AccessKind.SECOND_FACTOR: {},
    }[row.kind]
    if changes:
        User.objects.filter(pk=row.user_id).update(**changes)
    if row.kind in {AccessKind.PASSWORD, AccessKind.SECOND_FACTOR}:
        forget_devices(row.user)


def _locked(request: AccessRequest) -> AccessRequest:
    """The request as it is now; raises RefusedError when it no longer waits."""
    row = AccessRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if not row.is_open:
        raise RefusedError(_("This request does not wait any more."))
    return row


def _refuse_decision(by: User | None, row: AccessRequest) -> None:
    if by is None:
        if leads_who_can_decide(row):
            raise RefusedError(_("There is a lead who can decide about this in the office."))
        return
    if not by.has_perm("portal.decide_accessrequest"):
        raise RefusedError(_("Your role does not allow this."))
    if by.pk in {row.asked_by_id, row.user_id}:
        raise RefusedError(_("Somebody else has to do this for you."))


def _close(row: AccessRequest, status: str, by: User | None = None) -> None:
    row.status, row.password = status, ""
    row.decided_by, row.decided_at = by, timezone.now()
    row.save(update_fields=["status", "password", "decided_by", "decided_at"])


def _tell_of_decision(row: AccessRequest, by: User | None) -> None:
    left_out = {row.user_id, by.pk if by else None}
    mail_leads(DECIDED, about=row.user.username, link=_page(row), leave_out=left_out)
    mail_person(row.user, DECIDED)


def _page(row: AccessRequest) -> str:
    return reverse("office:portal_accessrequest_change", args=[row.pk])


def _post(template: str, reader: User, about: str, link: str) -> None:
    if reader.email:
        usual = "en" if reader.role in OFFICE_ROLES else PARTNER_LANGUAGE
        post_mail(
            template=template,
            language=reader.language or usual,
            recipient=reader.email,
            about=about[:64],
            link=link,
        )
