"""Hospitals that the office proposes: shown, agreed to or not, shared with, ended (row P1)."""

import hashlib

import pytest
from django.core.cache import caches
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import override

from cases import actions, consents
from cases.actions import ActionRefusedError, ChangedMeanwhileError
from cases.models import Case, CaseEvent, Consent, FamilyMember, FamilyTask, Proposal, Referral
from cases.tests.family import case_url, sign_in, signed_in
from cases.tests.hospitals import REASON, agree, agree_to_all, propose, share
from cases.workflow import Stage, WaitingOn
from hospitals.models import Condition, ConditionSpecialty
from portal.models import OutgoingMail
from portal.tests.fixtures import HEALTH_CANARY, make_case, make_hospital, make_listing
from portal.tests.fixtures import sign_in_staff as sign_in_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    """One that nothing was agreed to yet."""
    return make_case(agreed=())


def ask(case, hospital, by, **more) -> Proposal:
    words = {"reason": REASON, "language": "en"}
    return actions.propose_hospital(by=by, case=case, hospital=hospital, **(words | more))


def url_of(proposal) -> str:
    return reverse("case:answer-proposal", args=[proposal.case.reference, proposal.pk])


def answer(client, proposal, **ticked):
    """Whatever is ticked, in the words that the page shows."""
    shown = client.get(url_of(proposal)).context["form"].carried["shown"]
    return client.post(url_of(proposal), {"shown": shown, **ticked})


BOTH = {"share_hospital": "on", "transfer_china": "on"}


# ---- Proposing


def test_proposal_is_the_family_s_turn_and_shares_nothing(case, scmc, coordinator):
    ask(case, scmc, coordinator)
    case.refresh_from_db()
    assert (case.stage, case.waiting_on) == (Stage.INFO_NEEDED, WaitingOn.FAMILY)
    assert FamilyTask.objects.get().code == "hospital"
    assert Referral.objects.count() == Consent.objects.count() == 0
    assert OutgoingMail.objects.get().template == "cases/email/status_changed"
    assert CaseEvent.objects.filter(kind="proposed").get().data == {"hospital": "scmc"}


def test_words_of_a_proposal_are_sealed(case, scmc, coordinator):
    ask(case, scmc, coordinator, reason=HEALTH_CANARY)
    stored = Proposal.objects.values_list("reason", "words").get()
    assert HEALTH_CANARY.encode() not in bytes(stored[0])
    assert Proposal.objects.get().reason == HEALTH_CANARY


def test_while_a_hospital_reviews_the_stage_stays(case, scmc, renji, coordinator):
    agree_to_all(case, scmc)
    actions.start_triage(by=coordinator, case=case)
    actions.refer_case(by=coordinator, case=case, hospital=scmc)
    ask(case, renji, coordinator)
    case.refresh_from_db()
    assert (case.stage, case.waiting_on) == (Stage.HOSPITAL_REVIEW, WaitingOn.HOSPITAL)
    assert FamilyTask.objects.filter(done_at=None).count() == 1


@pytest.mark.parametrize("reason", ["", "   "])
def test_proposal_needs_words(case, scmc, coordinator, reason):
    with pytest.raises(ActionRefusedError):
        ask(case, scmc, coordinator, reason=reason)


def test_who_may_propose_what(case, scmc, auditor, coordinator, other_case):
    hidden = make_hospital("hidden", is_public=False)
    for by, hospital in ((auditor, scmc), (case.owner, scmc), (coordinator, hidden)):
        with pytest.raises(ActionRefusedError):
            ask(case, hospital, by)
    ask(case, scmc, coordinator)
    with pytest.raises(ActionRefusedError):
        ask(case, scmc, coordinator)
    actions.withdraw_case(by=other_case.owner, case=other_case)
    with pytest.raises(ActionRefusedError):
        ask(other_case, scmc, coordinator)
    Case.objects.filter(pk=case.pk).update(held_for="fast")
    case.refresh_from_db()
    with pytest.raises(ActionRefusedError):
        ask(case, make_hospital("third"), coordinator)
    assert Proposal.objects.count() == 1


def test_hospital_that_sees_it_is_not_proposed(case, scmc, coordinator):
    share(case, scmc, coordinator)
    with pytest.raises(ActionRefusedError):
        ask(case, scmc, coordinator)


def test_proposal_of_a_stale_page_is_a_conflict_R4(case, scmc, coordinator):
    with pytest.raises(ChangedMeanwhileError), transaction.atomic():
        ask(case, scmc, coordinator, version=case.version + 1)
    assert Proposal.objects.count() == 0


def test_database_knows_the_rules_of_a_proposal(case, scmc, coordinator):
    row = propose(case, scmc, coordinator)
    with pytest.raises(IntegrityError), transaction.atomic():
        propose(case, scmc, coordinator)
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(pk=row.pk).update(state="agreed")


# ---- The family's page


def test_page_says_who_why_what_and_where(case, scmc, coordinator):
    proposal = propose(case, scmc, coordinator)
    page = signed_in(case).get(url_of(proposal))
    assert page.context["asks_transfer"]
    for words in (scmc.name, REASON, "It does not see", "China", "I know the risks", "Not this"):
        assert escape(words) in page.text
    assert reverse("hospitals:detail", args=[scmc.slug]) in page.text
    assert [field.value() for field in page.context["form"]] == [None, None]


@pytest.mark.parametrize("language", ["en", "pl", "ar", "zh-hans"])
def test_p1_hash_is_of_the_words_that_were_shown(case, scmc, coordinator, language):
    proposal = propose(case, scmc, coordinator)
    client = signed_in(case)
    path = url_of(proposal).replace("/en/", f"/{language}/")
    form = client.get(path).context["form"]
    boxes = {field.name: field.help_text for field in form}
    client.post(path, {**BOTH, "shown": form.carried["shown"]})
    stored = {consent.kind: consent for consent in Consent.objects.all()}
    assert set(stored) == set(BOTH)
    for kind, consent in stored.items():
        assert consent.text_hash == hashlib.sha256(boxes[kind].encode()).hexdigest()
        assert (consent.language, consent.capacity) == (language, "parent")
    assert stored["share_hospital"].hospital == scmc
    assert Proposal.objects.get().state == "agreed"


@pytest.mark.parametrize("ticked", [{}, {"share_hospital": "on"}, {"transfer_china": "on"}])
def test_p1_nothing_is_given_unless_each_box_is_ticked(case, scmc, coordinator, ticked):
    proposal = propose(case, scmc, coordinator)
    page = answer(signed_in(case), proposal, **ticked)
    assert set(page.context["form"].errors) == set(BOTH) - set(ticked)
    assert Consent.objects.count() == 0
    assert Proposal.objects.get().state == "open"


def test_p1_other_words_than_those_shown_are_not_agreed_to(case, scmc, coordinator):
    proposal = propose(case, scmc, coordinator)
    page = signed_in(case).post(url_of(proposal), {**BOTH, "shown": "en:0"})
    assert "The words of this page have changed" in page.text
    assert Consent.objects.count() == 0


def test_transfer_is_asked_once_if_it_holds(case, scmc, coordinator):
    agree(case, "transfer_china")
    proposal = propose(case, scmc, coordinator)
    client = signed_in(case)
    page = client.get(url_of(proposal))
    assert list(page.context["form"].fields) == ["share_hospital"]
    assert "I know the risks" in page.text
    answer(client, proposal, share_hospital="on")
    assert Consent.objects.count() == 2


def test_last_answer_hands_the_turn_over(case, scmc, renji, coordinator):
    first, second = ask(case, scmc, coordinator), ask(case, renji, coordinator)
    client = signed_in(case)
    answer(client, first, **BOTH)
    case.refresh_from_db()
    assert (case.waiting_on, FamilyTask.objects.get().done_at) == ("family", None)
    client.post(url_of(second), {"no": "1", "words": "Too far away."})
    case.refresh_from_db()
    assert (case.waiting_on, case.has_new_words) == ("coordinator", True)
    assert FamilyTask.objects.get().done_at is not None
    second.refresh_from_db()
    assert (second.state, Proposal.objects.get(pk=second.pk).words) == ("declined", "Too far away.")


def test_turn_stays_with_the_family_while_it_owes_papers(case, scmc, coordinator):
    actions.ask_for_information(by=coordinator, case=case, reasons=["lab"])
    proposal = ask(case, scmc, coordinator)
    signed_in(case).post(url_of(proposal), {"no": "1"})
    case.refresh_from_db()
    assert case.waiting_on == "family"


def test_question_is_answered_once(case, scmc, coordinator):
    proposal = propose(case, scmc, coordinator)
    client = signed_in(case)
    client.post(url_of(proposal), {"no": "1"})
    page = client.post(url_of(proposal), {"no": "1"}, follow=True)
    assert "This question is answered already." in page.text
    assert "agree-form" not in client.get(url_of(proposal)).text


def test_task_is_not_ticked_away(case, scmc, coordinator):
    ask(case, scmc, coordinator)
    client = signed_in(case)
    assert case_url(case, "sharing") in client.get(case_url(case)).text
    page = client.post(case_url(case, "finish-task"), {"code": "hospital"}, follow=True)
    assert "Answer it on the page" in page.text
    assert FamilyTask.objects.get().done_at is None


@pytest.mark.parametrize("can_write", [False, True])
def test_second_adult_reads_and_decides_nothing(case, scmc, coordinator, can_write):
    _member, code = actions.invite_adult(
        by=case.owner, case=case, name="Jan", relation="parent", language="en", can_write=can_write
    )
    second = Client()
    sign_in(second, case, code)
    proposal = propose(case, scmc, coordinator)
    page = second.get(url_of(proposal))
    assert REASON in page.text and "agree-form" not in page.text
    shown = page.context["form"].carried["shown"]
    for posted in ({"no": "1"}, {**BOTH, "shown": shown}):
        assert second.post(url_of(proposal), posted).status_code == 404
    second_adult = FamilyMember.objects.get(is_owner=False)
    for act in (
        lambda: actions.decline_hospital(by=second_adult, proposal=proposal),
        lambda: actions.agree_to_hospital(
            by=second_adult, proposal=proposal, texts=[], language="en"
        ),
    ):
        with pytest.raises(ActionRefusedError):
            act()
    assert Proposal.objects.get().state == "open"
    assert "Withdraw this consent" not in second.get(case_url(case, "sharing")).text


def test_action_takes_both_consents_or_none(case, scmc, coordinator):
    proposal = propose(case, scmc, coordinator)
    texts = [consents.text_of("share_hospital", scmc)]
    with pytest.raises(ActionRefusedError):
        actions.agree_to_hospital(by=case.owner, proposal=proposal, texts=texts, language="en")
    assert (Consent.objects.count(), Proposal.objects.get().state) == (0, "open")


def test_z2_proposal_of_another_case_is_404(case, other_case, scmc, coordinator):
    foreign = propose(other_case, scmc, coordinator)
    client = signed_in(case)
    mine = reverse("case:answer-proposal", args=[case.reference, foreign.pk])
    for path in (mine, url_of(foreign)):
        assert client.get(path).status_code == client.post(path, {"no": "1"}).status_code == 404
    assert Proposal.objects.get().state == "open"


def test_what_was_taken_back_is_not_found(case, scmc, coordinator):
    proposal = ask(case, scmc, coordinator)
    actions.take_back_proposal(by=coordinator, proposal=proposal)
    assert signed_in(case).get(url_of(proposal)).status_code == 404
    case.refresh_from_db()
    assert case.waiting_on == "coordinator"
    assert FamilyTask.objects.get().done_at is not None


def test_who_does_not_work_on_a_case_takes_nothing_back(case, scmc, coordinator, auditor):
    proposal = ask(case, scmc, coordinator)
    for by in (auditor, case.owner):
        with pytest.raises(ActionRefusedError):
            actions.take_back_proposal(by=by, proposal=proposal)
    assert (Proposal.objects.get().state, FamilyTask.objects.get().done_at) == ("open", None)


def test_answer_survives_a_change_of_language(case, scmc, coordinator):
    proposal = propose(case, scmc, coordinator)
    posted = {"no": "1", "words": "Kept words", "switch_language": "pl"}
    page = signed_in(case).post(url_of(proposal), posted)
    assert "Kept words" in page.text
    assert Proposal.objects.get().state == "open"


def test_too_long_words_are_refused_and_kept(case, scmc, coordinator):
    proposal = propose(case, scmc, coordinator)
    page = signed_in(case).post(url_of(proposal), {"no": "1", "words": "x" * 1001})
    assert (page.status_code, Proposal.objects.get().state) == (200, "open")
    assert "Keep this to 1000 letters" in page.text


# ---- Sharing


def test_one_click_shares_and_it_is_the_hospital_s_turn(case, scmc, coordinator):
    proposal = ask(case, scmc, coordinator)
    answer(signed_in(case), proposal, **BOTH)
    case.refresh_from_db()
    desk = sign_in_desk(coordinator)
    page = desk.get(reverse("office:cases_case_change", args=[case.pk]))
    assert [row.button for row in page.context["sharing"]["rows"]] == ["Share it now"]
    posted = {"refer-version": case.version, "refer-hospital": "scmc"}
    done = desk.post(reverse("office:cases_case_refer", args=[case.pk]), posted, follow=True)
    assert "sees the case now" in done.text
    case.refresh_from_db()
    assert (case.stage, case.waiting_on) == (Stage.HOSPITAL_REVIEW, WaitingOn.HOSPITAL)
    assert case.next_due_at is not None
    assert Referral.objects.get().ended_at is None


def test_family_that_owes_papers_keeps_its_tasks(case, scmc, coordinator):
    agree_to_all(case, scmc)
    actions.ask_for_information(by=coordinator, case=case, reasons=["lab"])
    actions.refer_case(by=coordinator, case=case, hospital=scmc)
    case.refresh_from_db()
    assert case.stage == Stage.INFO_NEEDED
    assert FamilyTask.objects.get().done_at is None


def test_three_hospitals_at_once_are_the_most(case, coordinator):
    for number in range(4):
        hospital = make_hospital(f"hospital-{number}")
        agree_to_all(case, hospital)
        if number < 3:
            actions.refer_case(by=coordinator, case=case, hospital=hospital)
    with pytest.raises(ActionRefusedError):
        actions.refer_case(by=coordinator, case=case, hospital=hospital)
    assert Referral.objects.count() == 3


def test_ending_the_last_share_is_our_turn(case, scmc, renji, coordinator):
    actions.start_triage(by=coordinator, case=case)
    rows = []
    for hospital in (scmc, renji):
        agree_to_all(case, hospital)
        rows.append(actions.refer_case(by=coordinator, case=case, hospital=hospital))
    actions.end_referral(by=coordinator, referral=rows[0])
    assert Case.objects.get().waiting_on == "hospital"
    rows[1].case.refresh_from_db()
    actions.end_referral(by=coordinator, referral=rows[1])
    assert (Case.objects.get().stage, Case.objects.get().waiting_on) == ("triage", "coordinator")


@pytest.mark.parametrize("how", ["close", "withdraw"])
def test_end_of_a_case_is_the_end_of_every_share(case, scmc, renji, coordinator, how):
    share(case, scmc, coordinator)
    ask(case, renji, coordinator)
    if how == "close":
        actions.close_case(by=coordinator, case=case, reason="cost")
    else:
        actions.withdraw_case(by=case.owner, case=case)
    assert Referral.objects.get().ended_at is not None
    assert Proposal.objects.get().state == "taken_back"
    assert FamilyTask.objects.get().done_at is not None
    assert CaseEvent.objects.filter(kind="referral_ended").count() == 1


def test_after_a_health_consent_was_withdrawn_nothing_is_shared(case, scmc, coordinator):
    agree_to_all(case, scmc)
    actions.withdraw_consent(by=case.owner, consent=Consent.objects.get(kind="health_data"))
    case.refresh_from_db()
    with pytest.raises(ActionRefusedError):
        actions.refer_case(by=coordinator, case=case, hospital=scmc)


# ---- The desk


def desk_post(user, case, name, **fields):
    data = {f"{name}-{key}": value for key, value in ({"version": case.version} | fields).items()}
    url = reverse(f"office:cases_case_{name}", args=[case.pk])
    return sign_in_desk(user).post(url, data, follow=True)


def test_desk_proposes_from_the_directory_s_answer(case, scmc, renji, coordinator):
    caches["directory"].clear()
    for kind in ("health_data", "transfer_china"):
        agree(case, kind)
    listing = make_listing(scmc, "childhood-cancer", title_en="Childhood cancer")
    condition = Condition.objects.create(slug="hepatoblastoma", name_en="Hepatoblastoma")
    ConditionSpecialty.objects.create(condition=condition, specialty=listing.specialty)
    case.inquiry.condition = condition.slug
    case.inquiry.save()
    page = sign_in_desk(coordinator).get(reverse("office:cases_case_change", args=[case.pk]))
    assert "Shanghai Children&#x27;s Medical Center: Childhood cancer" in page.text
    page = desk_post(coordinator, case, "propose", hospital="renji", reason=REASON, language="pl")
    assert "The family is asked" in page.text
    assert Proposal.objects.values_list("hospital__slug", "language").get() == ("renji", "pl")


def test_desk_asks_for_what_is_missing(case, scmc, coordinator):
    page = desk_post(coordinator, case, "propose", hospital="nowhere", reason="", language="en")
    errors = page.context["sharing"]["propose"]["form"].errors
    assert set(errors) == {"hospital", "reason"}


def test_desk_shows_both_texts_after_a_conflict_R4(case, scmc, coordinator):
    stale = case.version
    actions.start_triage(by=coordinator, case=case)
    case.version = stale
    fields = {"hospital": "scmc", "reason": "My own words", "language": "en"}
    page = desk_post(coordinator, case, "propose", **fields)
    assert page.status_code == 409
    assert "My own words" in page.text and "Do it all the same" in page.text


def test_desk_takes_back_and_ends(case, scmc, renji, coordinator):
    referral, proposal = share(case, scmc, coordinator), propose(case, renji, coordinator)
    assert "sees it no longer" in desk_post(coordinator, case, "unrefer", row=referral.pk).text
    case.refresh_from_db()
    assert "Taken back" in desk_post(coordinator, case, "unpropose", row=proposal.pk).text
    assert (Referral.objects.get().ended_at is None, Proposal.objects.get().state) == (
        False,
        "taken_back",
    )


def test_z2_rows_of_another_case_are_404_on_the_desk(case, other_case, scmc, coordinator):
    referral, proposal = (
        share(other_case, scmc, coordinator),
        propose(other_case, scmc, coordinator),
    )
    for name, row in (("unrefer", referral), ("unpropose", proposal)):
        assert desk_post(coordinator, case, name, row=row.pk).status_code == 404
    assert (Referral.objects.get().ended_at, Proposal.objects.get().state) == (None, "open")


def test_desk_reads_why_not(case, scmc, coordinator):
    proposal = propose(case, scmc, coordinator)
    actions.decline_hospital(by=case.owner, proposal=proposal, words="Too far away.")
    page = sign_in_desk(coordinator).get(reverse("office:cases_case_change", args=[case.pk]))
    assert "Too far away." in page.text
    assert page.context["sharing"]["rows"][0].button == ""


def test_neither_mail_nor_address_names_a_hospital_M2(case, scmc, coordinator):
    ask(case, scmc, coordinator, reason=HEALTH_CANARY)
    mail = OutgoingMail.objects.get()
    assert "scmc" not in f"{mail.link}{mail.template}{mail.about}"
    assert "scmc" not in url_of(Proposal.objects.get())


def test_titles_of_the_pages_tell_nothing(scmc, coordinator):
    case = make_case()
    proposal = propose(case, scmc, coordinator)
    client = signed_in(case)
    for path in (url_of(proposal), case_url(case, "sharing")):
        title = client.get(path).text.split("<title>")[1].split("</title>")[0]
        assert scmc.name not in title and HEALTH_CANARY not in title
    with override("en"):
        assert consents.effect_of(agree(case, "news"))


def test_pages_warn_before_the_session_ends_and_let_one_sign_out_A5(case, scmc, coordinator):
    proposal = ask(case, scmc, coordinator)
    for path in (case_url(case, "sharing"), url_of(proposal)):
        page = signed_in(case).get(path).text
        assert page.count('id="session-warning"') == 1
        assert page.count("js/case.js") == 1
        assert page.count(reverse("case:sign-out")) == 1
