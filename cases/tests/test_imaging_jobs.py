"""Scans of a case from the job to the rows: read, drawn, copied; again when it was lost."""

import errno
import io
import zipfile
from contextlib import contextmanager
from unittest.mock import Mock

import pytest
from django.utils import timezone

from cases import actions, jobs
from cases.models import Case, DerivedFile, ImagingReading, Purpose, Record
from cases.records import store
from cases.records.derive import DeriveFailedError
from cases.records.sealed import open_sealed
from cases.tests.scans import make_directory, make_disc, make_slice, opened
from portal.tests.fixtures import NAME_CANARY, make_record

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.RECORDS_DIR = tmp_path / "records"


def add(case, data: bytes, name: str = "scans.zip"):
    return make_record(case, data, name=name)


def plain(file: DerivedFile) -> bytes:
    with store.reading(file.storage_name) as sealed:
        return open_sealed(sealed, actions.case_key(file.case), file.storage_name).read()


def scans_of(case):
    return actions.combined(case, actions.readings_of(case))


def meanwhile(monkeypatch, during: str, act) -> None:
    """Something that happens when the child has done this task, before anything is kept."""
    own = actions.imaging.deriving

    @contextmanager
    def deriving(task, **more):
        with own(task, **more) as derived:
            if task == during:
                act()
            yield derived

    monkeypatch.setattr(actions.imaging, "deriving", deriving)


def test_a_disc_is_read_and_drawn(case):
    record = add(case, make_disc(range(1, 8)))
    assert actions.read_scans(case=case) == 1
    [study] = scans_of(case).studies
    assert (study.modalities, study.pictures, study.day.isoformat()) == (["CT"], 7, "2026-03-03")
    from PIL import Image

    file = DerivedFile.objects.get(purpose=Purpose.SERIES)
    picture = Image.open(io.BytesIO(plain(file)))
    assert (file.record, picture.format, picture.mode) == (record, "JPEG", "L")
    assert actions.previews_of(case, actions.readings_of(case)) == {"1.2.3.4": (record.pk, 0)}


def test_what_was_read_is_kept_sealed_U5(case):
    add(case, make_disc())
    actions.read_scans(case=case)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT contents FROM cases_imagingreading")
        kept = bytes(cursor.fetchone()[0])
    assert NAME_CANARY.split()[1].encode() not in kept and b"1.2.3" not in kept


def test_single_pictures_of_one_series_are_one_study(case):
    for number in (1, 2, 3, 7):
        add(case, make_slice(number), name=f"{number}.dcm")
    assert actions.read_scans(case=case) == 4
    [study] = scans_of(case).studies
    assert (study.pictures, study.series[0].missing) == (4, 3)
    assert DerivedFile.objects.filter(purpose=Purpose.SERIES).count() == 1


def test_reading_twice_reads_once(case):
    add(case, make_disc())
    assert [actions.read_scans(case=case), actions.read_scans(case=case)] == [1, 0]
    assert DerivedFile.objects.count() == 1


def test_an_older_reading_is_made_anew(case):
    add(case, make_disc())
    actions.read_scans(case=case)
    ImagingReading.objects.update(version=0)
    assert actions.readings_of(case) == []
    assert actions.read_scans(case=case) == 1
    assert DerivedFile.objects.filter(purpose=Purpose.SERIES).count() == 1


def test_a_file_that_is_lost_hides_no_other(case):
    lost, fine = add(case, make_slice(1), "1.dcm"), add(case, make_slice(2), "2.dcm")
    store.remove(lost.storage_name)
    assert actions.read_scans(case=case) == 2
    scans = scans_of(case)
    assert (scans.is_partial, scans.studies[0].pictures) == (True, 1)
    assert ImagingReading.objects.get(pk=fine.pk).contents["is_partial"] is False


def test_removing_a_scan_removes_what_was_read_of_it(case, django_capture_on_commit_callbacks):
    record = add(case, make_disc())
    actions.read_scans(case=case)
    with django_capture_on_commit_callbacks(execute=True):
        actions.remove_record(by=case.owner, record=record)
    assert not ImagingReading.objects.exists() and not DerivedFile.objects.exists()
    assert list(store.names_older_than(-1)) == []


def test_an_erased_case_has_nothing_to_read(case):
    add(case, make_disc())
    actions.destroy_case_key(by=None, case=case)
    assert actions.read_scans(case=case) == 0


def test_housekeeping_finds_scans_that_nobody_read(case):
    record = add(case, make_disc())
    assert actions.queue_missed_scans() == 0
    type(record).objects.update(checked_at=timezone.now() - actions.imaging.MISSED_AFTER * 2)
    assert actions.queue_missed_scans() == 1
    assert jobs.read_scans.call(str(case.pk)) == "1 read"
    assert actions.queue_missed_scans() == 0


def test_many_pictures_of_a_case_wait_for_one_job(case):
    from django_tasks_db.models import DBTaskResult

    for _number in range(3):
        actions.queue_scans(case)
    waiting = DBTaskResult.objects.filter(task_path=jobs.read_scans.module_path)
    assert waiting.count() == 1


def test_a_copy_is_made_when_somebody_asks(case):
    record = add(case, make_disc(range(1, 4)))
    actions.read_scans(case=case)
    [copy] = actions.shared_copies(case=case)
    assert (copy.record, copy.is_made, copy.file) == (record, False, None)
    assert jobs.make_shared_copy.call(str(record.pk)) == "made"
    [copy] = actions.shared_copies(case=case)
    assert (copy.is_made, copy.written, copy.held) == (True, 3, {})
    with zipfile.ZipFile(io.BytesIO(plain(copy.file))) as archive:
        scan = opened(archive.read("01/001/00002.dcm"))
    assert (scan.PatientName, scan.PatientID) == (case.reference, case.reference)


def test_copies_of_two_papers_of_a_case_fit_together(case):
    for number in (1, 2):
        add(case, make_slice(number), f"{number}.dcm")
    actions.read_scans(case=case)
    for record in case.records.all():
        assert actions.make_shared_copy(record=record)
    scans = [opened(plain(copy.file)) for copy in actions.shared_copies(case=case)]
    assert scans[0].SeriesInstanceUID == scans[1].SeriesInstanceUID
    assert scans[0].SOPInstanceUID != scans[1].SOPInstanceUID


def test_a_scan_that_must_stay_has_a_copy_without_a_file(case):
    record = add(case, make_slice(Modality="US"), "us.dcm")
    actions.read_scans(case=case)
    assert actions.make_shared_copy(record=record) is False
    [copy] = actions.shared_copies(case=case)
    assert (copy.is_made, copy.file, copy.held) == (True, None, {"burned_in": 1})
    assert actions.make_shared_copy(record=record) is False


def test_a_copy_by_an_older_profile_is_made_anew(case, monkeypatch):
    record = add(case, make_disc())
    actions.read_scans(case=case)
    actions.make_shared_copy(record=record)
    old = DerivedFile.objects.get(purpose=Purpose.SHARED).storage_name
    monkeypatch.setattr(actions.imaging.profile, "VERSION", 99)
    assert actions.shared_copies(case=case)[0].is_made is False
    actions.make_shared_copy(record=record)
    assert DerivedFile.objects.get(purpose=Purpose.SHARED).storage_name != old


def test_nothing_is_copied_of_what_is_not_fine(case):
    record = make_record(case, make_slice(), name="a.dcm", status="quarantined", reason="infected")
    assert actions.read_scans(case=case) == 0
    assert actions.make_shared_copy(record=record) is False


def test_a_directory_alone_is_read(case):
    add(case, make_directory(s1_2=3), "DICOMDIR")
    actions.read_scans(case=case)
    assert scans_of(case).is_list_only


# ---- What goes wrong meanwhile


@pytest.mark.parametrize("during", ["headers", "series", "shared"])
def test_of_a_scan_that_is_removed_meanwhile_nothing_remains_U8(
    case, monkeypatch, during, django_capture_on_commit_callbacks
):
    record = add(case, make_disc())
    own = Record.objects.select_related("case").get()
    meanwhile(monkeypatch, during, lambda: actions.remove_record(by=case.owner, record=own))
    with django_capture_on_commit_callbacks(execute=True):
        assert actions.read_scans(case=case) == 1
        assert actions.make_shared_copy(record=record) is False
    assert not ImagingReading.objects.exists() and not DerivedFile.objects.exists()
    assert list(store.names_older_than(-1)) == []


def test_a_scan_that_is_lost_before_it_is_drawn_has_no_picture(case, monkeypatch):
    record = add(case, make_disc())
    meanwhile(monkeypatch, "headers", lambda: store.remove(record.storage_name))
    actions.read_scans(case=case)
    file = DerivedFile.objects.get(purpose=Purpose.SERIES)
    assert (file.record, file.storage_name) == (record, None)
    assert scans_of(case).studies[0].pictures == 5
    assert actions.previews_of(case, actions.readings_of(case)) == {}
    # Nobody tries again.
    assert actions.read_scans(case=case) == 0
    assert DerivedFile.objects.get() == file


def test_a_full_disk_is_tried_again_R6(case, monkeypatch):
    record = add(case, make_disc())
    with monkeypatch.context() as disk:
        disk.setattr(store, "create", Mock(side_effect=OSError(errno.ENOSPC, "no room")))
        with pytest.raises(DeriveFailedError, match="ENOSPC"):
            actions.read_scans(case=case)
        with pytest.raises(DeriveFailedError, match="ENOSPC"):
            actions.make_shared_copy(record=record)
    assert not DerivedFile.objects.exists()
    assert (actions.read_scans(case=case), actions.make_shared_copy(record=record)) == (0, True)
    assert DerivedFile.objects.exclude(storage_name=None).count() == 2


def test_a_case_without_an_inquiry_compares_nobody(case):
    record = add(case, make_disc())
    case.inquiry.delete()
    case = Case.objects.get()
    actions.read_scans(case=case)
    assert scans_of(case).studies[0].pictures == 5
    assert actions.make_shared_copy(record=record) is True


def test_asking_for_copies_asks_for_the_reading_first_and_each_once(case):
    from django_tasks_db.models import DBTaskResult

    record = add(case, make_disc())
    assert actions.shared_copies(case=case) == []
    actions.read_scans(case=case)
    for _time in range(2):
        assert actions.shared_copies(case=case)[0].is_made is False
    waiting = DBTaskResult.objects.exclude(task_path=jobs.check_record.module_path)
    asked = waiting.order_by("enqueued_at").values_list("task_path", "args_kwargs")
    assert [(path, told["args"]) for path, told in asked] == [
        (jobs.read_scans.module_path, [str(case.pk)]),
        (jobs.make_shared_copy.module_path, [str(record.pk)]),
    ]


def test_a_disc_that_does_not_open_has_no_copy_and_says_why(case):
    record = add(case, make_disc()[:-40])
    actions.read_scans(case=case)
    assert actions.make_shared_copy(record=record) is False
    [copy] = actions.shared_copies(case=case)
    assert (copy.is_made, copy.file, copy.held) == (True, None, {"unreadable": 1})


def test_a_copy_of_a_scan_that_is_lost_is_not_settled(case):
    """The file may come back from a backup."""
    record = add(case, make_disc())
    actions.read_scans(case=case)
    store.remove(record.storage_name)
    assert actions.make_shared_copy(record=record) is False
    assert actions.shared_copies(case=case)[0].is_made is False
