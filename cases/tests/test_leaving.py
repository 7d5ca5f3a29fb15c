"""The quick way out (row A7), from every page of the family's side."""

import re
import uuid

import pytest
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.urls import reverse

from cases.models import Draft
from cases.tests.family import case_url, fill_in, signed_in, step_url
from portal.sealed_sessions import SessionStore
from portal.tests.fixtures import NAME_CANARY

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
LEAVE, LEFT = "/en/case/leave/", "/en/case/left/"


def test_a7_leaving_ends_the_session_and_clears_the_browser(case):
    client = signed_in(case)
    key = client.cookies["session"].value
    assert client.get(LEAVE).status_code == 405
    answer = client.post(LEAVE)
    assert answer.url == LEFT
    assert answer["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert not Session.objects.filter(session_key=key).exists()
    assert client.get(case_url(case)).status_code == 302


@pytest.fixture
def leaving(case, monkeypatch):
    """Signed in, and another window leaves while each request is being answered."""
    client = signed_in(case)

    def save(self, must_create=False):
        Session.objects.filter(session_key=self.session_key).delete()
        return db.SessionStore.save(self, must_create=must_create)

    monkeypatch.setattr(SessionStore, "save", save, raising=False)
    return client


def test_a7_page_asked_for_while_leaving_shows_nothing(case, leaving):
    answer = leaving.get(case_url(case))
    assert (answer.status_code, answer.url, answer.content) == (302, case_url(case), b"")
    assert "no-store" in answer["Cache-Control"]
    assert leaving.get(case_url(case)).url.startswith("/en/case/?")


def test_a7_message_sent_while_leaving_is_there(case, leaving):
    answer = leaving.post(case_url(case), {"body": NAME_CANARY, "submission": uuid.uuid4()})
    assert answer.status_code == 302
    assert case.messages.get().body == NAME_CANARY


def test_a7_form_with_a_mistake_while_leaving_gives_the_words_back(case, leaving):
    words = NAME_CANARY + "x" * 20_000
    answer = leaving.post(case_url(case), {"body": words})
    assert answer.status_code == 403
    assert NAME_CANARY in answer.text


def test_a7_leaving_keeps_the_inquiry_for_the_family(client):
    fill_in(client, until="problem")
    client.post(LEAVE)
    assert client.get(step_url("problem")).status_code == 302
    assert Draft.objects.get().answers["problem"]


def test_a7_neutral_page_says_nothing_of_us(client):
    page = client.get(LEFT).text
    assert re.search("<title>(.*)</title>", page).group(1) == "Empty page"
    assert '<link rel="icon" href="data:,">' in page
    for word in ("Shanghai", "hospital", "inquiry", "case", "magnolia", "favicon"):
        assert word not in page


@pytest.mark.parametrize("slug", ["you", "problem", "consents"])
def test_a7_every_page_of_the_inquiry_has_the_way_out(client, slug):
    fill_in(client)
    assert f'action="{LEAVE}"' in client.get(step_url(slug)).text


@pytest.mark.parametrize(
    "name", ["inquiry:start", "inquiry:emergency", "inquiry:later", "inquiry:check", "case:sign-in",
             "case:lost-code", "case:link-mailed", "case:signed-out", "case:email-confirmed"]
)  # fmt: skip
def test_a7_so_have_the_others(client, name):
    fill_in(client)
    assert f'action="{LEAVE}"' in client.get(reverse(name)).text


@pytest.mark.parametrize("name", ["detail", "withdraw"])
def test_a7_so_has_the_case(case, name):
    assert f'action="{LEAVE}"' in signed_in(case).get(case_url(case, name)).text
