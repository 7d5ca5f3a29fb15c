"""Production refuses to start unsafe, with one clear line (row D2)."""

import base64
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal.checks import missing_operator_values
from portal.environment import (
    _kept_demo_key,
    read_record_keys,
    refuse_unsafe_production,
    refuse_weak_key,
)
from portal.tests.fixtures import sign_in_staff

STRONG = "k3Jq9-vXw2LmZ8pR5tYb7NcD4sFgHa1uEoQ6iBxMwTzKlPyV0j"
RING = f"test:{base64.b64encode(bytes(range(32))).decode()}"
GOOD = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": STRONG,
    "ALLOWED_HOSTS": "portal.example",
    "PUBLIC_URL": "https://portal.example",
    "TRUSTED_PROXY_COUNT": "1",
    "EMAIL_URL": "smtp+tls://user:secret%20word@mail.portal.example:587",
    "MAIL_FROM": "Shanghai coordinators <care@portal.example>",
    "RECORD_KEYS": RING,
    "CLAMD_ADDRESS": "unix:/run/clamav/clamd.ctl",
}
OURS = (*GOOD, "DEBUG", "DATABASE_URL", "VAR_DIR")


def environment(folder, **changes) -> dict:
    """These variables and no others of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    wanted = {name: value for name, value in (GOOD | changes).items() if value is not None}
    return kept | wanted | {"VAR_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "portal.settings"}


def start(tmp_path, **changes) -> subprocess.CompletedProcess:
    """`manage.py check` in this environment."""
    (tmp_path / "static").mkdir()
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.BASE_DIR,
        env=environment(tmp_path, **changes),
        capture_output=True,
        text=True,
    )


def test_production_starts_with_good_values_and_no_warning_D2(tmp_path):
    done = start(tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY is missing or weak"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is missing or weak"),
        ({"SECRET_KEY": "a" * 60}, "SECRET_KEY is missing or weak"),
        ({"SECRET_KEY": f"django-insecure-{STRONG}"}, "SECRET_KEY is missing or weak"),
        ({"DEBUG": "1"}, "DEBUG is on in production"),
        ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS must name"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name"),
        ({"ALLOWED_HOSTS": "*.portal.example"}, "ALLOWED_HOSTS must name"),
        ({"ALLOWED_HOSTS": ".portal.example"}, "ALLOWED_HOSTS must name"),
        ({"ALLOWED_HOSTS": "portal.example,.portal.example"}, "ALLOWED_HOSTS must name"),
        ({"SECRET_KEY_FALLBACKS": f"{STRONG},old"}, "SECRET_KEY_FALLBACKS is missing or weak"),
        ({"SECRET_KEY_FALLBACKS": "a" * 60}, "SECRET_KEY_FALLBACKS is missing or weak"),
        ({"TRUSTED_PROXY_COUNT": None}, "TRUSTED_PROXY_COUNT is missing or wrong"),
        ({"TRUSTED_PROXY_COUNT": "one"}, "TRUSTED_PROXY_COUNT is missing or wrong"),
        ({"EMAIL_URL": None}, "EMAIL_URL is missing or wrong"),
        ({"EMAIL_URL": "consolemail://"}, "EMAIL_URL is missing or wrong"),
        ({"EMAIL_URL": "smtp+tls://user:secret@:587"}, "EMAIL_URL is missing or wrong"),
        ({"MAIL_FROM": None}, "MAIL_FROM is missing or wrong"),
        ({"MAIL_FROM": "Care <no-reply@localhost>"}, "MAIL_FROM is missing or wrong"),
        ({"RECORD_KEYS": None}, "RECORD_KEYS is missing or malformed"),
        ({"RECORD_KEYS": "a:short"}, "RECORD_KEYS is missing or malformed"),
        ({"RECORD_KEYS": f"a:{'A' * 43}="}, "RECORD_KEYS is missing or malformed"),
        ({"RECORD_KEYS": f"{RING},{RING}"}, "RECORD_KEYS is missing or malformed"),
        ({"CLAMD_ADDRESS": None}, "CLAMD_ADDRESS is missing or wrong"),
        ({"CLAMD_ADDRESS": "localhost"}, "CLAMD_ADDRESS is missing or wrong"),
        ({"PUBLIC_URL": "http://portal.example"}, "PUBLIC_URL must be"),
        ({"PUBLIC_URL": None}, "PUBLIC_URL must be"),
        ({"ENVIRONMENT": "prodution"}, "Set it to production, demo or development"),
        ({"ENVIRONMENT": None, "SECRET_KEY": "short"}, "SECRET_KEY is missing or weak"),
    ],
)
def test_production_refuses_to_start_D2(tmp_path, changes, said):
    done = start(tmp_path, **changes)
    assert done.returncode != 0
    assert said in done.stderr.splitlines()[-1]
    assert STRONG not in done.stderr
    assert "secret" not in done.stderr.splitlines()[-1].replace("import secrets; print(secrets", "")


@pytest.mark.parametrize(
    "url", ["smtp://mail.example", "smtp+ssl://u%40x:p@[::1]:465", "smtps://m:1/"]
)
def test_addresses_of_mail_servers_are_known_D2(monkeypatch, url):
    for name, value in (GOOD | {"EMAIL_URL": url, "TRUSTED_PROXY_COUNT": "0"}).items():
        monkeypatch.setenv(name, value)
    refuse_unsafe_production(
        debug=False, allowed_hosts=["portal.example"], public_url="https://portal.example"
    )


def test_weak_keys_are_refused_D2():
    for key in ("", "x" * 49, "ab" * 40):
        with pytest.raises(ImproperlyConfigured):
            refuse_weak_key(key)
    refuse_weak_key(STRONG)


def test_demo_key_is_made_once_and_is_for_its_owner_alone_D2(tmp_path):
    key = _kept_demo_key(tmp_path)
    assert _kept_demo_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_sessions_survive_a_rotated_key_D2(coordinator, settings):
    client, away = sign_in_staff(coordinator), sign_in_staff(coordinator)
    old = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = STRONG, [old]
    assert client.get("/office/").status_code == 200
    # Whoever came by was given the new key; who did not is out once the old one is gone.
    settings.SECRET_KEY_FALLBACKS = []
    assert client.get("/office/").status_code == 200
    assert away.get("/office/").status_code == 302


def test_staff_are_told_what_the_operator_has_not_said(coordinator, settings):
    settings.OPERATOR = dict.fromkeys(settings.OPERATOR, "") | {"extra_holidays": []}
    settings.OPERATOR["working_hours"] = "09:00-17:00"
    assert "emergency_line" in missing_operator_values()
    assert "emergency line" in sign_in_staff(coordinator).get("/office/").text
    settings.OPERATOR = settings.OPERATOR | dict.fromkeys(missing_operator_values(), "said")
    assert "emergency line" not in sign_in_staff(coordinator).get("/office/").text


def test_demo_record_keys_are_made_once_and_are_for_their_owner_alone_U5(tmp_path, monkeypatch):
    monkeypatch.delenv("RECORD_KEYS", raising=False)
    ring = read_record_keys("demo", tmp_path / "var")
    assert read_record_keys("demo", tmp_path / "var") == ring
    assert stat.S_IMODE((tmp_path / "var/record-keys").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["record-keys"]


def test_demo_record_keys_of_two_first_starts_at_once_are_the_same_U5(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _n: read_record_keys("demo", tmp_path), range(16)))
    assert len({ring[0] for ring in rings}) == 1


def test_record_keys_are_read_from_a_file_U5(tmp_path, monkeypatch):
    (tmp_path / "ring").write_text(f"new:{'/w' * 2}{RING[9:]} , {RING}\n")
    monkeypatch.setenv("RECORD_KEYS_FILE", str(tmp_path / "ring"))
    assert [name for name, _key in read_record_keys("production", tmp_path)] == ["new", "test"]
