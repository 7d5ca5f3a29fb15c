"""Access to cases waits for a second person: nobody gives it alone (row S1)."""

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction
from django.utils import timezone

from hospitals.actions.members import end_membership, save_membership
from hospitals.models import Membership
from portal import access, actions
from portal.access import RefusedError
from portal.models import AccessKind, AccessRequest, AuditEvent, OutgoingMail, User
from portal.roles import READERS_OF_CASES, Role
from portal.second_factor import has_second_factor
from portal.tests.fixtures import PASSWORD, make_hospital, make_user, sign_in_staff

pytestmark = pytest.mark.django_db
REQUESTS = "/office/portal/accessrequest/"


@pytest.fixture
def lead():
    user = make_user("lead", Role.LEAD)
    User.objects.filter(pk=user.pk).update(email="lead@example.org")
    return User.objects.get(pk=user.pk)


def with_mail(user):
    user.email = f"{user.username}@example.org"
    user.save(update_fields=["email"])
    return user


def latest() -> AccessRequest:
    return AccessRequest.objects.latest("asked_at")


def recipients(template: str) -> list[str]:
    return sorted(
        OutgoingMail.objects.filter(template=template).values_list("recipient", flat=True)
    )


def new_person(role) -> dict:
    return {
        "username": "puppet", "first_name": "P", "last_name": "P", "email": "p@example.org",
        "role": role, "language": "en",
    }  # fmt: skip


def test_roles_that_read_cases_are_these():
    assert READERS_OF_CASES == {Role.COORDINATOR, Role.LEAD, Role.HOSPITAL_REVIEWER}


@pytest.mark.parametrize("role", sorted(READERS_OF_CASES))
def test_administrator_alone_makes_no_reader_of_cases_S1(administrator, lead, client, role):
    page = sign_in_staff(administrator).post("/office/portal/user/add/", new_person(role))
    password = re.search(r'office-key">([^<]+)<', page.text)[1]
    assert "once a lead has agreed" in page.text
    site = "partners" if role == Role.HOSPITAL_REVIEWER else "office"
    login = {"username": "puppet", "password": password, "code": ""}
    assert "errornote" in client.post(f"/{site}/login/", login).text
    assert recipients(access.ASKED) == ["lead@example.org", "p@example.org"]
    access.approve(by=lead, request=latest())
    assert client.post(f"/{site}/login/", login).headers["Location"].startswith(f"/{site}/")
    assert recipients(access.DECIDED) == ["p@example.org"]


def test_administrator_alone_gives_no_role_with_cases_S1(administrator, lead, auditor):
    desk = sign_in_staff(administrator)
    values = new_person(Role.LEAD) | {"first_name": "Changed"}
    page = desk.post(f"/office/portal/user/{auditor.pk}/change/", values, follow=True)
    assert "The role changes once a lead has agreed" in page.text
    auditor.refresh_from_db()
    assert (auditor.role, auditor.first_name) == (Role.AUDITOR, "Changed")
    access.approve(by=lead, request=latest())
    auditor.refresh_from_db()
    assert (auditor.role, auditor.is_staff) == (Role.LEAD, True)


def test_a_role_without_cases_is_given_at_once_and_told(administrator, coordinator):
    with_mail(coordinator)
    assert not actions.change_user(by=administrator, user=coordinator, role=Role.AUDITOR)
    assert User.objects.get(pk=coordinator.pk).role == Role.AUDITOR
    assert recipients(access.CHANGED) == ["coordinator@example.org"]


def test_a_changed_address_is_told_at_the_old_one(administrator, coordinator):
    with_mail(coordinator)
    actions.change_user(by=administrator, user=coordinator, email="thief@example.org")
    assert recipients(access.CHANGED) == ["coordinator@example.org"]


@pytest.mark.parametrize("end", ["new-password", "reset-second-factor", "enable"])
def test_buttons_wait_for_a_lead_S1(administrator, lead, coordinator, end):
    sign_in_staff(coordinator)
    User.objects.filter(pk=coordinator.pk).update(is_active=end != "enable")
    desk = sign_in_staff(administrator)
    page = desk.post(f"/office/portal/user/{coordinator.pk}/{end}/", follow=True)
    assert "once a lead has agreed" in page.text
    coordinator.refresh_from_db()
    assert coordinator.check_password(PASSWORD) and has_second_factor(coordinator)
    assert coordinator.is_active == (end != "enable")
    access.approve(by=lead, request=latest())
    coordinator.refresh_from_db()
    assert coordinator.is_active
    assert has_second_factor(coordinator) == (end == "enable")
    assert coordinator.check_password(PASSWORD) == (end != "new-password")
    assert latest().password == ""


def test_a_new_password_is_the_one_that_was_shown(administrator, lead, coordinator):
    password, request = actions.replace_password(by=administrator, user=coordinator)
    access.approve(by=lead, request=request)
    coordinator.refresh_from_db()
    assert coordinator.check_password(password) and coordinator.must_choose_password


@pytest.fixture
def request_(administrator, coordinator):
    return access.ask(by=administrator, user=coordinator, kind=AccessKind.SECOND_FACTOR)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR, Role.COORDINATOR, ""])
def test_only_a_lead_decides(request_, role):
    somebody = make_user("somebody", role)
    for act in (access.approve, access.refuse):
        with pytest.raises(RefusedError):
            act(by=somebody, request=request_)
    assert latest().is_open


def test_nobody_decides_about_themselves_or_what_they_asked(administrator, lead, coordinator):
    own = access.ask(by=administrator, user=lead, kind=AccessKind.SECOND_FACTOR)
    asked = access.ask(by=lead, user=coordinator, kind=AccessKind.SECOND_FACTOR)
    for request in (own, asked):
        with pytest.raises(RefusedError):
            access.approve(by=lead, request=request)
        changes = {"status": "approved", "decided_by": lead, "decided_at": timezone.now()}
        with pytest.raises(IntegrityError), transaction.atomic():
            AccessRequest.objects.filter(pk=request.pk).update(**changes)


def test_a_request_is_decided_once(request_, lead):
    access.refuse(by=lead, request=request_)
    for act in (access.approve, access.refuse):
        with pytest.raises(RefusedError):
            act(by=lead, request=request_)
    assert AuditEvent.objects.filter(action="access.refused").count() == 1


def test_a_request_ends_by_itself(request_, lead, time_machine):
    time_machine.move_to(timezone.now() + access.OPEN_FOR + timedelta(minutes=1))
    with pytest.raises(RefusedError):
        access.approve(by=lead, request=request_)
    page = sign_in_staff(lead).get(f"{REQUESTS}{request_.pk}/change/").text
    assert "ended without an answer" in page and "Agree" not in page


def test_asking_anew_takes_the_first_request_back(request_, administrator, coordinator, lead):
    again = access.ask(by=administrator, user=coordinator, kind=AccessKind.SECOND_FACTOR)
    with pytest.raises(RefusedError):
        access.approve(by=lead, request=request_)
    access.approve(by=lead, request=again)


def test_a_role_that_was_changed_since_voids_the_request(request_, administrator, lead):
    actions.change_user(by=administrator, user=request_.user, role=Role.AUDITOR)
    with pytest.raises(RefusedError):
        access.approve(by=lead, request=request_)


def test_who_may_not_ask_any_more_gives_nothing(request_, administrator, lead):
    User.objects.filter(pk=administrator.pk).update(is_active=False)
    with pytest.raises(RefusedError):
        access.approve(by=lead, request=request_)


def test_administrator_takes_back_what_they_asked(request_, administrator):
    desk = sign_in_staff(administrator)
    page = desk.get(f"{REQUESTS}{request_.pk}/change/").text
    assert "Withdraw the request" in page and "Agree" not in page
    desk.post(f"{REQUESTS}{request_.pk}/refuse/")
    assert latest().status == "withdrawn"
    assert desk.post(f"{REQUESTS}{request_.pk}/approve/", follow=True).status_code == 200
    assert latest().status == "withdrawn"


def test_lead_sees_the_request_on_the_desk_and_agrees(request_, administrator, lead):
    actions.change_user(by=administrator, user=request_.user, email="other@example.org")
    desk = sign_in_staff(lead)
    assert "1 request for access" in desk.get("/office/").text
    page = desk.get(f"{REQUESTS}{request_.pk}/change/").text
    assert "user.changed" in page and "other@example.org" in page
    page = desk.post(f"{REQUESTS}{request_.pk}/approve/", follow=True).text
    assert "Agreed. It has taken effect." in page
    assert (latest().status, latest().decided_by) == ("approved", lead)
    assert "request for access" not in desk.get("/office/").text
    assert "agreed" in desk.get(REQUESTS).text


def test_the_command_line_agrees_only_where_no_lead_can(request_, coordinator, lead):
    sign_in_staff(lead)
    with pytest.raises(CommandError, match="lead who can decide"):
        call_command("approve_access", coordinator.username)
    User.objects.filter(pk=lead.pk).update(is_active=False)
    call_command("approve_access", coordinator.username)
    assert (latest().status, latest().decided_by) == ("approved", None)
    with pytest.raises(CommandError, match="Nothing waits"):
        call_command("approve_access", coordinator.username)


def test_mails_of_accounts_render_in_four_languages(request_, lead):
    from portal.mail import render_mail

    for language in ("en", "zh-hans", "pl", "ar"):
        for template in (access.ASKED, access.DECIDED, access.CHANGED):
            mail = OutgoingMail(
                template=template, language=language, recipient="x@example.org",
                about="coordinator", link="/office/",
            )  # fmt: skip
            message = render_mail(mail)
            assert "coordinator" in message.subject and "/office/" in message.body


def test_another_hospital_for_a_reader_of_cases_is_told(administrator, lead):
    doctor = with_mail(make_user("doctor", Role.HOSPITAL_REVIEWER))
    membership = Membership(user=doctor, hospital=make_hospital("scmc"))
    save_membership(by=administrator, membership=membership)
    assert recipients(access.CHANGED) == ["doctor@example.org", "lead@example.org"]
    end_membership(by=administrator, membership=membership)
    assert len(recipients(access.CHANGED)) == 4
    editor = with_mail(make_user("editor", Role.HOSPITAL_EDITOR))
    save_membership(
        by=administrator, membership=Membership(user=editor, hospital=membership.hospital)
    )
    assert len(recipients(access.CHANGED)) == 4
