"""A machine keeps and judges files only in the folder that belongs to the database (row R6)."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from cases import actions, jobs
from cases.actions import folder
from cases.models import Record, RecordsFolder
from cases.models.record import COMES_BACK_WITHIN
from cases.records import store
from cases.records.store import StorageDownError
from cases.tests.papers import Tus, make_pdf
from portal import alerts, serving

PDF = make_pdf()


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path, monkeypatch):
    """As in a process that serves: web or worker."""
    settings.RECORDS_DIR = tmp_path / "records"
    monkeypatch.setattr(store, "_proof", [])
    monkeypatch.setattr(folder, "PROVED_FOR", 0)
    folder._proved.clear()


@pytest.fixture
def serves(db):
    serving.start_serving()


@pytest.fixture
def sent(serves, case):
    return Tus(case).send(PDF)


def other_machine(settings, tmp_path) -> None:
    """A folder of its own, as a second machine has one."""
    settings.RECORDS_DIR = tmp_path / "elsewhere"
    settings.RECORDS_DIR.mkdir(exist_ok=True)


def test_first_machine_marks_its_folder(serves, settings):
    folder.prove_folder()
    mark = (settings.RECORDS_DIR / folder.MARK_FILE).read_text().strip()
    assert mark == RecordsFolder.objects.get().mark
    assert folder.MARK.fullmatch(mark)
    folder.prove_folder()


def test_proof_counts_for_a_second(serves, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(folder, "PROVED_FOR", 60)
    folder.prove_folder()
    with django_assert_num_queries(0):
        folder.prove_folder()


def test_commands_need_no_proof(case, settings, tmp_path):
    """A copy of everything can be looked at beside the running portal."""
    record = Tus(case).send(PDF)
    RecordsFolder.objects.create(mark="a" * 40)
    store.path_of(record.storage_name)


def test_machine_with_another_folder_judges_nothing(sent, settings, tmp_path, caplog):
    """Its paper was called damaged (operator 2)."""
    other_machine(settings, tmp_path)
    with pytest.raises(StorageDownError):
        jobs.check_record.func(str(sent.pk))
    assert Record.objects.get().status == "checking"
    assert alerts.OTHER_FOLDER in [line.message for line in caplog.records]
    settings.RECORDS_DIR = tmp_path / "records"
    assert jobs.check_record.func(str(sent.pk)) == "fine"


def test_upload_is_not_called_late_by_another_machine(serves, case, settings, tmp_path):
    """410 sent the family back to the beginning, though nothing was lost."""
    tus = Tus(case)
    url = tus.begin(len(PDF))["Location"]
    tus.patch(url, 0, PDF[:50])
    other_machine(settings, tmp_path)
    assert tus.patch(url, 50, PDF[50:]).status_code == 503
    settings.RECORDS_DIR = tmp_path / "records"
    assert tus.patch(url, 50, PDF[50:]).status_code == 204


def test_another_folder_is_not_swept(serves, settings, tmp_path):
    name = store.create()
    other_machine(settings, tmp_path)
    with pytest.raises(StorageDownError):
        actions.sweep_orphans()
    settings.RECORDS_DIR = tmp_path / "records"
    assert store.path_of(name).exists()


def test_folder_that_is_taken_away_is_noticed(sent, settings):
    """A disk that is not mounted leaves an empty folder."""
    shutil.move(settings.RECORDS_DIR, settings.RECORDS_DIR.with_name("away"))
    with pytest.raises(StorageDownError):
        jobs.check_record.func(str(sent.pk))
    shutil.move(settings.RECORDS_DIR.with_name("away"), settings.RECORDS_DIR)
    assert jobs.check_record.func(str(sent.pk)) == "fine"


def test_readyz_takes_a_machine_with_another_folder_out(client, serves, settings, tmp_path):
    assert client.get("/readyz").json()["checks"]["records"]
    assert not RecordsFolder.objects.exists()
    folder.prove_folder()
    cache.clear()
    assert client.get("/readyz").json()["checks"]["records"]
    cache.clear()
    other_machine(settings, tmp_path)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["records"]) == (503, False)
    assert list(settings.RECORDS_DIR.iterdir()) == []


def test_restored_copy_is_adopted(sent, settings, tmp_path):
    shutil.copytree(settings.RECORDS_DIR, tmp_path / "new")
    (tmp_path / "new" / folder.MARK_FILE).unlink()
    settings.RECORDS_DIR = tmp_path / "new"
    with pytest.raises(StorageDownError):
        folder.prove_folder()
    call_command("adopt_records_folder")
    assert jobs.check_record.func(str(sent.pk)) == "fine"
    settings.RECORDS_DIR = tmp_path / "records"
    with pytest.raises(StorageDownError):
        folder.prove_folder()


def test_first_start_of_a_new_database_takes_the_mark_that_is_there(serves, settings):
    folder.prove_folder()
    mark = RecordsFolder.objects.get().mark
    RecordsFolder.objects.all().delete()
    folder.prove_folder()
    assert RecordsFolder.objects.get().mark == mark


@pytest.mark.django_db(transaction=True)
def test_machines_that_start_at_once_agree_on_the_mark(settings):
    def claim(_number):
        try:
            return folder._claim().mark
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(claim, range(4)))) == 1
    folder.prove_folder()


def test_row_is_one(db):
    RecordsFolder.objects.create(mark="a" * 40)
    with pytest.raises(IntegrityError), transaction.atomic():
        RecordsFolder.objects.create(pk=2, mark="b" * 40)


def test_file_that_is_missing_is_waited_for_and_then_told_as_ours(sent, caplog):
    store.path_of(sent.storage_name).unlink()
    assert jobs.check_record.func(str(sent.pk)) == "checking"
    assert alerts.FILE_LOST in [line.message for line in caplog.records]
    Record.objects.update(created_at=timezone.now() - COMES_BACK_WITHIN)
    assert jobs.check_record.func(str(sent.pk)) == "unreadable"
    assert Record.objects.get().reason == "lost"
