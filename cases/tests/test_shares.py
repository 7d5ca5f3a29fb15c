"""No share without its consent, and none after it was withdrawn (row P1)."""

import hashlib

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import override

from cases import actions, consents
from cases.actions import ActionRefusedError
from cases.models import Case, CaseEvent, Consent, Referral
from cases.tests.family import case_url, signed_in
from cases.tests.test_tracking import give_consent
from portal.models import AuditEvent
from portal.tests.fixtures import make_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    """One that nothing was agreed to yet."""
    return make_case(agreed=())


def agree(case, hospital):
    return (
        give_consent(case, "share_hospital", hospital),
        give_consent(case, "transfer_china"),
    )


def refer(case, hospital, by):
    return actions.refer_case(by=by, case=case, hospital=hospital)


def refused(**fields) -> bool:
    """Whether the database itself says no, past every action; checked as at the commit."""
    try:
        with transaction.atomic():
            Referral.objects.create(**fields)
            connection.check_constraints()
    except IntegrityError:
        return True
    return False


def test_p1_both_consents_and_it_is_shared(case, scmc, coordinator):
    agree(case, scmc)
    referral = refer(case, scmc, coordinator)
    assert (referral.hospital, referral.ended_at) == (scmc, None)
    assert AuditEvent.objects.get(action="case.referred").data == {"hospital": "scmc"}


@pytest.mark.parametrize("kinds", [(), ("share_hospital",), ("transfer_china",)])
def test_p1_one_consent_is_not_enough(case, scmc, coordinator, kinds):
    for kind in kinds:
        give_consent(case, kind, scmc if kind == "share_hospital" else None)
    with pytest.raises(ActionRefusedError):
        refer(case, scmc, coordinator)


def test_p1_consent_for_another_hospital_is_not_enough(case, scmc, renji, coordinator):
    agree(case, renji)
    with pytest.raises(ActionRefusedError):
        refer(case, scmc, coordinator)


def test_p1_database_refuses_every_other_way(case, other_case, scmc, renji, coordinator):
    share, transfer = agree(case, scmc)
    other_share, other_transfer = agree(other_case, scmc)
    right = {"case": case, "hospital": scmc, "sent_by": coordinator}
    right |= {"share": share, "transfer": transfer}
    wrong = (
        {"share": None},
        {"transfer": None},
        {"share": None, "transfer": None},
        {"share": other_share},
        {"transfer": other_transfer},
        {"share": transfer},
        {"transfer": share},
        {"hospital": renji},
        {"case": other_case},
        {"ended_at": timezone.now()},
    )
    for fields in wrong:
        assert refused(**(right | fields)), fields
    assert not refused(**right)
    assert refused(**right)


def test_p1_made_up_key_is_refused(case, scmc, coordinator):
    """No consent at all: the key is the right one, and leads to nothing."""
    keys = {"share_id": f"share_hospital:{case.pk.hex}:{scmc.pk.hex}"}
    keys |= {"transfer_id": f"transfer_china:{case.pk.hex}:"}
    assert refused(case=case, hospital=scmc, sent_by=coordinator, **keys)


def test_p1_consent_is_not_withdrawn_under_a_share(case, scmc, coordinator):
    share, _transfer = agree(case, scmc)
    refer(case, scmc, coordinator)
    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.filter(pk=share.pk).update(withdrawn_at=timezone.now(), living_key=None)
        connection.check_constraints()


def test_p1_key_of_a_consent_cannot_be_forged(case, scmc):
    consent = give_consent(case, "news")
    for changes in (
        {"living_key": f"share_hospital:{case.pk.hex}:{scmc.pk.hex}"},
        {"living_key": None},
        {"withdrawn_at": timezone.now()},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Consent.objects.filter(pk=consent.pk).update(**changes)


@pytest.mark.parametrize(
    "kind", ["share_hospital", "transfer_china", "health_data", "guardian", "child"]
)
def test_p1_withdrawing_ends_the_share_at_once(case, scmc, coordinator, kind):
    agree(case, scmc)
    for other in ("health_data", "guardian", "child"):
        give_consent(case, other)
    refer(case, scmc, coordinator)
    client = signed_in(case)
    consent = Consent.objects.get(kind=kind)
    client.post(case_url(case, "withdraw-consent"), {"consent": str(consent.pk)})
    assert Referral.objects.filter(ended_at=None).count() == 0
    assert Consent.objects.get(pk=consent.pk).living_key is None
    assert CaseEvent.objects.filter(kind="referral_ended").count() == 1


def test_p1_withdrawing_news_ends_no_share(case, scmc, coordinator):
    agree(case, scmc)
    refer(case, scmc, coordinator)
    actions.withdraw_consent(by=case.owner, consent=give_consent(case, "news"))
    assert Referral.objects.filter(ended_at=None).count() == 1


def test_p1_given_again_it_can_be_shared_again(case, scmc, coordinator):
    share, _transfer = agree(case, scmc)
    refer(case, scmc, coordinator)
    actions.withdraw_consent(by=case.owner, consent=share)
    case.refresh_from_db()
    agree_again(case, scmc)
    refer(case, scmc, coordinator)
    assert Referral.objects.count() == 2


def agree_again(case, hospital):
    text = consents.text_of("share_hospital", hospital)
    actions.give_consent(by=case.owner, case=case, text=text, language="en", hospital=hospital)


def test_share_is_for_who_works_on_an_open_case(case, scmc, auditor, coordinator):
    agree(case, scmc)
    with pytest.raises(ActionRefusedError):
        refer(case, scmc, auditor)
    referral = refer(case, scmc, coordinator)
    with pytest.raises(ActionRefusedError):
        refer(case, scmc, coordinator)
    with pytest.raises(ActionRefusedError):
        actions.end_referral(by=auditor, referral=referral)
    for _time in range(2):
        actions.end_referral(by=coordinator, referral=referral)
    assert CaseEvent.objects.filter(kind="referral_ended").count() == 1


def test_held_inquiry_is_shown_to_no_hospital_M1(case, scmc, coordinator):
    agree(case, scmc)
    Case.objects.filter(pk=case.pk).update(held_for="fast")
    case.refresh_from_db()
    with pytest.raises(ActionRefusedError):
        refer(case, scmc, coordinator)
    assert not Referral.objects.exists()


def test_case_is_erased_with_its_share(case, scmc, coordinator):
    agree(case, scmc)
    refer(case, scmc, coordinator)
    case.delete()
    assert Referral.objects.count() == Consent.objects.count() == Case.objects.count() == 0


def offer(client, case, **posted):
    return client.post(case_url(case, "give-consent"), posted)


@pytest.mark.parametrize("kind", ["health_data", "transfer_china", "news"])
def test_p1_consent_is_given_again_in_the_words_that_were_shown(case, kind):
    client = signed_in(case)
    page = offer(client, case, kind=kind)
    box = page.context["form"].fields["agree"]
    assert page.context["form"]["agree"].value() is None
    shown = page.context["form"].carried["shown"]
    assert "Tick the box" in offer(client, case, kind=kind, shown=shown).text
    offer(client, case, kind=kind, shown=shown, agree="on")
    consent = Consent.objects.get()
    assert consent.text_hash == hashlib.sha256(box.help_text.encode()).hexdigest()
    assert (consent.kind, consent.capacity, consent.language) == (kind, "parent", "en")
    offer(client, case, kind=kind, shown=shown, agree="on")
    assert Consent.objects.count() == 1


def test_p1_hospital_is_agreed_to_by_name_in_another_language(case, scmc):
    client = signed_in(case)
    path = case_url(case, "give-consent").replace("/en/", "/pl/")
    sent = {"kind": "share_hospital", "hospital": "scmc"}
    shown = client.post(path, sent).context["form"].carried["shown"]
    client.post(path, {**sent, "shown": shown, "agree": "on"})
    consent = Consent.objects.get()
    assert (consent.hospital, consent.language) == (scmc, "pl")
    assert scmc.name not in [
        h.name for h in client.get(case_url(case, "sharing")).context["share_with"]
    ]


def test_p1_other_words_than_those_shown_are_not_agreed_to(case):
    page = offer(signed_in(case), case, kind="news", shown="en:0", agree="on")
    assert "The words of this page have changed" in page.text
    assert Consent.objects.count() == 0


@pytest.mark.parametrize("sent", [{}, {"kind": "x"}, {"kind": "share_hospital"},
                                  {"kind": "share_hospital", "hospital": "nowhere"}])  # fmt: skip
def test_consent_that_does_not_exist_is_not_found(case, sent):
    assert offer(signed_in(case), case, **sent).status_code == 404


def test_consent_survives_a_change_of_language(case):
    page = offer(signed_in(case), case, kind="news", shown="en:0", switch_language="pl")
    assert page.status_code == 200
    assert Consent.objects.count() == 0


def test_only_the_owner_gives(case, other_case, coordinator):
    text = consents.text_of("news")
    for by in (other_case.owner, coordinator):
        with pytest.raises(ActionRefusedError):
            actions.give_consent(by=by, case=case, text=text, language="en")
    ended = make_case()
    actions.withdraw_case(by=ended.owner, case=ended)
    with pytest.raises(ActionRefusedError):
        actions.give_consent(by=ended.owner, case=ended, text=text, language="en")


@pytest.mark.parametrize("language", ["en", "pl", "ar", "zh-hans"])
@pytest.mark.parametrize("who", [consents.OWN, consents.PASSED_ON])
def test_child_under_fourteen_is_asked_about_by_name_and_law(language, who):
    with override(language):
        text = consents.child_text(who)
    # Articles of a Chinese law are written out in Chinese.
    article = "三十一" if language == "zh-hans" else "31"
    assert "14" in text.text and article in text.text
    assert text.is_required
