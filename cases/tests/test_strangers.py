"""What somebody else's cookie, case or key is good for: nothing (rows A5, Z2, Z3)."""

import json
import os
import subprocess
import sys
import uuid

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.urls import reverse

from cases import sessions
from cases.models import Case, Draft, FamilyTask
from cases.tests.family import (
    ANSWERS,
    case_url,
    code_on,
    fill_in,
    send,
    shown,
    signed_in,
    step_url,
    without_tokens,
)
from cases.tests.test_tracking import give_consent
from portal.tests.fixtures import HEALTH_CANARY
from portal.tests.test_environment import RING

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


def test_a5_cookie_noted_beforehand_reads_no_inquiry(client, case):
    """Asking for a lost code makes a lasting session; whoever noted its key is left outside."""
    data = {"reference": case.reference, "email": "a@example.org"}
    client.post(reverse("case:lost-code"), data)
    attacker = Client()
    attacker.cookies["session"] = client.cookies["session"].value
    fill_in(client)
    assert HEALTH_CANARY not in attacker.get(step_url("problem"), follow=True).text
    assert code_on(send(client))
    assert not code_on(attacker.get(reverse("inquiry:sent"), follow=True))
    # What the session held before goes on with its owner.
    assert client.session["asked_for_link"] == case.reference


def test_a5_cookies_of_a_family_are_for_the_server_and_this_site_alone(case):
    client = signed_in(case)
    client.get(case_url(case))
    session, csrf = client.cookies["session"], client.cookies["csrf"]
    for cookie in (session, csrf):
        assert cookie["httponly"] is True
        assert cookie["samesite"] == "Lax"
        assert cookie["domain"] == ""
        assert cookie["path"] == "/"
    # Gone with the browser: neither a date nor an age.
    assert (session["expires"], session["max-age"]) == ("", "")


def test_a5_cookies_of_production_are_bound_to_the_host(tmp_path):
    (tmp_path / "static").mkdir()
    names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE",
             "CSRF_COOKIE_SECURE", "SESSION_COOKIE_DOMAIN", "SESSION_COOKIE_PATH")  # fmt: skip
    code = (
        "import json; from django.conf import settings as s; "
        f"print(json.dumps([getattr(s, n) for n in {names}]))"
    )
    production = {
        "ENVIRONMENT": "production",
        "SECRET_KEY": "k3Jq9-vXw2LmZ8pR5tYb7NcD4sFgHa1uEoQ6iBxMwTzKlPyV0j",
        "ALLOWED_HOSTS": "portal.example",
        "PUBLIC_URL": "https://portal.example",
        "EMAIL_URL": "smtp://mail.example:25",
        "MAIL_FROM": "Coordinators <no-reply@portal.example>",
        "TRUSTED_PROXY_COUNT": "1",
        "RECORD_KEYS": RING,
        "CLAMD_ADDRESS": "unix:/run/clamav/clamd.ctl",
        "VAR_DIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env=os.environ | production,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["__Host-session", "__Host-csrf", True, True, None, "/"]


def rows() -> dict:
    """Every row of every table but the session, which notes who was there."""
    return {
        model._meta.label: sorted(map(str, model.objects.order_by().values_list()))
        for model in apps.get_models()
        if model._meta.label_lower != "sessions.session"
    }


POSTS = ("detail", "finish-task", "withdraw-consent", "withdraw", "reopen", "stay",
         "send-confirmation")  # fmt: skip


@pytest.mark.parametrize("name", POSTS)
def test_z2_post_to_a_foreign_case_is_the_404_of_an_unknown_one(case, other_case, name):
    consent, unknown = give_consent(other_case), "SH-2222-2222"
    FamilyTask.objects.create(case=other_case, code="lab")
    data = {
        "body": "Words",
        "submission": str(uuid.uuid4()),
        "code": "lab",
        "consent": str(consent.pk),
    }
    client = signed_in(case)
    before = rows()
    foreign = client.post(case_url(other_case, name), data)
    nowhere = client.post(reverse(f"case:{name}", args=[unknown]), data)
    assert foreign.status_code == nowhere.status_code == 404
    assert without_tokens(foreign).replace(other_case.reference, "") == without_tokens(
        nowhere
    ).replace(unknown, "")
    assert rows() == before


@pytest.mark.parametrize("name", POSTS)
def test_z2_post_of_whoever_is_not_signed_in_tells_nothing(case, name):
    unknown, before = "SH-2222-2222", rows()
    known = Client().post(case_url(case, name), {"body": "Words"})
    nowhere = Client().post(reverse(f"case:{name}", args=[unknown]), {"body": "Words"})
    assert known.status_code == nowhere.status_code == 403
    assert without_tokens(known).replace(case.reference, "") == without_tokens(nowhere).replace(
        unknown, ""
    )
    assert rows() == before


EXTRA = {
    "stage": "closed", "case": "1", "is_urgent": "1", "reference": "SH-2222-2222", "id": "1",
    "waiting_on": "nobody", "assigned_to": "1", "code_hash": "x", "access_version": "9",
    "email_confirmed_at": "2026-01-01", "is_owner": "0", "red_flags": "bleeding",
    "given_at": "2000-01-01", "version": "9", "time_zone_name": "x", "_begun_with": "scmc",
}  # fmt: skip


@pytest.mark.parametrize("slug", list(ANSWERS))
def test_z3_no_page_of_the_inquiry_keeps_what_it_did_not_ask(client, slug):
    fill_in(client, until="hospital")
    read = {"shown": shown(client, slug)} if slug in ("guardian", "consents") else {}
    data = {**ANSWERS[slug], **read}
    assert client.post(step_url(slug), data).status_code == 302
    before = Draft.objects.get().answers
    assert client.post(step_url(slug), {**data, **EXTRA}).status_code == 302
    after = Draft.objects.get().answers
    assert after == before
    assert not set(after[slug]) & set(EXTRA)


def test_z3_extra_keys_of_every_page_change_no_case(client):
    changes = {slug: EXTRA for slug in ANSWERS}
    fill_in(client, **changes)
    # The version of the draft is asked for: another one than the page's is refused.
    extra = {name: value for name, value in EXTRA.items() if name != "version"}
    client.post(reverse("inquiry:check"), extra)
    case = Case.objects.get()
    member = case.family.get()
    assert (case.stage, case.waiting_on, case.is_urgent) == ("received", "coordinator", False)
    assert (member.access_version, member.is_owner, member.email_confirmed_at) == (1, True, None)
    assert (case.hospital, case.inquiry.red_flags, case.version) == (None, [], 1)


def test_a5_browser_with_neither_secret_nor_code_opens_no_last_page(client):
    """Whatever left such a session behind: the page that shows the code is not for it."""
    fill_in(client)
    send(client)
    session = client.session
    session[sessions.DRAFT] = {**session[sessions.DRAFT], "secret": ""}
    session.save()
    path = reverse("inquiry:sent")
    assert client.get(path).url == reverse("inquiry:start")
    assert client.post(path).url == reverse("inquiry:start")
    assert sessions.MEMBER not in client.session
