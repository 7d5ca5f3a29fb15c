"""Scans on the pages of the family and of the office: what is told, and to whom."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import actions
from cases.imaging.studies import study_key
from cases.models import Purpose, Record
from cases.records.kinds import Status
from cases.tests.family import case_url, signed_in, without_tokens
from cases.tests.scans import STUDY, make_directory, make_disc, make_read_scan, make_slice, zipped
from cases.tests.test_desk import address
from portal.models import AuditEvent
from portal.tests.fixtures import make_record, sign_in_staff

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
STRANGER = {"PatientName": "Nowak^Piotr", "PatientID": "PESEL-19010112345"}


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.RECORDS_DIR = tmp_path / "records"


@pytest.fixture
def client(case):
    return signed_in(case)


@pytest.fixture
def desk(coordinator):
    return sign_in_staff(coordinator)


def scan_url(case, uid: str = STUDY) -> str:
    return reverse("case:scan", args=[case.reference, study_key(actions.case_key(case), uid)])


def picture_url(record, position: int = 0) -> str:
    return reverse("case:scan-picture", args=[record.case.reference, record.pk, position])


def desk_picture_url(record, position: int = 0) -> str:
    return reverse("office:cases_case_scan_picture", args=[record.case_id, record.pk, position])


def test_without_scans_the_page_says_nothing_of_them(client, case):
    make_record(case)
    page = client.get(case_url(case, "papers"))
    assert page.context["scans"] is None and "Your scans" not in page.text


def test_the_page_of_papers_lists_each_study(client, case):
    make_read_scan(case, make_disc(range(1, 13)), "disc.zip")
    page = client.get(case_url(case, "papers"))
    [card] = page.context["scans"]["cards"]
    assert (card["title"], card["must_act"], card["findings"]) == ("CT of 3 March 2026", False, [])
    assert (
        scan_url(case) in page.text and "As far as we can tell, no picture is missing." in page.text
    )


def test_scans_that_are_still_read_are_waited_for(client, case):
    make_record(case, make_slice(), name="a.dcm")
    page = client.get(case_url(case, "papers"))
    assert page.context["scans"]["is_waiting"] is True
    assert "We are looking at your scans." in page.text


def test_a_directory_alone_is_told_on_the_page(client, case):
    make_read_scan(case, make_directory(s1_2=3), "DICOMDIR")
    assert "only the disc" in client.get(case_url(case, "papers")).text


def test_what_is_missing_is_told_on_every_page(client, case):
    disc = zipped({"DICOMDIR": make_directory(s1_2_3_4=212), "a": make_slice()})
    make_read_scan(case, disc, "disc.zip")
    words = "has 1 of 212 slices: ask the hospital for the full disc."
    assert words in client.get(case_url(case, "papers")).text
    assert words in client.get(scan_url(case)).text
    assert "Something about your scans needs you" in client.get(case_url(case)).text


def test_the_page_of_a_case_is_quiet_about_good_scans(client, case):
    make_read_scan(case)
    assert "Something about your scans" not in client.get(case_url(case)).text


def test_a_study_shows_its_series_with_a_picture(client, case):
    record = make_read_scan(case)
    page = client.get(scan_url(case))
    assert page.status_code == 200
    assert picture_url(record) in page.text and "“AX +C”" in page.text
    assert page["Cache-Control"] == "no-store, private"
    title = page.text.partition("<title>")[2].partition("</title>")[0]
    assert title == "My scans - Treatment in Shanghai"


def test_a_series_without_a_picture_says_that_the_file_is_fine(client, case):
    record = make_read_scan(case)
    record.derived.filter(purpose=Purpose.SERIES).update(storage_name=None, size=0)
    page = client.get(scan_url(case))
    assert "No picture to show. The file itself is fine." in page.text
    assert client.get(picture_url(record)).status_code == 404


@pytest.mark.parametrize("name", ["papers", "detail", "scan"])
def test_the_name_of_another_patient_is_never_shown_to_the_family(client, case, name):
    make_read_scan(case, make_slice(**STRANGER))
    page = client.get(scan_url(case) if name == "scan" else case_url(case, name))
    assert page.status_code == 200
    assert not [word for word in ("Nowak", "Piotr", "19010112345") if word in page.text]


def test_the_office_sees_whose_name_is_on_the_disc(desk, case):
    make_read_scan(case, make_slice(**STRANGER))
    page = desk.get(address(case))
    [card] = page.context["scans"]["cards"]
    # What the disc does not say leaves no gap.
    assert card["people"] == [["Nowak Piotr", "2024-02-03", "PESEL-19010112345"]]
    line = "<bdi>Nowak Piotr</bdi>, <bdi>2024-02-03</bdi>, <bdi>PESEL-19010112345</bdi></li>"
    assert line in page.text and "not the patient" in page.text


def test_a_disc_that_names_nobody_has_no_line_about_a_person(desk, case):
    make_read_scan(case, make_slice(PatientName="", PatientBirthDate="", PatientID=""))
    page = desk.get(address(case))
    assert page.context["scans"]["cards"][0]["people"] == []
    assert "On the disc:" not in page.text


def test_the_office_sees_how_slices_were_counted(desk, case):
    make_read_scan(case, make_disc([1, 2, 3, 4, 7, 8]), "disc.zip")
    page = desk.get(address(case))
    assert "6 of 8; missing by number 2, by place 2; twice 0" in page.text
    assert "1.2.840.10008.1.2.1" in page.text


def test_a_picture_is_shown_and_runs_nothing_U6(client, case):
    answer = client.get(picture_url(make_read_scan(case)))
    assert b"".join(answer.streaming_content)[:3] == b"\xff\xd8\xff"
    assert (answer["Content-Type"], answer["Content-Disposition"]) == ("image/jpeg", "inline")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize("position", [1, 77])
def test_a_picture_that_is_not_there_is_404(client, case, position):
    assert client.get(picture_url(make_read_scan(case), position)).status_code == 404


def test_pictures_and_studies_of_others_are_not_there_Z2(client, case, other_case):
    record = make_read_scan(other_case)
    mixed = reverse("case:scan-picture", args=[case.reference, record.pk, 0])
    assert client.get(mixed).status_code == 404
    assert client.get(picture_url(record)).status_code == 404
    assert client.get(scan_url(other_case)).status_code == 404
    # The key of another case's study leads nowhere from one's own case.
    key = study_key(actions.case_key(other_case), STUDY)
    stolen = reverse("case:scan", args=[case.reference, key])
    unknown = reverse("case:scan", args=[case.reference, "0" * 20])
    pages = [without_tokens(client.get(url)).replace(url, "") for url in (stolen, unknown)]
    assert pages[0] == pages[1]


def test_every_picture_that_staff_see_is_a_row_L3(desk, case):
    record = make_read_scan(case)
    assert b"".join(desk.get(desk_picture_url(record)).streaming_content)
    row = AuditEvent.objects.get(action="record.opened")
    assert (row.actor_label, row.object_label) == ("coordinator", case.reference)
    assert row.data["copy"] == "series"


def test_staff_of_other_cases_see_no_picture_Z2(case, coordinator, other_coordinator):
    record = make_read_scan(case)
    case.assigned_to = coordinator
    case.save()
    other = sign_in_staff(other_coordinator)
    assert other.get(desk_picture_url(record)).status_code == 404


def test_a_scan_of_another_case_is_not_reached_through_ones_own_Z2(desk, case, other_case):
    record = make_read_scan(other_case)
    mixed = reverse("office:cases_case_scan_picture", args=[case.pk, record.pk, 0])
    assert desk.get(mixed).status_code == 404


def test_what_is_no_longer_fine_closes_at_the_next_request_Z4(client, desk, case):
    record = make_read_scan(case)
    assert b"".join(client.get(picture_url(record)).streaming_content)
    Record.objects.filter(pk=record.pk).update(status=Status.QUARANTINED, reason="infected")
    assert client.get(picture_url(record)).status_code == 404
    assert desk.get(desk_picture_url(record)).status_code == 404
    assert client.get(scan_url(case)).status_code == 404


def test_after_erasure_the_pages_are_there_and_say_nothing(client, desk, case):
    make_read_scan(case)
    url = scan_url(case)
    actions.destroy_case_key(by=None, case=case)
    assert client.get(url).status_code == 404
    assert client.get(case_url(case, "papers")).status_code == 200
    assert desk.get(address(case)).context["scans"]["cards"] == []


def test_pages_ask_no_more_of_the_database_for_more_scans(client, case):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(case_url(case, "papers")).status_code == 200
        return len(captured)

    make_read_scan(case, make_slice(1), "1.dcm")
    queries()
    one = queries()
    for number in (2, 3):
        make_read_scan(case, make_slice(number), f"{number}.dcm")
    assert queries() == one
