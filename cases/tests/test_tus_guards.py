"""Who may upload, what a page from elsewhere cannot do, what a full disk or a cut line costs."""

import errno
import hashlib
import io

import pytest
from django.db import OperationalError
from django.http import UnreadablePostError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases import actions, sessions
from cases.actions import uploads
from cases.actions.uploads import GoneError, StorageFullError
from cases.models import Record
from cases.records import kinds, store
from cases.records.sealed import PIECE, Appender, open_sealed, sealed_length
from cases.tests.papers import Tus, pattern
from cases.workflow import Stage
from portal.tests.cast import sign_in_family
from portal.tests.fixtures import sign_in_staff
from portal.troubles import StorageDownError

pytestmark = pytest.mark.django_db
UNKNOWN = "6f1c0b0e-5d0a-4c56-9a58-0e4a3b0f2d11"


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.RECORDS_DIR = tmp_path / "records"


@pytest.fixture
def line(case):
    return Tus(case)


@pytest.fixture
def url(line):
    return line.begin(3 * PIECE)["Location"]


def pair(answer) -> tuple:
    headers = {name: value for name, value in answer.items() if name != "Set-Cookie"}
    return answer.status_code, answer.content, headers


@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
def test_a_stranger_learns_nothing_of_an_upload_Z2(line, url, other_case, method):
    stranger = Tus(line.case, sign_in_family(other_case))
    headers = {"upload_offset": "0", "content_type": "application/offset+octet-stream"}
    real = stranger.ask(method, url, b"x", **headers)
    made_up = stranger.ask(method, reverse("upload:one", args=["SH-2222-3333", UNKNOWN]), b"x")
    assert real.status_code == 404 and pair(real) == pair(made_up)
    assert Record.objects.get().received == 0


def test_a_stranger_begins_nothing_in_a_case_Z2(line, other_case):
    stranger = Tus(line.case, sign_in_family(other_case))
    real = stranger.begin(10)
    stranger.begin_url = reverse("upload:begin", args=["SH-2222-3333"])
    assert real.status_code == 404 and pair(real) == pair(stranger.begin(10))
    assert not Record.objects.exists()


def test_an_upload_of_another_case_is_not_found_below_ones_own_Z2(line, url, other_case):
    own = Tus(other_case)
    mixed = url.replace(line.case.reference, other_case.reference)
    assert own.head(mixed).status_code == 404


@pytest.mark.parametrize("who", ["nobody", "lead", "reviewer"])
def test_only_a_family_uploads_Z1(request, line, url, who):
    client = Client() if who == "nobody" else sign_in_staff(request.getfixturevalue(who))
    other = Tus(line.case, client)
    answers = [
        other.begin(10),
        other.head(url),
        other.patch(url, 0, b"x"),
        other.ask("DELETE", url),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert Record.objects.get().received == 0


def test_an_upload_ends_with_the_session_and_the_code_A5(line, url):
    line.case.owner.access_version += 1
    line.case.owner.save()
    assert line.patch(url, 0, b"x").status_code == 403


def test_a_withdrawn_case_takes_nothing_more(line, url):
    line.case.stage, line.case.waiting_on, line.case.next_due_at = Stage.WITHDRAWN, "nobody", None
    line.case.save()
    assert line.begin(10).status_code == 422
    assert line.patch(url, 0, b"x").status_code == 410
    assert line.ask("DELETE", url).status_code == 403


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_page_from_elsewhere_moves_nothing_W4(case, line, url, method):
    client = sign_in_family(case)
    client.handler.enforce_csrf_checks = True
    other = Tus(case, client)
    headers = {"upload_offset": "0", "content_type": "application/offset+octet-stream"}
    headers |= {"upload_length": "10"} if method == "POST" else {}
    target = line.begin_url if method == "POST" else url
    assert other.ask(method, target, b"x", **headers).status_code == 403
    client.cookies["csrf"] = "a" * 32
    token = {"x_csrftoken": "a" * 32}
    foreign = other.ask(method, target, b"x", origin="https://evil.example", **headers, **token)
    assert foreign.status_code == 403
    assert Record.objects.get().received == 0
    assert other.ask(method, target, b"x", **headers, **token).status_code in (201, 204, 400)


def test_private_headers_are_on_every_answer_W6(line, url):
    for answer in (line.head(url), line.begin(0), line.patch(url, 5, b"x"), line.begin(10)):
        assert answer["Cache-Control"] == "no-store, private"
        assert (answer["X-Robots-Tag"], answer["Referrer-Policy"]) == ("noindex", "no-referrer")
        assert "Cookie" in answer["Vary"]


class Cut(io.BytesIO):
    """A body whose line is cut after some bytes, in one of the two ways that servers tell it."""

    def __init__(self, data, error=None):
        super().__init__(data)
        self.error = error

    def read(self, *args):
        data = super().read(*args)
        if not data and self.error:
            raise self.error
        return data


def send_cut(line, url, data, announced, error=None, **headers):
    headers = {"tus-resumable": "1.0.0", "upload-offset": "0"} | headers
    environ = {"wsgi.input": Cut(data, error), "CONTENT_LENGTH": str(announced)}
    environ["CONTENT_TYPE"] = "application/offset+octet-stream"
    return line.client.generic("PATCH", url, b"", headers=headers, **environ)


@pytest.mark.parametrize("error", [None, OSError("reset")])
def test_what_came_before_the_line_was_cut_counts_U8(line, url, error):
    data = pattern(3 * PIECE)
    answer = send_cut(line, url, data[:100_000], len(data), error)
    assert (answer.status_code, answer["Upload-Offset"]) == (204, "100000")
    assert line.patch(url, 100_000, data[100_000:]).status_code == 204
    record = Record.objects.get()
    with store.reading(record.storage_name) as file:
        assert open_sealed(file, actions.case_key(record.case), record.storage_name).read() == data


def test_a_cut_part_with_a_checksum_does_not_count(line, url):
    answer = send_cut(line, url, b"x" * 10, 20, **{"upload-checksum": "sha1 AAAA"})
    assert (answer.status_code, Record.objects.get().received) == (460, 0)


def test_an_error_of_the_line_is_the_one_that_django_tells():
    assert issubclass(UnreadablePostError, OSError)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_and_nothing_is_lost_R6(line, url, monkeypatch, number):
    line.patch(url, 0, b"x" * 100)

    def fail(*_args):
        raise OSError(number, "no space")

    with monkeypatch.context() as patch:
        patch.setattr(Appender, "flush", fail)
        answer = line.patch(url, 100, b"y" * 100)
    assert answer.status_code == 507 and "What arrived is safe" in answer.content.decode()
    assert Record.objects.get().received == 100
    assert line.patch(url, 100, b"z" * 100).status_code == 204


def test_a_full_disk_at_the_beginning_leaves_no_row_R6(line, monkeypatch):
    def fail(*_args):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(store, "create", fail)
    assert line.begin(10).status_code == 507
    assert not Record.objects.exists()


def test_a_full_database_is_said_R6(line, url, monkeypatch):
    def fail(*_args):
        raise OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(uploads, "_acknowledge", fail)
        assert line.patch(url, 0, b"x").status_code == 507
    assert line.patch(url, 0, b"x").status_code == 204


def test_other_troubles_are_not_called_a_full_disk():
    with pytest.raises(StorageFullError):
        uploads._tell_of(OSError(errno.ENOSPC, ""))
    with pytest.raises(StorageDownError):
        uploads._tell_of(OSError(errno.EIO, ""))
    assert uploads._tell_of(OSError(errno.ENOENT, "")) is None


def test_a_failed_row_leaves_no_file(line, monkeypatch):
    monkeypatch.setattr(kinds, "CASE_FILES", 0)
    assert line.begin(10).status_code == 422
    assert list(store.names_older_than(-1)) == []


def test_a_file_that_is_gone_is_gone(line, url):
    store.remove(Record.objects.get().storage_name)
    assert line.patch(url, 0, b"x").status_code == 410


def test_a_row_removed_while_its_file_is_written_stays_removed(line, url):
    record = Record.objects.get()

    def pieces():
        yield b"x" * 10
        Record.objects.all().delete()

    with pytest.raises(GoneError):
        actions.receive(by=line.case.owner, record=record, offset=0, pieces=pieces())
    assert not Record.objects.exists()


def test_a_long_part_is_acknowledged_on_the_way_U8(line, monkeypatch):
    """One part of 2 GB, as some clients send it, and the worker dies at the end of it."""
    monkeypatch.setattr(uploads, "ACKNOWLEDGED_EVERY", PIECE)
    record = Record.objects.get(pk=line.begin(10 * PIECE)["Location"].split("/")[-2])

    def pieces():
        for _number in range(6):
            yield b"x" * (PIECE // 2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        actions.receive(by=line.case.owner, record=record, offset=0, pieces=pieces())
    assert Record.objects.get().received == 3 * PIECE


def test_one_upload_does_not_end_another_session(line, url):
    """The idle clock starts again with each part (row A5)."""
    before = line.client.session[sessions.MEMBER]["last_seen"]
    line.patch(url, 0, b"x")
    assert line.client.session[sessions.MEMBER]["last_seen"] > before


def test_an_empty_part_changes_nothing(line, url):
    answer = send_cut(line, url, b"", 0)
    assert (answer.status_code, answer["Upload-Offset"]) == (204, "0")


def test_an_upload_that_expires_at_this_moment_is_gone(line, url):
    Record.objects.update(expires_at=timezone.now())
    record = Record.objects.select_related("case").get()
    with pytest.raises(GoneError):
        actions.receive(by=line.case.owner, record=record, offset=0, pieces=[b"x"])


@pytest.mark.parametrize("with_checksum", [True, False])
def test_part_that_passed_another_one_stops_at_the_announced_size_U2(line, url, with_checksum):
    """The request was measured against the row as it was before the first part arrived."""
    record = Record.objects.select_related("case").get()
    by, first = line.case.owner, [pattern(PIECE)]
    uploads.receive(by=by, record=record, offset=0, pieces=first)
    checksum = (hashlib.sha256(), b"wrong") if with_checksum else None
    endless = (pattern(60_000) for _part in range(50))
    with pytest.raises(uploads.TooMuchError):
        uploads.receive(by=by, record=record, offset=PIECE, checksum=checksum, pieces=endless)
    fresh = Record.objects.get()
    assert fresh.received <= fresh.size
    assert store.path_of(fresh.storage_name).stat().st_size <= sealed_length(3)
