"""From "being checked" to a verdict: parser and scanner together, and who is told (rows U1, U7)."""

import contextlib
import io
import socket
import struct
import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from cases import actions, jobs
from cases.actions import records
from cases.models import CaseEvent, Record
from cases.models.record import COMES_BACK_WITHIN
from cases.records import scanner, store
from cases.records.kinds import Status
from cases.records.scanner import ScannerDownError, ScannerTooSmallError
from cases.tests.papers import NAME, Tus, make_dicom, make_image, make_pdf, make_zip
from cases.tests.test_keys import NEW, ring
from portal import alerts
from portal.chains import arguments_with_jobs
from portal.models import AuditEvent, OutgoingMail
from portal.tests.fixtures import HEALTH_CANARY
from tools.clamav import EICAR, ClamavMissing, clamd

PDF = make_pdf()


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.RECORDS_DIR = tmp_path / "records"


@pytest.fixture
def line(case):
    return Tus(case)


@pytest.fixture
def daemon(tmp_path_factory, settings):
    try:
        with clamd(tmp_path_factory.mktemp("clamd")) as address:
            settings.CLAMD_ADDRESS = address
            yield address
    except ClamavMissing as missing:
        pytest.skip(str(missing))


def check(record: Record) -> str:
    return jobs.check_record.func(str(record.pk))


@contextlib.contextmanager
def fake_daemon(answer: bytes, reads: bool = True):
    """Speaks the protocol and says what it is told to; yields what it received."""
    server, heard = socket.create_server(("127.0.0.1", 0)), []

    def serve():
        line, _address = server.accept()
        with line, line.makefile("rb") as stream:
            heard.append(stream.read(10))
            while reads and (size := struct.unpack(">I", stream.read(4))[0]):
                heard.append(stream.read(size))
            line.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"tcp:127.0.0.1:{server.getsockname()[1]}", heard
    finally:
        thread.join()
        server.close()


def test_the_scanner_is_asked_by_its_protocol_U7(settings):
    with fake_daemon(b"stream: OK\0") as (settings.CLAMD_ADDRESS, heard):
        assert scanner.find_virus([b"abc", b"", b"de"]) == ""
    assert heard == [b"zINSTREAM\0", b"abc", b"de"]


def test_the_scanner_tells_what_it_found_U7(settings):
    with fake_daemon(b"stream: Some.Virus-1 FOUND\0") as (settings.CLAMD_ADDRESS, _heard):
        assert scanner.find_virus([b"abc"]) == "Some.Virus-1"


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR\0", b"", b"stream: O"])
def test_any_other_answer_is_none_U7(settings, answer):
    with fake_daemon(answer) as (settings.CLAMD_ADDRESS, _heard):
        with pytest.raises(ScannerDownError):
            scanner.find_virus([b"abc"])


def test_a_scanner_that_hangs_up_early_is_heard_U7(settings):
    limit = b"INSTREAM size limit exceeded. ERROR\0"
    with fake_daemon(limit, reads=False) as (settings.CLAMD_ADDRESS, _heard):
        with pytest.raises(ScannerDownError):
            scanner.find_virus([b"x" * 65536] * 200)


@pytest.mark.parametrize("address", ["unix:/nowhere/clamd.ctl", "tcp:127.0.0.1:1"])
def test_a_scanner_that_is_not_there_is_down_U7(settings, address):
    settings.CLAMD_ADDRESS = address
    with pytest.raises(ScannerDownError):
        scanner.find_virus([b"abc"])


def test_ping_says_whether_the_scanner_is_there_U7(settings):
    settings.CLAMD_ADDRESS = ""
    assert scanner.answers()
    settings.CLAMD_ADDRESS = "tcp:127.0.0.1:1"
    assert not scanner.answers()


def test_the_real_scanner_answers_a_ping_U7(daemon):
    assert scanner.answers()


@pytest.mark.parametrize(
    ("failure", "trouble"),
    [
        (ScannerDownError("x"), alerts.SCANNER_DOWN),
        (ScannerTooSmallError("x"), alerts.SCANNER_SMALL),
    ],
)
def test_operator_is_told_why_a_file_waits_R9(line, monkeypatch, caplog, failure, trouble):
    def fail(*arguments):
        raise failure

    monkeypatch.setattr(records, "_find_virus", fail)
    assert check(line.send(PDF)) == "checking"
    assert trouble in [one.message for one in caplog.records]


def test_a_wrong_key_ring_calls_no_file_damaged_R9(line, settings, caplog):
    record = line.send(PDF)
    right, settings.RECORD_KEYS = settings.RECORD_KEYS, ring(NEW)
    assert check(record) == "checking"
    assert alerts.WRONG_KEYS in [one.message for one in caplog.records]
    # Of the same name, as after a slip of the hand.
    settings.RECORD_KEYS = [(right[0][0], settings.RECORD_KEYS[0][1])]
    assert check(record) == "checking"
    settings.RECORD_KEYS = right
    assert check(record) == "fine"


def test_a_whole_file_is_checked_by_a_job_of_its_own_U7(line, django_capture_on_commit_callbacks):
    record = line.send(PDF)
    assert arguments_with_jobs(jobs.check_record.module_path) == {str(record.pk)}
    assert check(record) == "fine"
    record.refresh_from_db()
    assert (record.status, record.reason, record.next_check_at) == ("fine", "", None)
    assert check(record) == "nothing to check"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.pdf", EICAR),
        ("a.pdf", EICAR + b" " * 60),
        ("a.pdf", PDF + EICAR),
        ("a.jpg", make_image() + EICAR),
        ("a.zip", make_zip({"1": make_dicom(), "2": EICAR})),
        ("a.zip", make_zip({"1": make_dicom() + EICAR})),
    ],
)
def test_what_is_infected_is_locked_away_and_never_given_out_U7(line, daemon, name, data):
    record = line.send(data, name)
    assert check(record) == "quarantined"
    record.refresh_from_db()
    assert (record.status, record.reason, record.is_readable) == ("quarantined", "infected", False)
    kinds = set(CaseEvent.objects.filter(case=line.case).values_list("kind", flat=True))
    assert kinds == {"paper_locked_away", "paper_not_usable"}
    line.case.refresh_from_db()
    assert line.case.has_new_words


def test_clean_files_of_every_kind_pass_the_real_scanner_U7(line, daemon):
    samples = {
        "a.pdf": PDF,
        "a.jpg": make_image(),
        "a.zip": make_zip({f"{n}": make_dicom() for n in range(20)}),
        "IM01": make_dicom(),
    }
    assert {check(line.send(data, name)) for name, data in samples.items()} == {"fine"}


def test_a_scanner_that_is_down_leaves_files_being_checked_U7(line, settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clamd")
    settings.CLAMD_ADDRESS = f"unix:{folder / 'socket'}"
    fine, infected = line.send(PDF), line.send(PDF + EICAR)
    for record in (fine, infected):
        assert check(record) == "checking"
        record.refresh_from_db()
        assert not record.is_readable
        # Asked again within the minute.
        assert timezone.now() < record.next_check_at < timezone.now() + timedelta(seconds=31)
    try:
        with clamd(folder):
            assert [check(fine), check(infected)] == ["fine", "quarantined"]
    except ClamavMissing as missing:
        pytest.skip(str(missing))


def test_what_no_parser_takes_is_told_though_the_scanner_is_down_U7(line, settings):
    settings.CLAMD_ADDRESS = "tcp:127.0.0.1:1"
    assert check(line.send(b"MZ" * 500)) == "refused"


def test_a_lost_check_is_queued_again(line):
    from django_tasks_db.models import DBTaskResult

    record = line.send(PDF)
    DBTaskResult.objects.all().delete()
    assert jobs._requeue_lost_checks() == 0
    Record.objects.update(next_check_at=timezone.now() - timedelta(minutes=4))
    assert (jobs._requeue_lost_checks(), jobs._requeue_lost_checks()) == (1, 0)
    assert arguments_with_jobs(jobs.check_record.module_path) == {str(record.pk)}


def test_a_refused_file_is_not_kept_U1(line, django_capture_on_commit_callbacks):
    record = line.send(b"MZ" * 500)
    with django_capture_on_commit_callbacks(execute=True):
        assert check(record) == "refused"
    record.refresh_from_db()
    assert (record.reason, store.path_of(record.storage_name).exists()) == ("type", False)


def test_a_damaged_file_is_unreadable_and_the_family_is_told_once(line):
    for _number in range(3):
        assert check(line.send(b"%PDF-1.7\n" + b"x" * 500)) == "unreadable"
    kinds = list(CaseEvent.objects.filter(case=line.case).values_list("kind", flat=True))
    assert kinds == ["paper_not_usable"]
    assert OutgoingMail.objects.filter(template="cases/email/status_changed").count() == 1


def test_papers_of_one_evening_are_one_line_for_the_office(line):
    line.case.has_new_words = False
    line.case.save()
    for _number in range(3):
        check(line.send(PDF))
    line.case.refresh_from_db()
    assert line.case.has_new_words
    kinds = list(CaseEvent.objects.filter(case=line.case).values_list("kind", flat=True))
    assert kinds == ["papers_added"]
    CaseEvent.objects.update(at=timezone.now() - timedelta(hours=1))
    check(line.send(PDF))
    assert CaseEvent.objects.filter(kind="papers_added").count() == 2


@pytest.mark.parametrize("trouble", ["lost", "changed", "erased"])
def test_a_file_that_cannot_be_opened_is_unreadable(line, trouble):
    record = line.send(PDF)
    path = store.path_of(record.storage_name)
    if trouble == "lost":
        path.unlink()
        Record.objects.update(created_at=timezone.now() - COMES_BACK_WITHIN)
    elif trouble == "changed":
        path.write_bytes(path.read_bytes()[:-1])
    else:
        actions.destroy_case_key(by=None, case=line.case)
    assert check(record) == "unreadable"


def test_a_file_removed_during_its_check_stays_removed(line, monkeypatch):
    record = line.send(PDF)
    stale = Record.objects.select_related("case", "uploaded_by").get(pk=record.pk)
    actions.remove_record(by=line.case.owner, record=record)
    monkeypatch.setattr(store, "reading", lambda _name: io.BytesIO())
    assert actions.check_record(record=stale) == Status.UNREADABLE
    assert not Record.objects.exists() and not CaseEvent.objects.exists()


def test_the_trail_has_no_name_and_every_step_U5(line, daemon):
    check(line.send(PDF, NAME))
    rows = AuditEvent.objects.filter(object_type="cases.record").order_by("pk")
    assert [row.action for row in rows] == ["record.begun", "record.arrived", "record.checked"]
    for row in rows:
        assert HEALTH_CANARY not in f"{row.object_label} {row.data} {row.actor_label}"


def test_nothing_of_the_contents_is_on_the_disk_U5(line, daemon, tmp_path, settings):
    canary = b"hepatocanaryblastoma"
    record = line.send(make_pdf() + b"%" + canary * 9000, NAME)
    check(record)
    for path in [*tmp_path.rglob("*"), *settings.VAR_DIR.rglob("*")]:
        if path.is_file():
            assert canary not in path.read_bytes(), path
