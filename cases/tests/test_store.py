"""What every storage of families' files does, on the disk and in a bucket alike.

What the disk alone does, where files arrive, is in test_sweep, the bucket's part in test_s3.
"""

import hashlib
import io
import json
import logging
import os
import zipfile

import pytest
from django.db import transaction
from django.urls import reverse

from cases import actions
from cases.actions import case_key, storage
from cases.actions.keys import rewrap_case_keys
from cases.models import Record
from cases.records import checking, s3, scanner, store
from cases.records.crypto import KeyDestroyedError, SealBrokenError
from cases.records.kinds import Kind, Status
from cases.records.sealed import HEADER_BYTES, PIECE, SEALED_PIECE, open_sealed, sealed_length
from cases.tests.papers import NAME, make_pdf, make_zip, pattern
from cases.tests.test_keys import NEW, OLD, ring
from portal.logs import JsonFormatter
from portal.tests.cast import sign_in_family
from portal.tests.fixtures import make_record

pytestmark = pytest.mark.django_db
NOBODYS = "d" * 40


class Disk:
    """The folder; looked into from outside, as the bucket is."""

    def __init__(self, folder):
        self.folder = folder

    def keep(self, record: Record) -> Record:
        return record

    def path_of(self, name: str):
        return self.folder / name[:2] / name

    def names(self) -> set[str]:
        return {path.name for path in self.folder.rglob("*") if path.is_file()}

    def bytes_of(self, name: str) -> bytes:
        return self.path_of(name).read_bytes()

    def put(self, name: str, data: bytes) -> None:
        self.path_of(name).parent.mkdir(parents=True, exist_ok=True)
        self.path_of(name).write_bytes(data)

    def sweep(self) -> int:
        return actions.sweep_orphans()


class InBucket:
    """Files that arrived on the disk and were handed over."""

    def __init__(self, look):
        self.look = look

    def keep(self, record: Record) -> Record:
        store.hand_over(record.storage_name)
        return record

    def names(self) -> set[str]:
        return {key.rpartition("/")[2] for key in self.look.keys()}

    def bytes_of(self, name: str) -> bytes:
        return self.look.bytes_of(s3.key_of(name))

    def put(self, name: str, data: bytes) -> None:
        self.look.put(s3.key_of(name), data)

    def sweep(self) -> int:
        return actions.sweep_bucket()


# What the engine of the database does not know of is asked once.
@pytest.fixture(params=["disk", pytest.param("bucket", marks=pytest.mark.any_engine)])
def kept_in(request, settings, tmp_path):
    if request.param == "bucket":
        return InBucket(request.getfixturevalue("bucket"))
    settings.RECORDS_DIR = tmp_path / "records"
    return Disk(settings.RECORDS_DIR)


@pytest.fixture
def kept(case, kept_in):
    """A file of the case that lies where files of this storage lie."""
    return lambda data=b"%PDF-1.7 here", **fields: kept_in.keep(make_record(case, data, **fields))


def plain(record: Record) -> bytes:
    with store.reading(record.storage_name) as file:
        return b"".join(open_sealed(file, case_key(record.case), record.storage_name).pieces())


def test_what_was_kept_comes_back_and_lies_there_sealed_U5(kept, kept_in):
    record = kept(b"%PDF-1.7 unmistakable")
    assert kept_in.names() == {record.storage_name}
    assert b"unmistakable" not in kept_in.bytes_of(record.storage_name)
    assert plain(record) == b"%PDF-1.7 unmistakable"


@pytest.mark.parametrize("size", [1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 17])
def test_nothing_is_lost_at_the_edge_of_a_piece(kept, kept_in, size):
    record = kept(pattern(size))
    assert plain(record) == pattern(size)
    sealed = kept_in.bytes_of(record.storage_name)
    assert HEADER_BYTES < len(sealed) and len(sealed) > size


def test_a_large_file_is_read_from_any_place(case, kept, monkeypatch):
    monkeypatch.setattr(s3, "PART", 5 * s3.MB)
    data = pattern(11 * s3.MB + 77)
    record = kept(data, name="scan.zip")
    with store.reading(record.storage_name) as file:
        reader = io.BufferedReader(open_sealed(file, case_key(case), record.storage_name), PIECE)
        for start in (0, 10 * s3.MB, 3, len(data) - 5, 5 * s3.MB - 1):
            reader.seek(start)
            assert reader.read(100) == data[start : start + 100]
    assert hashlib.sha256(plain(record)).digest() == hashlib.sha256(data).digest()


def test_the_sealed_file_behaves_as_a_file_does(kept, kept_in):
    record = kept(pattern(3 * PIECE))
    whole = kept_in.bytes_of(record.storage_name)
    with store.reading(record.storage_name) as file:
        assert (file.readable(), file.seekable(), file.read()) == (True, True, whole)
        assert (file.read(5), file.tell()) == (b"", len(whole))
        assert file.seek(-SEALED_PIECE, os.SEEK_END) == len(whole) - SEALED_PIECE
        assert file.read(10) == whole[-SEALED_PIECE:][:10]
        file.seek(5, os.SEEK_CUR)
        assert file.read(3) == whole[-SEALED_PIECE + 15 :][:3]
        with pytest.raises((ValueError, OSError)):
            file.seek(-1)
    assert file.closed


def test_a_child_has_the_file_by_its_number(case, kept):
    record = kept(make_pdf())
    with store.reading(record.storage_name) as file:
        first, second = file.fileno(), file.fileno()
        assert first == second
        assert os.pread(first, 4, 0) == b"SHR2" == file.read(4)
    assert checking.judge_file(record.storage_name, case_key(case), Kind.PDF).status == Status.FINE


def test_the_scanner_gets_each_member_of_a_zip_whole_U7(case, kept, monkeypatch):
    members = {f"{number}.dcm": os.urandom(100_000) for number in range(3)}
    record, seen = kept(make_zip(members), name="scan.zip"), []
    monkeypatch.setattr(scanner, "find_virus", lambda parts: seen.append(b"".join(parts)) or "")
    found = checking.find_virus(record.storage_name, case_key(case), Kind.ZIP, is_sound=True)
    assert (found, seen) == ("", list(members.values()))


def test_a_zip_is_listed_without_reading_it_to_the_end(case, kept):
    record = kept(make_zip({"a.dcm": os.urandom(900_000), "b.dcm": b"b"}), name="scan.zip")
    with store.reading(record.storage_name) as file:
        archive = zipfile.ZipFile(
            io.BufferedReader(open_sealed(file, case_key(case), record.storage_name), PIECE)
        )
        assert archive.namelist() == ["a.dcm", "b.dcm"]
        assert archive.read("b.dcm") == b"b"


@pytest.mark.parametrize("place", [HEADER_BYTES, sealed_length(1) + 5, -1])
def test_bytes_that_changed_at_rest_are_never_given_out_U5(kept, kept_in, place):
    record = kept(pattern(2 * PIECE))
    sealed = bytearray(kept_in.bytes_of(record.storage_name))
    sealed[place] ^= 1
    kept_in.put(record.storage_name, bytes(sealed))
    with pytest.raises(SealBrokenError):
        plain(record)


def test_a_file_cut_short_at_rest_says_so_before_its_first_byte_U5(case, kept, kept_in):
    record = kept(pattern(2 * PIECE))
    kept_in.put(record.storage_name, kept_in.bytes_of(record.storage_name)[:-9])
    with store.reading(record.storage_name) as file, pytest.raises(SealBrokenError):
        open_sealed(file, case_key(case), record.storage_name)


def test_a_file_put_in_the_place_of_another_does_not_open_U5(kept, kept_in, other_case):
    record = kept()
    other = kept_in.keep(make_record(other_case, b"%PDF-1.7 theirs"))
    kept_in.put(record.storage_name, kept_in.bytes_of(other.storage_name))
    with pytest.raises(SealBrokenError):
        plain(record)


def test_two_files_of_a_case_exchanged_at_rest_do_not_open_U5(kept, kept_in):
    records = [kept(data) for data in (b"%PDF-1.7 left", b"%PDF-1.7 right")]
    names = [record.storage_name for record in records]
    left, right = (kept_in.bytes_of(name) for name in names)
    kept_in.put(names[0], right)
    kept_in.put(names[1], left)
    for record in records:
        with pytest.raises(SealBrokenError):
            plain(record)


def test_a_file_that_is_nowhere_is_lost_and_removing_it_is_no_trouble(kept_in):
    with pytest.raises(store.FileLostError):
        store.reading(NOBODYS)
    store.remove(NOBODYS)


def test_names_that_are_not_ours_are_no_path(kept_in):
    for name in ("../../etc/passwd", "", "a" * 39, "A" * 40, "0" * 40 + "\n"):
        for ask in (store.reading, store.remove, store.touch, store.hand_over):
            with pytest.raises(store.FileLostError):
                ask(name)


def test_family_saves_its_file_and_removes_it(
    case, kept, kept_in, django_capture_on_commit_callbacks
):
    record, family = kept(b"%PDF-1.7 mine"), sign_in_family(case)
    answer = family.get(reverse("case:paper", args=[case.reference, record.pk]))
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 mine"
    with django_capture_on_commit_callbacks(execute=True):
        family.post(reverse("case:remove-paper", args=[case.reference, record.pk]))
    assert (kept_in.names(), Record.objects.count()) == (set(), 0)


def test_a_removal_that_is_taken_back_keeps_the_file(case, kept, kept_in):
    record = kept()
    with transaction.atomic():
        actions.remove_record(by=case.owner, record=record)
        transaction.set_rollback(True)
    assert kept_in.names() == {record.storage_name}
    assert plain(Record.objects.get()) == b"%PDF-1.7 here"


def test_the_sweep_takes_old_files_without_a_row_and_nothing_else_U8(kept, kept_in, monkeypatch):
    record = kept()
    kept_in.put(NOBODYS, b"nobody's")
    kept_in.put("README", b"not ours")
    assert kept_in.sweep() == 0
    # As if an hour had passed.
    monkeypatch.setattr(storage, "ORPHAN_AFTER", -storage.ORPHAN_AFTER)
    assert (kept_in.sweep(), kept_in.sweep()) == (1, 0)
    assert kept_in.names() == {record.storage_name, "README"}


def test_the_sweep_asks_for_many_names_a_few_at_a_time_U8(kept, kept_in, monkeypatch):
    monkeypatch.setattr(storage, "AT_ONCE", 2)
    monkeypatch.setattr(storage, "ORPHAN_AFTER", -storage.ORPHAN_AFTER)
    names = {kept().storage_name for _number in range(2)}
    for letter in "abc":
        kept_in.put(letter * 40, b"nobody's")
    assert kept_in.sweep() == 3
    assert kept_in.names() == names


def test_keys_are_rotated_and_files_stay_readable_without_being_written_U5(kept, kept_in, settings):
    settings.RECORD_KEYS = [*ring(OLD), *settings.RECORD_KEYS]
    rewrap_case_keys(by=None)
    record = kept()
    before = kept_in.bytes_of(record.storage_name)
    settings.RECORD_KEYS = ring(NEW, OLD)
    assert rewrap_case_keys(by=None) >= 1
    settings.RECORD_KEYS = ring(NEW)
    assert plain(Record.objects.get(pk=record.pk)) == b"%PDF-1.7 here"
    assert kept_in.bytes_of(record.storage_name) == before


def test_files_of_an_erased_case_open_to_nobody_P4(case, kept):
    record = kept()
    actions.destroy_case_key(by=None, case=case)
    with pytest.raises(KeyDestroyedError):
        plain(Record.objects.get(pk=record.pk))
    page = reverse("case:paper", args=[case.reference, record.pk])
    assert sign_in_family(case).get(page).status_code == 404


def test_a_file_that_breaks_in_its_middle_is_cut_before_it_U5(case, kept, kept_in, caplog):
    """What was sent is right; the line ends; the log has one line, without case or name."""
    record = kept(pattern(3 * PIECE), name=NAME)
    sealed = bytearray(kept_in.bytes_of(record.storage_name))
    sealed[sealed_length(1) + 99] ^= 1
    kept_in.put(record.storage_name, bytes(sealed))
    address = reverse("case:paper", args=[case.reference, record.pk])
    caplog.clear()
    pieces = iter(sign_in_family(case).get(address).streaming_content)
    assert next(pieces) == pattern(3 * PIECE)[:PIECE]
    with pytest.raises(ConnectionResetError):
        next(pieces)
    (line,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    text = JsonFormatter().format(line)
    assert json.loads(text)["error"] == "SealBrokenError"
    assert not any(word in text for word in (case.reference, NAME, str(record.pk), "\n"))
