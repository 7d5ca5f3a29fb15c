"""Code lost and mail lost: through the office, with two checks of the person, each logged."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cases import actions
from cases.actions import ActionRefusedError
from cases.models import CaseEvent, FamilyMember, IdentityCheck
from cases.tests.family import check_twice
from portal.mail import render_mail
from portal.models import AuditEvent, OutgoingMail
from portal.tests.fixtures import HEALTH_CANARY, sign_in_staff

pytestmark = pytest.mark.django_db
NEW = "new@example.org"


def correct(case, by):
    member = FamilyMember.objects.get(case=case)
    member.case = case
    actions.correct_email(by=by, member=member, email=NEW)


def check(case, by, *kinds):
    for kind in kinds:
        actions.record_identity_check(by=by, case=case, kind=kind)


@pytest.mark.parametrize("kinds", [(), ("called_back",), ("called_back", "called_back")])
def test_confirmed_address_stays_without_two_different_checks(case, coordinator, kinds):
    check(case, coordinator, *kinds)
    with pytest.raises(ActionRefusedError):
        correct(case, coordinator)
    assert FamilyMember.objects.get().email == "family@example.org"


def test_two_checks_change_it_and_tell_the_old_address(case, coordinator):
    check_twice(case, coordinator)
    correct(case, coordinator)
    member = FamilyMember.objects.get()
    assert (member.email, member.email_confirmed_at) == (NEW, None)
    mails = dict(OutgoingMail.objects.values_list("recipient", "template"))
    assert mails == {
        "family@example.org": "cases/email/email_changed",
        NEW: "cases/email/confirm_email",
    }
    mail = render_mail(OutgoingMail.objects.get(recipient="family@example.org"))
    assert NEW not in mail.body and HEALTH_CANARY not in mail.body


def test_checks_serve_one_decision(case, coordinator):
    check_twice(case, coordinator)
    correct(case, coordinator)
    FamilyMember.objects.update(email_confirmed_at=timezone.now())
    with pytest.raises(ActionRefusedError):
        correct(case, coordinator)


def test_checks_hold_for_a_day(case, coordinator):
    check_twice(case, coordinator)
    IdentityCheck.objects.update(at=timezone.now() - timedelta(days=1))
    with pytest.raises(ActionRefusedError):
        correct(case, coordinator)


def test_checks_of_another_case_do_not_count(case, other_case, coordinator):
    check_twice(other_case, coordinator)
    with pytest.raises(ActionRefusedError):
        correct(case, coordinator)


def test_one_person_alone_moves_no_address(case, coordinator):
    check(case, coordinator, "called_back", "questions")
    with pytest.raises(ActionRefusedError, match="Two of us"):
        correct(case, coordinator)
    assert FamilyMember.objects.get().email == "family@example.org"


def test_address_that_the_family_typed_needs_checks_before_it_is_confirmed(case, coordinator):
    FamilyMember.objects.update(email_confirmed_at=None)
    with pytest.raises(ActionRefusedError):
        correct(case, coordinator)
    check_twice(case, coordinator)
    correct(case, coordinator)
    assert FamilyMember.objects.get().email == NEW


def test_address_that_the_office_typed_is_corrected_at_once(case, coordinator):
    FamilyMember.objects.update(email_confirmed_at=None)
    case.consents.update(channel="phone", recorded_by=coordinator)
    correct(case, coordinator)
    assert FamilyMember.objects.get().email == NEW


def test_link_to_a_new_code_needs_a_confirmed_address_or_two_checks(case, coordinator):
    FamilyMember.objects.update(email_confirmed_at=None)
    member = FamilyMember.objects.select_related("case").get()
    with pytest.raises(ActionRefusedError):
        actions.lock_out_and_send_link(by=coordinator, member=member)
    assert OutgoingMail.objects.count() == 0
    check_twice(case, coordinator)
    member = FamilyMember.objects.select_related("case").get()
    actions.lock_out_and_send_link(by=coordinator, member=member)
    assert OutgoingMail.objects.get().template == "cases/email/sign_in_link"


def test_each_check_is_logged_with_who_and_how(case, coordinator, lead):
    check(case, coordinator, "called_back")
    check(case, lead, "document")
    rows = AuditEvent.objects.filter(action="case.identity_checked").order_by("pk")
    assert [(row.actor_label, row.data) for row in rows] == [
        ("coordinator", {"code": "called_back"}),
        ("lead", {"code": "document"}),
    ]
    assert CaseEvent.objects.filter(kind="identity_checked").count() == 2


def test_who_may_not_work_on_a_case_checks_nobody(case, auditor):
    with pytest.raises(ActionRefusedError):
        check(case, auditor, "called_back")
    with pytest.raises(ActionRefusedError):
        check(case, case.owner, "called_back")


def test_unknown_way_of_checking_is_refused(case, coordinator):
    with pytest.raises(ActionRefusedError):
        check(case, coordinator, "trust me")


def test_desk_leads_through_both_checks(case, coordinator, lead):
    desks = {"first": sign_in_staff(coordinator), "second": sign_in_staff(lead)}

    def press(name, who="first", **fields):
        case.refresh_from_db()
        typed = {
            f"{name}-{key}": value for key, value in {"version": case.version, **fields}.items()
        }
        url = reverse(f"office:cases_case_{name}", args=[case.pk])
        return desks[who].post(url, typed, follow=True).text

    assert "First check in two different ways" in press("email", email=NEW)
    assert "Recorded, with your name." in press("check", kind="called_back")
    assert "We called back on the number" in press("check", "second", kind="questions")
    press("email", email=NEW)
    links = OutgoingMail.objects.filter(template="cases/email/sign_in_link", recipient=NEW)
    press("link")
    # Nobody knows yet who reads mail there.
    assert not links.exists()
    FamilyMember.objects.update(email_confirmed_at=timezone.now())
    press("link")
    assert links.exists()
