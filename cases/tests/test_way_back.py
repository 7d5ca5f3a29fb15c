"""A draft is reachable again: by code, by mailed link, from elsewhere, in another language."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases import actions, jobs, links, throttle
from cases.actions.access import LINKS_AN_HOUR
from cases.models import Case, Draft, FamilyToken
from cases.tests.family import (
    ANSWERS,
    code_on,
    fill_in,
    send,
    step_url,
    without_tokens,
)
from cases.tests.test_jobs import run_jobs
from portal.mail import render_mail
from portal.models import OutgoingMail
from portal.tests.fixtures import HEALTH_CANARY

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
LATER = "/en/inquiry/later/"
SIGN_IN = "/en/case/"


def pause(client) -> tuple[Draft, str]:
    """Half an inquiry, and the code that opens it."""
    fill_in(client, until="guardian")
    client.post(LATER)
    return Draft.objects.get(), code_on(client.get(LATER))


def come_back(client, draft, code, path=SIGN_IN):
    return client.post(path, {"reference": draft.reference, "code": code})


def test_code_is_shown_when_asked_for_and_kept_as_a_hash(client):
    fill_in(client, until="you")
    assert code_on(client.get(LATER)) == ""
    assert Draft.objects.get().code_hash == ""
    assert client.post(LATER).url == LATER
    code = code_on(client.get(LATER))
    assert len(code) == 14
    assert Draft.objects.get().code_hash.startswith("argon2$argon2id$")
    assert code_on(client.get(LATER)) == code


def test_save_and_continue_later_keeps_half_a_page(client):
    fill_in(client, until="you")
    half = {"name": "Anna", "email": "not yet", "later": "1"}
    answer = client.post(step_url("contact"), half, follow=True)
    assert answer.redirect_chain == [(LATER, 302)]
    assert code_on(answer)
    assert Draft.objects.get().answers["contact"]["name"] == ["Anna"]
    assert client.get(reverse("inquiry:resume")).url == step_url("contact")
    assert 'value="not yet"' in client.get(step_url("contact")).text


def test_code_opens_the_draft_elsewhere_in_another_language(client):
    draft, code = pause(client)
    elsewhere = Client()
    answer = come_back(elsewhere, draft, code.lower(), "/ar/case/")
    assert answer.url == "/ar/inquiry/resume/"
    page = elsewhere.get("/ar/inquiry/resume/", follow=True)
    assert page.redirect_chain[-1][0] == "/ar/inquiry/problem/"
    assert 'value="kowalska@example.org"' in elsewhere.get("/ar/inquiry/contact/").text


def test_two_devices_write_into_one_draft_and_the_case_has_its_code(client):
    draft, code = pause(client)
    elsewhere = Client()
    come_back(elsewhere, draft, code)
    fill_in(elsewhere)
    assert client.get(reverse("inquiry:check")).status_code == 200
    page = send(elsewhere)
    case = Case.objects.get()
    assert case.reference == draft.reference
    assert code_on(page) == ""
    assert "the one that you have already" in page.text
    assert come_back(Client(), draft, code).url == reverse("case:detail", args=[case.reference])


def test_device_that_came_by_the_code_never_shows_it(client):
    draft, code = pause(client)
    elsewhere = Client()
    come_back(elsewhere, draft, code)
    page = elsewhere.get(LATER)
    assert code_on(page) == ""
    assert "the one that you have already" in page.text


def test_device_that_came_by_the_code_is_out_after_twelve_hours(client, time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    draft, code = pause(client)
    elsewhere = Client()
    come_back(elsewhere, draft, code)
    assert elsewhere.get(step_url("contact")).status_code == 200
    time_machine.shift(timedelta(hours=12, seconds=1))
    assert elsewhere.get(step_url("contact")).status_code == 302
    assert client.get(step_url("contact")).status_code == 200


def test_a3_draft_answers_like_every_other_miss(client, case):
    draft, code = pause(client)
    never_asked = actions.start_draft(language="en")[0]
    misses = [
        (draft.reference, "2222-2222-2222"),
        (case.reference, "2222-2222-2222"),
        ("SH-2222-2222", code),
        (never_asked.reference, ""),
    ]
    bodies = set()
    for reference, wrong in misses:
        page = Client().post(SIGN_IN, {"reference": reference, "code": wrong or "2345-2345-2345"})
        bodies.add(without_tokens(page).replace(reference, ""))
    assert len(bodies) == 1


def test_expired_draft_opens_no_more(client):
    draft, code = pause(client)
    Draft.objects.update(expires_at=timezone.now())
    assert come_back(Client(), draft, code).status_code == 200


def test_guessing_at_a_draft_is_slowed(client):
    draft, _code = pause(client)
    stranger = Client(REMOTE_ADDR="203.0.113.7")
    for _number in range(throttle.TRIES_AN_HOUR):
        assert come_back(stranger, draft, "2222-2222-2222").status_code == 200
    assert come_back(stranger, draft, "2222-2222-2222").status_code == 429


def ask_for_link(client, draft, email="KOWALSKA@example.org"):
    client.post(reverse("case:lost-code"), {"reference": draft.reference, "email": email})
    run_jobs("cases.jobs.mail_sign_in_link")


def mailed_path() -> str:
    return f"/en/case/link/{links.link_token(FamilyToken.objects.latest('created_at').pk)}/"


def test_mailed_link_opens_by_post_alone_and_once(client):
    fill_in(client, until="guardian")
    draft, elsewhere = Draft.objects.get(), Client()
    ask_for_link(elsewhere, draft)
    path = mailed_path()
    for _number in range(3):
        assert elsewhere.get(path).status_code == 200
    assert elsewhere.get(step_url("contact")).status_code == 302
    page = elsewhere.post(path, follow=True)
    assert page.redirect_chain == [(LATER, 302)]
    assert elsewhere.post(path).status_code == 410
    code = code_on(page)
    assert come_back(Client(), draft, code).url == reverse("inquiry:resume")
    assert Draft.objects.get().email_confirmed_at is not None


def test_mailed_link_puts_other_browsers_out(client):
    draft, code = pause(client)
    by_code = Client()
    come_back(by_code, draft, code)
    assert by_code.get(step_url("contact")).status_code == 200
    elsewhere = Client()
    ask_for_link(elsewhere, draft)
    elsewhere.post(mailed_path())
    for former in (client, by_code):
        assert former.get(step_url("contact")).status_code == 410
    assert come_back(Client(), draft, code).status_code == 200


def test_mailed_link_in_another_browser_asks_for_the_reference(client):
    fill_in(client, until="contact")
    draft = Draft.objects.get()
    ask_for_link(client, draft)
    other = Client()
    assert 'name="reference"' in other.get(mailed_path()).text
    assert other.post(mailed_path(), {"reference": "SH-2222-2222"}).status_code == 200
    assert other.post(mailed_path(), {"reference": draft.reference}).url == LATER


def test_link_of_a_draft_that_was_sent_or_expired_is_dead(client):
    fill_in(client)
    ask_for_link(Client(), Draft.objects.get())
    path = mailed_path()
    expires = Draft.objects.get().expires_at
    Draft.objects.update(expires_at=timezone.now())
    assert client.get(path).status_code == 410
    Draft.objects.update(expires_at=expires)
    send(client)
    assert client.get(path).status_code == 410


def test_a3_lost_code_of_a_draft_answers_like_every_other(client):
    fill_in(client, until="contact")
    reference = Draft.objects.get().reference
    pages = [
        Client(REMOTE_ADDR=f"203.0.113.{number}").post(
            reverse("case:lost-code"), {"reference": reference, "email": email}, follow=True
        )
        for number, email in enumerate(("kowalska@example.org", "stranger@example.org"))
    ]
    assert without_tokens(pages[0]) == without_tokens(pages[1])
    run_jobs("cases.jobs.mail_sign_in_link")
    assert OutgoingMail.objects.count() == 1


def test_links_to_a_draft_are_few(client):
    fill_in(client, until="contact")
    for _number in range(LINKS_AN_HOUR + 2):
        actions.send_sign_in_link(member=Draft.objects.get())
    assert FamilyToken.objects.count() == LINKS_AN_HOUR


def test_address_can_be_given_before_the_page_that_asks(client):
    fill_in(client, until="you")
    page = client.post(LATER, {"email": "anna"})
    assert "Write the whole e-mail address" in page.text
    client.post(LATER, {"email": "anna@example.org"})
    assert Draft.objects.get().email == "anna@example.org"
    assert 'name="email"' not in client.get(LATER).text
    assert "anna@example.org" not in client.get(LATER).text


def test_other_address_is_one_that_nobody_confirmed(client):
    fill_in(client, until="contact")
    Draft.objects.update(email_confirmed_at=timezone.now())
    client.post(step_url("contact"), ANSWERS["contact"])
    assert Draft.objects.get().email_confirmed_at is not None
    client.post(step_url("contact"), {**ANSWERS["contact"], "email": "other@example.org"})
    draft = Draft.objects.get()
    assert (draft.email, draft.email_confirmed_at) == ("other@example.org", None)


@pytest.mark.parametrize("confirmed", [True, False])
def test_confirmed_address_of_a_draft_stays_confirmed(client, confirmed):
    fill_in(client)
    Draft.objects.update(email_confirmed_at=timezone.now() if confirmed else None)
    send(client)
    assert bool(Case.objects.get().family.get().email_confirmed_at) is confirmed


def test_address_of_a_sent_inquiry_is_not_changed_here(client):
    fill_in(client)
    draft = Draft.objects.get()
    send(client)
    with pytest.raises(actions.ActionRefusedError):
        actions.keep_address(draft=draft, email="other@example.org")


def test_code_of_a_draft_is_made_once(client):
    draft, _code = pause(client)
    secret = client.session["inquiry"]["secret"]
    actions.keep_code(draft=draft, secret=secret)
    assert Draft.objects.get().code_hash == draft.code_hash


def test_later_without_a_draft_leads_to_the_start(client):
    assert client.get(LATER).url == reverse("inquiry:start")
    assert client.post(LATER).url == reverse("inquiry:start")


def test_every_page_says_until_when_and_how_to_come_back(client):
    fill_in(client)
    for slug in ANSWERS:
        page = client.get(step_url(slug)).text
        assert "Not sent yet. Saved until" in page
        assert f'href="{LATER}"' in page
        assert Draft.objects.get().reference in page


def remind(days: float) -> list[str]:
    with time_machine.travel(timezone.now() + timedelta(days=days)):
        jobs.housekeeping.func()
        jobs.housekeeping.func()
    return list(OutgoingMail.objects.values_list("template", flat=True))


def test_reminder_on_day_seven_is_one_neutral_mail(client):
    fill_in(client, until="guardian")
    assert remind(6.9) == []
    assert remind(7.1) == remind(12) == ["cases/email/draft_reminder"]
    mail = render_mail(OutgoingMail.objects.get())
    text = f"{mail.subject} {mail.body}"
    assert Draft.objects.get().reference in mail.subject
    for word in (HEALTH_CANARY, ANSWERS["contact"]["name"], "inquiry", "patient", "hospital"):
        assert word not in text


@pytest.mark.parametrize("why", ["no address", "sent", "expired"])
def test_nobody_else_is_reminded(client, why):
    fill_in(client, until="you" if why == "no address" else "")
    if why == "sent":
        send(client)
    if why == "expired":
        Draft.objects.update(expires_at=timezone.now() + timedelta(days=7))
    assert "cases/email/draft_reminder" not in remind(8)


def test_two_workers_remind_once(client):
    fill_in(client, until="contact")
    draft = Draft.objects.get()
    from cases.actions.drafts import _remind

    assert (_remind(draft), _remind(draft)) == (True, False)


def test_after_thirty_days_nothing_of_it_is_left(client):
    fill_in(client, until="guardian")
    ask_for_link(client, Draft.objects.get())
    remind(8)
    with time_machine.travel(timezone.now() + timedelta(days=30, minutes=1)):
        jobs.housekeeping.func()
    left = [model.objects.count() for model in (Draft, FamilyToken, OutgoingMail)]
    assert left == [0, 0, 0]


def test_page_sent_by_the_script_is_told_where_to_go(client):
    answer = client.post(step_url("you"), ANSWERS["you"], headers={"X-Page-Script": "1"})
    assert (answer.status_code, answer["X-Next"]) == (204, step_url("contact"))
    assert answer["Cache-Control"] == "no-store, private"
    refused = client.post(step_url("contact"), {}, headers={"X-Page-Script": "1"})
    assert refused.status_code == 200


def test_slip_holds_reference_and_address_but_no_code(client):
    draft, code = pause(client)
    page = client.get(LATER).text
    slip = page.split('class="slip')[1].split("</section>")[0]
    assert draft.reference in slip
    assert "http://testserver/en/case/" in slip
    assert "data:image/svg+xml" in slip
    assert code not in slip
