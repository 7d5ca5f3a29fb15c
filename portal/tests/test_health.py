"""What load balancers ask: dear questions are asked once in a while, whoever asks how often."""

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
from django.core.cache import cache
from django.utils import timezone

from cases import actions
from cases.tests.disks import mounted
from cases.tests.test_keys import NEW, ring
from portal import disks
from portal.checks import catalogs_are_compiled
from portal.mail import queue_mail
from portal.models import OutgoingMail
from portal.tests.fixtures import make_user, sign_in_staff
from portal.views import health


def test_readyz_reads_the_migrations_once_in_five_seconds(client, db, monkeypatch):
    asked = []
    monkeypatch.setattr(health, "_migrations_applied", lambda: asked.append(1) or len(asked) < 2)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _hit in range(20):
            assert client.get("/readyz").json()["ok"]
        assert len(asked) == 1
        clock.shift(6)
        answers = [client.get("/readyz") for _hit in range(3)]
    assert [answer.status_code for answer in answers] == [503] * 3
    assert len(asked) == 2


@pytest.fixture
def one_disk(settings, tmp_path, monkeypatch):
    """Both folders on a disk that has as much left as the test says, in MB."""
    settings.VAR_DIR, settings.RECORDS_DIR = tmp_path, tmp_path / "not" / "there" / "yet"
    settings.MIN_FREE_MB = 100
    settings.OPERATOR = settings.OPERATOR | {"email": "operator@example.org"}

    def leave(megabytes: int, elsewhere: int = 10**6):
        def usage(path):
            free = megabytes if Path(path).is_relative_to(tmp_path) else elsewhere
            return SimpleNamespace(free=free * 1000**2)

        monkeypatch.setattr(disks.shutil, "disk_usage", usage)

    return leave


def told() -> None:
    for thread in threading.enumerate():
        if thread.name == "alert":
            thread.join()


def has_room(client) -> bool:
    """What /readyz says of the disks; traffic goes on in any case."""
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["ok"]) == (200, True)
    return answer.json()["checks"]["room"]


@pytest.mark.parametrize(("left", "enough"), [(99, False), (100, True), (101, True)])
def test_readyz_names_a_disk_that_is_nearly_full_R9(client, db, one_disk, left, enough):
    one_disk(left)
    assert has_room(client) is enough


@pytest.mark.parametrize("name", ["RECORDS_DIR", "VAR_DIR"])
def test_each_disk_counts_R9(client, db, settings, one_disk, tmp_path, name):
    """The one whose folder is left where it was is full, the other has room."""
    other = {"RECORDS_DIR": "VAR_DIR", "VAR_DIR": "RECORDS_DIR"}[name]
    setattr(settings, other, Path("/"))
    one_disk(0)
    assert not has_room(client)
    one_disk(1000)
    cache.clear()
    assert has_room(client)


def test_nothing_is_said_of_the_disk_but_yes_or_no_R9(client, db, one_disk, tmp_path):
    one_disk(7)
    answer = client.get("/readyz")
    checks = {
        "database": True, "migrations": True, "jobs": True, "files": True, "mail": True,
        "records": True, "keys": True, "scanner": True, "room": False,
    }  # fmt: skip
    assert answer.json() == {"ok": True, "checks": checks}
    assert str(tmp_path) not in str(answer.headers)


def test_operator_is_told_before_a_disk_is_full_R9(client, db, one_disk, caplog, mailoutbox):
    one_disk(7)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _hit in range(20):
            client.get("/readyz")
        clock.shift(6)
        client.get("/readyz")
    told()
    lines = [line for line in caplog.records if line.name == "portal.alerts"]
    assert [(line.message, line.levelname) for line in lines] == [
        ("little room left", "CRITICAL")
    ] * 2
    (mail,) = mailoutbox
    assert mail.to == ["operator@example.org"]
    assert (mail.subject, "still works" in mail.body) == (
        "A disk of the portal is nearly full",
        True,
    )


def test_room_comes_back_by_itself_and_zero_turns_the_question_off_R9(
    client, db, one_disk, settings
):
    one_disk(7)
    assert not has_room(client)
    cache.clear()
    one_disk(700)
    assert has_room(client)
    cache.clear()
    settings.MIN_FREE_MB = 0
    one_disk(0)
    assert has_room(client)


@pytest.mark.parametrize("name", ["RECORDS_DIR", "VAR_DIR"])
def test_a_real_disk_is_measured_R9(client, db, settings, tmp_path, name):
    settings.MIN_FREE_MB = 3
    setattr(settings, name, tmp_path / "small")
    with mounted(tmp_path / "small", 4) as disk:
        assert has_room(client)
        cache.clear()
        disk.fill(leave=2 * 1000**2)
        assert not has_room(client)


def wait_with(error: str, minutes: int, **fields) -> None:
    """A mail that was tried and waits for its next try."""
    mail = queue_mail(template="cases/email/status_changed", language="en", recipient="a@b.example")
    created = timezone.now() - timedelta(minutes=minutes)
    values = {"attempts": 2, "error": error, "created_at": created} | fields
    OutgoingMail.objects.filter(pk=mail.pk).update(**values)


@pytest.mark.parametrize(
    ("error", "minutes", "fields", "is_well"),
    [
        ("ConnectionRefusedError", 11, {}, False),
        ("SMTPAuthenticationError", 11, {}, False),
        ("ConnectionRefusedError", 9, {}, True),
        # One family's mail box, not the mail server.
        ("SMTPRecipientsRefused", 600, {}, True),
        ("ConnectionRefusedError", 600, {"status": "failed"}, True),
        ("", 600, {"attempts": 0}, True),
    ],
)
def test_readyz_names_a_mail_server_that_takes_nothing_R9(
    client, db, settings, mailoutbox, error, minutes, fields, is_well
):
    settings.OPERATOR = settings.OPERATOR | {"email": "operator@example.org"}
    wait_with(error, minutes, **fields)
    for _hit in range(3):
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["checks"]["mail"]) == (200, is_well)
    told()
    subjects = [] if is_well else ["The portal's mail server takes no mail"]
    assert [mail.subject for mail in mailoutbox] == subjects


def test_operator_is_told_that_no_worker_runs_R9(client, db, settings, monkeypatch, mailoutbox):
    settings.OPERATOR = settings.OPERATOR | {"email": "operator@example.org"}
    for name in ("jobs", "files"):
        monkeypatch.setitem(
            health.questions, name, replace(health.questions[name], is_well=lambda: False)
        )
    assert client.get("/readyz").status_code == 503
    told()
    assert {mail.subject for mail in mailoutbox} == {
        "The portal's worker for mail does not run",
        "The portal's worker for files does not run",
    }


@pytest.mark.parametrize("role", ["coordinator", "lead", "administrator"])
def test_office_reads_on_its_desk_what_is_not_well_R9(db, monkeypatch, role):
    desk = sign_in_staff(make_user("somebody", role))
    assert "system administrator" not in desk.get("/office/").text
    question = replace(health.questions["mail"], is_well=lambda: False)
    monkeypatch.setitem(health.questions, "mail", question)
    cache.clear()
    page = desk.get("/office/").text
    assert "mail server takes no mail" in page and "Please tell the system administrator" in page


def test_readyz_names_a_key_ring_that_does_not_open_what_is_there_R9(client, case, settings):
    actions.case_key(case)
    assert client.get("/readyz").json()["checks"]["keys"]
    cache.clear()
    settings.RECORD_KEYS = ring(NEW)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["keys"]) == (503, False)


def test_readyz_names_a_scanner_that_does_not_answer_R9(client, db, settings):
    settings.CLAMD_ADDRESS = "tcp:127.0.0.1:1"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["scanner"]) == (200, False)


def test_languages_that_are_not_compiled_are_an_error(settings, tmp_path):
    assert catalogs_are_compiled(None) == []
    folder = tmp_path / "pl" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").touch()
    settings.LOCALE_PATHS = [tmp_path]
    (error,) = catalogs_are_compiled(None)
    assert (error.id, "pl" in error.msg) == ("portal.E001", True)
    (folder / "django.mo").touch()
    assert catalogs_are_compiled(None) == []
