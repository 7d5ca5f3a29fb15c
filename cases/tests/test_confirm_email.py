"""An address is confirmed before anything is sent there twice (row M3)."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from cases import actions, notifications
from cases.models import Case, CaseEvent, FamilyMember, FamilyToken
from cases.models.event import EventKind
from cases.tests.family import case_url, check_twice, code_on, fill_in, send, sign_in, signed_in
from cases.workflow import CloseReason
from portal.mail import render_mail
from portal.models import MailStatus, OutgoingMail
from portal.tests.fixtures import HEALTH_CANARY, NAME_CANARY, make_case, sign_in_staff

pytestmark = pytest.mark.django_db
LINK = re.compile(r"http://testserver(/\S+)")


@pytest.fixture
def unconfirmed():
    case = make_case()
    FamilyMember.objects.update(email_confirmed_at=None)
    case.owner.refresh_from_db()
    case.owner.case = case
    return case


def mails() -> list[str]:
    names = OutgoingMail.objects.order_by("created_at").values_list("template", flat=True)
    return [name.rpartition("/")[2] for name in names]


def newest_link() -> str:
    return LINK.search(render_mail(OutgoingMail.objects.latest("created_at")).body).group(1)


def asked(case) -> str:
    """The link of a mail that asks whether the address is right."""
    actions.send_confirmation(by=case.owner)
    return newest_link()


def is_confirmed() -> bool:
    return FamilyMember.objects.get().email_confirmed_at is not None


def test_m3_receipt_alone_goes_to_a_new_address(client, lead):
    fill_in(client)
    send(client)
    actions.start_triage(by=lead, case=Case.objects.get())
    actions.ask_for_information(by=lead, case=Case.objects.get(), reasons=["lab"])
    assert mails() == ["received"]


def test_m3_link_of_the_receipt_confirms_and_news_come(client, lead):
    fill_in(client)
    send(client)
    path = newest_link()
    assert path.startswith("/en/case/mail/")
    stranger = Client()
    page = stranger.get(path)
    assert "Yes, this address is mine" in page.text
    assert not is_confirmed()
    assert "Thank you" in stranger.post(path, follow=True).text
    assert is_confirmed()
    actions.start_triage(by=lead, case=Case.objects.get())
    assert mails() == ["received", "status_changed"]
    assert CaseEvent.objects.filter(kind=EventKind.EMAIL_CONFIRMED).count() == 1


def test_m3_pages_of_the_link_tell_nothing_and_open_nothing(unconfirmed):
    path, stranger = asked(unconfirmed), Client()
    pages = [stranger.get(path), stranger.post(path, follow=True)]
    for page in pages:
        assert unconfirmed.reference not in page.text
        assert NAME_CANARY not in page.text
        assert "example.org" not in page.text
        assert page["Cache-Control"] == "no-store, private"
    assert stranger.get(case_url(unconfirmed)).status_code == 302


def test_m3_get_and_a_change_of_language_confirm_nothing(unconfirmed):
    path, client = asked(unconfirmed), Client()
    for _number in range(3):
        client.get(path)
    page = client.post(path.replace("/en/", "/pl/"), {"switch_language": "pl"})
    assert 'lang="pl"' in page.text
    assert not is_confirmed()
    assert Client(enforce_csrf_checks=True).post(path).status_code == 403


def test_m3_second_click_is_thanked_too_and_leaves_one_event(unconfirmed):
    path, client = asked(unconfirmed), Client()
    for _click in range(2):
        assert client.post(path).url == reverse("case:email-confirmed")
    assert CaseEvent.objects.filter(kind=EventKind.EMAIL_CONFIRMED).count() == 1


def test_m3_token_is_stored_nowhere(unconfirmed):
    token = asked(unconfirmed).split("/")[-2]
    assert len(token) > 64
    assert token not in OutgoingMail.objects.get().link
    assert FamilyToken.objects.get().token_hash != token


def test_m3_confirming_link_makes_no_code_and_the_other_way_round(case, unconfirmed):
    token = asked(unconfirmed).split("/")[-2]
    assert Client().get(reverse("case:link", args=[token])).status_code == 410
    assert actions.use_link(token=token) is None
    actions.send_sign_in_link(member=unconfirmed.owner)
    other = newest_link().split("/")[-2]
    assert actions.confirm_email(token=other) is False


def test_m3_old_unknown_and_withdrawn_links_get_one_neutral_page(unconfirmed, time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    path, client = asked(unconfirmed), Client()
    unknown = client.get(reverse("case:confirm-email", args=["0" * 32]))
    actions.withdraw_case(by=unconfirmed.owner, case=unconfirmed)
    withdrawn = client.get(path)
    Case.objects.update(stage="received", waiting_on="coordinator")
    time_machine.shift(timedelta(days=30, seconds=1))
    old = client.post(path)
    assert [page.status_code for page in (unknown, withdrawn, old)] == [410] * 3
    assert not is_confirmed()


def test_m3_link_that_becomes_void_while_it_is_used_confirms_nothing(unconfirmed, monkeypatch):
    path = asked(unconfirmed)
    row = FamilyToken.objects.get()
    FamilyToken.objects.all().make_void()
    monkeypatch.setattr("cases.actions.mail.living_confirmation", lambda token: row)
    monkeypatch.setattr("cases.views.mails.living_confirmation", lambda token: row)
    assert Client().post(path).status_code == 410
    assert not is_confirmed()


def test_m3_link_to_a_new_code_that_is_used_confirms_too(unconfirmed, coordinator):
    check_twice(unconfirmed, coordinator)
    actions.lock_out_and_send_link(member=unconfirmed.owner, by=coordinator)
    actions.use_link(token=newest_link().split("/")[-2])
    assert is_confirmed()
    assert mails() == ["sign_in_link", "code_replaced"]


def test_m3_case_page_says_that_mails_wait_and_sends_again(unconfirmed):
    client = signed_in(unconfirmed)
    page = client.get(case_url(unconfirmed)).text
    assert "f***@example.org" in page
    assert "family@example.org" not in page
    url = case_url(unconfirmed, "send-confirmation")
    assert "It is on its way" in client.post(url, follow=True).text
    for _click in range(3):
        assert "No mail can go to this address now" in client.post(url, follow=True).text
    assert mails() == ["confirm_email"]
    Client().post(newest_link())
    assert "***" not in client.get(case_url(unconfirmed)).text
    assert "nothing to confirm" in client.post(url, follow=True).text


def test_m3_mail_may_be_asked_for_again_after_a_week(unconfirmed, time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    actions.send_confirmation(by=unconfirmed.owner)
    time_machine.shift(timedelta(days=7, seconds=1))
    actions.send_confirmation(by=unconfirmed.owner)
    assert mails() == ["confirm_email"] * 2


def test_m3_only_the_family_asks_and_not_after_a_death(unconfirmed, lead):
    with pytest.raises(actions.ActionRefusedError):
        actions.send_confirmation(by=lead)
    actions.close_case(by=lead, case=unconfirmed, reason=CloseReason.DIED)
    with pytest.raises(actions.ActionRefusedError):
        actions.send_confirmation(by=unconfirmed.owner)
    assert "***" not in signed_in(unconfirmed).get(case_url(unconfirmed)).text


def test_m3_corrected_address_is_asked_about_and_then_told(case, lead):
    case.owner.case, case.owner.email_confirmed_at = case, None
    check_twice(case, lead)
    actions.correct_email(by=lead, member=case.owner, email="right@example.org")
    assert not is_confirmed()
    actions.start_triage(by=lead, case=case)
    # The former one is told too: the family may still read there.
    assert sorted(OutgoingMail.objects.values_list("template", "recipient")) == [
        ("cases/email/confirm_email", "right@example.org"),
        ("cases/email/email_changed", "family@example.org"),
    ]
    Client().post(newest_link())
    assert is_confirmed()


def test_a4_corrected_address_ends_links_at_the_wrong_one(unconfirmed, lead):
    confirming = asked(unconfirmed)
    actions.send_sign_in_link(member=unconfirmed.owner)
    code_link = newest_link()
    check_twice(unconfirmed, lead)
    actions.correct_email(by=lead, member=unconfirmed.owner, email="right@example.org")
    for path in (confirming, code_link):
        assert Client().get(path).status_code == 410
    assert actions.use_link(token=code_link.split("/")[-2]) is None
    assert not is_confirmed()


def test_a4_link_that_is_used_ends_the_others(case):
    actions.send_sign_in_link(member=case.owner)
    first = newest_link()
    actions.send_sign_in_link(member=case.owner)
    second = newest_link()
    assert code_on(Client().post(second, {"reference": case.reference}))
    assert Client().get(first).status_code == 410
    assert actions.use_link(token=first.split("/")[-2]) is None


def test_a4_link_that_becomes_void_while_it_is_used_makes_no_code(case, monkeypatch):
    actions.send_sign_in_link(member=case.owner)
    row = FamilyToken.objects.get()
    FamilyToken.objects.all().make_void()
    monkeypatch.setattr("cases.actions.access.living_token", lambda token: row)
    assert actions.use_link(token="x") is None


@pytest.mark.parametrize("language", ["en", "pl", "zh-hans", "ar"])
def test_a4_mail_with_a_link_to_a_new_code_names_no_case(language):
    case = make_case(language=language)
    actions.send_sign_in_link(member=case.owner)
    assert case.reference not in str(render_mail(OutgoingMail.objects.get()).message())


def test_office_sees_that_nobody_confirmed_the_address(unconfirmed, lead):
    url = reverse("office:cases_case_change", args=[unconfirmed.pk])
    assert "Address not confirmed" in sign_in_staff(lead).get(url).text
    FamilyMember.objects.update(email_confirmed_at=unconfirmed.created_at)
    assert "Address not confirmed" not in sign_in_staff(lead).get(url).text


def test_withdrawing_sends_a_last_mail_that_asks_for_no_sign_in(case, lead):
    actions.start_triage(by=lead, case=case)
    case.refresh_from_db()
    case.owner.case = case
    actions.withdraw_case(by=case.owner, case=case)
    assert mails() == ["status_changed", "withdrawn"]
    assert OutgoingMail.objects.earliest("created_at").status == MailStatus.STOPPED
    message = render_mail(OutgoingMail.objects.latest("created_at"))
    assert "sign in with" not in message.body.lower()
    assert "please sign in" not in message.body.lower()
    assert "http" not in message.body
    assert sign_in(Client(), case).status_code == 200


def test_withdrawn_case_gets_no_mail_to_a_corrected_address(case, lead):
    actions.withdraw_case(by=case.owner, case=case)
    OutgoingMail.objects.all().delete()
    case.owner.case = case
    check_twice(case, lead)
    actions.correct_email(by=lead, member=case.owner, email="right@example.org")
    assert mails() == []


@pytest.mark.parametrize("language", ["en", "pl", "zh-hans", "ar"])
@pytest.mark.parametrize("template", ["RECEIVED", "CONFIRM_EMAIL", "WITHDRAWN"])
def test_m2_w5_first_and_last_mail_are_neutral_and_lead_to_our_host_alone(
    settings, language, template
):
    settings.PUBLIC_URL = "https://portal.example"
    case = make_case(language=language)
    notifications.notify_family(case, getattr(notifications, template))
    message = render_mail(OutgoingMail.objects.get())
    whole = message.subject + message.body
    assert case.reference in message.subject
    assert NAME_CANARY not in whole and HEALTH_CANARY not in whole
    links = re.findall(r"https?://\S+", message.body)
    expected = [] if template == "WITHDRAWN" else [rf"https://portal.example/{language}/case/mail/"]
    assert [link.rpartition("/")[0].rpartition("/")[0] + "/" for link in links] == expected
