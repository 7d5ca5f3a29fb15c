"""The inquiry in a browser without JavaScript."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases import intake
from cases.models import Case, Draft
from cases.tests.family import ANSWERS, code_on, fill_in, send, shown, step_url
from portal.tests.fixtures import HEALTH_CANARY

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


def test_whole_inquiry_becomes_a_case(client, scmc):
    fill_in(client)
    page = send(client)
    case = Case.objects.get()
    assert page.redirect_chain == [(reverse("inquiry:sent"), 302)]
    assert case.reference in page.content.decode()
    assert len(code_on(page)) == 14
    assert case.time_zone == "Europe/Warsaw"
    assert case.inquiry.guardian_name == case.family.get().name
    assert case.inquiry.guardian_relation == "parent"
    assert str(case.family.get().phone) == "+48226210000"
    kinds = ["child", "guardian", "health_data", "transfer_china"]
    assert sorted(case.consents.values_list("kind", flat=True)) == kinds


def test_start_page_shows_hospital_of_the_link(client, scmc):
    page = client.get(reverse("inquiry:start"), {"hospital": "scmc"}).content.decode()
    assert "Your inquiry is for Shanghai" in page
    assert '<input type="hidden" name="hospital" value="scmc">' in page


@pytest.mark.parametrize("slug", ["nowhere", "\x00", "x" * 5000, "../"])
def test_unknown_hospital_in_the_link_is_ignored(client, scmc, slug):
    assert client.get(reverse("inquiry:start"), {"hospital": slug}).status_code == 200


def test_hospital_of_the_link_is_chosen_and_shared_by_name(client, scmc):
    begun = client.post(reverse("inquiry:begin"), {"hospital": "scmc"})
    assert begun.url == step_url("you")
    fill_in(client, until="urgency")
    page = client.get(step_url("hospital"))
    assert page.context["form"].initial["hospital"] == "scmc"
    client.post(step_url("hospital"), {"hospital": "scmc"})
    agreed = {"share_hospital": "on", **ANSWERS["consents"], "shown": shown(client)}
    client.post(step_url("consents"), agreed)
    send(client)
    case = Case.objects.get()
    assert case.hospital == scmc
    assert case.consents.get(kind="share_hospital").hospital == scmc


def test_same_mistake_in_two_questions_names_each(client):
    fill_in(client, until="wish")
    form = client.post(step_url("urgency"), {"urgency": "weeks"}).context["form"]
    said = [text for _anchor, text in form.error_list]
    assert said == [
        "Is the patient in hospital now? Choose yes, no, or “I don't know”.",
        "Can the patient travel? Choose yes, no, or “I don't know”.",
    ]


def test_page_out_of_order_leads_to_the_first_unanswered(client):
    fill_in(client, until="contact")
    page = client.get(step_url("wish"), follow=True)
    assert page.redirect_chain == [(step_url("now"), 302)]
    assert "This page comes first" in page.content.decode()


def test_posted_page_out_of_order_keeps_what_was_typed(client):
    page = client.post(step_url("problem"), ANSWERS["problem"], follow=True)
    assert page.redirect_chain[-1][0] == step_url("you")
    fill_in(client, until="guardian")
    assert HEALTH_CANARY in client.get(step_url("problem")).content.decode()


def test_unknown_page_is_404(client):
    assert client.get(step_url("passport")).status_code == 404


def test_back_shows_the_saved_answer(client):
    fill_in(client, until="patient")
    page = client.get(step_url("contact")).content.decode()
    assert 'value="kowalska@example.org"' in page
    assert "Please look at this again" not in page


def test_draft_says_until_when_it_is_kept(client):
    fill_in(client, until="you")
    page = client.get(step_url("contact")).content.decode()
    assert "Not sent yet. Saved until" in page


def test_only_the_session_opens_the_draft(client):
    fill_in(client, until="contact")
    draft = Draft.objects.get()
    assert len(draft.secret_hash) == 64
    session = client.session
    session["inquiry"] = {"id": str(draft.pk), "secret": "wrong"}
    session.save()
    assert client.get(step_url("now")).status_code == 410


def test_two_browsers_have_two_drafts(client):
    fill_in(client, until="you")
    other = Client()
    assert other.get(step_url("contact"), follow=True).redirect_chain[0][0] == step_url("you")
    fill_in(other, until="you")
    assert Draft.objects.count() == 2


def test_expired_draft_gets_a_friendly_page(client):
    fill_in(client, until="problem")
    Draft.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    page = client.get(step_url("wish"))
    assert page.status_code == 410
    assert "erased after 30 days" in page.content.decode()


def test_page_typed_into_an_expired_draft_is_kept_in_a_new_one(client):
    fill_in(client, until="guardian")
    Draft.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    page = client.post(step_url("problem"), ANSWERS["problem"], follow=True)
    assert "Your earlier pages are no longer here" in page.content.decode()
    assert Draft.objects.get().answers["problem"]["problem"] == [ANSWERS["problem"]["problem"]]


def test_expired_draft_on_the_last_page(client):
    fill_in(client)
    Draft.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.post(reverse("inquiry:check")).status_code == 410
    assert Case.objects.count() == 0


def test_draft_that_expires_while_it_is_sent(client, monkeypatch):
    fill_in(client)
    monkeypatch.setattr(intake, "to_send", _expire_while_sending(intake.to_send))
    assert send(client).status_code == 410


def _expire_while_sending(to_send):
    def inner(*args):
        Draft.objects.update(expires_at=timezone.now())
        return to_send(*args)

    return inner


def test_erase_takes_the_draft_away(client):
    fill_in(client, until="problem")
    page = client.post(reverse("inquiry:discard"), follow=True)
    assert "What you typed is erased." in page.content.decode()
    assert Draft.objects.count() == 0
    assert client.post(reverse("inquiry:discard")).status_code == 302


def test_start_page_offers_to_go_on(client):
    fill_in(client, until="contact")
    assert "You have begun an inquiry" in client.get(reverse("inquiry:start")).content.decode()
    assert client.get(reverse("inquiry:resume")).url == step_url("now")


def test_red_flag_shows_the_number_of_the_country_first(client):
    fill_in(client, until="contact")
    page = client.post(step_url("now"), {"signs": ["breathing"]}, follow=True)
    text = page.content.decode()
    assert page.redirect_chain == [(reverse("inquiry:emergency"), 302)]
    assert 'href="tel:112"' in text or 'href="tel:999"' in text
    assert "Continue the inquiry" in text


def test_red_flag_in_a_country_whose_number_we_do_not_know(client, monkeypatch):
    monkeypatch.setattr("cases.views.inquiry.emergency_number", lambda country: None)
    fill_in(client, until="contact")
    page = client.post(step_url("now"), {"signs": ["bleeding"]}, follow=True).content.decode()
    assert "Call your local emergency number" in page
    assert "tel:" not in page.split("<main")[1].split("</main>")[0]


def test_red_flag_makes_the_case_urgent_and_stays_on_the_confirmation(client):
    fill_in(client, now={"signs": ["seizure", "breathing"]})
    assert (
        "You ticked a sign of an emergency" in client.get(reverse("inquiry:check")).content.decode()
    )
    page = send(client)
    assert Case.objects.get().is_urgent
    assert Case.objects.get().inquiry.red_flags == ["seizure", "breathing"]
    assert "Call for help now" in page.content.decode()


def test_check_page_sends_back_to_a_page_that_became_invalid(client, scmc):
    fill_in(client, hospital={"hospital": "scmc"}, until="hospital")
    agreed = {**ANSWERS["consents"], "shown": shown(client)}
    client.post(step_url("consents"), agreed)
    scmc.is_public = False
    scmc.save()
    page = client.post(reverse("inquiry:check"), follow=True)
    assert page.redirect_chain[-1][0] == step_url("hospital")
    assert Case.objects.count() == 0


def test_changed_answer_leads_back_to_the_check_page(client):
    fill_in(client)
    page = client.get(reverse("inquiry:check")).content.decode()
    assert f'href="{step_url("wish")}"' in page
    answer = client.post(step_url("wish"), {"wishes": ["treatment"]})
    assert answer.url == reverse("inquiry:check")
    assert "Treatment in Shanghai" in client.get(answer.url).content.decode()


def test_changed_answer_that_asks_for_more_leads_there(client):
    fill_in(client)
    answer = client.post(step_url("wish"), {"wishes": ["transfer"]})
    assert answer.url == step_url("where")
    answer = client.post(step_url("where"), {"current_hospital": "Centrum Zdrowia, Łódź"})
    assert answer.url == reverse("inquiry:check")
    send(client)
    assert Case.objects.get().inquiry.current_hospital == "Centrum Zdrowia, Łódź"


def test_patient_who_turns_out_to_be_a_minor_is_asked_for_the_guardian(client):
    fill_in(
        client,
        you={"relation": "relative"},
        guardian={
            "guardian_name": "Anna Kowalska",
            "guardian_relation": "parent",
            "declared": "on",
        },
    )
    send(client)
    inquiry = Case.objects.get().inquiry
    assert inquiry.guardian_name == "Anna Kowalska"


def test_guardian_page_does_not_apply_to_an_adult(client):
    adult = {"birth_date_year": "1980"}
    fill_in(client, until="contact", you={"relation": "patient"})
    client.post(step_url("now"), ANSWERS["now"])
    answer = client.post(step_url("patient"), {**ANSWERS["patient"], **adult})
    assert answer.url == step_url("problem")
    assert client.get(step_url("guardian")).url == step_url("problem")
    assert client.get(step_url("problem")).context["progress"].total == 10


def test_patient_who_asks_is_not_asked_for_their_name_again(client):
    fill_in(client, until="now", you={"relation": "patient"})
    page = client.get(step_url("patient"))
    assert page.context["form"].initial["patient_name"] == ANSWERS["contact"]["name"]


def test_sent_inquiry_cannot_be_changed_or_sent_again(client):
    fill_in(client)
    send(client)
    assert client.get(step_url("problem")).url == reverse("inquiry:sent")
    assert client.get(reverse("inquiry:check")).url == reverse("inquiry:sent")
    assert client.post(reverse("inquiry:discard")).status_code == 302
    assert Case.objects.count() == 1


def test_code_is_shown_until_it_is_written_down(client):
    fill_in(client)
    code = code_on(send(client))
    assert code_on(client.get(reverse("inquiry:sent"))) == code
    answer = client.post(reverse("inquiry:sent"))
    assert Case.objects.get().reference in answer.url
    assert client.get(reverse("inquiry:sent")).url == reverse("inquiry:start")


def test_code_is_shown_for_ten_minutes_only(client, time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    fill_in(client)
    assert code_on(send(client))
    time_machine.shift(timedelta(minutes=9, seconds=59))
    assert code_on(client.get(reverse("inquiry:sent")))
    time_machine.shift(timedelta(seconds=1))
    assert not code_on(client.get(reverse("inquiry:sent")))


def test_confirmation_promises_a_time_in_the_family_s_zone(client, time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00")
    fill_in(client)
    page = send(client).content.decode()
    # Two working days later Shanghai closes at 17:00, which is 10:00 in Warsaw.
    assert "Wed 25 Nov, 10:00" in page
    assert "Warsaw, Poland" in page


@pytest.mark.parametrize("name", ["check", "sent"])
def test_last_pages_without_an_inquiry_lead_to_the_start(client, name):
    assert client.get(reverse(f"inquiry:{name}")).url == reverse("inquiry:start")


def test_language_change_keeps_what_was_typed_and_saves_nothing(client):
    fill_in(client, until="guardian")
    typed = {"problem": "half a sent", "switch_language": "pl"}
    page = client.post(step_url("problem").replace("/en/", "/pl/"), typed)
    text = page.content.decode()
    assert 'lang="pl"' in text
    assert "half a sent" in text
    assert "invalid-feedback" not in text
    assert "problem" not in Draft.objects.get().answers


def test_language_change_on_the_last_pages_sends_nothing(client):
    fill_in(client)
    check = reverse("inquiry:check").replace("/en/", "/ar/")
    assert 'dir="rtl"' in client.post(check, {"switch_language": "ar"}).content.decode()
    assert Case.objects.count() == 0


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_wrong_method_is_refused(client, method):
    assert getattr(client, method)(step_url("you")).status_code == 405
    assert getattr(client, method)(reverse("inquiry:start")).status_code == 405


def test_progress_is_told_honestly(client):
    fill_in(client, until="now")
    assert "Page 4 of about 10" in client.get(step_url("patient")).content.decode()
    fill_in(client, until="patient")
    assert "Page 5 of about 11" in client.get(step_url("guardian")).content.decode()
    fill_in(client, until="urgency")
    assert "Page 10 of 11" in client.get(step_url("hospital")).content.decode()


def test_privacy_notice_comes_before_the_first_field(client):
    page = client.get(step_url("you")).content.decode()
    assert page.index(reverse("privacy") + '">what we do') < page.index('name="relation"')


def test_addresses_and_titles_hold_no_word_about_health(client):
    fill_in(client)
    words = ("tumour", "cancer", "disease", "illness", "diagnos", "symptom", HEALTH_CANARY)
    for page in intake.PAGES:
        text = client.get(step_url(page.slug), follow=True).content.decode().split("</title>")[0]
        assert not [word for word in words if word in text.split("<title>")[1].lower()]
        assert not [word for word in words if word in page.slug]


def test_first_page_is_stored_nowhere_and_its_form_is_taken_A6(client):
    """It may show the words of a search and a draft's reference; it may be found all the same."""
    page = client.get(reverse("inquiry:start"), {"q": "words"})
    assert page["Cache-Control"] == "private, no-store"
    # Under "no-referrer" a browser sends "Origin: null" with the form, which is refused.
    assert page["Referrer-Policy"] == "same-origin"
    assert not page.has_header("X-Robots-Tag")
