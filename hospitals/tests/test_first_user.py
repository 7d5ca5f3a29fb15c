"""The people that the first deploy makes: one of a role, a hospital's with their membership."""

import pytest
from django.core.management import CommandError, call_command

from hospitals.models import Membership
from portal.models import AuditEvent, User
from portal.roles import Role
from portal.tests.fixtures import make_hospital, make_user

pytestmark = pytest.mark.django_db


def make(capsys, *words) -> str:
    call_command("create_first_user", *words)
    return capsys.readouterr().out


def test_the_first_lead_can_log_in_with_the_password_shown_once(capsys):
    said = make(capsys, "lena", Role.LEAD, "--email", "lena@example.org")
    user = User.objects.get(username="lena")
    assert user.check_password(said.split()[-1])
    assert (user.role, user.email, user.must_choose_password) == (
        Role.LEAD,
        "lena@example.org",
        True,
    )
    assert "/office/" in said
    assert AuditEvent.objects.filter(action="user.created", object_label="lena").exists()


def test_the_first_person_of_a_hospital_has_the_membership(capsys):
    hospital = make_hospital("first")
    said = make(capsys, "hou", Role.HOSPITAL_EDITOR, "--hospital", "first")
    assert Membership.objects.get(user__username="hou").hospital == hospital
    assert "/partners/" in said
    assert AuditEvent.objects.filter(action="membership.saved", actor_kind="system").exists()


def test_a_second_person_of_a_role_is_not_made_here(capsys):
    make_user("present", Role.LEAD)
    assert "already; nothing was done" in make(capsys, "lena", Role.LEAD)
    assert not User.objects.filter(username="lena").exists()


def test_each_hospital_has_a_first_person(capsys):
    make_user("present", Role.HOSPITAL_EDITOR, make_hospital("one"))
    make_hospital("two")
    make(capsys, "hou", Role.HOSPITAL_EDITOR, "--hospital", "two")
    assert Membership.objects.filter(hospital__slug="two").count() == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["hou", Role.HOSPITAL_EDITOR], "need --hospital"),
        (["lena", Role.LEAD, "--hospital", "first"], "nobody else has one"),
        (["hou", Role.HOSPITAL_EDITOR, "--hospital", "none"], "There are: first"),
        (["no spaces", Role.LEAD], "username"),
        (["taken", Role.LEAD], "already"),
    ],
)
def test_what_cannot_be_made_says_why_and_leaves_nothing(words, why):
    make_hospital("first")
    make_user("taken", Role.AUDITOR)
    with pytest.raises(CommandError, match=why):
        call_command("create_first_user", *words)
    assert User.objects.count() == 1
