"""The demo: made by the real actions, idempotent, refused on a real portal."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from cases import demo, notifications
from cases.models import Case, FamilyMember, Inquiry, Referral
from cases.tests.family import case_url
from portal.models import OutgoingMail, User
from portal.tests.fixtures import make_hospital

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded():
    for slug in ("scmc", "renji", "huashan"):
        make_hospital(slug)
    call_command("load_demo")


def printed(*options) -> str:
    out = StringIO()
    call_command("demo_logins", *options, stdout=out)
    return out.getvalue()


def test_demo_has_people_and_cases_in_different_stages(loaded):
    assert set(User.objects.values_list("username", flat=True)) == {
        "coordinator", "lead", "auditor", "administrator",
        "scmc-editor", "scmc-reviewer", "renji-editor",
    }  # fmt: skip
    assert TOTPDevice.objects.filter(confirmed=True).count() == 7
    assert Case.objects.count() == len(demo.STORIES)
    assert Case.objects.values("stage").distinct().count() >= 7
    assert all("Demo" in inquiry.patient_name for inquiry in Inquiry.objects.all())


def test_demo_changes_nothing_the_second_time(loaded):
    before = list(Case.objects.order_by("pk").values()), list(User.objects.order_by("pk").values())
    call_command("load_demo")
    after = list(Case.objects.order_by("pk").values()), list(User.objects.order_by("pk").values())
    assert before == after


def test_demo_password_is_made_good_again(loaded):
    User.objects.filter(username="lead").update(password="!")
    call_command("load_demo")
    assert User.objects.get(username="lead").check_password(demo.PASSWORD)


def test_printed_reference_and_code_open_the_demo_case(loaded):
    told = json.loads(printed("--json"))
    client = Client()
    answer = client.post("/en/case/", told["case"])
    assert answer.url == case_url(Case.objects.get(reference=demo.REFERENCE))
    assert "Your turn: 2 things are missing" in client.get(answer.url).content.decode()


def test_log_ins_are_printed_with_the_address():
    text = printed("--url", "http://localhost:8123/")
    assert "http://localhost:8123/office/" in text
    assert demo.REFERENCE in text and demo.CODE in text and demo.PASSWORD in text


def test_real_portal_refuses_the_demo(settings):
    settings.IS_LOCAL = False
    for command in ("load_demo", "demo_logins"):
        with pytest.raises(CommandError):
            call_command(command)
    assert User.objects.count() == 0


def test_every_mail_of_the_demo_names_a_case_that_is_there(loaded):
    families = OutgoingMail.objects.exclude(template=notifications.REFERRED)
    named = set(families.values_list("about", flat=True))
    assert named == set(Case.objects.values_list("reference", flat=True))
    about = OutgoingMail.objects.filter(about=demo.REFERENCE)
    assert about.filter(template="cases/email/message_waiting").exists()


def test_reviewer_of_the_demo_is_mailed_about_what_was_shared(loaded):
    mail = OutgoingMail.objects.get(template=notifications.REFERRED)
    assert mail.about == str(Referral.objects.get(hospital__slug="scmc").pk)
    assert mail.recipient == "scmc-reviewer@example.org"


def test_words_that_the_office_of_the_demo_has_read_are_not_new(loaded):
    new = Case.objects.filter(has_new_words=True)
    assert list(new.values_list("stage", flat=True)) == ["received"]


def test_one_family_of_the_demo_has_not_confirmed_its_address(loaded):
    assert FamilyMember.objects.filter(email_confirmed_at=None).count() == 1
