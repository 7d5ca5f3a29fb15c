"""Files made from sealed files: the limited child, its promises, and what remains of failures."""

import base64
import errno
import io
import json
import os
import time

import pytest
from django.db import IntegrityError, transaction

from cases import actions
from cases.actions.storage import ORPHAN_AFTER
from cases.models import DerivedFile, Purpose
from cases.records import derive_child, store
from cases.records.crypto import SealBrokenError
from cases.records.derive import CannotMakeError, DeriveFailedError, deriving
from cases.records.derive_child import SealedWriter, TaskError, carry_out
from cases.records.sealed import PIECE, SealedReader, file_key
from cases.tests.papers import pattern
from cases.tests.pictures import as_file, four_colours, make_picture, plain, seal_file
from portal import sandbox
from portal.sandbox import MB, Limits
from portal.tests.fixtures import make_record
from portal.tests.sandboxed import run_instead

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.RECORDS_DIR = tmp_path / "records"


def files() -> set:
    return set(store.names_older_than(-1))


def ask(case, record, outputs=1, **more):
    return deriving(
        "picture",
        case_key=actions.case_key(case),
        inputs=[record.storage_name],
        outputs=outputs,
        details={"kind": "jpeg"},
        **more,
    )


@pytest.fixture
def photo(case):
    return make_record(case, as_file(four_colours()), name="a.jpg")


def test_what_a_task_writes_is_sealed_and_can_be_read_back_U5(case, photo):
    with ask(case, photo, outputs=2) as derived:
        large, small = derived.files
        assert plain(case, large.storage_name)[:2] == b"\xff\xd8"
        assert len(plain(case, large.storage_name)) == large.size > small.size
        assert b"JFIF" not in store.path_of(large.storage_name).read_bytes()
        derived.keep()
    assert files() == {photo.storage_name, large.storage_name, small.storage_name}


def test_files_that_nobody_keeps_go(case, photo):
    with ask(case, photo, outputs=2):
        assert len(files()) == 3
    assert files() == {photo.storage_name}


def test_of_a_failure_in_between_no_file_remains(case, photo):
    with pytest.raises(ZeroDivisionError), ask(case, photo, outputs=2):
        raise ZeroDivisionError
    assert files() == {photo.storage_name}


def test_an_output_that_is_not_written_is_none(case, photo, monkeypatch):
    run_instead(
        monkeypatch,
        "import cases.records.derive_child as child\n"
        "outputs = [child._writer(child.ExitStack(), one) for one in order['outputs']]\n"
        "outputs[1].write(b'abc'); outputs[1].finish()\n"
        "print(json.dumps({'error': '', 'which': None, 'answer': {'n': 1}, 'sizes': [0, 3]}))",
    )
    with ask(case, photo, outputs=2) as derived:
        assert (derived.answer, derived.files[0]) == ({"n": 1}, None)
        assert plain(case, derived.files[1].storage_name) == b"abc"
        derived.keep()
    assert files() == {photo.storage_name, derived.files[1].storage_name}


def test_the_child_has_no_environment_and_only_its_files_U5(case, photo, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "canary")
    other = open(__file__, "rb")
    os.set_inheritable(other.fileno(), True)
    run_instead(
        monkeypatch,
        "answer = {'names': sorted(os.environ), 'keys': sorted(order),"
        " 'files': len([n for n in os.listdir('/proc/self/fd') if int(n) > 2])}\n"
        "print(json.dumps({'error': '', 'which': None, 'answer': answer, 'sizes': [0]}))",
    )
    with other, ask(case, photo) as derived:
        said = derived.answer
    assert set(said["names"]) <= {"PYTHONDONTWRITEBYTECODE", "LC_CTYPE"}
    assert said["keys"] == ["details", "inputs", "outputs", "task"]
    # One in, one out, and the one that lists them.
    assert said["files"] == 3


@pytest.mark.parametrize(
    ("program", "raised"),
    [
        ("a = bytes(600 * 1024**2)", CannotMakeError),
        ("while True: pass", CannotMakeError),
        ("raise SystemExit(3)", DeriveFailedError),
        ('print(\'{"error": "full", "which": null}\')', DeriveFailedError),
        ('print(\'{"error": "unreadable", "which": 0}\')', CannotMakeError),
    ],
)
def test_a_child_that_fails_leaves_nothing_U3(case, photo, monkeypatch, program, raised):
    run_instead(monkeypatch, program)
    with pytest.raises(raised), ask(case, photo, limits=Limits(seconds=1, file_size=MB)):
        pass
    assert files() == {photo.storage_name}


def test_a_child_that_hangs_is_ended_U3(case, photo, monkeypatch):
    run_instead(monkeypatch, "import time; time.sleep(60)")
    monkeypatch.setattr(sandbox, "WAIT", 0.3)
    with pytest.raises(CannotMakeError), ask(case, photo, limits=Limits(seconds=1, file_size=MB)):
        pass


def test_a_child_cannot_write_without_end_U3(case, photo, monkeypatch):
    run_instead(
        monkeypatch,
        "import cases.records.derive_child as child\n"
        "def write(inputs, outputs, details):\n"
        "    for _number in range(30): outputs[0].write(bytes(65536))\n"
        "child.find_task = lambda name: write\n"
        "print(json.dumps(child.carry_out(order)))",
    )
    limits = Limits(file_size=10 * PIECE)
    with pytest.raises(CannotMakeError, match="too_much"), ask(case, photo, limits=limits):
        pass


def test_a_file_that_was_changed_on_the_disk_is_told_apart(case, photo):
    path = store.path_of(photo.storage_name)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SealBrokenError), ask(case, photo):
        pass
    path.unlink()
    with pytest.raises(store.FileLostError), ask(case, photo):
        pass
    assert files() == set()


def test_a_file_that_is_kept_elsewhere_is_read_too(case, photo, monkeypatch):
    """A storage without file descriptors: the sealed bytes come to the disk, without a name."""
    real = store.reading

    class Far(io.BytesIO):
        pass

    def reading(name):
        with real(name) as file:
            return Far(file.read())

    monkeypatch.setattr(store, "reading", reading)
    with ask(case, photo, outputs=2) as derived:
        assert derived.files[0].size > 0


def order_for(case, data: bytes, task="picture", outputs=0):
    """As the child gets it, to be carried out in this process."""
    key, name = actions.case_key(case), seal_file(case, data)

    def one(file_name, flags):
        number = os.open(store.path_of(file_name), flags)
        header = os.pread(number, 36, 0)
        return {"file": number, "key": base64.b64encode(file_key(key, file_name, header)).decode()}

    names = [store.create() for _number in range(outputs)]
    return names, {
        "task": task,
        "inputs": [one(name, os.O_RDONLY)],
        "outputs": [one(new, os.O_RDWR) for new in names],
        "details": {"kind": "jpeg"},
    }


@pytest.mark.parametrize(
    ("error", "word", "which"),
    [
        (TaskError("locked", 2), "locked", 2),
        (MemoryError(), "too_much", None),
        (RecursionError(), "too_much", None),
        (OSError(errno.EFBIG, ""), "too_much", None),
        (OSError(errno.ENOSPC, ""), "full", None),
        (OSError("truncated"), "unreadable", None),
        (KeyError(), "unreadable", None),
    ],
)
def test_every_trouble_of_a_task_has_a_word(case, monkeypatch, error, word, which):
    def task(inputs, outputs, details):
        raise error

    monkeypatch.setattr(derive_child, "find_task", lambda name: task)
    _names, order = order_for(case, b"x")
    assert carry_out(order) == {"error": word, "which": which}


def test_a_task_reads_from_any_place_and_writes_in_one_go(case, monkeypatch):
    data = pattern(3 * PIECE + 5)

    def task(inputs, outputs, details):
        inputs[0].seek(PIECE - 2)
        outputs[0].write(inputs[0].read(PIECE))
        assert (outputs[0].tell(), outputs[0].writable()) == (PIECE, True)
        with pytest.raises(io.UnsupportedOperation):
            outputs[0].seek(0)
        return {"done": True}

    monkeypatch.setattr(derive_child, "find_task", lambda name: task)
    names, order = order_for(case, data, outputs=2)
    said = carry_out(order)
    assert said == {"error": "", "which": None, "answer": {"done": True}, "sizes": [PIECE, 0]}
    assert plain(case, names[0]) == data[PIECE - 2 : 2 * PIECE - 2]


def test_only_tasks_of_the_table_run():
    with pytest.raises(KeyError):
        derive_child.find_task("os.system")
    for name in derive_child.TASKS:
        if "imaging" not in name:
            assert callable(derive_child.find_task(name))


def test_a_writer_starts_after_the_header(case, tmp_path):
    name, key = store.create(), actions.case_key(case)
    header = store.path_of(name).read_bytes()
    with open(store.path_of(name), "r+b") as file:
        writer = SealedWriter(file, file_key(key, name, header))
        assert writer.write(b"abc") == 3
        writer.finish()
    with store.reading(name) as file:
        assert SealedReader(file, file_key(key, name, header)).read() == b"abc"
    assert store.path_of(name).read_bytes()[:36] == header


# What becomes of the rows.


def test_a_row_has_a_file_or_the_word_that_there_is_none(case, photo):
    row = {"case": case, "record": photo, "purpose": Purpose.SERIES, "kind": "jpeg"}
    DerivedFile.objects.create(**row)
    for number, wrong in enumerate(({"size": 5}, {"storage_name": "a" * 40}, {"position": 0})):
        with pytest.raises(IntegrityError), transaction.atomic():
            DerivedFile.objects.create(**{**row, "position": number + 1, **wrong})
    assert DerivedFile.objects.count() == 1


def test_rows_of_one_purpose_count_their_positions(case, photo):
    with ask(case, photo, outputs=2) as derived:
        purposes = [Purpose.SERIES, Purpose.SERIES]
        assert actions.keep_files(record=photo, purposes=purposes, kind="jpeg", derived=derived)
    assert [row.position for row in photo.derived.all()] == [0, 1]


def test_a_paper_that_goes_meanwhile_leaves_no_file(
    case, photo, django_capture_on_commit_callbacks
):
    with ask(case, photo, outputs=2) as derived:
        with django_capture_on_commit_callbacks(execute=True):
            actions.remove_record(by=case.owner, record=photo)
        row = {"record": photo, "purposes": [Purpose.SERIES] * 2, "kind": "jpeg"}
        assert actions.keep_files(**row, derived=derived) is False
        assert actions.keep_nothing(**row) is False
    assert files() == set() and not DerivedFile.objects.exists()


def test_removing_a_paper_takes_what_was_made_of_it(case, django_capture_on_commit_callbacks):
    record = make_picture(case)
    kept = make_picture(case)
    assert len(files()) == 6
    with django_capture_on_commit_callbacks(execute=True):
        actions.remove_record(by=case.owner, record=record)
    assert files() == {
        kept.storage_name, *kept.derived.values_list("storage_name", flat=True)
    }  # fmt: skip


def test_a_removal_that_is_taken_back_keeps_the_files(case):
    record = make_picture(case)
    with transaction.atomic():
        actions.remove_record(by=case.owner, record=record)
        transaction.set_rollback(True)
    assert len(files()) == 3 and record.derived.count() == 2


def test_a_destroyed_key_takes_what_was_made_U5(case, django_capture_on_commit_callbacks):
    record = make_picture(case)
    with django_capture_on_commit_callbacks(execute=True):
        actions.destroy_case_key(by=None, case=case)
    assert files() == {record.storage_name} and not DerivedFile.objects.exists()


def age(name: str) -> None:
    then = time.time() - ORPHAN_AFTER.total_seconds() - 60
    os.utime(store.path_of(name), (then, then))


def test_the_sweep_knows_files_that_were_made_U8(case):
    record, orphan = make_picture(case), store.create()
    for name in files():
        age(name)
    assert actions.sweep_orphans() == 1
    assert orphan not in files() and len(files()) == 3
    # An erased case takes its rows; its files are orphans then.
    made = set(record.derived.values_list("storage_name", flat=True))
    record.derived.all().delete()
    assert actions.sweep_orphans() == 2
    assert not made & files()


def test_the_answer_of_a_child_is_json_alone(case, photo, monkeypatch):
    run_instead(monkeypatch, "print('no json')")
    with pytest.raises(json.JSONDecodeError), ask(case, photo):
        pass
    assert files() == {photo.storage_name}
