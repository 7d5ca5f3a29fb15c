"""Two people at once, stale pages, sessions that ended: nothing that was typed is lost."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from cases import actions, throttle
from cases.actions.drafts import TooMuchTypedError
from cases.jobs import mail_sign_in_link
from cases.models import Case, Draft, FamilyMember
from cases.tests.family import (
    ANSWERS,
    as_a_person,
    code_on,
    fill_in,
    send,
    sign_in,
    signed_in,
    step_url,
)
from cases.tests.test_way_back import come_back, pause
from portal.tests.fixtures import FAMILY_CODE, HEALTH_CANARY

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
CHECK, SENT = "/en/inquiry/check/", "/en/inquiry/sent/"
TYPED = {"problem": f"Since May: {HEALTH_CANARY} 🌿 فحص\r\nsecond line"}
KEPT = ("kept", "kept_page", "kept_draft", "kept_answers")


def too_late_page(draft: Draft, client: Client, **more):
    """What a browser posts whose session has ended while the page was open."""
    return client.post(step_url("problem"), {**TYPED, "draft": draft.reference, **more})


def kept_in(page) -> dict:
    return {name: page.context[name] for name in KEPT}


# ---- Two people at once ----


def test_r5_page_saved_while_another_sends_is_not_lost(monkeypatch, client):
    """Acknowledged after the answers were read and before the case was made."""
    fill_in(client)
    make = actions.submit_inquiry

    def raced(**kwargs):
        typed = {"problem": ["said at the last moment"]}
        actions.save_page(draft=kwargs["draft"], page="problem", typed=typed, language="en")
        monkeypatch.setattr(actions, "submit_inquiry", make)
        return make(**kwargs)

    monkeypatch.setattr(actions, "submit_inquiry", raced)
    page = send(client)
    assert Case.objects.count() == 0
    assert "changed on another device" in page.text
    send(client)
    assert Case.objects.get().inquiry.problem == "said at the last moment"


def test_stale_last_page_sends_nothing_that_nobody_saw(client):
    draft, code = pause(client)
    fill_in(client)
    seen = client.get(CHECK).context["draft"].version
    elsewhere = Client()
    come_back(elsewhere, draft, code)
    elsewhere.post(step_url("wish"), {"wishes": ["treatment"]})
    page = client.post(CHECK, {**as_a_person(client), "version": seen}, follow=True)
    assert Case.objects.count() == 0
    assert "changed on another device" in page.text
    client.post(CHECK, {**as_a_person(client), "version": page.context["draft"].version})
    assert Case.objects.get().inquiry.wishes == ["treatment"]


def test_saving_the_same_twice_makes_no_page_stale(client):
    fill_in(client)
    seen = client.get(CHECK).context["draft"].version
    client.post(step_url("wish"), ANSWERS["wish"])
    client.post(CHECK, {**as_a_person(client), "version": seen})
    assert Case.objects.count() == 1


def test_page_of_an_inquiry_that_was_sent_meanwhile_becomes_a_message(client):
    draft, code = pause(client)
    elsewhere = Client()
    come_back(elsewhere, draft, code)
    fill_in(client)
    send(client)
    page = elsewhere.post(step_url("problem"), TYPED, follow=True)
    assert page.redirect_chain == [(SENT, 302)]
    assert "waits as a message in your case" in page.text
    page = elsewhere.post(SENT, follow=True)
    assert page.context["form"].initial["body"] == TYPED["problem"]


def test_choices_of_a_page_that_came_too_late_are_no_message(client):
    fill_in(client)
    send(client)
    page = client.post(step_url("wish"), {"wishes": ["treatment"]}, follow=True)
    assert page.redirect_chain == [(SENT, 302)]
    assert "waits as a message" not in page.text


# ---- A session that ended while somebody typed ----


def test_a5_page_typed_after_the_session_ended_asks_for_the_code(client):
    draft, _code = pause(client)
    page = too_late_page(draft, Client())
    assert page.status_code == 403
    assert page["Cache-Control"] == "no-store, private"
    assert "What you typed on this page is kept" in page.text
    assert f'value="{draft.reference}"' in page.text
    assert Draft.objects.count() == 1


def test_a5_code_brings_the_page_into_the_draft(client):
    draft, code = pause(client)
    other = Client()
    kept = kept_in(too_late_page(draft, other))
    answer = other.post("/en/case/", {"reference": draft.reference, "code": code, **kept})
    assert answer.url == "/en/inquiry/resume/"
    draft.refresh_from_db()
    assert draft.answers["problem"] == {"problem": [TYPED["problem"]]}
    assert other.get("/en/inquiry/resume/").url == step_url("known")


def test_a5_page_survives_a_slip_of_the_code_and_a_change_of_language(client):
    draft, code = pause(client)
    other = Client()
    kept = kept_in(too_late_page(draft, other))
    page = other.post(step_url("problem"), {**kept, "switch_language": "en"})
    assert (page.status_code, kept_in(page)) == (403, kept)
    page = other.post("/en/case/", {"reference": draft.reference, "code": "2222", **kept})
    assert kept_in(page) == kept
    page = other.post("/pl/case/", {"reference": draft.reference, **kept, "switch_language": "pl"})
    assert kept_in(page) == kept
    come_back(other, draft, code)
    assert Draft.objects.get().answers.get("problem") is None


def test_a5_page_survives_too_many_tries(client, monkeypatch):
    draft, _code = pause(client)
    other = Client()
    kept = kept_in(too_late_page(draft, other))
    monkeypatch.setattr(throttle, "knock", lambda *args, **kw: throttle.Gate(seconds=60))
    page = other.post("/en/case/", {"reference": draft.reference, "code": "2", **kept})
    assert page.status_code == 429
    assert kept_in(page) == kept
    assert page.text.count(f'name="kept_page" value="{kept["kept_page"]}"') == 1


def test_a5_without_a_code_the_page_begins_a_new_inquiry(client):
    draft, _code = pause(client)
    other = Client()
    kept = kept_in(too_late_page(draft, other))
    assert other.post(reverse("inquiry:begin"), kept).url == step_url("you")
    begun = Draft.objects.exclude(pk=draft.pk).get()
    assert begun.answers["problem"] == {"problem": [TYPED["problem"]]}


def test_a5_page_of_one_draft_is_not_put_into_another(client):
    draft, code = pause(client)
    other = Client()
    kept = kept_in(too_late_page(draft, other)) | {"kept_draft": "SH-2222-2222"}
    other.post("/en/case/", {"reference": draft.reference, "code": code, **kept})
    draft.refresh_from_db()
    assert "problem" not in draft.answers


def test_a5_page_of_an_inquiry_that_is_a_case_by_now_becomes_a_message(case):
    other = Client()
    page = other.post(step_url("problem"), {**TYPED, "draft": case.reference})
    answer = sign_in(other, case, FAMILY_CODE, **kept_in(page))
    assert answer.status_code == 302
    assert other.get(answer.url).context["form"].initial["body"] == TYPED["problem"]


@pytest.mark.parametrize("forged", ["no-such-page", "../you", "\0", ""])
def test_a5_made_up_page_is_kept_nowhere(client, forged):
    draft, code = pause(client)
    before = draft.answers
    kept = {"kept_page": forged, "kept_draft": draft.reference, "kept_answers": "a=1"}
    Client().post("/en/case/", {"reference": draft.reference, "code": code, **kept})
    draft.refresh_from_db()
    assert draft.answers == before


def test_z3_keys_that_are_no_fields_come_back_from_nowhere(client):
    draft, code = pause(client)
    kept = {"kept_page": "wish", "kept_draft": draft.reference}
    kept["kept_answers"] = "wishes=opinion&is_admin=1&channel=phone"
    Client().post("/en/case/", {"reference": draft.reference, "code": code, **kept})
    draft.refresh_from_db()
    assert draft.answers["wish"] == {"wishes": ["opinion"]}


def test_a3_page_tells_nothing_about_the_draft_it_names(client):
    """A reference that was never given out is answered like one that was."""
    draft, _code = pause(client)
    pages = [
        Client().post(step_url("wish"), {"wishes": ["opinion"], "draft": reference})
        for reference in (draft.reference, "SH-2222-2222")
    ]
    assert [page.status_code for page in pages] == [403, 403]
    texts = {page.text.replace(draft.reference, "SH-2222-2222").count("") for page in pages}
    assert len(texts) == 1


# ---- From the last page into the case ----


def test_browser_that_sent_goes_on_to_the_papers(client):
    fill_in(client)
    send(client)
    page = client.post(SENT, {"papers": "1"}, follow=True)
    case = Case.objects.get()
    assert page.redirect_chain[-1][0] == reverse("case:papers", args=[case.reference])
    assert page.status_code == 200
    assert case.events.filter(kind="signed_in").count() == 1
    assert client.get(SENT).url == reverse("inquiry:start")


def test_browser_that_came_by_the_code_goes_on_too(client):
    draft, code = pause(client)
    other = Client()
    come_back(other, draft, code)
    fill_in(other)
    send(other)
    assert other.post(SENT, {"papers": "1"}, follow=True).status_code == 200


def test_a5_replaced_code_closes_the_way_from_the_last_page(client):
    fill_in(client)
    send(client)
    owner = FamilyMember.objects.get()
    actions.replace_code(member=owner, by=owner)
    assert client.post(SENT, {"papers": "1"}).url.startswith("/en/case/?reference=")
    assert not Case.objects.get().events.filter(kind="signed_in").exists()


def test_a5_way_from_the_last_page_is_open_for_ten_minutes(client):
    fill_in(client)
    send(client)
    Case.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    assert client.post(SENT, {"papers": "1"}).url.startswith("/en/case/?reference=")


def test_a5_withdrawn_case_is_not_opened_from_the_last_page(client):
    fill_in(client)
    send(client)
    case = Case.objects.get()
    actions.withdraw_case(by=case.family.get(), case=case)
    assert client.post(SENT).url.startswith("/en/case/?reference=")


# ---- Addresses ----


@pytest.mark.parametrize("typed", ["a@b c", "a@", "x@y\r\nBcc: z@example.org", "@", "a" * 260])
def test_m3_half_an_address_is_nobody_s(client, typed):
    """Half a page is saved too; mails and links go to whole addresses alone."""
    fill_in(client, until="you")
    client.post(step_url("contact"), {"email": typed, "later": "1"})
    draft = Draft.objects.get()
    assert draft.email == ""
    assert "email" in draft.answers["contact"]


def test_link_of_a_shared_mailbox_is_for_the_owner(case):
    details = {"name": "Jan", "relation": "parent", "language": "pl", "can_write": True}
    actions.invite_adult(by=case.owner, case=case, email=case.owner.email, **details)
    assert whom_the_link_is_for(case) == str(case.owner.pk)


def test_adult_whose_access_ended_gets_no_link(case):
    details = {"name": "Jan", "relation": "parent", "language": "pl", "can_write": True}
    adult, _code = actions.invite_adult(
        by=case.owner, case=case, email="jan@example.org", **details
    )
    actions.end_adult(by=case.owner, member=adult)
    assert whom_the_link_is_for(case, "jan@example.org") == ""


def whom_the_link_is_for(case, email=""):
    data = {"reference": case.reference, "email": email or case.owner.email}
    Client().post(reverse("case:lost-code"), data)
    jobs_of = DBTaskResult.objects.filter(task_path=mail_sign_in_link.module_path)
    (found,) = jobs_of.get().args_kwargs["args"]
    return found


# ---- Odd input, all the way ----

ODD = "🌿👩‍👧 \u202eevil\u202c 癌 \u0645\u0631\u062d\u0628\u0627 <b>&amp;'\"%s{{ x }}"


@pytest.mark.parametrize("text", [ODD, "x" * 10_000, "\0\0", "a\0b", "ﷺ" * 500])
def test_odd_words_are_kept_or_refused_in_a_sentence(client, text):
    fill_in(client, until="guardian")
    page = client.post(step_url("problem"), {"problem": text}, follow=True)
    assert page.status_code == 200
    client.post(step_url("problem"), {"problem": text, "later": "1"})
    kept = Draft.objects.get().answers["problem"]["problem"][0]
    assert kept == text.replace("\0", "").replace("\u202e", "").replace("\u202c", "")


def test_foreign_code_opens_neither_case_nor_draft(client, case, other_case):
    draft, code = pause(client)
    for reference, foreign in (
        (case.reference, code),
        (draft.reference, FAMILY_CODE),
        (other_case.reference, "ABCD-EFGH-JKMP"),
    ):
        page = Client().post("/en/case/", {"reference": reference, "code": foreign})
        assert (page.status_code, page.context["is_wrong"]) == (200, True)


def test_browser_without_cookies_is_told_so():
    strict = Client(enforce_csrf_checks=True)
    page = strict.post(reverse("inquiry:begin"))
    assert page.status_code == 403
    assert "keeps no cookies of this site" in page.text


def test_signed_in_family_opens_no_page_of_another(case, other_case):
    client = signed_in(case)
    assert client.get(f"/en/case/{other_case.reference}/papers/").status_code == 404
    assert not code_on(client.get(f"/en/case/{other_case.reference}/slip/"))


# ---- A weak line ----


def test_list_of_zones_comes_with_the_country_alone(client):
    """It is as heavy as five pages; who comes back to change the zone gets it."""
    fill_in(client, until="you")
    first = client.get(step_url("contact"))
    assert len(first.content) < 25_000
    client.post(step_url("contact"), ANSWERS["contact"])
    again = client.get(step_url("contact"))
    assert 'value="Asia/Shanghai"' in again.text
    answer = client.post(step_url("contact"), ANSWERS["contact"] | {"time_zone": "Asia/Shanghai"})
    assert answer.status_code == 302
    assert Draft.objects.get().answers["contact"]["time_zone"] == ["Asia/Shanghai"]


def test_no_page_of_the_inquiry_is_heavy(client):
    """Private pages are not compressed, and ten of them come over a slow line."""
    heavy = {}
    for slug in ANSWERS:
        size = len(client.get(step_url(slug), follow=True).content)
        if size > 25_000:
            heavy[slug] = size
        fill_in(client, until=slug)
    assert heavy == {}


def test_form_on_paper_is_not_dressed_as_a_card(client):
    """`.paper` is a file that a family sent: a box with a coloured edge."""
    page = client.post(reverse("inquiry:paper")).text
    assert 'class="page page-narrow"' in page


LONG = "x" * 900_000


@pytest.mark.parametrize("later", [{}, {"later": "1"}])
def test_page_that_holds_too_much_is_refused_and_shown_again_M1(client, later):
    """Twelve pages of 900,000 letters each stood in the database for a month."""
    fill_in(client, until="patient")
    before = Draft.objects.get()
    page = client.post(step_url("problem"), {"problem": LONG, "known": "no", **later})
    assert page.status_code == 200
    if later:
        assert "more than one page can keep" in page.text
    # Nothing that was typed is lost.
    assert LONG in page.text
    after = Draft.objects.get()
    assert (after.answers, after.version) == (before.answers, before.version)


def test_action_keeps_no_page_that_is_too_much_M1():
    draft, _secret = actions.start_draft(language="en")
    typed = {"problem": ["ż" * 40_000]}
    with pytest.raises(TooMuchTypedError):
        actions.save_page(draft=draft, page="problem", typed=typed, language="en")
    assert Draft.objects.get().answers == {}


def test_longest_letter_of_a_family_is_kept(client):
    fill_in(client, until="patient")
    typed = {"problem": "长" * 15_000, "later": "1"}
    assert client.post(step_url("problem"), typed).status_code == 302
    assert Draft.objects.get().answers["problem"]["problem"] == ["长" * 15_000]


def test_words_that_come_back_with_the_code_are_no_way_around_M1(client):
    draft, secret = actions.start_draft(language="en")
    actions.keep_code(draft=draft, secret=secret)
    sent = {
        "reference": draft.reference,
        "code": actions.draft_code(draft, secret),
        "kept_page": "problem",
        "kept_draft": draft.reference,
        "kept_answers": f"problem={'x' * 90_000}",
    }
    assert client.post(reverse("case:sign-in"), sent).status_code == 302
    assert Draft.objects.get().answers == {}


def test_long_page_of_a_lost_session_is_refused_before_the_code_is_asked_for_M1(client):
    """Later its words would have come back cut, or not at all."""
    typed = {"problem": LONG, "draft": "SH-2222-2222"}
    page = client.post(step_url("problem"), typed)
    assert page.status_code == 200
    assert "more than one page can keep" in page.text and LONG in page.text
