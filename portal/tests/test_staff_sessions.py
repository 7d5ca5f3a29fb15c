"""Sessions of staff: 15 minutes idle, 8 hours in all, dead at once when they must be (row A5)."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from cases.models import Message
from portal import actions
from portal.tests.fixtures import PASSWORD, sign_in_staff
from portal.tests.routes import UNKNOWN_ID

pytestmark = pytest.mark.any_engine

DESK = {"office": "/office/", "partners": "/partners/"}


@pytest.fixture(params=["office", "partners"])
def desk(request, coordinator, editor):
    client = sign_in_staff(coordinator if request.param == "office" else editor)
    return client, DESK[request.param]


@pytest.mark.parametrize(("seconds", "status"), [(899, 200), (900, 302)])
def test_session_ends_after_15_minutes_idle_A5(desk, seconds, status):
    client, path = desk
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        assert client.get(path).status_code == 200
        clock.shift(seconds)
        response = client.get(path)
    assert response.status_code == status
    if status == 302:
        assert response.url.startswith(f"{path}login/?ended=1&next=")


@pytest.mark.parametrize(("extra", "status"), [(-1, 200), (0, 302)])
def test_session_ends_after_8_hours_whatever_happens_A5(desk, extra, status):
    client, path = desk
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert client.get(path).status_code == 200
        for _quarter in range(47):
            clock.shift(timedelta(minutes=10))
            assert client.get(path).status_code == 200
        clock.shift(timedelta(minutes=10, seconds=extra))
        assert client.get(path).status_code == status


def test_session_that_ended_is_gone_from_the_server_A5(coordinator):
    client = sign_in_staff(coordinator)
    key = client.session.session_key
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.get("/office/")
        clock.shift(901)
        page = client.get("/office/", follow=True)
    assert "You were logged out" in page.text
    assert not Session.objects.filter(session_key=key).exists()


def test_session_lost_during_a_post_leads_to_the_log_in(coordinator, case):
    client = sign_in_staff(coordinator)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.get("/office/")
        clock.shift(901)
        response = client.post(f"/office/cases/case/{case.pk}/read/", {"read-version": 1})
    assert response.url == "/office/login/?ended=1"


def test_session_first_used_after_its_time_is_over_A5(coordinator):
    device = TOTPDevice.objects.create(user=coordinator, name="phone", confirmed=True)
    client = Client()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        typed = {"username": "coordinator", "password": PASSWORD}
        code = f"{totp(device.bin_key):06d}"
        assert client.post("/office/login/", typed | {"code": code}).status_code == 302
        clock.shift(timedelta(hours=11))
        assert client.get("/office/").url.startswith("/office/login/?ended=1")


@pytest.mark.parametrize("way", ["idle", "whole day", "gone"])
def test_words_posted_after_the_end_are_shown_to_be_copied_A5(coordinator, case, way):
    client = sign_in_staff(coordinator)
    typed = {
        "answer-version": 1, "answer-language": "en", "answer-submission": UNKNOWN_ID,
        "answer-body": "A long answer <b>of</b> two hours", "old_password": PASSWORD,
    }  # fmt: skip
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.get("/office/")
        if way == "whole day":
            for _tenth in range(47):
                clock.shift(600)
                client.get("/office/")
            clock.shift(601)
        elif way == "idle":
            clock.shift(901)
        else:
            Session.objects.all().delete()
        page = client.post(f"/office/cases/case/{case.pk}/answer/", typed)
    assert page.status_code == 403
    assert ">A long answer &lt;b&gt;of&lt;/b&gt; two hours</textarea>" in page.text
    assert page.text.count("<textarea") == 1
    assert 'href="/office/login/"' in page.text
    assert "no-store" in page.headers["Cache-Control"]
    for kept_back in (PASSWORD, UNKNOWN_ID):
        assert kept_back not in page.text
    assert not Message.objects.exists()


def test_pages_know_both_limits_of_the_session_A5(coordinator):
    client = sign_in_staff(coordinator)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.get("/office/")
        clock.shift(600)
        page = client.get("/office/").text
    assert 'data-idle="900" data-rest="28200"' in page


def test_keep_alive_makes_the_session_young_A5(desk):
    client, path = desk
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.get(path)
        clock.shift(800)
        assert client.post(f"{path}keep-alive/").json() == {"ok": True}
        assert client.get(f"{path}keep-alive/").status_code == 405
        clock.shift(800)
        assert client.get(path).status_code == 200


def test_disabling_a_user_ends_every_session_at_once_A5(coordinator, administrator):
    clients = [sign_in_staff(coordinator), sign_in_staff(coordinator)]
    actions.disable_user(by=administrator, user=coordinator)
    assert [client.get("/office/").status_code for client in clients] == [302, 302]


def test_resetting_the_second_factor_ends_every_session_at_once_S1(auditor, administrator):
    client = sign_in_staff(auditor)
    actions.reset_second_factor(by=administrator, user=auditor)
    assert client.get("/office/").status_code == 302
    assert not TOTPDevice.objects.filter(user=auditor).exists()


def test_a_new_password_ends_every_session_at_once_A5(auditor, administrator):
    client = sign_in_staff(auditor)
    password, _request = actions.replace_password(by=administrator, user=auditor)
    assert client.get("/office/").status_code == 302
    auditor.refresh_from_db()
    assert auditor.check_password(password)
    assert not auditor.check_password(PASSWORD)
    assert len(password) >= 15


def test_a_new_role_counts_from_the_next_request_on(coordinator, administrator, case):
    client = sign_in_staff(coordinator)
    actions.change_user(by=administrator, user=coordinator, role="auditor")
    assert client.get("/office/cases/case/").status_code == 403


def test_public_pages_do_not_look_at_the_session_of_staff(client):
    response = client.get("/healthz")
    assert "Cookie" not in response.headers.get("Vary", "")


@pytest.mark.browser
def test_warning_comes_before_the_end_and_keeps_what_was_typed_A5(
    live, coordinator, case, settings
):
    settings.STAFF_SESSION_IDLE = timedelta(seconds=123)
    page = live.page
    cookie = sign_in_staff(coordinator).cookies["session"].value
    session = {"name": "session", "value": cookie, "url": live.address}
    page.context.add_cookies([session])
    page.goto(live.url(f"/office/cases/case/{case.pk}/change/"))
    warning = page.locator("#office-session")
    assert not warning.is_visible()
    warning.wait_for(state="visible")
    page.locator("#office-session button").click()
    warning.wait_for(state="hidden")
    page.fill("textarea[name=answer-body]", "Typed before the end")
    Session.objects.all().delete()
    page.wait_for_selector("#office-session a")
    page.locator("#office-session p[data-when=ended]").wait_for(state="visible")
    assert page.input_value("textarea[name=answer-body]") == "Typed before the end"


@pytest.mark.browser
def test_end_of_the_day_is_said_before_it_comes_A5(live, coordinator, settings):
    settings.STAFF_SESSION_MAX = timedelta(seconds=4)
    page = live.page
    cookie = sign_in_staff(coordinator).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": cookie, "url": live.address}])
    page.goto(live.url("/office/"))
    page.locator("#office-session p[data-when=last]").wait_for(state="visible")
    assert not page.locator("#office-session button").is_visible()
    page.locator("#office-session p[data-when=ended]").wait_for(state="visible")
