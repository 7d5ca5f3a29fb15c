"""What lies still is sealed: each field is reviewed, each place is searched (row U5)."""

import hashlib
import io
import json
import logging
import os
import re
import sqlite3
import tempfile
import uuid

import pytest
from django.apps import apps
from django.core import mail
from django.core.management import call_command
from django.db import connection, models
from django.urls import reverse

from cases import actions, jobs
from cases.actions.keys import case_key, rewrap_case_keys
from cases.actions.uploads import receive
from cases.models import Case, CaseEvent, Inquiry, Record
from cases.models.key import SealedJSONField, SealedTextField
from cases.records import crypto, store
from cases.records.crypto import KeyUnknownError
from cases.records.kinds import MB
from cases.records.sealed import PIECE, open_sealed
from cases.tests.papers import Tus, make_pdf, record_at
from cases.tests.places import found_in_files, found_in_open_files, found_in_the_database
from cases.tests.test_keys import NEW, OLD, ring
from portal.logs import JsonFormatter
from portal.settings import SQLITE_OPTIONS
from portal.tests.cast import Stage, sign_in_family
from portal.tests.fixtures import sign_in_staff

pytestmark = pytest.mark.django_db
CANARY = "quokkablastoma"

SEALED = "sealed by hand, in the action that writes it"
CODED = "codes of ours, chosen from lists"
HASHED = "a hash, keyed or slow"
WRAPPED = "a key, wrapped by the ring"
OURS = "made by us: a name, a number, a language"
CONTACT = "readable: sign-in, mail and calls need it (docs/threat-model.md)"
# Every field of the cases that can hold words, but for those of a Sealed...Field and for choices.
# A new one fails the test below until somebody has thought about it.
REVIEWED = {
    "Case.language": OURS,
    "Case.reference": OURS,
    "Case.time_zone": OURS,
    "CaseEvent.data": CODED,
    "CaseKey.ring_key": OURS,
    "CaseKey.wrapped": WRAPPED,
    "Consent.language": OURS,
    "Consent.living_key": OURS,
    "Consent.signed_name": CONTACT,
    "Consent.text_hash": HASHED,
    "Consent.version": OURS,
    "DerivedFile.storage_name": OURS,
    "Draft.code_hash": HASHED,
    "Draft.language": OURS,
    "Draft.reference": OURS,
    "Draft.ring_key": OURS,
    "Draft.secret_hash": HASHED,
    "Draft.wrapped": WRAPPED,
    "FamilyMember.best_time": CONTACT,
    "FamilyMember.code_hash": HASHED,
    "FamilyMember.email": CONTACT,
    "FamilyMember.language": OURS,
    "FamilyMember.languages": CONTACT,
    "FamilyMember.messenger": CONTACT,
    "FamilyMember.name": CONTACT,
    "FamilyMember.phone": CONTACT,
    "FamilyToken.token_hash": HASHED,
    "Inquiry.birth_date": CONTACT,
    "Inquiry.red_flags": CODED,
    "Inquiry.wishes": CODED,
    "Message.language": OURS,
    "PatientTrace.key": HASHED,
    "PhotoDocument.sealed_name": SEALED,
    "Proposal.language": OURS,
    "Record.flags": CODED,
    "Record.sealed_metadata": SEALED,
    "Record.sealed_name": SEALED,
    "Record.sealed_tail": SEALED,
    "Record.storage_name": OURS,
    "FamilyMail.key": HASHED,
    "FamilyMail.template": OURS,
    "RecordsFolder.mark": OURS,
    "SignInAttempt.address_key": HASHED,
    "SignInAttempt.key": HASHED,
    "SignInAttempt.reference_key": HASHED,
    "SpentWork.salt": OURS,
}
HOLDS_NO_WORDS = (
    models.UUIDField, models.IntegerField, models.BooleanField, models.DateTimeField,
    models.DurationField,
)  # fmt: skip


def fields():
    """Name and field of everything in the cases' tables that can hold words."""
    for model in apps.get_app_config("cases").get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if not field.is_relation and not isinstance(field, HOLDS_NO_WORDS):
                yield f"{model.__name__}.{field.name}", field


def sealed_fields():
    return {name: field for name, field in fields() if isinstance(field, SealedTextField)}


def test_every_field_that_can_hold_words_is_sealed_or_reviewed_U5():
    open_ones = {name for name, field in fields() if not field.choices} - set(sealed_fields())
    assert open_ones == set(REVIEWED)
    assert len(sealed_fields()) > 12


def test_choices_are_codes_and_nothing_can_be_typed_into_them_U5():
    coded = [field for name, field in fields() if field.choices and name != "Case.country"]
    assert len(coded) > 20
    values = {value for field in coded for value, _label in field.choices if value}
    assert {value for value in values if not re.fullmatch(r"[a-z0-9_-]{1,24}", str(value))} == set()


@pytest.fixture
def stage(settings, tmp_path):
    settings.RECORDS_DIR = tmp_path / "records"
    return Stage()


def write_canaries(stage) -> dict:
    """Into every sealed field of one row of each model, saved; the rows by the field's name."""
    case, owner = stage.case, stage.case.owner
    actions.start_draft(language="en")
    actions.refresh_checklist(case=case)
    submission = uuid.uuid4()
    actions.write_message(by=owner, case=case, body="x", language="en", submission=submission)
    rows = {}
    for name, field in sealed_fields().items():
        mine = {"pk": case.pk} if field.model is Inquiry else {}
        row = field.model.objects.filter(**mine).first()
        assert row is not None, f"the cast lacks a row for {name}"
        known = getattr(row, field.name)
        words = {**known, "x": CANARY} if isinstance(field, SealedJSONField) else CANARY
        setattr(row, field.name, words)
        row.save(update_fields=[field.name])
        rows[name] = row
    return rows


def test_every_sealed_field_is_sealed_in_the_database_and_opens_again_U5(stage):
    """A new model with sealed words needs a row in the cast."""
    rows = write_canaries(stage)
    assert set(rows) == set(sealed_fields())
    for name, row in rows.items():
        field = sealed_fields()[name]
        found = field.model.objects.filter(pk=row.pk)
        ((raw,),) = found.values_list(field.name)
        assert len(bytes(raw)) > len(CANARY) and CANARY.encode() not in bytes(raw), name
        assert CANARY in json.dumps(getattr(found.get(), field.name)), name
    assert found_in_the_database(CANARY) == []


def test_events_and_flags_hold_codes_alone_U5(stage):
    """A sentence in one of them would lie open."""
    told = [*CaseEvent.objects.values_list("data", flat=True)]
    told += [*Record.objects.values_list("flags", flat=True)]
    told += [*Inquiry.objects.values_list("wishes", flat=True)]
    words = re.findall(r'"([^"]*)"', json.dumps(told))
    assert [word for word in words if " " in word] == []


def canary_bytes(size: int) -> bytes:
    line = f"{CANARY} ".encode()
    return (line * (size // len(line) + 1))[:size]


def plain(record) -> bytes:
    with store.reading(record.storage_name) as file:
        return b"".join(open_sealed(file, case_key(record.case), record.storage_name).pieces())


def test_while_a_file_arrives_nothing_open_holds_it_in_the_clear_U5(
    case, settings, tmp_path, monkeypatch
):
    settings.RECORDS_DIR = tmp_path / "records"
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    data, seen = canary_bytes(9 * MB + 500), []

    def pieces():
        for start in range(0, len(data), PIECE):
            yield data[start : start + PIECE]
            if start in (PIECE, 8 * MB + PIECE):
                seen.append(found_in_open_files(CANARY))
                seen.append(found_in_files(tmp_path, CANARY))
                seen.append(found_in_the_database(CANARY))

    record = record_at(Tus(case).begin(len(data), f"{CANARY}.zip")["Location"])
    record = receive(by=case.owner, record=record, offset=0, pieces=pieces())
    assert seen == [[]] * 6
    assert plain(record) == data


def test_the_search_finds_what_lies_open():
    """Each of the searches above can fail."""
    with tempfile.TemporaryFile() as file:
        file.write(CANARY.encode())
        file.flush()
        assert len(found_in_open_files(CANARY, os.getpid())) == 1
    assert found_in_open_files(CANARY) == []


def backup_of_the_database() -> bytes:
    """As docs/operations.md makes it; on PostgreSQL the rows as text."""
    if connection.vendor != "sqlite":
        out = io.StringIO()
        call_command("dumpdata", "cases", "portal", stdout=out)
        return out.getvalue().encode()
    # The same pages; its own call waits for ever for a transaction of this connection.
    return "\n".join(connection.connection.iterdump()).encode()


def test_the_canary_is_in_no_place_at_all(
    stage, client, caplog, tmp_path, django_capture_on_commit_callbacks
):
    """The figure of the issue: every sealed field, a file, its name, a message; every place."""
    caplog.set_level(logging.DEBUG)
    case = stage.case
    family, office = sign_in_family(case), sign_in_staff(stage.coordinator)
    addresses = []

    def ask(who, address, data=None):
        answer = who.post(address, data) if data else who.get(address)
        addresses.append(answer.get("Location", ""))
        return answer

    write_canaries(stage)
    pdf = make_pdf() + f"\n% {CANARY}\n".encode()
    with django_capture_on_commit_callbacks(execute=True):
        record = Tus(case, family).send(pdf, f"{CANARY} befund.pdf")
        jobs.check_record.func(str(record.pk))
        words = {"body": f"News of {CANARY}", "submission": str(uuid.uuid4())}
        ask(family, reverse("case:detail", args=[case.reference]), words)
        ask(client, reverse("inquiry:suggest"), {"q": CANARY})
    shown = family.get(reverse("case:papers", args=[case.reference])).text
    assert CANARY in shown
    assert CANARY in ask(office, reverse("office:cases_case_change", args=[case.pk])).text
    jobs.housekeeping.func()
    for message in mail.outbox:
        assert CANARY not in f"{message.subject}{message.body}{message.extra_headers}"
    dump = io.StringIO()
    call_command("dumpdata", "cases", "portal", "django_tasks_database", stdout=dump)
    lines = "\n".join(JsonFormatter().format(line) for line in caplog.records)
    assert CANARY not in dump.getvalue() and CANARY not in lines
    assert CANARY not in "".join(addresses)
    assert (found_in_the_database(CANARY), found_in_files(tmp_path, CANARY)) == ([], [])
    assert CANARY.encode() not in backup_of_the_database()
    assert found_in_open_files(CANARY) == []


def test_rotated_and_without_the_former_key_everything_still_opens_U5(stage, settings):
    settings.RECORD_KEYS = [*ring(OLD), *settings.RECORD_KEYS]
    rewrap_case_keys(by=None)
    digests = {record.pk: hashlib.sha256(plain(record)).digest() for record in Record.objects.all()}
    settings.RECORD_KEYS = ring(NEW, OLD)
    changed = rewrap_case_keys(by=None)
    settings.RECORD_KEYS = ring(NEW)
    assert changed == Case.objects.count()
    for record in Record.objects.select_related("case"):
        assert hashlib.sha256(plain(record)).digest() == digests[record.pk]
    assert len(digests) >= 3
    for inquiry in Inquiry.objects.all():
        assert inquiry.problem
    settings.RECORD_KEYS = ring(OLD)
    with pytest.raises(KeyUnknownError):
        plain(Record.objects.select_related("case").first())


def test_a_backup_opens_nothing_without_the_ring_U5(stage):
    """Neither the ring's key nor a case's own key is anywhere in the database."""
    keys = [key for _name, key in crypto.key_ring().keys]
    keys += [case_key(case) for case in Case.objects.filter(record_key__isnull=False)]
    assert len(keys) > 2
    backup = backup_of_the_database()
    for key in keys:
        assert key not in backup and key.hex().encode() not in backup.lower()


def test_a_key_that_was_destroyed_takes_the_backup_with_it_U5(stage, settings):
    """Files and words of a backup made before open no more than those of today."""
    case, record = stage.case, stage.record
    key = case_key(case)
    actions.destroy_case_key(by=None, case=case)
    settings.RECORD_KEYS = ring(NEW)
    with pytest.raises(crypto.KeyDestroyedError):
        plain(Record.objects.get(pk=record.pk))
    assert key.hex().encode() not in backup_of_the_database().lower()


def test_row_that_was_deleted_is_overwritten_on_the_disk_U5(tmp_path):
    """By SQLite with our own settings; a server has its own ways."""
    file = tmp_path / "file.sqlite3"
    database = sqlite3.connect(file, isolation_level=None)
    # Some builds of SQLite have it on by themselves.
    database.execute("PRAGMA secure_delete=OFF")
    database.executescript(SQLITE_OPTIONS["init_command"])
    database.execute("CREATE TABLE words (word TEXT)")
    database.execute("INSERT INTO words VALUES (?)", [CANARY])
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert CANARY.encode() in file.read_bytes()
    database.execute("DELETE FROM words")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    assert CANARY.encode() not in file.read_bytes()
