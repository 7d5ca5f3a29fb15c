"""Every way that a disk fails, on every way to write a file: said, told, nothing half kept (R6)."""

import ast
import errno
import os
from pathlib import Path

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import RequestFactory
from django.urls import reverse

from cases import actions
from cases.models import Record
from cases.records import store
from cases.records.derive import DeriveFailedError
from cases.records.sealed import Appender
from cases.tests.papers import Tus, pattern, record_at
from cases.tests.pictures import make_photo_document, make_picture
from cases.tests.scans import make_read_scan, make_slice
from portal import alerts, troubles
from portal.tests.cast import sign_in_family
from portal.tests.fixtures import make_record
from portal.views import errors

DATA = pattern(300_000)
ROOT = Path(__file__).resolve().parents[2]
FULL = (errno.ENOSPC, errno.EDQUOT)
ERRNOS = ("EIO", "EACCES", "EROFS", "EMFILE", "EDQUOT", "ENOSPC")
numbers = pytest.mark.parametrize("number", [getattr(errno, name) for name in ERRNOS], ids=ERRNOS)


def failing(number):
    def fail(*args, **kwargs):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.RECORDS_DIR = tmp_path / "records"
    settings.OPERATOR = settings.OPERATOR | {"email": "operator@example.org"}


def files() -> list[str]:
    return sorted(store.names_older_than(-1))


@numbers
def test_an_upload_that_cannot_begin_says_so_R6(case, monkeypatch, number):
    monkeypatch.setattr(store.os, "fsync", failing(number))
    answer = Tus(case).begin(100)
    assert answer.status_code == (507 if number in FULL else 503)
    assert "safe" in answer.text
    assert (Record.objects.count(), files()) == (0, [])


@numbers
@pytest.mark.parametrize("step", ["write", "finish"])
def test_an_upload_that_breaks_off_goes_on_afterwards_R6(case, monkeypatch, number, step):
    line = Tus(case)
    url = line.begin(len(DATA), "scan.zip")["Location"]
    with monkeypatch.context() as broken:
        broken.setattr(Appender, step, failing(number))
        answer = line.patch(url, 0, DATA)
    assert answer.status_code == (507 if number in FULL else 503)
    assert record_at(url).received == 0
    assert line.patch(url, 0, DATA).status_code == 204


def test_an_error_of_ours_is_not_called_a_disk_s(case, monkeypatch):
    """A bug stays an error that the log names, and is not told as a trouble that passes."""
    line = Tus(case)
    url = line.begin(len(DATA), "scan.zip")["Location"]
    with monkeypatch.context() as broken:
        broken.setattr(Appender, "write", failing(errno.EINVAL))
        with pytest.raises(OSError, match=os.strerror(errno.EINVAL)):
            line.patch(url, 0, DATA)
    monkeypatch.setattr(store.os, "fsync", failing(errno.EINVAL))
    with pytest.raises(OSError, match=os.strerror(errno.EINVAL)):
        line.begin(100)
    assert Record.objects.count() == 1


@numbers
@pytest.mark.parametrize("step", ["create", "write", "finish"])
def test_the_plain_form_says_it_of_the_file_R6(case, monkeypatch, number, step):
    where = (store, "create") if step == "create" else (Appender, step)
    monkeypatch.setattr(*where, failing(number))
    paper = {"files": SimpleUploadedFile("a.pdf", b"%PDF" + DATA)}
    answer = sign_in_family(case).post(reverse("case:papers", args=[case.reference]), paper)
    words = "storage is full" if number in FULL else "storage does not answer"
    assert (answer.status_code, Record.objects.count(), files()) == (200, 0, [])
    assert words in answer.text


def copies_of_a_photo(case) -> tuple:
    record = make_picture(case, copies=False)
    return actions.make_viewing_copies, {"record": record}


def document_of_photos(case) -> tuple:
    photo = make_picture(case)
    document = make_photo_document(case)
    document.pages.create(record=photo, position=0)
    return actions.make_document, {"document": document}


def pictures_of_a_scan(case) -> tuple:
    make_record(case, make_slice(), name="scan.dcm")
    return actions.read_scans, {"case": case}


def copy_for_a_hospital(case) -> tuple:
    return actions.make_shared_copy, {"record": make_read_scan(case)}


MADE = [copies_of_a_photo, document_of_photos, pictures_of_a_scan, copy_for_a_hospital]


@numbers
@pytest.mark.parametrize("prepare", MADE, ids=lambda prepare: prepare.__name__)
def test_what_we_make_ourselves_is_tried_again_R6(case, monkeypatch, caplog, number, prepare):
    """The second file of two fails: nothing half is left, and the operator is told."""
    act, what = prepare(case)
    before, made = files(), []
    real = store.create

    def create():
        if made or prepare is not copies_of_a_photo:
            failing(number)()
        made.append(real())
        return made[-1]

    with monkeypatch.context() as broken:
        broken.setattr(store, "create", create)
        with pytest.raises(DeriveFailedError):
            act(**what)
    assert files() == before
    trouble = alerts.NO_ROOM if number in FULL else alerts.DISK_BROKEN
    assert trouble in [line.message for line in caplog.records]
    act(**what)
    assert len(files()) > len(before)


@numbers
def test_file_that_cannot_be_handed_over_stays_R6(case, bucket, monkeypatch, number):
    record = make_record(case)
    with monkeypatch.context() as broken:
        broken.setattr(store.s3, "put", failing(number))
        with pytest.raises(OSError, match=os.strerror(number)):
            store.hand_over(record.storage_name)
    assert store.path_of(record.storage_name).exists()
    store.hand_over(record.storage_name)
    assert not store.path_of(record.storage_name).exists()


@numbers
def test_any_other_page_says_so_with_the_time_to_wait_R6(number):
    try:
        failing(number)()
    except OSError:
        answer = errors.server_error(RequestFactory().get("/pl/"))
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")


def test_an_error_that_is_its_own_cause_ends_the_walk():
    error = OSError(errno.EIO, "x")
    other = ValueError("y")
    error.__cause__, other.__context__ = error, error
    assert list(troubles.came_from(error)) == [error]
    assert troubles.is_passing(other) and not troubles.is_full(other)


@pytest.mark.parametrize("sqlstate", ["08006", "57P01", "57014", "55P03", "53300", "40P01", None])
def test_a_database_that_is_away_passes_R7(sqlstate):
    cause = psycopg.OperationalError("x")
    cause.sqlstate = sqlstate
    error = OperationalError("x")
    error.__cause__ = cause
    assert troubles.is_database_away(error)


def test_no_other_place_walks_through_causes_without_a_bound():
    """A loop over causes may never end: `came_from` alone has one."""
    found = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for app in ("portal", "hospitals", "cases", "tools")
        for path in (ROOT / app).rglob("*.py")
        if path != ROOT / "portal" / "troubles.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.While | ast.For)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Attribute) and inner.attr in ("__cause__", "__context__")
    }
    assert found == set()


def test_nothing_is_raised_from_itself():
    found = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for app in ("portal", "hospitals", "cases")
        for path in (ROOT / app).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and node.cause
        # A function of ours may give the same error back; a class makes a new one.
        and not ast.unparse(node.exc.func).rpartition(".")[2][:1].isupper()
    }
    assert found == set()
