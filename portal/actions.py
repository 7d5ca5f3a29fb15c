"""What administrators do with people, and what people do with their own second factor.

What gives access to cases waits for a lead (see portal.access): these functions then
return the request instead of having done it.
"""

import secrets

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from portal import access, audit
from portal.access import RefusedError, needs_second_person
from portal.models import AccessKind, AccessRequest, User
from portal.roles import OFFICE_ROLES
from portal.second_factor import (
    confirm_phone,
    forget_devices,
    has_second_factor,
    new_recovery_codes,
)

PASSWORD_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
PASSWORD_LENGTH = 20


class WrongCodeError(Exception):
    """The code does not belong to the key that was shown."""


@transaction.atomic
def create_user(*, by, username: str, role: str, **fields) -> tuple[User, str]:
    """A person and the password for their first log-in, which is shown once.

    Whoever will read cases cannot log in before a lead has agreed. `by` is None for the
    command line, which makes the first administrator.
    """
    _refuse_without(by, "portal.add_user")
    password = new_password()
    waits = needs_second_person(by, role)
    user = User.objects.create(
        username=username,
        role=role,
        is_staff=role in OFFICE_ROLES,
        is_active=not waits,
        password=make_password(password),
        must_choose_password=True,
        **fields,
    )
    audit.record(by=by, action="user.created", obj=user, label=username, role=str(role))
    if waits:
        access.ask(by=by, user=user, kind=AccessKind.LOG_IN)
    return user, password


@transaction.atomic
def change_user(*, by, user: User, **fields) -> AccessRequest | None:
    """Name, e-mail, language and role. Nobody changes their own role.

    A role with cases, or in its place, waits for a lead; the rest is changed at once.
    """
    _refuse_without(by, "portal.change_user")
    fields = {name: value for name, value in fields.items() if getattr(user, name) != value}
    request = None
    if "role" in fields:
        _refuse_own(by, user)
        if needs_second_person(by, fields["role"]):
            role = fields.pop("role")
            request = access.ask(by=by, user=user, kind=AccessKind.ROLE, role=role)
        else:
            fields["is_staff"] = fields["role"] in OFFICE_ROLES
    if not fields:
        return request
    User.objects.filter(pk=user.pk).update(**fields)
    codes = {"role": str(fields["role"])} if "role" in fields else {}
    audit.record(
        by=by, action="user.changed", obj=user, label=user.username, fields=sorted(fields), **codes
    )
    if fields.keys() & {"role", "email"}:
        access.tell_of_change(by=by, user=user)
    return request


@transaction.atomic
def disable_user(*, by, user: User) -> None:
    """Ends every session at once: an inactive user is nobody at the next request."""
    _refuse_without(by, "portal.change_user")
    _refuse_own(by, user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    audit.record(by=by, action="user.disabled", obj=user, label=user.username)


@transaction.atomic
def enable_user(*, by, user: User) -> AccessRequest | None:
    """Let a person log in again; whoever reads cases waits for a lead."""
    _refuse_without(by, "portal.change_user")
    _refuse_own(by, user)
    if needs_second_person(by, user.role):
        return access.ask(by=by, user=user, kind=AccessKind.LOG_IN)
    User.objects.filter(pk=user.pk).update(is_active=True)
    audit.record(by=by, action="user.enabled", obj=user, label=user.username)


@transaction.atomic
def reset_second_factor(*, by, user: User) -> AccessRequest | None:
    """For a lost phone: the next log-in sets up a new one. A second person does it.

    Open sessions are worth nothing without their device from the next request on.
    """
    _refuse_without(by, "portal.reset_second_factor")
    _refuse_own(by, user)
    if needs_second_person(by, user.role):
        return access.ask(by=by, user=user, kind=AccessKind.SECOND_FACTOR)
    forget_devices(user)
    audit.record(by=by, action="user.second_factor_reset", obj=user, label=user.username)
    access.tell_of_change(by=by, user=user)


@transaction.atomic
def replace_password(*, by, user: User) -> tuple[str, AccessRequest | None]:
    """For a forgotten password: one for the next log-in, which sets up everything anew.

    Of whoever reads cases the old one stays until a lead has agreed.
    """
    _refuse_without(by, "portal.change_user")
    _refuse_own(by, user)
    password = new_password()
    if needs_second_person(by, user.role):
        hashed = make_password(password)
        return password, access.ask(by=by, user=user, kind=AccessKind.PASSWORD, password=hashed)
    User.objects.filter(pk=user.pk).update(
        password=make_password(password), must_choose_password=True
    )
    forget_devices(user)
    audit.record(by=by, action="user.password_replaced", obj=user, label=user.username)
    access.tell_of_change(by=by, user=user)
    return password, None


@transaction.atomic
def enrol(*, by: User, key: str, code: str, password: str = "") -> tuple[TOTPDevice, list[str]]:
    """The person's own phone and recovery codes, and their own password if one is due.

    Raises WrongCodeError, or RefusedError when another window was faster.
    """
    user = User.objects.select_for_update().get(pk=by.pk)
    if has_second_factor(user):
        raise RefusedError(_("The second factor is set up already. Log in with it."))
    device = confirm_phone(user, key, code)
    if device is None:
        raise WrongCodeError
    if password:
        by.set_password(password)
        by.must_choose_password = False
        by.save(update_fields=["password", "must_choose_password"])
    audit.record(by=by, action="user.second_factor_set_up", obj=by, label=by.username)
    return device, new_recovery_codes(by)


@transaction.atomic
def choose_password(*, by: User, password: str) -> None:
    """A new password of one's own: every other session of this person ends."""
    by.set_password(password)
    by.save(update_fields=["password"])
    audit.record(by=by, action="user.password_changed", obj=by, label=by.username)


@transaction.atomic
def replace_recovery_codes(*, by: User) -> list[str]:
    audit.record(by=by, action="user.recovery_codes_replaced", obj=by, label=by.username)
    return new_recovery_codes(by)


def new_password() -> str:
    """Four groups of five letters: 98 bits, and readable over the phone."""
    letters = "".join(secrets.choice(PASSWORD_ALPHABET) for _ in range(PASSWORD_LENGTH))
    return "-".join(letters[at : at + 5] for at in range(0, PASSWORD_LENGTH, 5))


def _refuse_without(by, permission: str) -> None:
    if by is not None and not by.has_perm(permission):
        raise RefusedError(_("Your role does not allow this."))


def _refuse_own(by, user) -> None:
    if by is not None and by.pk == user.pk:
        raise RefusedError(_("Somebody else has to do this for you."))
