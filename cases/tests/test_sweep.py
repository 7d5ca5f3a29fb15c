"""What kills and forgotten uploads leave behind on the disk, where files arrive (row U8).

What the disk has in common with a bucket is in test_store.
"""

import os
import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from cases import actions, jobs
from cases.actions.storage import ORPHAN_AFTER
from cases.models import Record
from cases.records import store
from cases.tests.papers import Tus
from portal.tests.fixtures import make_record

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.RECORDS_DIR = tmp_path / "records"


def age(name: str, by=ORPHAN_AFTER + timedelta(minutes=1)) -> None:
    then = time.time() - by.total_seconds()
    os.utime(store.path_of(name), (then, then))


def test_an_orphan_is_swept_after_an_hour_and_not_before_U8(case):
    young, old = store.create(), store.create()
    kept = make_record(case).storage_name
    age(old)
    age(kept)
    assert (actions.sweep_orphans(), actions.sweep_orphans()) == (1, 0)
    assert set(store.names_older_than(-1)) == {young, kept}


def test_other_files_in_the_folder_are_left_alone(settings):
    name = store.create()
    other = store.path_of(name).with_name("README")
    other.write_text("not ours")
    os.utime(other, (0, 0))
    assert actions.sweep_orphans() == 0
    assert other.exists()


def test_a_file_that_goes_while_it_is_looked_for_is_no_trouble():
    path = store.path_of(store.create())
    path.with_name("f" * 40).symlink_to("gone")
    assert list(store.names_older_than(-1)) == [path.name]


def test_expired_uploads_go_with_their_files_U8(case, django_capture_on_commit_callbacks):
    line = Tus(case)
    for _number in range(2):
        line.patch(line.begin(100)["Location"], 0, b"x" * 10)
    expired, living = Record.objects.all()
    whole = make_record(case)
    Record.objects.exclude(pk=living.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert actions.sweep_uploads() == 1
    assert set(Record.objects.all()) == {living, whole}
    assert set(store.names_older_than(-1)) == {living.storage_name, whole.storage_name}


def test_a_sweep_that_is_taken_back_keeps_the_files(case):
    record = Record.objects.get(pk=Tus(case).begin(10)["Location"].split("/")[-2])
    Record.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with transaction.atomic():
        actions.sweep_uploads()
        transaction.set_rollback(True)
    assert Record.objects.get() == record
    assert store.path_of(record.storage_name).exists()


def test_the_housekeeping_sweeps(case):
    age(store.create())
    Tus(case).begin(10)
    Record.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    jobs.housekeeping.func()
    assert not Record.objects.exists()
    # The file of the second goes with the transaction; here it is an orphan yet.
    assert len(list(store.names_older_than(-1))) == 1


def test_a_form_that_took_an_hour_keeps_its_files_or_says_so(case):
    name = store.create()
    age(name)
    whole = {"by": case.owner, "case": case, "name": "a.pdf", "size": 5}
    actions.keep_whole(**whole, storage_name=name)
    assert list(store.names_older_than(60)) == []
    with pytest.raises(store.FileLostError):
        actions.keep_whole(**whole, storage_name="0" * 40)
    assert Record.objects.count() == 1


def test_files_are_for_their_owner_alone_U5(settings):
    path = store.path_of(store.create())
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_file_is_not_below_anything_that_is_served_U6(settings):
    assert not settings.MEDIA_ROOT and not settings.MEDIA_URL.strip("/")
    served = settings.STATIC_ROOT
    assert served not in settings.RECORDS_DIR.parents
    assert settings.RECORDS_DIR not in served.parents
