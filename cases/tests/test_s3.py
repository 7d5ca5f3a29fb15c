"""What a bucket alone does, on a real S3 server: files handed over whole, read in ranges.

What it has in common with the disk is in test_store.
"""

import io
import os
import time
import zipfile
from dataclasses import replace

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from cases import actions, jobs
from cases.actions import storage
from cases.actions.keys import case_key
from cases.models import Record
from cases.records import checking, s3, store
from cases.records.kinds import Kind, Status
from cases.records.sealed import PIECE, open_sealed
from cases.tests.papers import Tus, make_pdf, make_zip, pattern
from portal.environment import Bucket, read_records_storage
from portal.tests.cast import sign_in_family
from portal.tests.fixtures import make_record
from portal.tests.test_environment import environment, start
from portal.troubles import StorageDownError
from tools.postgres import free_port

# What the engine of the database does not know of.
pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


# Apart from its address: who looks for secrets in this repository would find one.
WHO = "KEY:hidden"


def handed_over(case, data: bytes = b"%PDF-1.7 here", **fields) -> Record:
    record = make_record(case, data, **fields)
    store.hand_over(record.storage_name)
    return record


def plain(record: Record) -> bytes:
    with store.reading(record.storage_name) as file:
        return b"".join(open_sealed(file, case_key(record.case), record.storage_name).pieces())


def is_here(record: Record) -> bool:
    return store.path_of(record.storage_name).exists()


def on_the_disk() -> set[str]:
    return set(store.names_older_than(-1))


@pytest.fixture
def down(settings):
    """Nobody listens there."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    return lambda: setattr(
        settings, "RECORDS_STORAGE", replace(settings.RECORDS_STORAGE, endpoint=nowhere)
    )


def test_the_very_bytes_of_the_disk_go_to_the_bucket(case, bucket):
    record = make_record(case, b"%PDF-1.7 unmistakable")
    sealed = store.path_of(record.storage_name).read_bytes()
    store.hand_over(record.storage_name)
    (key,) = bucket.keys()
    assert key == f"{record.storage_name[:2]}/{record.storage_name}"
    assert bucket.bytes_of(key) == sealed
    assert not is_here(record)
    assert plain(record) == b"%PDF-1.7 unmistakable"


def test_a_large_file_goes_in_parts_of_which_none_stays_behind(case, bucket, monkeypatch):
    monkeypatch.setattr(s3, "PART", 5 * s3.MB)
    sent, body = [], s3._body
    monkeypatch.setattr(s3, "_body", lambda part: sent.append(len(part)) or body(part))
    record = make_record(case, pattern(11 * s3.MB + 77), name="scan.zip")
    sealed = store.path_of(record.storage_name).stat().st_size
    store.hand_over(record.storage_name)
    assert sent == [5 * s3.MB, 5 * s3.MB, sealed - 10 * s3.MB]
    assert bucket.unfinished() == [] and not is_here(record)


def test_reading_holds_little_and_asks_little(case, bucket, monkeypatch):
    """A look at a zip's directory must not fetch the scans."""
    monkeypatch.setattr(s3, "MOST", s3.MB)
    noise = {f"{number}.dcm": os.urandom(900_000) for number in range(6)}
    record = handed_over(case, make_zip(noise), name="scan.zip")
    fetched, fetch = [], s3.RangeFile._fetch

    def counted(self):
        fetch(self)
        fetched.append(len(self._held))

    monkeypatch.setattr(s3.RangeFile, "_fetch", counted)
    with store.reading(record.storage_name) as file:
        archive = zipfile.ZipFile(
            io.BufferedReader(open_sealed(file, case_key(case), record.storage_name), PIECE)
        )
        assert len(archive.namelist()) == 6
    assert sum(fetched) <= 6 * s3.FIRST
    fetched.clear()
    assert len(plain(record)) > 5_400_000
    assert max(fetched) <= s3.MOST
    assert len(fetched) < 14


def test_what_a_child_reads_leaves_nothing_on_the_disk(case, bucket):
    record = handed_over(case, make_pdf())
    assert checking.judge_file(record.storage_name, case_key(case), Kind.PDF).status == Status.FINE
    assert on_the_disk() == set()
    assert [path for path in store.settings.RECORDS_DIR.rglob("*") if path.is_file()] == []


def test_a_second_hand_over_finds_nothing_to_do(case, bucket):
    record = handed_over(case)
    with pytest.raises(store.FileLostError):
        store.hand_over(record.storage_name)
    assert plain(record) == b"%PDF-1.7 here"


def test_killed_after_the_bucket_had_it(case, bucket, monkeypatch):
    """In both places; then the next run looks, sends nothing, and takes the copy here away."""
    record = make_record(case)
    with store.path_of(record.storage_name).open("rb") as file:
        s3.put(record.storage_name, file)
    assert plain(record) == b"%PDF-1.7" and is_here(record)
    monkeypatch.setattr(s3, "put", None)
    store.hand_over(record.storage_name)
    assert (len(bucket.keys()), is_here(record), plain(record)) == (1, False, b"%PDF-1.7")


def test_other_bytes_in_the_bucket_are_replaced_and_never_believed(case, bucket, monkeypatch):
    record = make_record(case)
    bucket.put(s3.key_of(record.storage_name), b"half of it")
    send = s3.put
    monkeypatch.setattr(s3, "put", lambda name, file: send(name, io.BytesIO(b"changed")))
    with pytest.raises(StorageDownError):
        store.hand_over(record.storage_name)
    assert is_here(record) and plain(record) == b"%PDF-1.7"
    monkeypatch.setattr(s3, "put", send)
    store.hand_over(record.storage_name)
    assert not is_here(record) and plain(record) == b"%PDF-1.7"


def test_bytes_that_change_on_the_way_are_refused(bucket, monkeypatch):
    monkeypatch.setattr(s3, "_body", lambda part: {"Body": part, "ContentMD5": "A" * 22 + "=="})
    with pytest.raises(StorageDownError, match="BadDigest"):
        s3.put("a" * 40, io.BytesIO(b"x"))
    assert bucket.keys() == []


def test_file_stays_here_until_the_bucket_gives_it_back(case, bucket, monkeypatch):
    """Whatever the bucket said to what was sent."""
    record = make_record(case, b"%PDF-1.7 here")
    really = s3.put
    for put in (lambda name, file: None, lambda name, file: really(name, io.BytesIO(b"x"))):
        with monkeypatch.context() as patch:
            patch.setattr(s3, "put", put)
            with pytest.raises(StorageDownError, match="other bytes"):
                store.hand_over(record.storage_name)
        assert is_here(record) and plain(record) == b"%PDF-1.7 here"


def test_parts_of_a_file_that_was_cut_off_are_taken_back(case, bucket, monkeypatch):
    monkeypatch.setattr(s3, "PART", 5 * s3.MB)

    class Breaking(io.BytesIO):
        def read(self, size=-1):
            if self.tell() >= 5 * s3.MB:
                raise OSError("the disk broke")
            return super().read(size)

    with pytest.raises(OSError, match="broke"):
        s3.put("b" * 40, Breaking(pattern(6 * s3.MB)))
    assert (bucket.unfinished(), bucket.keys()) == ([], [])


def test_parts_that_a_kill_left_are_forgotten_after_an_hour(bucket):
    bucket.begin("cc/" + "c" * 40)
    assert s3.forget_parts_older_than(3600) == 0
    assert bucket.unfinished() == ["cc/" + "c" * 40]
    assert s3.forget_parts_older_than(-60) == 1
    assert bucket.unfinished() == []


def test_removed_by_the_family_while_it_was_on_its_way(case, bucket, monkeypatch):
    record = make_record(case)
    send = s3.put

    def slow(name, file):
        store.remove(name)
        send(name, file)

    monkeypatch.setattr(s3, "put", slow)
    with pytest.raises(store.FileLostError):
        store.hand_over(record.storage_name)
    assert (bucket.keys(), is_here(record)) == ([], False)


def test_somebody_who_writes_keeps_it_here(case, bucket):
    record = make_record(case)
    with store.writing(record.storage_name):
        with pytest.raises(store.BusyError):
            store.hand_over(record.storage_name)
        assert bucket.keys() == []
        other = make_record(case)
        assert actions.hand_over_files() is False
    assert bucket.keys() == [s3.key_of(other.storage_name)]


def test_what_arrives_or_is_checked_stays_on_the_disk(case, bucket):
    begun = Tus(case).begin(100)
    checking_one = make_record(case, status=Status.CHECKING)
    fine, locked = make_record(case), make_record(case, status="quarantined", reason="infected")
    orphan = store.create()
    assert begun.status_code == 201
    assert actions.hand_over_files() is False
    moved = {name.rpartition("/")[2] for name in bucket.keys()}
    assert moved == {fine.storage_name, locked.storage_name}
    assert {orphan, checking_one.storage_name} < on_the_disk()


def test_a_run_gives_way_and_goes_on_later(case, bucket, monkeypatch):
    for _number in range(2):
        make_record(case)
    monkeypatch.setattr(storage, "SECONDS_A_RUN", -1)
    assert jobs.hand_over_files.func() == "more to come"
    assert DBTaskResult.objects.filter(task_path="cases.jobs.hand_over_files").count() == 1
    monkeypatch.undo()
    assert jobs.hand_over_files.func() == "done"
    assert (len(bucket.keys()), on_the_disk()) == (2, set())


def test_a_checked_file_is_queued_for_the_bucket_once(case, bucket):
    for _number in range(2):
        record = make_record(case, make_pdf(), status=Status.CHECKING)
        assert jobs.check_record.func(str(record.pk)) == "fine"
    assert DBTaskResult.objects.filter(task_path="cases.jobs.hand_over_files").count() == 1
    jobs.ensure_housekeeping()
    assert DBTaskResult.objects.filter(task_path="cases.jobs.tidy_bucket").count() == 1


def test_without_a_bucket_nothing_is_moved_or_queued(case, settings, tmp_path):
    settings.RECORDS_DIR = tmp_path
    record = make_record(case)
    jobs.housekeeping.func()
    jobs.ensure_housekeeping()
    paths = set(DBTaskResult.objects.values_list("task_path", flat=True))
    assert not {"cases.jobs.hand_over_files", "cases.jobs.tidy_bucket"} & paths
    assert (actions.hand_over_files(), actions.sweep_bucket()) == (False, 0)
    assert is_here(record)


def test_while_the_bucket_is_down_files_arrive_and_wait(case, bucket, down, caplog):
    up = store.settings.RECORDS_STORAGE
    gone, record = handed_over(case), make_record(case)
    down()
    assert Tus(case).send(b"%PDF-1.7 new").status == Status.CHECKING
    assert actions.hand_over_files() is False
    assert (is_here(record), plain(record)) == (True, b"%PDF-1.7")
    assert actions.sweep_bucket() == 0
    with pytest.raises(StorageDownError):
        store.reading(gone.storage_name)
    assert record.storage_name not in caplog.text and up.secret not in caplog.text
    store.settings.RECORDS_STORAGE = up
    assert actions.hand_over_files() is False
    assert not is_here(record) and plain(record) == b"%PDF-1.7"


def test_family_reads_a_page_of_its_own_while_the_bucket_is_down(case, bucket, down):
    record = handed_over(case)
    down()
    family = sign_in_family(case)
    family.raise_request_exception = False
    answer = family.get(reverse("case:paper", args=[case.reference, record.pk]))
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert family.get(reverse("case:papers", args=[case.reference])).status_code == 200


def test_removing_while_the_bucket_is_down_is_done_by_the_sweep(
    case, bucket, down, django_capture_on_commit_callbacks, monkeypatch
):
    up, record = store.settings.RECORDS_STORAGE, handed_over(case)
    down()
    with django_capture_on_commit_callbacks(execute=True):
        actions.remove_record(by=case.owner, record=record)
    assert len(bucket.keys()) == 1
    store.settings.RECORDS_STORAGE = up
    assert actions.sweep_bucket() == 0
    monkeypatch.setattr(time, "time", lambda now=time.time: now() + 3700)
    assert (actions.sweep_bucket(), bucket.keys()) == (1, [])


def test_the_sweep_of_the_bucket_reads_every_page(case, bucket, monkeypatch):
    monkeypatch.setattr(s3, "PAGE", 2)
    kept = [handed_over(case).storage_name for _number in range(2)]
    for letter in "abc":
        bucket.put(s3.key_of(letter * 40), b"nobody's")
    bucket.put("README", b"not ours")
    monkeypatch.setattr(storage, "ORPHAN_AFTER", -storage.ORPHAN_AFTER)
    assert jobs.tidy_bucket.func() == "3 removed"
    assert bucket.keys() == sorted(["README", *map(s3.key_of, kept)])


@pytest.mark.parametrize("wrong", [{"secret": "guessed"}, {"name": "another"}])
def test_a_wrong_key_or_bucket_is_no_lost_file(case, bucket, settings, wrong):
    """Else a slip in a setting would call every paper unreadable."""
    record = handed_over(case)
    settings.RECORDS_STORAGE = replace(settings.RECORDS_STORAGE, **wrong)
    with pytest.raises(StorageDownError):
        store.reading(record.storage_name)


def test_an_empty_answer_ends_the_reading(case, bucket, monkeypatch):
    record = handed_over(case)
    bucket.put(s3.key_of(record.storage_name), b"SHR1")
    with store.reading(record.storage_name) as file:
        file.size = 100
        with pytest.raises(StorageDownError):
            file.read()


@pytest.mark.parametrize(
    ("text", "bucket"),
    [
        ("", None),
        (
            f"s3://{WHO}%2F@s3.example.org/papers?region=eu-central-1",
            Bucket("papers", "https://s3.example.org", "eu-central-1", "KEY", "hidden/"),
        ),
        (
            f"s3+http://{WHO}@127.0.0.1:8333/papers?style=virtual",
            Bucket("papers", "http://127.0.0.1:8333", "us-east-1", "KEY", "hidden", "virtual"),
        ),
    ],
)
def test_address_of_the_bucket_is_read(monkeypatch, text, bucket):
    monkeypatch.setenv("RECORDS_STORAGE", text)
    assert read_records_storage("demo") == bucket


@pytest.mark.parametrize(
    "text",
    [
        "s3://s3.example.org/papers",
        f"s3://{WHO}@s3.example.org/",
        f"s3://{WHO}@s3.example.org/papers/deeper",
        f"s3://{WHO}@/papers",
        f"s3://{WHO}@s3.example.org:port/papers",
        f"s3://{WHO}@s3.example.org/papers?style=other",
        f"ftp://{WHO}@s3.example.org/papers",
        "papers",
    ],
)
def test_a_malformed_address_stops_the_start_and_is_not_repeated(monkeypatch, text):
    monkeypatch.setenv("RECORDS_STORAGE", text)
    with pytest.raises(ImproperlyConfigured, match="RECORDS_STORAGE is malformed") as stopped:
        read_records_storage("demo")
    assert "hidden" not in str(stopped.value)


def test_production_wants_https_and_says_so_D2(tmp_path):
    done = start(tmp_path, RECORDS_STORAGE=f"s3+http://{WHO}@s3.example.org/papers")
    assert done.returncode != 0
    assert "RECORDS_STORAGE must be s3://" in done.stderr and "hidden" not in done.stderr


def test_the_secret_is_in_no_repr():
    place = Bucket("papers", "https://s3.example.org", "eu", "unseen-key", "unseen-secret")
    assert "unseen" not in repr(place)
    assert environment("x").get("RECORDS_STORAGE") is None
