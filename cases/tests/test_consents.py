"""What was agreed to, in the very words that were shown (row P1)."""

import hashlib

import pytest
from django.conf import settings
from django.test import Client
from django.utils.translation import override

from cases import consents
from cases.models import Consent
from cases.tests.family import ANSWERS, fill_in, send, shown, step_url
from portal.tests.fixtures import make_case

pytestmark = pytest.mark.django_db
LANGUAGES = [code for code, _name in settings.LANGUAGES]


@pytest.mark.parametrize("language", LANGUAGES)
def test_stored_hash_is_of_the_text_that_was_shown(language, scmc):
    client = Client()
    fill_in(client, until="urgency")
    client.post(step_url("hospital"), {"hospital": "scmc"})
    path = step_url("consents").replace("/en/", f"/{language}/")
    page = client.get(path)
    boxes = [field for field in page.context["form"] if field.name != "signed_name"]
    assert [box.value() for box in boxes] == [None] * 5
    given = {box.name: "on" for box in boxes}
    shown_texts = page.context["form"].carried["shown"]
    client.post(path, {**given, "signed_name": "Anna Kowalska", "shown": shown_texts})
    send(client)
    for box in boxes:
        consent = Consent.objects.get(kind=box.name)
        assert consent.text_hash == hashlib.sha256(box.help_text.encode()).hexdigest()
        assert (consent.language, consent.version) == (language, consents.VERSIONS[box.name])


def test_required_consents_say_why(client):
    fill_in(client, until="hospital")
    page = client.post(step_url("consents"), {"shown": shown(client)})
    errors = page.context["form"].errors
    assert "Without this nobody may read your inquiry." in errors["health_data"][0]
    assert "The hospitals are in Shanghai." in errors["transfer_china"][0]
    assert set(errors) == {"health_data", "transfer_china", "child", "signed_name"}


@pytest.mark.parametrize("forged", ["", "en:0", "xx:0", "pl"])
def test_words_that_were_not_shown_cannot_be_agreed_to(client, forged):
    fill_in(client, until="hospital")
    page = client.post(step_url("consents"), {**ANSWERS["consents"], "shown": forged})
    assert "The words of this page have changed" in page.content.decode()


def test_another_hospital_asks_for_the_consents_anew(client, scmc, renji):
    fill_in(client, until="urgency")
    client.post(step_url("hospital"), {"hospital": "scmc"})
    client.post(step_url("consents"), {**ANSWERS["consents"], "shown": shown(client)})
    answer = client.post(step_url("hospital"), {"hospital": "renji"})
    assert answer.url == step_url("consents")


def test_new_version_of_a_text_asks_anew(client, monkeypatch):
    fill_in(client)
    monkeypatch.setattr(consents, "_news", lambda: consents.ConsentText("news", "", "", False, ""))
    assert send(client).redirect_chain[-1][0] == step_url("consents")


def test_transfer_names_china_and_its_risks():
    text = consents.texts()[1].text
    assert "China" in text and "risks" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_consent_has_a_title_for_the_case_page(language, scmc):
    case = make_case()
    with override(language):
        for kind in Consent.Kind:
            hospital = scmc if kind == Consent.Kind.SHARE_HOSPITAL else None
            assert consents.title_of(Consent(case=case, kind=kind, hospital=hospital))
