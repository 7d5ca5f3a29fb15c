"""All mail to families passes one gate (rows M1, M3): nobody is flooded through us."""

import ast
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from cases import actions, notifications
from cases.actions import ActionRefusedError
from cases.models import Case, FamilyMail, FamilyMember
from cases.notifications import MAILS_A_DAY
from cases.tests.family import fill_in, send
from portal.models import OutgoingMail
from portal.tests.fixtures import make_case

pytestmark = pytest.mark.django_db
VICTIM = "victim@example.org"
RIGHTS = {"name": "Victim", "relation": "relative", "language": "en", "can_write": True}


@pytest.fixture
def held():
    case = make_case(held_for="trap")
    FamilyMember.objects.filter(case=case).update(email_confirmed_at=None)
    case.owner.refresh_from_db()
    return case


def unconfirmed() -> Case:
    case = make_case()
    FamilyMember.objects.filter(case=case).update(email_confirmed_at=None)
    case.owner.refresh_from_db()
    return case


def invite(case):
    return actions.invite_adult(by=case.owner, case=case, email=VICTIM, **RIGHTS)


def test_held_case_writes_to_nobody_M1(held):
    with pytest.raises(ActionRefusedError, match="No mail can go to this address now"):
        invite(held)
    assert not held.family.filter(email=VICTIM).exists()
    actions.send_sign_in_link(member=held.owner)
    assert not notifications.notify_family(held, notifications.RECEIVED)
    with pytest.raises(ActionRefusedError):
        actions.send_confirmation(by=held.owner)
    assert OutgoingMail.objects.count() == 0


def test_released_case_gets_its_first_mail(held, lead):
    case = Case.objects.get(pk=held.pk)
    assert actions.release_case(by=lead, case=case) is True
    assert OutgoingMail.objects.get().template == notifications.RECEIVED


def test_stranger_is_invited_once_a_week_however_often_and_by_whom_M3(time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    first, second = unconfirmed(), make_case(code="PQRS-TVWX-YZ23")
    member, _code = invite(first)
    for case in (first, second):
        actions.end_adult(by=first.owner, member=member)
        with pytest.raises(ActionRefusedError):
            invite(case)
    assert OutgoingMail.objects.filter(recipient=VICTIM).count() == 1
    time_machine.shift(timedelta(days=7, seconds=1))
    invite(second)
    assert OutgoingMail.objects.filter(recipient=VICTIM).count() == 2


def test_address_is_the_same_however_it_is_written(time_machine):
    draft, _secret = actions.start_draft(language="en")
    actions.keep_address(draft=draft, email="victim@example.org")
    draft.refresh_from_db()
    actions.send_sign_in_link(member=draft)
    other, _secret = actions.start_draft(language="en")
    actions.keep_address(draft=other, email="Victim@Example.org")
    other.refresh_from_db()
    actions.send_sign_in_link(member=other)
    assert OutgoingMail.objects.count() == 1


def asked_from_a_draft(email: str) -> None:
    draft, _secret = actions.start_draft(language="en")
    actions.keep_address(draft=draft, email=email)
    draft.refresh_from_db()
    actions.send_sign_in_link(member=draft)


@pytest.mark.parametrize(
    ("address", "is_same"),
    [
        ("victim+a@example.org", True),
        ("VICTIM+b+c@EXAMPLE.org", True),
        ("victim+@example.org", True),
        ("vic.tim@example.org", False),
        ("victim@example.com", False),
        ("+victim@example.org", False),
    ],
)
def test_what_stands_behind_a_plus_makes_no_other_mailbox_M3(address, is_same):
    asked_from_a_draft("victim@example.org")
    asked_from_a_draft(address)
    assert OutgoingMail.objects.count() == (1 if is_same else 2)


def test_mail_goes_to_the_address_as_it_was_typed():
    asked_from_a_draft("victim+clinic@example.org")
    assert OutgoingMail.objects.get().recipient == "victim+clinic@example.org"


def test_two_names_that_begin_with_a_plus_are_two():
    for address in ("+a@example.org", "+b@example.org"):
        asked_from_a_draft(address)
    assert OutgoingMail.objects.count() == 2


def test_erased_drafts_do_not_reset_the_count(time_machine):
    for _number in range(4):
        draft, _secret = actions.start_draft(language="en")
        actions.keep_address(draft=draft, email=VICTIM)
        draft.refresh_from_db()
        actions.send_sign_in_link(member=draft)
        actions.discard_draft(draft=draft)
    assert FamilyMail.objects.count() == 1


def test_confirmed_address_gets_no_more_than_so_many_a_day_over_all_cases_M1(case):
    other = make_case(code="PQRS-TVWX-YZ23")
    for number in range(MAILS_A_DAY + 5):
        notifications.notify_family((case, other)[number % 2], notifications.STATUS_CHANGED)
    assert OutgoingMail.objects.count() == MAILS_A_DAY
    FamilyMail.objects.update(at=timezone.now() - timedelta(days=1, seconds=1))
    assert notifications.notify_family(case, notifications.STATUS_CHANGED)


def test_warning_of_a_new_code_is_not_crowded_out(case):
    for _number in range(MAILS_A_DAY + 5):
        notifications.notify_family(case, notifications.STATUS_CHANGED)
    assert notifications.notify_family(case, notifications.CODE_REPLACED)


def test_old_code_stays_when_no_link_can_leave(held, lead):
    FamilyMember.objects.update(email_confirmed_at=timezone.now())
    before = FamilyMember.objects.values("code_hash", "access_version").get()
    member = FamilyMember.objects.select_related("case").get()
    with pytest.raises(ActionRefusedError, match="the old code still works"):
        actions.lock_out_and_send_link(by=lead, member=member)
    assert FamilyMember.objects.values("code_hash", "access_version").get() == before
    assert OutgoingMail.objects.count() == 0


def test_nobody_without_an_address_is_written_to(case):
    FamilyMember.objects.update(email="")
    case.owner.refresh_from_db()
    assert not notifications.notify_family(case, notifications.STATUS_CHANGED)
    assert not notifications.notify_member(
        case.owner, notifications.STATUS_CHANGED, reference=case.reference
    )
    actions.send_sign_in_link(member=case.owner)
    assert OutgoingMail.objects.count() == 0


def test_count_holds_no_address(case):
    notifications.notify_family(case, notifications.STATUS_CHANGED)
    assert "example" not in str(FamilyMail.objects.values().get())


def test_no_other_way_leads_to_the_outbox_M1():
    """Whoever writes to the outbox by another function passes no gate."""
    found = {}
    for path in settings.BASE_DIR.glob("cases/**/*.py"):
        if "tests" in path.parts or "migrations" in path.parts:
            continue
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.FunctionDef):
                continue
            calls = {ast.unparse(n.func) for n in ast.walk(function) if isinstance(n, ast.Call)}
            if calls & {"post_mail", "queue_mail", "OutgoingMail", "OutgoingMail.objects.create"}:
                found.setdefault(path.name, set()).add(function.name)
    assert found == {"notifications.py": {"_queue", "notify_hospital"}}


def test_page_after_sending_promises_no_mail_that_does_not_come(client):
    """A mother who sends a second inquiry before she confirmed her address."""
    other = Client()
    for browser in (client, other):
        fill_in(browser)
    assert "You get a mail that says we have it" in send(client).text
    page = send(other)
    assert "You get a mail" not in page.text
    assert "Open the link in our last mail" in page.text
    assert OutgoingMail.objects.filter(template=notifications.RECEIVED).count() == 1
