"""What a family typed is never lost: edited, sent again, signed out, refused, timed out."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases import actions, throttle
from cases.models import Case, Draft, Message
from cases.tests.family import (
    ANSWERS,
    case_url,
    code_on,
    fill_in,
    send,
    sign_in,
    signed_in,
    step_url,
)
from cases.workflow import Stage
from portal.tests.fixtures import make_case, sign_in_staff

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
WORDS = "Half a page about <b>my child</b>"
ESCAPED = "Half a page about &lt;b&gt;my child&lt;/b&gt;"


def bodies() -> list[str]:
    return sorted(message.body for message in Message.objects.all())


def test_r3_text_changed_and_sent_again_from_the_same_page_is_kept(case):
    client, submission = signed_in(case), str(uuid.uuid4())
    for body in ("one", "one", "two", "two", "one"):
        client.post(case_url(case), {"body": body, "submission": submission})
    assert bodies() == ["one", "two"]


def test_r3_answer_changed_and_sent_again_from_the_same_page_is_kept(case, coordinator):
    client, submission = sign_in_staff(coordinator), uuid.uuid4()
    url = reverse("office:cases_case_answer", args=[case.pk])
    for body in ("one", "one", "two"):
        typed = {"version": 1, "submission": submission, "body": body, "language": "en"}
        page = client.post(url, {f"answer-{name}": value for name, value in typed.items()})
    # The page was old: both texts are shown, and the own one goes out when it is sent again.
    assert page.status_code == 409
    for _click in range(2):
        again = typed | {"version": Case.objects.get().version}
        client.post(url, {f"answer-{name}": value for name, value in again.items()})
    assert bodies() == ["one", "two"]


@pytest.mark.parametrize(("body", "kept"), [("one", ["one"]), ("two", ["one", "two"])])
def test_r4_question_sent_again_after_a_conflict_is_no_error(coordinator, body, kept):
    case = make_case(stage=Stage.TRIAGE, assigned_to=coordinator)
    client, submission = sign_in_staff(coordinator), uuid.uuid4()
    url = reverse("office:cases_case_step", args=[case.pk, "ask_for_information"])

    def ask(words):
        version = Case.objects.get().version
        typed = {"version": version, "submission": submission, "body": words, "language": "en"}
        typed["reasons"] = ["lab"]
        name = "ask_for_information"
        return client.post(url, {f"{name}-{key}": value for key, value in typed.items()})

    assert ask("one").status_code == 302
    Case.objects.update(stage=Stage.TRIAGE, waiting_on="coordinator")
    assert ask(body).status_code == 302
    assert bodies() == kept


@pytest.mark.parametrize("name", ["finish-task", "withdraw-consent", "detail"])
def test_r4_office_that_is_always_faster_makes_no_error(case, monkeypatch, name):
    def raced(**kwargs):
        raise actions.ChangedMeanwhileError

    for action in ("write_message", "complete_task", "withdraw_consent"):
        monkeypatch.setattr(f"cases.actions.{action}", raced)
    from cases.tests.test_tracking import give_consent

    consent = give_consent(case)
    data = {"body": WORDS, "submission": str(uuid.uuid4()), "consent": str(consent.pk)}
    page = signed_in(case).post(case_url(case, name), data, follow=True)
    assert page.status_code == 200
    assert "changed at this very moment" in page.text
    assert (ESCAPED in page.text) is (name == "detail")


def test_words_survive_a_change_of_language_before_signing_in(case):
    client = Client()
    page = client.post(case_url(case), {"body": WORDS})
    assert page.status_code == 403
    kept = page.context["kept"]
    switched = client.post(
        case_url(case).replace("/en/", "/pl/"), {"kept": kept, "switch_language": "pl"}
    )
    assert 'lang="pl"' in switched.text
    assert f'name="kept" value="{ESCAPED}"' in switched.text


def test_words_survive_too_many_tries(case):
    client = Client()
    for _number in range(throttle.TRIES_AN_HOUR):
        sign_in(client, case, "2222-2222-2222", kept=WORDS)
    page = sign_in(client, case, kept=WORDS, next=case_url(case))
    assert page.status_code == 429
    assert ESCAPED in page.text
    back = client.post(
        reverse("case:sign-in"),
        {name: page.context[name] for name in ("kept", "next", "reference")}
        | {"switch_language": "en"},
    )
    assert f'name="kept" value="{ESCAPED}"' in back.text
    assert case.reference in back.text
    assert client.post(reverse("case:sign-in"), {"reference": case.reference}).status_code == 200


def without_token(client, url: str, data: dict):
    """As a page does whose token another tab has replaced by signing in."""
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    strict.get(reverse("case:sign-in"))
    return strict.post(url, {"csrfmiddlewaretoken": "a" * 64, **data})


def test_a6_page_whose_token_is_old_gives_the_words_back(case):
    data = {"body": WORDS, "code": "ABCD-EFGH-JKMN-PQRS-TVWX", "password": "x" * 30}
    page = without_token(signed_in(case), case_url(case), data)
    assert page.status_code == 403
    assert ESCAPED in page.text
    assert "readonly" in page.text
    assert "ABCD-EFGH" not in page.text
    assert "x" * 30 not in page.text
    assert "a" * 64 not in page.text.split("<main")[1]


def test_a6_page_whose_token_is_old_is_stored_nowhere(case):
    page = without_token(signed_in(case), case_url(case), {"body": "x"})
    assert page["Cache-Control"] == "no-store, private"
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["X-Robots-Tag"] == "noindex"
    assert "Cookie" in page["Vary"]


def test_a6_staff_get_their_words_back_too(case, lead):
    url = reverse("office:cases_case_answer", args=[case.pk])
    page = without_token(sign_in_staff(lead), url, {"answer-body": WORDS})
    assert (page.status_code, ESCAPED in page.text) == (403, True)
    assert "no-store" in page["Cache-Control"]


def test_a6_page_of_the_inquiry_is_given_back(client):
    fill_in(client, until="guardian")
    page = without_token(client, step_url("problem"), ANSWERS["problem"])
    assert ANSWERS["problem"]["problem"] in page.text


def test_a6_words_of_another_site_are_not_shown(case):
    strict = Client(enforce_csrf_checks=True)
    evil = {"origin": "https://evil.example"}
    page = strict.post(case_url(case), {"body": WORDS}, headers=evil)
    assert (page.status_code, "my child" in page.text) == (403, False)


def test_inquiry_that_is_open_outlives_signing_in(client, case):
    fill_in(client, until="contact")
    sign_in(client, case)
    assert not client.session.get_expire_at_browser_close()
    assert client.get(reverse("inquiry:resume")).url == step_url("now")
    page = client.get(case_url(case)).text
    assert "It stays saved when you sign out" in page
    client.post(reverse("case:sign-out"))
    assert Draft.objects.count() == 1


def test_inquiry_without_a_way_back_is_erased_by_signing_out(client, case):
    fill_in(client, until="you")
    sign_in(client, case)
    assert "Signing out erases it" in client.get(case_url(case)).text
    client.post(reverse("case:sign-out"))
    assert Draft.objects.count() == 0


def test_session_without_an_open_inquiry_ends_with_the_browser(client, case):
    fill_in(client)
    send(client)
    sign_in(client, case)
    assert client.session.get_expire_at_browser_close()
    assert "Signing out erases it" not in client.get(case_url(case)).text
    client.post(reverse("case:sign-out"))
    assert Draft.objects.count() == 1


@pytest.mark.parametrize("name", ["step", "check", "resume"])
def test_browser_that_sent_an_inquiry_can_begin_another(client, name):
    fill_in(client)
    send(client)
    Case.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    args = ["you"] if name == "step" else []
    client.get(reverse(f"inquiry:{name}", args=args))
    fill_in(client)
    assert code_on(send(client))
    assert Case.objects.count() == 2


def test_late_confirmation_is_shown_once_with_a_way_on(client):
    fill_in(client)
    send(client)
    Case.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    page = client.get(reverse("inquiry:sent"))
    assert "no longer shown" in page.text
    assert "btn-primary" in page.text.split("<main")[1]
    assert client.get(reverse("inquiry:sent")).url == reverse("inquiry:start")
