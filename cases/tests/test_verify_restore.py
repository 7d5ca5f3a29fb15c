"""`verify_restore` opens every key and every file, and `hold_waiting_mail` lets no mail leave."""

import base64

import pytest
from django.core.management import CommandError, call_command

from cases import actions
from cases.models import CaseKey, Draft
from cases.records import store
from cases.tests.papers import Tus, pattern
from portal import outbox
from portal.models import AuditEvent, MailStatus, OutgoingMail
from portal.tests.fixtures import make_record

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.RECORDS_DIR = tmp_path / "records"


def verify(capsys, *words) -> str:
    call_command("verify_restore", *words)
    return capsys.readouterr().out


def verify_fails(capsys, *words) -> str:
    with pytest.raises(CommandError, match="do not open"):
        call_command("verify_restore", *words)
    return "".join(capsys.readouterr())


def test_verify_restore_opens_whole_and_arriving_files_and_drafts(case, other_case, capsys):
    make_record(case)
    Tus(other_case).send(pattern(200_000))
    line = Tus(case)
    begun = line.begin(300_000)
    line.patch(begun["Location"], 0, pattern(150_000))
    keys = CaseKey.objects.count() + Draft.objects.exclude(ring_key="").count()
    said = verify(capsys)
    assert f"keys: {keys} of {keys} open" in said
    assert "files: 3 of 3 open" in said
    assert case.reference not in said


def test_verify_restore_names_a_file_that_is_missing(case, capsys):
    record = make_record(case)
    store.path_of(record.storage_name).unlink()
    said = verify_fails(capsys)
    assert f"file {record.storage_name}: FileLostError" in said
    assert "files: 0 of 1 open" in said


@pytest.mark.parametrize("place", [-1, 40, 60_000])
def test_verify_restore_names_a_file_with_one_wrong_byte(case, capsys, place):
    """At the end, at the beginning, in the middle: it is read to its last byte."""
    record = Tus(case).send(pattern(200_000))
    path = store.path_of(record.storage_name)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    assert f"file {record.storage_name}: SealBrokenError" in verify_fails(capsys)


def test_verify_restore_names_files_that_were_exchanged(case, capsys):
    names = [make_record(case, data).storage_name for data in (b"%PDF-1.7 a", b"%PDF-1.7 b")]
    first, second = (store.path_of(name).read_bytes() for name in names)
    store.path_of(names[0]).write_bytes(second)
    store.path_of(names[1]).write_bytes(first)
    said = verify_fails(capsys)
    assert all(f"file {name}: SealBrokenError" in said for name in names)


def test_verify_restore_says_that_the_key_ring_is_another(case, settings, capsys):
    make_record(case)
    name = settings.RECORD_KEYS[0][0]
    settings.RECORD_KEYS = [(name, base64.b64encode(bytes(range(32))).decode())]
    said = verify_fails(capsys)
    assert f"key of case {case.pk}: KeyUnknownError" in said
    settings.RECORD_KEYS = [("other", settings.RECORD_KEYS[0][1])]
    assert f"key of case {case.pk}: KeyUnknownError" in verify_fails(capsys)


def test_verify_restore_passes_over_what_was_erased(case, capsys):
    record = make_record(case)
    actions.destroy_case_key(by=None, case=case)
    store.path_of(record.storage_name).unlink()
    assert "files: 0 of 0 open" in verify(capsys)


def test_verify_restore_does_not_ask_the_bucket_when_told_so(case, capsys):
    record = make_record(case)
    store.path_of(record.storage_name).unlink()
    said = verify(capsys, "--files-in-bucket")
    assert "files not looked at, in the bucket: 1" in said


def test_a_restored_copy_sends_no_mail_that_waited(capsys, mailoutbox):
    waiting = outbox.post_mail(
        template="mail/sign_in_link", language="en", recipient="a@example.org", about="SH-AAAA-BBBB"
    )
    call_command("hold_waiting_mail")
    assert capsys.readouterr().out.strip().endswith("not sent: 1")
    assert outbox.send_mail.call(str(waiting.pk)) == "nothing to send"
    assert OutgoingMail.objects.get().status == MailStatus.STOPPED
    assert mailoutbox == []
    assert AuditEvent.objects.filter(action="mail.stopped", object_id=str(waiting.pk)).exists()
