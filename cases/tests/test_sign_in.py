"""Getting in and out without an account (rows A1, A2, A3, A4, A5, A6)."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password
from django.contrib.sessions.models import Session
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.urls.converters import IntConverter

from cases import actions, links, throttle, work
from cases.actions.access import DOORS, LINKS_AN_HOUR
from cases.models import FamilyMember, FamilyToken, SignInAttempt
from cases.tests.family import (
    case_url,
    code_on,
    fill_in,
    send,
    sign_in,
    signed_in,
    without_tokens,
)
from portal.mail import render_mail
from portal.models import OutgoingMail
from portal.tests.fixtures import FAMILY_CODE, HEALTH_CANARY, make_case, make_record

pytestmark = pytest.mark.django_db
SIGN_IN = "/en/case/"


def test_a1_code_is_stored_as_argon2id_only(client):
    fill_in(client)
    code = code_on(send(client))
    member = FamilyMember.objects.get()
    assert member.code_hash.startswith("argon2$argon2id$")
    assert check_password(code.replace("-", ""), member.code_hash)


@pytest.mark.parametrize("typed", ["abcd efgh jkmn", "ABCDEFGHJKMN", " ab-cd-ef-gh-jk-mn "])
def test_a1_case_and_dashes_of_the_code_do_not_matter(client, case, typed):
    answer = client.post(SIGN_IN, {"reference": case.reference.lower(), "code": typed})
    assert answer.url == case_url(case)


def test_a1_code_is_never_written_back_into_a_page(client, case):
    page = client.post(SIGN_IN, {"reference": "SH-2222-2222", "code": "WRKG-2345-WRKG"})
    assert "WRKG" not in page.content.decode()


def test_a2_eleventh_try_within_an_hour_waits(client, case, time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    for _number in range(throttle.TRIES_AN_HOUR):
        assert sign_in(client, case, "2222-2222-2222").status_code == 200
    refused = sign_in(client, case)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) == 3600
    time_machine.shift(timedelta(hours=1, seconds=1))
    assert sign_in(client, case).status_code == 302


def test_a2_stranger_locks_nobody_out(client, case):
    for _number in range(throttle.TRIES_AN_HOUR + 1):
        sign_in(client, case, "2222-2222-2222")
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    assert sign_in(elsewhere, case).status_code == 302


def test_a2_right_code_forgives_earlier_slips(client, case):
    for _number in range(9):
        sign_in(client, case, "2222-2222-2222")
    assert sign_in(client, case).status_code == 302
    assert SignInAttempt.objects.count() == 0


def wrong(client, case, **more):
    return sign_in(client, case, "2222-2222-2222", **more)


def wear_out(case, tries: int) -> None:
    """So many wrong codes, each from an address of its own."""
    keys = throttle._keys("code", case.reference, "")
    SignInAttempt.objects.bulk_create(
        SignInAttempt(key=str(number), reference_key=keys["reference_key"])
        for number in range(tries)
    )


def test_a2_a_thousand_tries_and_fifty_addresses_and_the_right_code_still_opens(case, monkeypatch):
    tried = []
    monkeypatch.setattr(
        "cases.actions.access.check_password",
        lambda code, encoded: tried.append(code) or check_password(code, encoded),
    )
    stranger = Client(REMOTE_ADDR="198.51.100.1")
    statuses = [wrong(stranger, case).status_code for _number in range(100)]
    assert (statuses.count(200), statuses.count(429)) == (10, 90)
    for number in range(50):
        for _try in range(3):
            wrong(Client(REMOTE_ADDR=f"203.0.113.{number}"), case)
    assert len(tried) == throttle.FREE_A_DAY
    family = Client(REMOTE_ADDR="192.0.2.1")
    page = family.get(SIGN_IN)
    proof = work.solve(page.context["challenge"])
    assert sign_in(family, case, work=proof).url == case_url(case)


def test_a2_without_work_the_right_code_waits_a_minute(case, time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    wear_out(case, throttle.FREE_A_DAY)
    family = Client(REMOTE_ADDR="192.0.2.1")
    page = sign_in(family, case)
    assert page.status_code == 200
    assert "please wait 60 seconds" in page.text
    assert FAMILY_CODE not in page.text
    ticket = page.context["ticket"]
    time_machine.shift(timedelta(seconds=59))
    early = sign_in(family, case, ticket=ticket)
    assert (early.context["ticket"], early.context["seconds"]) == (ticket, 1)
    time_machine.shift(timedelta(seconds=1))
    assert sign_in(family, case, ticket=ticket).url == case_url(case)
    assert "please wait 60 seconds" in wrong(Client(), case, ticket=ticket).text


def test_a2_after_a_hundred_a_day_it_costs_ten_times_as_much(case, time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    wear_out(case, throttle.EASY_A_DAY)
    easy = work.solve(work.new_challenge(throttle.PURPOSE, 100))
    page = sign_in(Client(), case, work=easy)
    assert page.context["challenge"].split(".")[2] == str(work.HARD)
    assert page.context["seconds"] == 600
    time_machine.shift(timedelta(seconds=600))
    assert sign_in(Client(), case, ticket=page.context["ticket"]).url == case_url(case)


def test_a2_links_are_counted_for_each_address_however_many_ask(case, time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    for number in range(throttle.FREE_A_DAY + 5):
        throttle.knock("link", case.reference, f"198.51.100.{number}")
    gates = [throttle.knock("link", case.reference, "192.0.2.1") for _try in range(11)]
    assert [gate.seconds for gate in gates] == [0] * 10 + [3600]


def test_a2_reference_that_is_none_is_counted_alike():
    for number in range(throttle.FREE_A_DAY + 1):
        client = Client(REMOTE_ADDR=f"198.51.100.{number}")
        page = client.post(SIGN_IN, {"reference": "SH-2222-2222", "code": "2222-2222-2222"})
    assert "please wait 60 seconds" in page.text


def test_a2_one_address_tries_no_more_than_sixty_an_hour():
    client = Client(REMOTE_ADDR="198.51.100.1")
    statuses = [
        client.post(SIGN_IN, {"reference": f"SH-2222-22{letter}{other}", "code": "x"}).status_code
        for letter in "23456789"
        for other in "23456789"
    ]
    assert (statuses.count(200), statuses.count(429)) == (throttle.TRIES_OF_ADDRESS, 4)


def test_a2_attempts_hold_no_address_and_are_swept_after_a_day(client, case, time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    sign_in(client, case, "2222-2222-2222")
    assert "127.0.0.1" not in SignInAttempt.objects.get().key
    time_machine.shift(timedelta(days=1, seconds=1))
    sign_in(client, case, "2222-2222-2222")
    assert SignInAttempt.objects.count() == 1


def miss(reference: str, code: str, address: str):
    client = Client(REMOTE_ADDR=address)
    client.get(SIGN_IN)
    return client.post(SIGN_IN, {"reference": reference, "code": code})


def test_a3_unknown_wrong_and_withdrawn_answer_alike(case, other_case):
    actions.withdraw_case(by=other_case.owner, case=other_case)
    answers = [
        miss("SH-2222-2222", FAMILY_CODE, "203.0.113.1"),
        miss(case.reference, "2222-2222-2222", "203.0.113.2"),
        miss(other_case.reference, "PQRS-TVWX-YZ23", "203.0.113.3"),
    ]
    bodies = {re.sub(r"SH-\w{4}-\w{4}", "SH", without_tokens(page)) for page in answers}
    headers = [{name: page[name] for name in page.headers} for page in answers]
    for names in headers:
        names.pop("Content-Length", None)
    assert len(bodies) == 1
    assert {page.status_code for page in answers} == {200}
    assert headers[0].keys() == headers[1].keys() == headers[2].keys()
    assert headers[0]["Cache-Control"] == headers[2]["Cache-Control"]


def test_a3_each_way_asks_the_database_as_often(case):
    """Beside the hashes what could tell by its time; `make bench-sign-in` measures that."""
    withdrawn = make_case(code="PQRS-TVWX-YZ23")
    actions.withdraw_case(by=withdrawn.owner, case=withdrawn)
    ways = {
        "203.0.113.1": ("SH-2222-2222", FAMILY_CODE),
        "203.0.113.2": (case.reference, "2222-2222-2222"),
        "203.0.113.3": (withdrawn.reference, "PQRS-TVWX-YZ23"),
    }
    asked = []
    for address, (reference, code) in ways.items():
        with CaptureQueriesContext(connection) as queries:
            miss(reference, code, address)
        asked.append(len(queries))
    assert len(set(asked)) == 1, asked


def test_a3_each_way_costs_the_same_hashes(case, monkeypatch):
    withdrawn = make_case(code="PQRS-TVWX-YZ23")
    actions.withdraw_case(by=withdrawn.owner, case=withdrawn)
    made = []
    monkeypatch.setattr("cases.actions.access.make_password", lambda code: made.append("new"))
    monkeypatch.setattr(
        "cases.actions.access.check_password",
        lambda code, encoded: made.append("check") or check_password(code, encoded),
    )
    assert actions.sign_in(reference="SH-2222-2222", code=FAMILY_CODE) is None
    assert actions.sign_in(reference=case.reference, code="2222-2222-2222") is None
    assert actions.sign_in(reference=withdrawn.reference, code="PQRS-TVWX-YZ23") is None
    assert [made[start : start + DOORS] for start in (0, 2, 4)] == [
        ["new", "new"], ["check", "new"], ["check", "new"],
    ]  # fmt: skip


def test_a3_lost_code_answers_alike(case):
    pages = []
    for number, email in enumerate(["family@example.org", "stranger@example.org"]):
        client = Client(REMOTE_ADDR=f"203.0.113.{number}")
        data = {"reference": case.reference, "email": email}
        pages.append(client.post(reverse("case:lost-code"), data, follow=True))
    assert without_tokens(pages[0]) == without_tokens(pages[1])
    assert pages[0].redirect_chain == pages[1].redirect_chain


def test_a3_lost_code_of_the_wrong_address_mails_nothing(client, case, run_jobs):
    data = {"reference": case.reference, "email": "stranger@example.org"}
    client.post(reverse("case:lost-code"), data)
    run_jobs()
    assert OutgoingMail.objects.count() == 0


@pytest.fixture
def run_jobs():
    """What the worker does with the jobs that wait, without its loop."""
    from django.utils.module_loading import import_string
    from django_tasks_db.models import DBTaskResult

    def run():
        for row in DBTaskResult.objects.ready():
            task = import_string(row.task_path)
            task.func(*row.args_kwargs["args"], **row.args_kwargs["kwargs"])
            row.delete()

    return run


def mailed_link(client, case, run_jobs) -> str:
    """Ask for a link; the path that stands in the mail."""
    data = {"reference": case.reference, "email": "FAMILY@example.org"}
    client.post(reverse("case:lost-code"), data)
    run_jobs()
    mail = OutgoingMail.objects.filter(template="cases/email/sign_in_link").latest("created_at")
    return re.search(r"http://testserver(/\S+)", render_mail(mail).body).group(1)


def test_a4_get_never_signs_in(client, case, run_jobs):
    path = mailed_link(client, case, run_jobs)
    for _number in range(3):
        assert "Show my new code" in client.get(path).content.decode()
    assert client.get(case_url(case)).status_code == 302
    assert FamilyToken.objects.get().used_at is None


def test_a4_post_shows_a_new_code_once_and_signs_in(client, case, run_jobs):
    old = signed_in(case)
    path = mailed_link(client, case, run_jobs)
    page = client.post(path)
    code = code_on(page)
    assert client.get(case_url(case)).status_code == 200
    assert old.get(case_url(case)).status_code == 302
    assert sign_in(Client(), case, FAMILY_CODE).status_code == 200
    assert sign_in(Client(), case, code).status_code == 302
    assert client.post(path).status_code == 410
    assert OutgoingMail.objects.filter(template="cases/email/code_replaced").count() == 1


def test_a4_link_is_dead_after_ten_minutes(client, case, run_jobs, time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    path = mailed_link(client, case, run_jobs)
    time_machine.shift(timedelta(minutes=10, seconds=1))
    assert client.get(path).status_code == 410
    assert client.post(path).status_code == 410


def test_a4_another_browser_names_the_case_too(client, case, run_jobs):
    path = mailed_link(client, case, run_jobs)
    other = Client()
    assert 'name="reference"' in other.get(path).content.decode()
    wrong = other.post(path, {"reference": "SH-2222-2222"})
    assert "not the reference that the link is for" in wrong.content.decode()
    assert code_on(other.post(path, {"reference": case.reference}))


def test_a4_language_change_uses_nothing_up(client, case, run_jobs):
    path = mailed_link(client, case, run_jobs)
    page = client.post(path.replace("/en/", "/pl/"), {"switch_language": "pl"})
    assert 'lang="pl"' in page.content.decode()
    assert FamilyToken.objects.get().used_at is None


def test_a4_token_is_stored_nowhere(client, case, run_jobs):
    token = mailed_link(client, case, run_jobs).split("/")[-2]
    row = FamilyToken.objects.get()
    assert row.token_hash != token
    assert token not in OutgoingMail.objects.get().link
    assert len(token) > 64


@pytest.mark.parametrize("token", ["x", "0" * 32, f"{'0' * 32}-{'0' * 64}", "é"])
def test_a4_unknown_token_gets_the_neutral_page(client, token):
    assert client.get(reverse("case:link", args=[token])).status_code == 410


def test_a4_two_posts_at_once_make_one_session(client, case, run_jobs, monkeypatch):
    path = mailed_link(client, case, run_jobs)
    row = FamilyToken.objects.get()
    FamilyToken.objects.update(used_at=row.created_at)
    for module in ("cases.views.access", "cases.actions.access"):
        monkeypatch.setattr(f"{module}.living_token", lambda token: row)
    assert client.post(path).status_code == 410


@pytest.mark.django_db(transaction=True)
def test_a4_parallel_uses_of_a_link_make_one_code(case):
    actions.send_sign_in_link(member=case.owner)
    token = links.link_token(FamilyToken.objects.get().pk)
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(use_in_thread, [token, token]))
    assert sum(result is not None for result in results) == 1


def use_in_thread(token):
    try:
        return actions.use_link(token=token)
    finally:
        connections.close_all()


def test_a4_no_more_than_three_links_an_hour(case):
    for _number in range(LINKS_AN_HOUR + 1):
        actions.send_sign_in_link(member=case.owner)
    assert FamilyToken.objects.count() == LINKS_AN_HOUR


def test_office_may_send_a_link_although_the_family_asked_too_often(case, coordinator):
    for _number in range(LINKS_AN_HOUR):
        actions.send_sign_in_link(member=case.owner)
    actions.lock_out_and_send_link(member=case.owner, by=coordinator)
    assert FamilyToken.objects.count() == LINKS_AN_HOUR + 1


def test_a4_withdrawn_case_gets_no_link(case):
    actions.send_sign_in_link(member=case.owner)
    token = links.link_token(FamilyToken.objects.get().pk)
    actions.withdraw_case(by=case.owner, case=case)
    actions.send_sign_in_link(member=case.owner)
    assert FamilyToken.objects.count() == 1
    assert actions.use_link(token=token) is None


def test_a4_lost_code_page_is_slowed_too(client, case):
    data = {"reference": case.reference, "email": "a@example.org"}
    for _number in range(throttle.TRIES_AN_HOUR):
        assert client.post(reverse("case:lost-code"), data).status_code == 302
    assert client.post(reverse("case:lost-code"), data).status_code == 429


def test_lost_code_page_says_what_is_missing(client):
    page = client.post(reverse("case:lost-code"), {"reference": "", "email": "x"})
    assert "Write the whole e-mail address" in page.content.decode()


def test_a4_mail_with_the_link_is_neutral(client, case, run_jobs):
    mailed_link(client, case, run_jobs)
    message = render_mail(OutgoingMail.objects.get())
    text = f"{message.subject} {message.body}"
    assert HEALTH_CANARY not in text
    assert case.owner.name not in text


def test_staff_send_a_link_but_never_see_a_code(case, coordinator, auditor):
    session = signed_in(case)
    actions.lock_out_and_send_link(member=case.owner, by=coordinator)
    assert session.get(case_url(case)).status_code == 302
    assert sign_in(Client(), case).status_code == 200
    assert FamilyToken.objects.count() == 1
    with pytest.raises(actions.ActionRefusedError):
        actions.lock_out_and_send_link(member=case.owner, by=auditor)
    with pytest.raises(actions.ActionRefusedError):
        actions.replace_code(member=case.owner, by=coordinator)


def test_a5_session_key_changes_at_sign_in(client, case):
    client.get(SIGN_IN)
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["session"] = planted = session.session_key
    sign_in(client, case)
    assert client.cookies["session"].value != planted
    attacker = Client()
    attacker.cookies["session"] = planted
    assert attacker.get(case_url(case)).url.startswith(SIGN_IN)


@pytest.mark.parametrize(("minutes", "is_open"), [(29, True), (31, False)])
def test_a5_idle_session_ends(case, time_machine, minutes, is_open):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    client = signed_in(case)
    time_machine.shift(timedelta(minutes=minutes))
    assert (client.get(case_url(case)).status_code == 200) is is_open


def test_a5_idle_session_ends_at_the_second(case, time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    client = signed_in(case)
    time_machine.shift(timedelta(minutes=29, seconds=59))
    assert client.get(case_url(case)).status_code == 200
    time_machine.shift(timedelta(minutes=30))
    assert client.get(case_url(case)).status_code == 302


def test_a5_busy_session_ends_after_twelve_hours(case, time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    client = signed_in(case)
    for _number in range(28):
        time_machine.shift(timedelta(minutes=25))
        assert client.post(case_url(case, "stay")).status_code == 204
    assert client.get(case_url(case)).context["seconds_left"] == 20 * 60
    time_machine.shift(timedelta(minutes=20))
    assert client.get(case_url(case)).status_code == 302


def test_a5_new_code_ends_every_session(case):
    first, second = signed_in(case), signed_in(case)
    actions.replace_code(member=case.owner, by=case.owner)
    assert {c.get(case_url(case)).status_code for c in (first, second)} == {302}


def test_a5_words_typed_into_an_ended_session_come_back_unsent(case, time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    client = signed_in(case)
    time_machine.shift(timedelta(hours=1))
    words = 'We have the "papers" <now>'
    page = client.post(case_url(case), {"body": words})
    assert page.status_code == 403
    assert page.context["kept"] == words
    answer = sign_in(client, case, next=page.context["next"], kept=words)
    page = client.get(answer.url)
    assert page.context["form"].initial["body"] == words
    assert case.messages.count() == 0
    submission = page.context["form"].initial["submission"]
    client.post(case_url(case), {"body": words, "submission": submission})
    assert case.messages.get().body == words
    assert client.get(case_url(case)).context["form"].initial["body"] == ""


def test_a5_kept_words_of_one_case_are_not_shown_in_another(case, other_case):
    client = Client()
    sign_in(client, case, kept="for the first")
    sign_in(client, other_case, "PQRS-TVWX-YZ23")
    assert client.get(case_url(other_case)).context["form"].initial["body"] == ""


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_sign_in_leads_nowhere_else(client, case, target):
    assert sign_in(client, case, next=target).url == case_url(case)


def test_whoever_is_signed_in_is_led_to_the_case(case):
    assert signed_in(case).get(SIGN_IN).url == case_url(case)


def test_sign_in_keeps_the_reference_over_a_change_of_language(client, case):
    data = {"reference": case.reference, "code": "ABCD", "switch_language": "ar"}
    page = client.post("/ar/case/", data).content.decode()
    assert case.reference in page
    assert 'dir="rtl"' in page


def test_empty_sign_in_says_what_to_write(client):
    page = client.post(SIGN_IN, {}).content.decode()
    assert "Write the reference of your case." in page
    assert "Write your private code." in page


def test_a6_sign_out_deletes_the_row_and_clears_the_browser(case):
    client = signed_in(case)
    key = client.cookies["session"].value
    assert client.get(reverse("case:sign-out")).status_code == 405
    answer = client.post(reverse("case:sign-out"))
    assert answer["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert not Session.objects.filter(session_key=key).exists()
    assert client.get(answer.url).status_code == 200


def private_paths(case) -> list[str]:
    """Every address of the family's side, from the resolver itself."""
    from cases import urls_case, urls_inquiry

    paths = []
    for prefix, urls in (("case", urls_case), ("inquiry", urls_inquiry)):
        for pattern in urls.urlpatterns:
            given = {"reference": case.reference, "slug": "you", "token": "0" * 32}
            given["record_id"] = case.records.get().pk
            # What else an address may name: something that is nobody's.
            arguments = {
                name: given.get(name) or (1 if isinstance(kind, IntConverter) else uuid.uuid4())
                for name, kind in pattern.pattern.converters.items()
            }
            paths.append(reverse(f"{prefix}:{pattern.name}", kwargs=arguments))
    return paths


def test_a6_every_private_page_is_stored_nowhere(db):
    open_to_all = {reverse("inquiry:start")}
    first = make_case()
    make_record(first)
    for number in range(len(private_paths(first))):
        case = make_case()
        make_record(case)
        client, path = signed_in(case), private_paths(case)[number]
        for method in (client.get, client.post):
            answer = method(path)
            # To its end: a paper is closed there.
            list(answer)
            if answer.status_code == 405 or path in open_to_all:
                continue
            assert answer["Cache-Control"] == "no-store, private", path
            assert answer["Referrer-Policy"] == "no-referrer", path
            assert "Cookie" in answer["Vary"], path


def test_a6_titles_are_neutral(case):
    page = signed_in(case).get(case_url(case)).content.decode()
    title = re.search(r"<title>(.*)</title>", page).group(1)
    assert title == "My case - Treatment in Shanghai"
