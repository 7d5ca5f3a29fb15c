"""How many inquiries one address may begin: it gets slower, and nobody is refused (row M1)."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases import actions, jobs, throttle, work
from cases.models import Draft, SignInAttempt
from cases.models.draft import Channel
from cases.tests.family import ANSWERS, fill_in, step_url
from portal.tests.fixtures import make_hospital

pytestmark = pytest.mark.django_db
BEGIN = "/en/inquiry/begin/"
HERE, ELSEWHERE = "203.0.113.7", "198.51.100.7"
MOMENT = "cases/inquiry_moment.html"


def busy(address: str = HERE, inquiries: int = throttle.FREE_TO_BEGIN) -> None:
    """So many were begun there by now."""
    keys = throttle._keys(throttle.BEGIN, "", address)
    missing = inquiries - SignInAttempt.objects.filter(address_key=keys["address_key"]).count()
    SignInAttempt.objects.bulk_create(SignInAttempt(**keys) for _number in range(missing))


def begin(address: str = HERE, client=None, **data):
    client = client or Client(REMOTE_ADDR=address)
    return client.post(BEGIN, data)


def is_waiting(page) -> bool:
    return MOMENT in [template.name for template in page.templates]


def fields(page) -> dict:
    """Of the form on the page, as a browser posts it again."""
    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text)
    return {name: text for name, text in pairs if name != "csrfmiddlewaretoken"}


def test_twenty_families_behind_one_address_begin_within_the_hour_M1():
    families = [Client(REMOTE_ADDR=HERE) for _number in range(20)]
    for family in families:
        assert begin(client=family).url == step_url("you")
        assert family.post(step_url("you"), ANSWERS["you"]).status_code == 302
    assert Draft.objects.filter(version=2).count() == 20


def test_one_more_costs_work_and_leaves_nothing_until_it_is_done_M1():
    busy()
    counts = [model.objects.count() for model in (Draft, Session, SignInAttempt)]
    page = begin()
    assert is_waiting(page)
    assert [model.objects.count() for model in (Draft, Session, SignInAttempt)] == counts
    assert "no-store" in page["Cache-Control"]
    proof = work.solve(page.context["challenge"])
    assert begin(**fields(page) | {"work": proof}).url == step_url("you")
    assert Draft.objects.count() == 1


def test_work_counts_once_M1():
    busy()
    proof = work.solve(begin().context["challenge"])
    assert not is_waiting(begin(work=proof))
    assert is_waiting(begin(work=proof))
    assert Draft.objects.count() == 1


@pytest.mark.parametrize("proof", ["", "1.2.3.4.5.6", "sign-in"])
def test_other_work_does_not_count_M1(proof):
    busy()
    if proof == "sign-in":
        proof = work.solve(work.new_challenge(throttle.PURPOSE))
    assert is_waiting(begin(work=proof))
    assert Draft.objects.count() == 0


def test_a_browser_without_scripts_waits_a_minute_M1(time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    busy()
    page = begin()
    assert "please wait 60 seconds" in page.text
    time_machine.shift(timedelta(seconds=20))
    early = begin(**fields(page))
    assert is_waiting(early) and "please wait 40 seconds" in early.text
    time_machine.shift(timedelta(seconds=41))
    assert begin(**fields(early)).status_code == 302
    assert is_waiting(begin(**fields(early)))
    assert Draft.objects.count() == 1


def test_after_a_hundred_it_costs_more_and_still_opens_M1():
    busy(inquiries=throttle.EASY_TO_BEGIN - 1)
    easy = work.solve(begin().context["challenge"])
    busy(inquiries=throttle.EASY_TO_BEGIN)
    page = begin(work=easy)
    assert is_waiting(page) and page.context["seconds"] == 600
    assert page.context["challenge"].split(".")[2] == str(work.HARD)
    assert begin(work=work.solve(page.context["challenge"])).status_code == 302


def test_other_addresses_and_the_next_hour_are_free_M1(time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    busy()
    assert is_waiting(begin()) and not is_waiting(begin(ELSEWHERE))
    time_machine.shift(timedelta(hours=1, seconds=1))
    assert not is_waiting(begin())


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("", "unknown", False),
    ],
)
def test_an_address_of_ipv6_is_its_network_A2(first, second, is_same):
    keys = [throttle._keys("code", "SH-2222-2222", address) for address in (first, second)]
    assert (keys[0] == keys[1]) == is_same


def test_what_the_family_came_with_is_kept_while_it_waits():
    hospital = make_hospital("scmc")
    busy()
    page = begin(hospital=hospital.slug, q='"Ewing" <b>')
    assert fields(page)["q"] == "&quot;Ewing&quot; &lt;b&gt;"
    again = {"hospital": hospital.slug, "q": '"Ewing" <b>'}
    begin(**again, work=work.solve(page.context["challenge"]))
    assert Draft.objects.get().answers["_begun_with"] == again


def test_a_page_that_begins_an_inquiry_costs_the_same_and_is_kept_M1():
    """Without the button of the first page: its first page is sent at once."""
    busy()
    family = Client(REMOTE_ADDR=HERE)
    page = family.post(step_url("you"), ANSWERS["you"])
    assert is_waiting(page) and Draft.objects.count() == 0
    assert fields(page)["relation"] == "parent"
    paid = fields(page) | {"work": work.solve(page.context["challenge"])}
    assert family.post(step_url("you"), paid).url == step_url("contact")
    assert Draft.objects.get().answers["you"] == {"relation": ["parent"]}


def test_a_page_with_an_error_is_shown_first_and_costs_nothing():
    busy()
    page = Client(REMOTE_ADDR=HERE).post(step_url("you"), {})
    assert not is_waiting(page) and page.context["form"].errors


def test_whoever_has_begun_goes_on_whatever_others_do_M1():
    family = Client(REMOTE_ADDR=HERE)
    begin(client=family)
    busy(inquiries=throttle.EASY_TO_BEGIN)
    fill_in(family)
    assert begin(client=family).url == reverse("inquiry:resume")
    assert Draft.objects.count() == 1


def test_the_page_changes_its_language_and_keeps_the_wait():
    busy()
    page = begin(q="Ewing")
    sent = fields(page) | {"switch_language": "pl"}
    other = Client(REMOTE_ADDR=HERE).post("/pl/inquiry/begin/", sent)
    assert is_waiting(other) and '<html lang="pl"' in other.text
    assert fields(other)["ticket"] == fields(page)["ticket"]
    assert "switch_language" not in fields(other) and fields(other)["q"] == "Ewing"


# --- begun, and nothing typed ---


def tomorrow(**more) -> timedelta:
    return timedelta(days=1, seconds=1, **more)


def test_what_was_begun_and_never_typed_into_is_erased_after_a_day(client, time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    begin(client=client)
    draft = Draft.objects.get()
    assert "Saved until 24 November 2026" in client.get(step_url("you")).text
    time_machine.shift(timedelta(days=1))
    assert actions.erase_expired_drafts() == 0
    time_machine.shift(timedelta(seconds=1))
    jobs.housekeeping.func()
    assert not Draft.objects.filter(pk=draft.pk).exists()
    assert not Session.objects.filter(expire_date__gt=timezone.now()).exists()


def test_one_page_is_kept_thirty_days_in_the_same_browser(client, time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    begin(client=client)
    client.post(step_url("you"), ANSWERS["you"])
    assert "Saved until 23 December 2026" in client.get(step_url("contact")).text
    time_machine.shift(timedelta(days=29))
    assert actions.erase_expired_drafts() == 0
    assert client.get(step_url("contact")).status_code == 200


@pytest.mark.parametrize("way", [{}, {"email": "kowalska@example.org"}])
def test_whoever_asked_for_a_way_back_is_waited_for(client, time_machine, way):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    begin(client=client)
    client.post(reverse("inquiry:later"), way)
    time_machine.shift(tomorrow())
    assert actions.erase_expired_drafts() == 0
    assert client.get(step_url("you")).status_code == 200


def test_paper_forms_calls_and_sent_inquiries_are_not_abandoned(case, coordinator):
    paper = actions.start_draft(language="en", channel=Channel.PAPER)[0]
    call = actions.start_typing(by=coordinator, language="en")
    sent = actions.start_draft(language="en")[0]
    Draft.objects.filter(pk=sent.pk).update(case=case)
    slip = actions.start_draft(language="en")[0]
    Draft.objects.update(created_at=timezone.now() - tomorrow())
    assert actions.erase_expired_drafts() == 1
    assert set(Draft.objects.all()) == {paper, call, sent}
    assert not Draft.objects.filter(pk=slip.pk).exists()
