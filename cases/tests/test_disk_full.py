"""A full disk loses nothing, says so kindly, and is over when there is room again (row R6)."""

import json
import re
import tempfile
import threading
from html import unescape
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.urls import reverse

from cases.models import Case, Draft, Message, Record
from cases.records import store
from cases.records.kinds import MB, Status
from cases.tests.disks import database_on, empty_log, is_sound, mounted
from cases.tests.family import ANSWERS, as_a_person, fill_in, send, step_url
from cases.tests.papers import Tus, pattern, record_at
from portal import alerts, troubles
from portal.logs import JsonFormatter
from portal.tests.cast import sign_in_family
from portal.tests.fixtures import HEALTH_CANARY, make_case
from portal.troubles import StorageDownError
from portal.views import errors

FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
OPERATOR = {"email": "operator@example.org", "phone": "+86 21 5555 0100"}


@pytest.fixture(autouse=True)
def _operator(settings, monkeypatch):
    settings.OPERATOR = settings.OPERATOR | OPERATOR


@pytest.fixture
def records_disk(settings, tmp_path):
    settings.RECORDS_DIR = tmp_path / "records"
    with mounted(settings.RECORDS_DIR, 4) as disk:
        yield disk


@pytest.fixture
def database_disk(transactional_db, tmp_path):
    if connection.vendor != "sqlite":
        pytest.skip("the other database's disk is its own server's")
    with mounted(tmp_path / "database", 24) as disk, database_on(disk.folder):
        yield disk


def told() -> None:
    """The mail leaves in a thread of its own."""
    for thread in threading.enumerate():
        if thread.name == "alert":
            thread.join()


def client_of(case=None) -> Client:
    """Sees the page that a family would see."""
    client = sign_in_family(case) if case else Client()
    client.raise_request_exception = False
    return client


def fields_of(page) -> dict:
    """The form that the page keeps, as a browser would post it."""
    form = page.text[page.text.index('<form method="post"') :]
    return {name: unescape(text) for name, text in FIELD.findall(form)}


FORM = "application/x-www-form-urlencoded"


def post(client: Client, address: str, data: dict):
    """As a browser sends a form without files."""
    return client.post(address, urlencode(data, doseq=True), content_type=FORM)


def files() -> list[str]:
    return sorted(store.names_older_than(-1))


@pytest.mark.django_db
def test_an_upload_cannot_begin_on_a_full_disk_R6(case, records_disk, mailoutbox):
    records_disk.fill()
    answer = Tus(case).begin(100)
    assert answer.status_code == 507
    assert "full" in answer.text and "safe" in answer.text
    assert (Record.objects.count(), files()) == (0, [])
    told()
    assert [mail.to for mail in mailoutbox] == [["operator@example.org"]]
    records_disk.free()
    assert Tus(case).begin(100).status_code == 201


@pytest.mark.django_db
def test_an_upload_that_fills_the_disk_goes_on_when_there_is_room_R6(case, records_disk):
    data = pattern(3 * MB)
    line = Tus(case)
    url = line.begin(len(data), "scan.zip")["Location"]
    line.patch(url, 0, data[:MB])
    records_disk.fill(leave=MB // 2)
    assert line.patch(url, MB, data[MB:]).status_code == 507
    offset = int(line.head(url)["Upload-Offset"])
    assert offset == MB == record_at(url).received
    records_disk.free()
    assert line.patch(url, offset, data[offset:]).status_code == 204
    assert record_at(url).status == Status.CHECKING
    name = record_at(url).storage_name
    with store.reading(name) as file:
        from cases.actions.keys import case_key
        from cases.records.sealed import open_sealed

        assert b"".join(open_sealed(file, case_key(case), name).pieces()) == data


@pytest.mark.django_db
def test_the_plain_form_says_it_of_the_file_and_keeps_nothing_half_R6(
    case, records_disk, mailoutbox
):
    records_disk.fill(leave=64 * 1024)
    family, here = client_of(case), reverse("case:papers", args=[case.reference])
    paper = {"files": SimpleUploadedFile("a.pdf", b"%PDF" + pattern(MB))}
    answer = family.post(here, paper)
    assert (answer.status_code, Record.objects.count(), files()) == (200, 0, [])
    assert "Our storage is full at the moment" in answer.text
    told()
    assert len(mailoutbox) == 1
    records_disk.free()
    paper["files"].seek(0)
    assert family.post(here, paper).status_code == 302
    assert Record.objects.count() == 1


@pytest.mark.django_db
def test_a_full_temporary_folder_hinders_nobody_R6(case, client, tmp_path, monkeypatch):
    with mounted(tmp_path / "tmp", 1) as disk:
        monkeypatch.setattr(tempfile, "tempdir", str(disk.folder))
        monkeypatch.setenv("TMPDIR", str(disk.folder))
        disk.fill()
        with pytest.raises(OSError), tempfile.NamedTemporaryFile() as file:
            file.write(b"x" * 100_000)
        fill_in(client)
        assert send(client).status_code == 200
        assert Tus(case).send(pattern(MB), "scan.zip").status == Status.CHECKING
        paper = {"files": SimpleUploadedFile("a.pdf", b"%PDF" + pattern(3 * MB))}
        papers = reverse("case:papers", args=[case.reference])
        assert sign_in_family(case).post(papers, paper).status_code == 302
    assert Case.objects.count() == 2


def test_sending_an_inquiry_on_a_full_disk_loses_nothing_R6(database_disk, mailoutbox):
    family = client_of()
    fill_in(family)
    last = as_a_person(family)
    empty_log()
    database_disk.fill()
    answer = post(family, reverse("inquiry:check"), last)
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert "no-store" in answer["Cache-Control"]
    assert "Your text is kept on this page" in answer.text
    assert 'href="tel:+86 21 5555 0100"' in answer.text
    assert Case.objects.count() == 0 and is_sound()
    told()
    assert [mail.to for mail in mailoutbox] == [["operator@example.org"]]
    database_disk.free()
    sent = family.post(reverse("inquiry:check"), fields_of(answer), follow=True)
    assert sent.status_code == 200
    assert Case.objects.get().reference in sent.text
    assert is_sound()


def test_a_page_of_the_inquiry_keeps_what_was_typed_R6(database_disk):
    family = client_of()
    fill_in(family, until="patient")
    empty_log()
    database_disk.fill()
    words = f'"Quoted" <b>& more</b>\nثانية {HEALTH_CANARY}'
    answer = post(family, step_url("problem"), {"problem": words, "signs": ["a", "b"]})
    assert answer.status_code == 503
    assert fields_of(answer)["problem"] == words
    assert answer.text.count('name="signs"') == 2
    assert "problem" not in Draft.objects.get().answers
    assert family.get(reverse("about")).status_code == 200
    database_disk.free()
    kept = {"problem": fields_of(answer)["problem"]}
    assert family.post(step_url("problem"), kept).status_code == 302
    assert Draft.objects.get().answers["problem"]["problem"] == [words.replace("\n", "\r\n")] or (
        Draft.objects.get().answers["problem"]["problem"] == [words]
    )


def test_a_message_is_sent_once_when_there_is_room_R6(database_disk):
    case = make_case()
    family, here = client_of(case), reverse("case:detail", args=[case.reference])
    page = family.get(here)
    submission = re.search(r'name="submission" value="([^"]+)"', page.text)[1]
    empty_log()
    database_disk.fill()
    answer = post(family, here, {"body": "We have a new scan.", "submission": submission})
    assert (answer.status_code, Message.objects.count()) == (503, 0)
    database_disk.free()
    for _time in range(2):
        assert family.post(here, fields_of(answer)).status_code == 302
    assert [message.body for message in Message.objects.all()] == ["We have a new scan."]


def test_the_page_speaks_the_readers_language_R6(database_disk):
    family = client_of()
    family.post("/ar/inquiry/you/", ANSWERS["you"])
    empty_log()
    database_disk.fill()
    answer = family.post("/ar/inquiry/contact/", ANSWERS["contact"])
    assert answer.status_code == 503
    assert '<html lang="ar" dir="rtl"' in answer.text


def test_an_upload_that_the_database_has_no_room_for_R6(database_disk, settings, tmp_path):
    settings.RECORDS_DIR = tmp_path / "records"
    line = Tus(make_case(), None)
    url = line.begin(2 * MB, "scan.zip")["Location"]
    empty_log()
    database_disk.fill()
    answer = line.patch(url, 0, pattern(MB))
    database_disk.free()
    assert answer.status_code == 507
    assert line.head(url)["Upload-Offset"] == "0"
    assert line.patch(url, 0, pattern(2 * MB)).status_code == 204


def test_the_log_tells_where_and_nothing_of_what_was_written_R6(database_disk, caplog):
    family = client_of()
    fill_in(family, until="patient")
    empty_log()
    database_disk.fill()
    family.post(step_url("problem"), ANSWERS["problem"])
    lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    (line,) = [line for line in lines if line["logger"] == "portal.alerts"]
    assert (line["level"], line["message"]) == ("CRITICAL", "no room left")
    assert line["route"] == "inquiry:step"
    assert HEALTH_CANARY not in json.dumps(lines)


def refused(post=None, error=None, **how):
    """The page as Django asks for it, while an error is handled."""
    request = RequestFactory().post("/en/case/sign-in/", post or {}, **how)
    try:
        raise error or OSError(28, "No space left on device")
    except Exception:  # noqa: BLE001
        return errors.server_error(request)


@pytest.mark.parametrize("name", ["code", "old_password", "sign-otp_token"])
def test_a_form_with_a_secret_is_not_put_into_the_page(name):
    page = refused(f"{name}=ABCD-EFGH&reference=SH-2222-3333", content_type=FORM)
    assert page.status_code == 503
    assert "ABCD-EFGH" not in page.text and '<form method="post"' not in page.text
    assert "Wait a few minutes" in page.text


def test_a_form_with_files_is_not_put_into_the_page():
    assert '<form method="post"' not in refused({"words": "Many words of a family"}).text


def test_a_body_that_was_cut_off_shows_the_page_all_the_same(monkeypatch):
    from django.http import UnreadablePostError
    from django.http.request import HttpRequest

    def cut(self):
        raise UnreadablePostError

    monkeypatch.setattr(HttpRequest, "_load_post_and_files", cut, raising=False)
    monkeypatch.setattr("django.core.handlers.wsgi.WSGIRequest._load_post_and_files", cut)
    assert refused("body=words", content_type=FORM).status_code == 503


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OSError(28, "No space left on device"), 503),
        (OSError(122, "Disk quota exceeded"), 503),
        (OperationalError("database or disk is full"), 503),
        (StorageDownError("AccessDenied"), 503),
        (OSError(2, "No such file"), 500),
        (OperationalError("no such table"), 500),
        (ValueError("x"), 500),
    ],
)
def test_other_errors_stay_errors(error, status):
    assert refused(error=error).status_code == status


def test_postgres_says_it_by_its_number():
    cause = Exception("could not extend file")
    cause.sqlstate = troubles.POSTGRES_FULL
    error = OperationalError("x")
    error.__cause__ = cause
    assert troubles.is_full(error) and not troubles.is_full(None)


def test_operator_is_told_once_an_hour_of_each_trouble(mailoutbox, monkeypatch):
    alerts.tell_operator(alerts.NO_ROOM)
    told()
    alerts.tell_operator(alerts.NO_ROOM)
    alerts.tell_operator(alerts.STORAGE_DOWN)
    told()
    assert len({mail.subject for mail in mailoutbox}) == len(mailoutbox) == 2
    monkeypatch.setattr(alerts, "ONCE_IN", 0)
    alerts.tell_operator(alerts.NO_ROOM)
    told()
    assert len(mailoutbox) == 3


def test_without_an_address_or_a_mail_server_the_log_tells(settings, caplog, monkeypatch):
    settings.OPERATOR = settings.OPERATOR | {"email": ""}
    alerts.tell_operator(alerts.NO_ROOM)
    assert [record.message for record in caplog.records] == ["no room left"]
    settings.OPERATOR = settings.OPERATOR | {"email": "operator@example.org"}
    settings.EMAIL_BACKEND = "no.such.Backend"
    alerts.tell_operator(alerts.NO_ROOM)
    told()
    assert caplog.records[-1].message == "operator not told"
