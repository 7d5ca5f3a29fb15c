"""What a family reads before its first field (rows P2, GDPR Article 13), and older consents."""

import hashlib
import json

import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext, override

from cases import actions, consents
from cases.actions import ActionRefusedError
from cases.models import CaseEvent, Consent, Referral
from cases.tests.family import case_url, signed_in
from cases.tests.hospitals import agree, agree_to_all, share
from portal.tests.fixtures import make_case

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture
def case():
    """One that nothing was agreed to yet."""
    return make_case(agreed=())


LANGUAGES = [code for code, _name in settings.LANGUAGES]
# Each item of Article 13 and of China's Article 39, by the words that tell it.
NOTICE = {
    "controller": "Data controller",
    "contact": "Address",
    "purposes": "To read your inquiry, answer you and find a hospital that may help: your name and "
    "contact, the patient’s name, birth date and illness, and what you wish.",
    "legal basis, and that each consent may be withdrawn": "We use health data only because you "
    "agree to it. Each consent is asked for by itself, and you can take each one back at any "
    "time. What was done before stays lawful. Without the consent to handle health data we cannot "
    "take an inquiry.",
    "no automated decision": "No decision about you is made by a machine alone.",
    "recipients: the office": "Coordinators of this portal who work on your case.",
    "recipients: hospitals": "A hospital, only after you agreed that this hospital may see it.",
    "recipients: processors": "The companies that run the servers and carry the mail for us. Our "
    "mails hold no word about an illness.",
    "China and remote access": "The hospitals are in China. Your data goes there when a hospital "
    "looks at your papers, and people in China may read it from there over the network (remote "
    "access). The law of China does not protect it in the same way as the law of the European "
    "Union does. That is why we ask for your explicit consent before it.",
    "retention": "An inquiry that you have not sent: 30 days, then it is deleted.",
    "rights": "To have it corrected, erased, or its use limited.",
    "complaint": "Write to us in your case, or to the address above. You can also complain to the "
    "data protection authority of the country where you live.",
}
CHINA = {"en": "China", "zh-hans": "中国", "pl": "Chin", "ar": "الصين"}


def test_p2_there_are_twelve_items():
    assert len(NOTICE) == 12


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["inquiry:start", "privacy"])
def test_p2_notice_is_whole_before_the_first_field(client, language, name):
    with override(language):
        page = client.get(reverse(name)).text
        told = {item: gettext(words) for item, words in NOTICE.items()}
    missing = [item for item, words in told.items() if escape(words) not in page]
    assert missing == []
    assert CHINA[language] in told["China and remote access"]
    if language != "en":
        assert [item for item, words in told.items() if words == NOTICE[item]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_p2_every_page_with_a_field_leads_to_it(client, language):
    """Nothing is typed on the page of the notice; whoever comes in elsewhere finds it too."""
    with override(language):
        start, first = reverse("inquiry:start"), reverse("inquiry:step", args=["you"])
        notice = reverse("privacy")
    page = client.get(start).text.split("<main")[1].split("</main>")[0]
    assert page.count('type="text"') == page.count("<textarea") == 0
    assert f'href="{notice}"' in client.get(first).text


# ---- Versions


def english_hashes() -> dict[str, str]:
    """Of every text that somebody may agree to, without a hospital's name."""

    class Named:
        name = "%"

    own, passed_on = consents.OWN, consents.PASSED_ON
    with override("en"):
        shown = [*consents.texts(Named), *map(consents.child_text, (own, passed_on))]
        shown += map(consents.guardian_text, (own, passed_on))
    found: dict[str, list] = {}
    for text in shown:
        found.setdefault(str(text.kind), []).append(text.text)
    return {
        kind: hashlib.sha256(json.dumps(words).encode()).hexdigest()[:16]
        for kind, words in found.items()
    }


# Whoever changes a text changes its version in `consents.VERSIONS`, and then this line.
KNOWN = {
    ("health_data", "2026-11"): "b88942ed3f4ddde2",
    ("transfer_china", "2026-11"): "dd04a79df35e527e",
    ("share_hospital", "2026-12"): "54bf5edfaec173ad",
    ("news", "2026-11"): "1d041fbad590358e",
    ("guardian", "2026-11"): "f15859c5e067536c",
    ("child", "2026-11"): "5b915f114fc99ae4",
}


def test_p2_text_that_changes_has_a_new_version():
    now = {(kind, consents.VERSIONS[kind]): digest for kind, digest in english_hashes().items()}
    assert now == KNOWN


@pytest.mark.parametrize("kind", list(Consent.Kind))
def test_p2_older_consent_of_every_kind_is_flagged_and_asked_anew(case, scmc, kind):
    hospital = scmc if kind == "share_hospital" else None
    older = agree(case, kind, hospital, version="2020-01")
    client = signed_in(case)
    page = client.get(case_url(case, "sharing"))
    assert [row["is_old"] for row in page.context["consents"]] == [True]
    assert "Its words have changed since then." in page.text
    assert (kind, hospital) in [(o["kind"], o["hospital"]) for o in page.context["offers"]]
    assert "The words of a consent have changed" in client.get(case_url(case)).text
    give(client, case, kind, hospital)
    older.refresh_from_db()
    newer = Consent.objects.get(kind=kind, withdrawn_at=None)
    assert (newer.version, older.withdrawn_at) == (consents.VERSIONS[kind], newer.given_at)
    page = client.get(case_url(case, "sharing"))
    assert [row["is_old"] for row in page.context["consents"]] == [False]
    assert "have changed" not in client.get(case_url(case)).text


def give(client, case, kind, hospital):
    about = {"kind": kind} | ({"hospital": hospital.slug} if hospital else {})
    url = case_url(case, "give-consent")
    shown = client.post(url, about).context["form"].carried["shown"]
    client.post(url, {**about, "shown": shown, "agree": "on", "signed_name": "Anna"})


def test_p2_what_is_shared_stays_shared_while_the_new_words_are_agreed_to(case, scmc, coordinator):
    referral = share(case, scmc, coordinator)
    Consent.objects.update(version="2020-01")
    client = signed_in(case)
    for kind, hospital in (("share_hospital", scmc), ("transfer_china", None)):
        give(client, case, kind, hospital)
        connection.check_constraints()
    referral.refresh_from_db()
    assert referral.ended_at is None
    assert Consent.objects.filter(withdrawn_at=None, version="2020-01").count() == 1
    assert CaseEvent.objects.filter(kind="referral_ended").count() == 0


def test_p2_nothing_new_is_shared_on_older_words(case, scmc, coordinator):
    agree_to_all(case, scmc)
    Consent.objects.filter(kind="share_hospital").update(version="2020-01")
    with pytest.raises(ActionRefusedError, match="changed since the family agreed"):
        actions.refer_case(by=coordinator, case=case, hospital=scmc)
    assert actions.missing_consents(case, scmc) == ["share_hospital"]
    assert Referral.objects.count() == 0


# ---- Withdrawing


@pytest.mark.parametrize("language", LANGUAGES)
def test_effect_is_told_before_for_every_kind(case, scmc, language):
    for kind in Consent.Kind:
        agree(case, kind, scmc if kind == "share_hospital" else None)
    path = case_url(case, "sharing").replace("/en/", f"/{language}/")
    page = signed_in(case).get(path)
    rows = page.context["consents"]
    assert len(rows) == len(Consent.Kind)
    for row in rows:
        assert escape(row["effect"]) in page.text
    assert page.text.count('name="consent"') == len(rows)


def test_withdrawn_consent_is_listed_once_and_last(case):
    for _time in range(2):
        consent = agree(case, "news")
        actions.withdraw_consent(by=case.owner, consent=consent)
    agree(case, "health_data")
    rows = signed_in(case).get(case_url(case, "sharing")).context["consents"]
    assert [(row["kind"], row["ended"] is None) for row in rows] == [
        ("health_data", True),
        ("news", False),
    ]
