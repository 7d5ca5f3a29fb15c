"""Log-in with the second factor on both sites (rows S1, S2, A5)."""

import re
import time

import pytest
from axes.models import AccessAttempt
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from portal.models import AuditEvent, RecoveryDevice, User
from portal.second_factor import find_device, new_recovery_codes
from portal.tests.fixtures import PASSWORD, make_user, sign_in_staff
from portal.views.second_factor import PENDING

pytestmark = pytest.mark.any_engine

OFFICE = "/office/login/"
PARTNERS = "/partners/login/"


@pytest.fixture
def phone(coordinator):
    return TOTPDevice.objects.create(user=coordinator, name="phone", confirmed=True)


def code_of(device, steps=0) -> str:
    return f"{totp(device.bin_key, t0=-30 * steps):06d}"


def wrong_code(device) -> str:
    right = {code_of(device, steps) for steps in (-2, -1, 0, 1, 2)}
    return next(code for code in ("123456", "654321", "111111") if code not in right)


def log_in(client, code="", username="coordinator", password=PASSWORD, at=OFFICE, **extra):
    typed = {"username": username, "password": password, "code": code}
    return client.post(at, typed, **extra)


def text_of(response) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.text)


def test_log_in_with_password_and_code_opens_the_office_S1(client, phone):
    response = log_in(client, code_of(phone))
    assert response.url == "/office/"
    assert client.get("/office/").status_code == 200


def test_log_in_replayed_code_is_refused_S1(phone):
    code = code_of(phone)
    assert log_in(Client(), code).status_code == 302
    assert log_in(Client(), code).status_code == 200


def test_log_in_cycles_the_session_key_and_kills_the_old_one_A5(client, phone):
    client.get(OFFICE)
    client.session.save()
    before = client.session.session_key
    client.cookies["session"] = before
    log_in(client, code_of(phone))
    assert client.session.session_key != before
    stranger = Client()
    stranger.cookies["session"] = before
    assert stranger.get("/office/").status_code == 302


@pytest.mark.parametrize("code", ["", "000000", "abc", "２２２２２２", "ABCD-EFGH-JKMN"])
def test_log_in_wrong_code_reads_like_a_wrong_password_S1(phone, code):
    code = wrong_code(phone) if code == "000000" else code
    wrong = log_in(Client(), code)
    unknown = log_in(Client(), code, username="nobody-here")
    missed = log_in(Client(), code, password="not the password at all")
    bodies = {
        text_of(answer).replace("nobody-here", "coordinator") for answer in (wrong, unknown, missed)
    }
    assert [wrong.status_code, unknown.status_code, missed.status_code] == [200] * 3
    assert len({re.sub(r'value="coordinator"', "", body) for body in bodies}) == 1


def test_log_in_at_the_wrong_site_is_the_same_failure_S1(phone, editor):
    other = TOTPDevice.objects.create(user=editor, name="phone", confirmed=True)
    office_user = log_in(Client(), code_of(phone), at=PARTNERS)
    hospital_user = log_in(Client(), code_of(other), username="scmc-editor")
    assert office_user.status_code == hospital_user.status_code == 200
    assert "This did not work" in office_user.text
    assert "This did not work" in hospital_user.text


def test_log_in_disabled_user_is_the_same_failure(phone, coordinator):
    User.objects.update(is_active=False)
    assert "This did not work" in log_in(Client(), code_of(phone)).text


def test_log_in_empty_fields_are_named(client, db):
    response = client.post(OFFICE, {})
    assert response.text.count("errorlist") == 2
    assert AccessAttempt.objects.count() == 0


@pytest.mark.parametrize("site", [OFFICE, PARTNERS])
def test_log_in_fifth_wrong_try_is_429_in_the_readers_language_S2(db, site):
    client = Client(headers={"accept-language": "pl"})
    statuses = [
        log_in(client, username="someone", password="wrong" * 5, at=site).status_code
        for _try in range(5)
    ]
    assert statuses == [200, 200, 200, 200, 429]
    last = log_in(client, username="someone", password="wrong" * 5, at=site)
    assert last.headers["Retry-After"] == "900"
    assert 'lang="pl"' in last.text


def test_log_in_wrong_codes_count_as_failures_S2(phone):
    client = Client()
    statuses = [log_in(client, wrong_code(phone)).status_code for _try in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    assert log_in(client, code_of(phone)).status_code == 429


def test_log_in_forged_forwarded_for_changes_nothing_S2(db):
    statuses = [
        log_in(
            Client(),
            username="someone",
            password="wrong" * 5,
            headers={"x-forwarded-for": f"203.0.113.{number}", "x-real-ip": "198.51.100.7"},
        ).status_code
        for number in range(7)
    ]
    assert statuses == [200, 200, 200, 200, 429, 429, 429]


def test_log_in_from_elsewhere_still_works_after_a_lock_S2(phone):
    for _try in range(6):
        log_in(Client(), password="wrong" * 5)
    elsewhere = log_in(Client(), code_of(phone), REMOTE_ADDR="198.51.100.9")
    assert elsewhere.status_code == 302


@pytest.mark.parametrize(
    "next_address",
    [
        "https://evil.example/", "//evil.example/", "///evil.example", "http:///evil.example",
        "/\\evil.example", "javascript:alert(1)", "https:evil.example", "\t//evil.example",
        "ftp://testserver/", "http://testserver@evil.example/", "//testserver.evil.example/x",
    ],
)  # fmt: skip
@pytest.mark.parametrize("site", ["office", "partners"])
def test_log_in_leads_nowhere_else_W5(coordinator, editor, site, next_address):
    user = coordinator if site == "office" else editor
    device = TOTPDevice.objects.create(user=user, name="phone", confirmed=True)
    typed = {"username": user.username, "password": PASSWORD, "code": code_of(device)}
    response = Client().post(f"/{site}/login/", typed | {"next": next_address})
    assert response.url == f"/{site}/"


def test_log_in_leads_back_to_the_page_that_was_asked_for(phone):
    client = Client()
    asked = client.get("/office/cases/case/?queue=overdue")
    assert client.get(asked.url).status_code == 200
    typed = {"username": "coordinator", "password": PASSWORD, "code": code_of(phone)}
    response = client.post(OFFICE, typed | {"next": "/office/cases/case/?queue=overdue"})
    assert response.url == "/office/cases/case/?queue=overdue"


def test_log_in_page_of_somebody_logged_in_leads_to_the_desk(coordinator):
    assert sign_in_staff(coordinator).get(OFFICE).url == "/office/"


# The set-up of the second factor


def begin_set_up(username="coordinator", at="office", password=PASSWORD) -> Client:
    client = Client()
    response = log_in(client, username=username, password=password, at=f"/{at}/login/")
    assert response.url == f"/{at}/second-factor/"
    return client


def key_of(client) -> TOTPDevice:
    return TOTPDevice(key=client.session[PENDING]["key"])


def test_set_up_logs_in_and_shows_ten_recovery_codes_once_S1(coordinator):
    client = begin_set_up()
    assert "data:image/svg+xml" in client.get("/office/second-factor/").text
    response = client.post("/office/second-factor/", {"code": code_of(key_of(client))})
    codes = re.findall(r"<code>([A-Z0-9-]{14})</code>", response.text)
    assert len(set(codes)) == 10
    assert client.get("/office/").status_code == 200
    assert client.get("/office/second-factor/").url == "/office/login/"
    kept = RecoveryDevice.objects.get(user=coordinator).code_hashes
    assert all(hashed.startswith("argon2") for _public, hashed in kept)
    assert not any(code.replace("-", "") in str(kept) for code in codes)


def test_set_up_session_reaches_nothing_else_S1(coordinator):
    client = begin_set_up()
    assert client.get("/office/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_set_up_wrong_code_is_said_and_can_be_tried_again(coordinator):
    client = begin_set_up()
    answer = client.post("/office/second-factor/", {"code": wrong_code(key_of(client))})
    assert "This is not the code" in answer.text
    right = client.post("/office/second-factor/", {"code": code_of(key_of(client))})
    assert "shown once" in right.text


def test_set_up_ends_after_ten_minutes(coordinator, monkeypatch):
    client = begin_set_up()
    now = time.time()
    monkeypatch.setattr("portal.views.second_factor.time.time", lambda: now + 601)
    assert client.get("/office/second-factor/").url == "/office/login/"


def test_set_up_ends_with_a_new_password_or_another_device(coordinator):
    client, other = begin_set_up(), begin_set_up()
    other.post("/office/second-factor/", {"code": code_of(key_of(other))})
    assert client.get("/office/second-factor/").url == "/office/login/"
    TOTPDevice.objects.all().delete()
    User.objects.update(password="changed")
    assert client.get("/office/second-factor/").url == "/office/login/"


def test_set_up_asks_for_an_own_password_where_one_is_due(coordinator):
    User.objects.update(must_choose_password=True)
    client = begin_set_up()
    short = {"new_password": "short", "new_password_again": "short"}
    same = {"new_password": PASSWORD, "new_password_again": PASSWORD}
    differ = {"new_password": "a fine new password 1", "new_password_again": "another one of them"}
    for wrong in (short, same, differ):
        code = {"code": code_of(key_of(client))}
        assert client.post("/office/second-factor/", wrong | code).status_code == 200
        assert not TOTPDevice.objects.exists()
    good = {"new_password": "a fine new password 1", "new_password_again": "a fine new password 1"}
    client.post("/office/second-factor/", good | {"code": code_of(key_of(client))})
    coordinator.refresh_from_db()
    assert coordinator.check_password("a fine new password 1")
    assert not coordinator.must_choose_password
    assert client.get("/office/").status_code == 200


def test_set_up_of_a_hospitals_person_is_at_the_partners_site(editor):
    client = begin_set_up("scmc-editor", at="partners")
    client.post("/partners/second-factor/", {"code": code_of(key_of(client))})
    assert client.get("/partners/").status_code == 200


# Recovery codes


def test_recovery_code_opens_once_S1(phone, coordinator):
    codes = new_recovery_codes(coordinator)
    assert log_in(Client(), codes[0].lower()).status_code == 302
    assert log_in(Client(), codes[0]).status_code == 200
    assert log_in(Client(), codes[1].replace("-", " ")).status_code == 302
    assert len(RecoveryDevice.objects.get().code_hashes) == 8


def test_recovery_code_beside_a_wrong_password_is_written_down_nowhere_S1(phone, coordinator):
    code = new_recovery_codes(coordinator)[0]
    log_in(Client(), code, password="wrong" * 5)
    Client().post(
        f"{OFFICE}?code={code}", {"username": "coordinator", "password": "w", "code": code}
    )
    assert AccessAttempt.objects.exists()
    for model in apps.get_models():
        for row in model.objects.values_list():
            assert code not in str(row), model
    assert log_in(Client(), code).status_code == 302


def test_recovery_code_of_another_person_opens_nothing_S1(phone, coordinator, lead):
    codes = new_recovery_codes(lead)
    assert find_device(coordinator, codes[0]) is None
    changed = codes[0][:-1] + ("A" if codes[0][-1] != "A" else "B")
    assert find_device(lead, changed) is None


def test_recovery_codes_made_anew_void_the_old_ones_S1(coordinator):
    old = new_recovery_codes(coordinator)
    client = sign_in_staff(coordinator)
    assert client.get("/office/recovery-codes/").text.count("<code>") == 0
    page = client.post("/office/recovery-codes/")
    assert page.text.count("<code>") == 10
    assert find_device(coordinator, old[0]) is None


# Log-out


@pytest.mark.parametrize("site", ["office", "partners"])
def test_log_out_is_a_post_that_clears_the_browser_A6(coordinator, editor, site):
    client = sign_in_staff(coordinator if site == "office" else editor)
    key = client.session.session_key
    assert client.get(f"/{site}/logout/").status_code == 405
    response = client.post(f"/{site}/logout/")
    assert response.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert "no-store" in response.headers["Cache-Control"]
    stranger = Client()
    stranger.cookies["session"] = key
    assert stranger.get(f"/{site}/").status_code == 302


def test_password_change_kills_every_other_session_A5(coordinator):
    client, other = sign_in_staff(coordinator), sign_in_staff(coordinator)
    new = "an entirely different one"
    response = client.post(
        reverse("office:password_change"),
        {"old_password": PASSWORD, "new_password1": new, "new_password2": new},
    )
    assert response.status_code == 302
    assert client.get("/office/").status_code == 200
    assert other.get("/office/").status_code == 302
    (row,) = AuditEvent.objects.filter(action="user.password_changed")
    assert (row.actor_label, row.object_id) == ("coordinator", str(coordinator.pk))
    assert new not in str(row.data)


def test_password_shorter_than_15_characters_is_refused_S2(coordinator):
    short = "s7#kQ2!pLw9xZt"
    response = sign_in_staff(coordinator).post(
        reverse("office:password_change"),
        {"old_password": PASSWORD, "new_password1": short, "new_password2": short},
    )
    assert "15" in response.text
    assert response.status_code == 200
    assert not AuditEvent.objects.exists()


def test_user_without_a_role_logs_in_nowhere(db):
    make_user("roleless", "")
    for site in (OFFICE, PARTNERS):
        assert "This did not work" in log_in(Client(), username="roleless", at=site).text


def test_s2_addresses_of_one_network_of_ipv6_are_counted_as_one(coordinator):
    """A line at home has 2^64 of them."""
    tries = [
        Client(REMOTE_ADDR=f"2001:db8:0:1::{number:x}").post(
            "/office/login/", {"username": coordinator.username, "password": "wrong"}
        )
        for number in range(1, 7)
    ]
    assert [page.status_code for page in tries] == [200] * 4 + [429] * 2
    other = Client(REMOTE_ADDR="2001:db8:0:2::1")
    page = other.post("/office/login/", {"username": coordinator.username, "password": "wrong"})
    assert page.status_code == 200
