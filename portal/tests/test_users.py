"""People: made and helped by an administrator, each deed in the audit trail (rows S1, Z3)."""

import re

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from portal import actions
from portal.actions import RefusedError
from portal.models import AuditEvent, RecoveryDevice, User
from portal.roles import Role
from portal.second_factor import has_second_factor, new_recovery_codes
from portal.tests.fixtures import make_user, sign_in_staff

USERS = "/office/portal/user/"


@pytest.fixture
def desk(administrator):
    return sign_in_staff(administrator)


def person(user, end) -> str:
    return f"{USERS}{user.pk}/{end}/"


def new_person(**fields) -> dict:
    values = {
        "username": "new-person", "first_name": "New", "last_name": "Person",
        "email": "new@example.org", "role": Role.COORDINATOR, "language": "en",
    }  # fmt: skip
    return values | fields


def test_add_makes_a_person_with_a_password_shown_once(desk):
    page = desk.post(f"{USERS}add/", new_person(role=Role.AUDITOR))
    password = re.search(r'office-key">([^<]+)<', page.text)[1]
    user = User.objects.get(username="new-person")
    assert user.check_password(password)
    assert (user.is_staff, user.is_superuser, user.must_choose_password) == (True, False, True)
    assert user.is_active
    assert len(password) >= 15
    assert AuditEvent.objects.get(action="user.created").data == {"role": "auditor"}
    assert password not in str(AuditEvent.objects.values())


def test_add_a_hospitals_person_is_not_staff(desk):
    desk.post(f"{USERS}add/", new_person(role=Role.HOSPITAL_EDITOR))
    assert not User.objects.get(username="new-person").is_staff


def test_language_may_be_the_site_s(desk):
    """Chinese to a hospital's person: nobody has to choose it for them."""
    person = new_person(role=Role.HOSPITAL_EDITOR, language="")
    desk.post(f"{USERS}add/", person)
    assert User.objects.get(username="new-person").language == User().language == ""


def test_add_needs_a_role_and_a_free_name(desk, coordinator):
    assert "errorlist" in desk.post(f"{USERS}add/", new_person(role="")).text
    assert "errorlist" in desk.post(f"{USERS}add/", new_person(username="coordinator")).text
    assert User.objects.count() == 2


def test_change_writes_fields_and_an_audit_row(desk, coordinator):
    desk.post(person(coordinator, "change"), new_person(role=Role.AUDITOR, language="pl"))
    coordinator.refresh_from_db()
    assert (coordinator.role, coordinator.language) == ("auditor", "pl")
    assert coordinator.username == "coordinator"
    row = AuditEvent.objects.get(action="user.changed")
    assert row.data["role"] == "auditor"
    assert "new@example.org" not in str(row.data)


def test_change_of_ones_own_role_is_refused(desk, administrator):
    page = desk.post(person(administrator, "change"), new_person(role=Role.LEAD), follow=True)
    assert "Somebody else has to do this for you." in page.text
    administrator.refresh_from_db()
    assert administrator.role == Role.ADMINISTRATOR


def test_extra_keys_give_no_rights_Z3(desk, coordinator):
    extra = {"is_superuser": "on", "is_staff": "on", "is_active": "", "password": "x", "id": "1"}
    desk.post(person(coordinator, "change"), new_person() | extra | {"username": "renamed"})
    after = User.objects.get(pk=coordinator.pk)
    assert (after.is_superuser, after.is_active, after.password) == (
        False,
        True,
        coordinator.password,
    )
    assert after.username == "coordinator"


def test_buttons_do_what_they_say(desk, auditor):
    sign_in_staff(auditor)
    page = desk.get(person(auditor, "change")).text
    assert "Disable" in page and "Reset the second factor" in page
    desk.post(person(auditor, "disable"))
    assert not User.objects.get(pk=auditor.pk).is_active
    desk.post(person(auditor, "enable"))
    assert User.objects.get(pk=auditor.pk).is_active
    desk.post(person(auditor, "reset-second-factor"))
    assert not has_second_factor(auditor)
    shown = desk.post(person(auditor, "new-password")).text
    password = re.search(r'office-key">([^<]+)<', shown)[1]
    assert User.objects.get(pk=auditor.pk).check_password(password)
    done = set(AuditEvent.objects.values_list("action", flat=True))
    assert done == {
        "user.disabled", "user.enabled", "user.second_factor_reset", "user.password_replaced",
    }  # fmt: skip


def test_enter_key_saves_and_never_disables(desk, coordinator):
    page = desk.get(person(coordinator, "change")).text
    form = page[page.index('id="user_form"') :]
    assert form.index('name="_save"') < form.index("formaction=")


@pytest.mark.parametrize("end", ["disable", "enable", "reset-second-factor", "new-password"])
def test_buttons_refuse_ones_own_and_unknown_people(desk, administrator, end):
    page = desk.post(person(administrator, end), follow=True)
    assert "Somebody else has to do this for you." in page.text
    assert desk.post(f"{USERS}6f1c0b0e-5d0a-4c56-9a58-0e4a3b0f2d11/{end}/").status_code == 404
    assert desk.get(person(administrator, end)).status_code == 405
    assert "Reset the second factor" not in desk.get(person(administrator, "change")).text


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.LEAD, Role.AUDITOR])
def test_nobody_else_sees_or_helps_people(role, editor):
    client = sign_in_staff(make_user("somebody", role))
    assert client.get(USERS).status_code == 403
    assert client.get(f"{USERS}add/").status_code == 403
    assert client.get(person(editor, "change")).status_code == 403
    for end in ("disable", "enable", "reset-second-factor", "new-password"):
        assert client.post(person(editor, end)).status_code == 404
    editor.refresh_from_db()
    assert editor.is_active


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.LEAD, Role.AUDITOR, ""])
def test_actions_refuse_who_is_no_administrator(role, coordinator):
    by = make_user("somebody", role)
    for act in (
        actions.disable_user, actions.enable_user, actions.reset_second_factor,
        actions.replace_password, actions.change_user,
    ):  # fmt: skip
        with pytest.raises(RefusedError):
            act(by=by, user=coordinator)
    with pytest.raises(RefusedError):
        actions.create_user(by=by, username="x", role=Role.LEAD)


def test_change_without_a_change_leaves_no_row(administrator, coordinator):
    actions.change_user(by=administrator, user=coordinator, role=coordinator.role)
    assert not AuditEvent.objects.exists()


def test_reset_forgets_recovery_codes_too(administrator, auditor):
    new_recovery_codes(auditor)
    actions.reset_second_factor(by=administrator, user=auditor)
    assert not RecoveryDevice.objects.exists()


def test_auditor_reads_records_and_changes_none(auditor, coordinator, case):
    actions_row = AuditEvent.objects.create(
        actor_kind="user", action="case.opened", object_type="cases.case", object_id="1"
    )
    client = sign_in_staff(auditor)
    assert "case.opened" in client.get("/office/portal/auditevent/").text
    address = f"/office/portal/auditevent/{actions_row.pk}/change/"
    assert client.get(address).status_code == 200
    assert client.post(address, {"action": "forged"}).status_code == 403
    assert client.get("/office/portal/auditevent/add/").status_code == 403
    assert client.get("/office/cases/case/").status_code == 403


def test_auditor_sees_that_a_mail_went_out_but_not_to_whom(auditor, case):
    from cases import notifications
    from portal.models import OutgoingMail

    notifications.notify_family(case, notifications.RECEIVED)
    client = sign_in_staff(auditor)
    page = client.get("/office/portal/outgoingmail/").text
    detail = client.get(f"/office/portal/outgoingmail/{OutgoingMail.objects.get().pk}/change/").text
    assert case.reference in page
    assert "family@example.org" not in page + detail


def test_create_administrator_prints_the_first_password(db, capsys):
    call_command("create_administrator", "first")
    password = capsys.readouterr().out.split()[-1]
    user = User.objects.get()
    assert user.check_password(password)
    assert (user.role, user.is_superuser) == (Role.ADMINISTRATOR, False)
    for name in ("first", "no spaces allowed"):
        with pytest.raises(CommandError):
            call_command("create_administrator", name)
