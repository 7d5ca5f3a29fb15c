"""What may begin: little while an inquiry is held as a machine's, nothing on a full disk."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from cases import actions
from cases.models import Case, Record
from cases.records import store
from cases.records.kinds import CASE_FILES, HELD_BYTES, IMAGING_MAX, MB
from cases.tests.papers import Tus, make_dicom, make_pdf, pattern, record_at
from portal import alerts, disks
from portal.tests.cast import sign_in_family

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(case):
    Case.objects.filter(pk=case.pk).update(held_for="trap")
    case.refresh_from_db()
    return case


@pytest.mark.parametrize("name", ["disc.zip", "scan.dcm", "IM0001", "00000001.17"])
def test_held_inquiry_announces_no_scan_U2(held, name):
    answer = Tus(held).begin(IMAGING_MAX - 1, name)
    assert (answer.status_code, Record.objects.count()) == (422, 0)
    assert answer.text.startswith("We take scans once a coordinator has looked")


def test_held_inquiry_holds_thirty_megabytes_in_all_U2(held):
    line = Tus(held)
    assert line.begin(HELD_BYTES - MB).status_code == 201
    assert line.begin(MB).status_code == 201
    answer = line.begin(1)
    assert answer.status_code == 422
    assert answer.text.startswith("Until a coordinator has looked at your inquiry, it holds 30 MB")


def test_refused_files_of_a_held_inquiry_count_U2(held):
    """Else a machine sends what is refused again and again."""
    line = Tus(held)
    url = line.begin(HELD_BYTES)["Location"]
    record = record_at(url)
    Record.objects.filter(pk=record.pk).update(
        status="refused", reason="type", received=HELD_BYTES, completed_at=record.created_at
    )
    assert line.begin(1).status_code == 422


def test_released_inquiry_sends_what_it_likes(held, lead):
    actions.release_case(by=lead, case=held)
    line = Tus(held)
    assert line.begin(HELD_BYTES).status_code == 201
    assert line.begin(IMAGING_MAX, "disc.zip").status_code == 201


@pytest.mark.parametrize("language", ["en", "pl", "ar", "zh-hans"])
def test_held_inquiry_reads_why_in_its_language(held, language):
    with translation.override(language):
        words = str(actions.refusal_in(held, "disc.zip", 5))
    assert "30" in words
    assert (language == "en") == words.startswith("We take scans")


def send_form(case, name: str, data: bytes):
    url = reverse("case:papers", args=[case.reference])
    return sign_in_family(case).post(url, {"files": [SimpleUploadedFile(name, data)]})


def test_plain_form_of_a_held_inquiry_writes_no_scan_U2(held, monkeypatch):
    monkeypatch.setattr(store, "create", None)
    answer = send_form(held, "scan.dcm", make_dicom())
    assert "We take scans once a coordinator" in answer.text
    assert not Record.objects.exists()


def test_plain_form_of_a_held_inquiry_takes_papers(held):
    assert send_form(held, "a.pdf", make_pdf()).status_code == 302
    assert held.records.count() == 1


@pytest.fixture
def little_room(monkeypatch, settings, tmp_path):
    """Turned on and off by the test."""
    settings.RECORDS_DIR = tmp_path / "records"
    state = {"has_room": False}
    settings.OPERATOR = settings.OPERATOR | {"email": ""}
    monkeypatch.setattr(disks, "has_room", lambda: state["has_room"])
    return state


def test_nothing_new_begins_while_little_room_is_left_R9(case, little_room, caplog):
    answer = Tus(case).begin(100)
    assert (answer.status_code, Record.objects.count()) == (507, 0)
    assert list(store.names_older_than(-1)) == []
    assert [line.message for line in caplog.records if line.name == "portal.alerts"] == [
        alerts.LITTLE_ROOM
    ]
    little_room["has_room"] = True
    assert Tus(case).begin(100).status_code == 201


def test_upload_that_was_announced_but_not_begun_waits_too_R9(case, little_room):
    """Two hundred may be announced before the disk fills."""
    little_room["has_room"] = True
    line, data = Tus(case), pattern(100)
    urls = [line.begin(len(data))["Location"] for _number in range(3)]
    assert len(urls) < CASE_FILES
    little_room["has_room"] = False
    for url in urls:
        assert line.patch(url, 0, data).status_code == 507
        assert record_at(url).received == 0
    little_room["has_room"] = True
    assert line.patch(urls[0], 0, data).status_code == 204


def test_upload_that_has_begun_goes_on_R9(case, little_room):
    little_room["has_room"] = True
    line, data = Tus(case), pattern(3 * MB)
    url = line.begin(len(data), "scan.zip")["Location"]
    line.patch(url, 0, data[:MB])
    little_room["has_room"] = False
    assert line.patch(url, MB, data[MB:]).status_code == 204


def test_plain_form_says_so_while_little_room_is_left_R9(case, little_room):
    answer = send_form(case, "a.pdf", make_pdf())
    assert "Our storage is full at the moment" in answer.text
    assert (Record.objects.count(), list(store.names_older_than(-1))) == (0, [])


def test_pdf_of_photos_is_made_though_little_room_is_left_R9(case, little_room):
    """It was asked for before; a job that is refused would be tried for a day."""
    data, name = make_pdf(), store.create()
    kept = actions.keep_whole(
        by=case.owner, case=case, name="a.pdf", size=len(data), storage_name=name
    )
    assert kept.status == "checking"
