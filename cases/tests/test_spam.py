"""Machines wait for a look of the office, people lose nothing (row M1)."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases import actions, spam, work
from cases.actions import ActionRefusedError
from cases.models import Case, CaseEvent, Draft
from cases.tests.family import ANSWERS, as_a_person, case_url, code_on, fill_in, sign_in
from cases.workflow import HeldFor
from portal.models import OutgoingMail
from portal.tests.fixtures import sign_in_staff

pytestmark = pytest.mark.django_db
CHECK = "/en/inquiry/check/"
_answers = {}


def ready(address="127.0.0.1") -> Client:
    """A client whose draft has every answer; the same rows as ten posted pages leave."""
    client = Client(REMOTE_ADDR=address)
    if not _answers:
        fill_in(client)
        _answers.update(Draft.objects.get().answers)
        return client
    client.post(reverse("inquiry:begin"))
    draft = Draft.objects.get(pk=client.session["inquiry"]["id"])
    draft.answers = _answers
    draft.save()
    return client


@pytest.fixture(autouse=True)
def _no_answers_from_another_test():
    _answers.clear()


def send(client, **changes):
    return client.post(CHECK, {**as_a_person(client), **changes}, follow=True)


def held_for(client, **changes) -> str:
    send(client, **changes)
    return Case.objects.latest("created_at").held_for


def test_m1_person_with_scripts_goes_straight_to_the_queue():
    assert held_for(ready()) == ""
    assert OutgoingMail.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"website": "http://spam.example"}, HeldFor.TRAP),
        ({"work": ""}, HeldFor.NO_SCRIPT),
        ({"work": "1.2.3.4.5.6"}, HeldFor.NO_SCRIPT),
        ({"shown_at": ""}, HeldFor.FAST),
        ({"shown_at": work.new_ticket("inquiry:other", 0)}, HeldFor.FAST),
    ],
)
def test_m1_what_looks_like_a_machine_is_held_and_mails_nobody(changes, why):
    assert held_for(ready(), **changes) == why
    assert OutgoingMail.objects.count() == 0
    assert CaseEvent.objects.get().data == {"held": why}


def test_m1_ten_pages_in_seconds_are_held():
    client = ready()
    typed = as_a_person(client)
    Draft.objects.update(created_at=timezone.now())
    client.post(CHECK, typed)
    assert Case.objects.get().held_for == HeldFor.FAST


def test_m1_last_page_needs_seconds_too(time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    client = ready()
    typed = as_a_person(client)
    typed["shown_at"] = client.get(CHECK).context["shown_at"]
    client.post(CHECK, typed)
    assert Case.objects.get().held_for == HeldFor.FAST


def test_m1_work_for_another_draft_does_not_count():
    first, second = ready(), ready()
    proof = as_a_person(first)["work"]
    assert held_for(second, work=proof) == HeldFor.NO_SCRIPT


def test_m1_sixth_inquiry_of_an_address_within_an_hour_is_held():
    held = [held_for(ready("203.0.113.1")) for _number in range(spam.FROM_ADDRESS + 1)]
    assert held == [""] * spam.FROM_ADDRESS + [HeldFor.FLOOD]
    assert held_for(ready("203.0.113.2")) == ""


def test_m1_flood_from_everywhere_is_held(monkeypatch):
    monkeypatch.setattr(spam, "IN_AN_HOUR", 0)
    assert held_for(ready()) == ""
    assert held_for(ready()) == HeldFor.FLOOD


def test_m1_sending_twice_is_no_flood():
    client = ready()
    typed = as_a_person(client)
    for _click in range(spam.FROM_ADDRESS + 2):
        client.post(CHECK, typed)
    assert Case.objects.get().held_for == ""


def test_m1_bots_stay_out_of_the_inbox_and_no_human_is_lost():
    """The figures of row M1 on a small scale; bots fill each field and do no work."""
    for number in range(40):
        bot = ready(f"198.51.100.{number}")
        bot.post(CHECK, {"website": "x", "work": "x"} if number % 2 else {})
    for number in range(6):
        human = ready(f"203.0.113.{number}")
        page = send(human, **({"work": ""} if number % 2 else {}))
        assert code_on(page)
    in_queue = Case.objects.unassigned()
    assert in_queue.count() == 3
    assert Case.objects.held().count() == 43


def held_case() -> tuple[Case, str]:
    page = send(ready(), work="")
    return Case.objects.get(), code_on(page)


def test_m1_family_of_a_held_inquiry_is_told_and_gets_in():
    case, code = held_case()
    client = Client()
    assert sign_in(client, case, code).url == case_url(case)
    page = client.get(case_url(case)).text
    assert "Our turn: we have your inquiry" in page
    assert "Our mails wait until you confirm" not in page


def test_m1_office_sees_the_held_apart_and_lets_them_in(coordinator):
    case, _code = held_case()
    desk = sign_in_staff(coordinator)
    queue = reverse("office:cases_case_changelist")
    assert case.reference not in desk.get(queue).text
    assert case.reference in desk.get(f"{queue}?queue=held").text
    page = desk.get(reverse("office:cases_case_change", args=[case.pk])).text
    assert "Held: The browser runs no scripts." in page
    url = reverse("office:cases_case_release", args=[case.pk])
    desk.post(url, {"release-version": case.version})
    assert case.reference in desk.get(queue).text
    assert OutgoingMail.objects.get().template == "cases/email/received"


def test_m1_held_inquiry_that_is_late_is_seen(coordinator):
    case, _code = held_case()
    Case.objects.update(next_due_at=timezone.now())
    page = sign_in_staff(coordinator).get(
        f"{reverse('office:cases_case_changelist')}?queue=overdue"
    )
    assert case.reference in page.text


def test_held_case_is_let_in_or_closed_and_nothing_else(coordinator, case):
    Case.objects.update(held_for=HeldFor.TRAP)
    case.refresh_from_db()
    with pytest.raises(ActionRefusedError):
        actions.start_triage(by=coordinator, case=case)
    actions.close_case(by=coordinator, case=case, reason="out_of_scope")
    assert Case.objects.get().stage == "closed"


def test_release_is_for_who_works_on_it_and_happens_once(coordinator, auditor, case):
    Case.objects.update(held_for=HeldFor.TRAP)
    case.refresh_from_db()
    with pytest.raises(ActionRefusedError):
        actions.release_case(by=auditor, case=case)
    actions.release_case(by=coordinator, case=case)
    with pytest.raises(ActionRefusedError):
        actions.release_case(by=coordinator, case=case)
    assert CaseEvent.objects.filter(kind="released").count() == 1


def test_trap_is_seen_and_read_by_nobody(client):
    fill_in(client)
    page = client.get(CHECK).text
    trap = page.split('class="honey"')[1].split("</div>")[0]
    assert 'aria-hidden="true"' in page.split('class="honey"')[1][:20]
    assert 'tabindex="-1" autocomplete="off"' in trap
    assert set(ANSWERS) == set(Draft.objects.get().answers)
