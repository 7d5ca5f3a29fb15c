"""The upload protocol, header by header (tus 1.0.0: core and four extensions)."""

import base64
import fcntl
import hashlib
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cases import actions
from cases.models import Record
from cases.records import kinds, store, tus
from cases.records.kinds import Status
from cases.records.sealed import PIECE, open_sealed
from cases.tests.papers import NAME, Tus, encode, pattern, record_at
from portal.tests.fixtures import HEALTH_CANARY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.RECORDS_DIR = tmp_path / "records"


@pytest.fixture
def line(case):
    return Tus(case)


def contents(record: Record) -> bytes:
    with store.reading(record.storage_name) as file:
        return b"".join(
            open_sealed(file, actions.case_key(record.case), record.storage_name).pieces()
        )


def test_discovery_tells_versions_extensions_and_limits(line):
    answer = line.ask("OPTIONS", line.begin_url, tus_resumable="")
    assert answer.status_code == 204
    assert answer["Tus-Version"] == "1.0.0"
    assert answer["Tus-Extension"] == "creation,expiration,checksum,termination"
    assert answer["Tus-Max-Size"] == "2000000000"
    assert answer["Tus-Checksum-Algorithm"] == "sha1,sha256,sha512"


def test_a_file_arrives_in_parts_and_comes_out_whole(line):
    data = pattern(3 * PIECE + 1234)
    begun = line.begin(len(data))
    assert begun.status_code == 201
    assert begun["Tus-Resumable"] == "1.0.0" and "GMT" in begun["Upload-Expires"]
    url, sent = begun["Location"], 0
    for size in (1, PIECE, 17, PIECE - 18, 100, len(data)):
        part = data[sent : sent + size]
        answer = line.patch(url, sent, part)
        sent += len(part)
        assert (answer.status_code, answer["Upload-Offset"]) == (204, str(sent))
    record = record_at(url)
    assert (record.status, record.received, bytes(record.sealed_tail)) == ("checking", sent, b"")
    assert contents(record) == data


@pytest.mark.parametrize("size", [1, PIECE, 2 * PIECE])
def test_files_that_end_with_a_piece_are_whole(line, size):
    assert contents(line.send(pattern(size))) == pattern(size)


def test_head_tells_where_to_go_on(line):
    url = line.begin(100)["Location"]
    line.patch(url, 0, b"x" * 40)
    answer = line.head(url)
    assert answer.status_code == 200
    assert (answer["Upload-Offset"], answer["Upload-Length"]) == ("40", "100")
    assert "no-store" in answer["Cache-Control"]
    assert answer["Upload-Metadata"] == encode(filename=NAME)
    assert "GMT" in answer["Upload-Expires"]


def test_head_of_a_whole_file_says_so(line):
    """Whoever lost the answer to the last part learns that it arrived."""
    record = line.send(b"x" * 70)
    answer = line.head(reverse("upload:one", args=[record.case.reference, record.pk]))
    assert answer["Upload-Offset"] == answer["Upload-Length"] == "70"
    assert "Upload-Expires" not in answer


@pytest.mark.parametrize("method", ["POST", "HEAD", "PATCH", "DELETE"])
@pytest.mark.parametrize("version", ["", "0.2.2", "2.0.0"])
def test_another_version_is_refused_and_nothing_happens(line, method, version):
    url = line.begin(100)["Location"]
    target = line.begin_url if method == "POST" else url
    answer = line.ask(method, target, b"x", tus_resumable=version, upload_offset="0")
    assert (answer.status_code, answer["Tus-Version"]) == (412, "1.0.0")
    assert Record.objects.get().received == 0


def test_another_offset_is_a_conflict(line):
    url = line.begin(100)["Location"]
    line.patch(url, 0, b"x" * 40)
    for offset in (0, 39, 41, 100):
        answer = line.patch(url, offset, b"y" * 10)
        assert (answer.status_code, answer["Upload-Offset"]) == (409, "40")
    assert record_at(url).received == 40


def test_a_whole_file_takes_no_more(line):
    record = line.send(b"x" * 70)
    url = reverse("upload:one", args=[record.case.reference, record.pk])
    assert line.patch(url, 0, b"x").status_code == 409
    assert line.patch(url, 70, b"x").status_code == 413


def test_more_than_announced_is_refused(line):
    url = line.begin(10)["Location"]
    assert line.patch(url, 0, b"x" * 11).status_code == 413
    assert record_at(url).received == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content_type": "application/octet-stream"}, 415),
        ({"content_type": "multipart/form-data"}, 415),
        ({"upload_offset": "-1"}, 400),
        ({"upload_offset": ""}, 400),
        ({"upload_offset": "1e3"}, 400),
        ({"upload_checksum": "md5 AAAA"}, 400),
        ({"upload_checksum": "sha256 not-base64!"}, 400),
    ],
)
def test_parts_with_wrong_headers_are_refused(line, headers, status):
    url = line.begin(100)["Location"]
    assert line.patch(url, 0, b"x" * 10, **headers).status_code == status
    assert record_at(url).received == 0


def test_a_part_without_a_length_is_refused(line):
    url = line.begin(100)["Location"]
    environ = {"CONTENT_LENGTH": "", "CONTENT_TYPE": tus.CHUNK_TYPE}
    headers = {"tus-resumable": "1.0.0", "upload-offset": "0"}
    answer = line.client.generic("PATCH", url, b"", headers=headers, **environ)
    assert answer.status_code == 411


@pytest.mark.parametrize("algorithm", tus.ALGORITHMS)
def test_a_checksum_that_agrees_is_taken_and_another_is_not(line, algorithm):
    url, data = line.begin(100)["Location"], b"x" * 60
    digest = base64.b64encode(hashlib.new(algorithm, data).digest()).decode()
    wrong = line.patch(url, 0, b"y" * 60, upload_checksum=f"{algorithm} {digest}")
    assert (wrong.status_code, record_at(url).received) == (460, 0)
    assert line.patch(url, 0, data, upload_checksum=f"{algorithm} {digest}").status_code == 204
    assert line.patch(url, 60, b"z" * 40).status_code == 204
    assert contents(record_at(url)) == data + b"z" * 40


@pytest.mark.parametrize("length", ["", "-1", "abc", "1.5", "9" * 19])
def test_a_file_without_a_right_length_is_not_begun(line, length):
    assert line.begin(0, upload_length=length).status_code == 400
    assert not Record.objects.exists()


@pytest.mark.parametrize(
    "metadata", ["", "filename", "filename !!!", "filename YQ==,filename YQ==", ", ", "a" * 5000]
)
def test_a_file_without_a_right_name_is_not_begun(line, metadata):
    assert line.begin(10, upload_metadata=metadata).status_code == 400
    assert not Record.objects.exists()


@pytest.mark.parametrize(
    ("name", "size", "status", "said"),
    [
        ("scan.zip", kinds.IMAGING_MAX + 1, 413, "larger than 2 GB"),
        ("a.pdf", kinds.PAPER_MAX + 1, 422, "larger than 30 MB"),
        ("a.pdf", 0, 422, "empty"),
        ("a.exe", 10, 422, "cannot take this kind"),
        ("a.pdf.html", 10, 422, "cannot take this kind"),
        ("a.docm", 10, 422, "cannot take this kind"),
        ("a.svg", 10, 422, "cannot take this kind"),
    ],
)
def test_what_cannot_be_taken_is_said_before_its_first_byte_U2(line, name, size, status, said):
    answer = line.begin(size, name)
    assert answer.status_code == status
    assert said in answer.content.decode()
    assert not Record.objects.exists()


@pytest.mark.parametrize(
    "name", ["a.PDF", "a.jpeg", "IM000123", "1.2.840.113", "DICOMDIR", "b.zip"]
)
def test_names_of_discs_and_cameras_are_taken(line, name):
    assert line.begin(10, name).status_code == 201


def test_a_case_holds_200_files_and_no_more_U2(line, monkeypatch):
    monkeypatch.setattr(kinds, "CASE_FILES", 2)
    assert [line.begin(10).status_code for _number in range(3)] == [201, 201, 422]


def test_a_case_holds_4_gb_and_no_more_U2(line, case):
    size = kinds.IMAGING_MAX
    assert [line.begin(size, "a.zip").status_code for _number in range(3)] == [201, 201, 422]
    Record.objects.update(
        status=Status.REFUSED, reason="type", received=size, completed_at=timezone.now()
    )
    assert line.begin(size, "a.zip").status_code == 201


def test_termination_removes_row_and_file(line):
    url = line.begin(100)["Location"]
    name = record_at(url).storage_name
    line.patch(url, 0, b"x" * 40)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.transaction.on_commit", lambda do, **_kwargs: do())
        assert line.ask("DELETE", url).status_code == 204
    assert not Record.objects.exists() and not store.path_of(name).exists()
    for method in ("HEAD", "PATCH", "DELETE"):
        assert line.ask(method, url).status_code == 404


def test_an_upload_expires_and_says_so(line):
    url = line.begin(100)["Location"]
    Record.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert line.head(url).status_code == 410
    assert line.patch(url, 0, b"x").status_code == 410


def test_every_part_gives_more_time(line):
    url = line.begin(100)["Location"]
    Record.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    line.patch(url, 0, b"x")
    left = record_at(url).expires_at - timezone.now()
    assert left > actions.uploads.UPLOAD_KEPT - timedelta(minutes=1)


def test_one_writer_at_a_time(line):
    url = line.begin(100)["Location"]
    with store.path_of(record_at(url).storage_name).open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        answer = line.patch(url, 0, b"x")
        assert (answer.status_code, answer["Retry-After"]) == (423, "1")
    assert line.patch(url, 0, b"x").status_code == 204


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "HEAD"])
def test_networks_without_a_method_are_served(line, method):
    url = line.begin(100)["Location"]
    headers = {"x_http_method_override": method, "upload_offset": "0"}
    answer = line.ask("POST", url, b"x", content_type=tus.CHUNK_TYPE, **headers)
    assert answer.status_code == {"PATCH": 204, "DELETE": 204, "HEAD": 200}[method]


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_other_methods_are_refused(line, method):
    assert line.ask(method, line.begin(100)["Location"]).status_code == 405


def test_an_override_makes_no_unsafe_request_of_a_safe_one(line):
    url = line.begin(100)["Location"]
    assert line.ask("HEAD", url, x_http_method_override="DELETE").status_code == 405
    assert Record.objects.count() == 1


def test_the_same_submission_is_one_upload_R3(line):
    metadata = encode(filename=NAME, submission=str(uuid.uuid4()))
    first, second = (line.begin(100, upload_metadata=metadata)["Location"] for _n in range(2))
    assert first == second
    assert len(list(store.names_older_than(-1))) == 1
    assert line.begin(101, upload_metadata=metadata).status_code == 422
    Record.objects.update(expires_at=timezone.now())
    assert line.begin(100, upload_metadata=metadata)["Location"] != first


def test_names_are_kept_sealed_and_clean_U5(line):
    url = line.begin(10, "../../x\u202egnp.\0\r\nhepatocanaryblastoma.pdf")["Location"]
    record = record_at(url)
    assert record.name(actions.case_key(record.case)) == "xgnp. hepatocanaryblastoma.pdf"
    row = Record.objects.filter(pk=record.pk).values().get()
    for value in row.values():
        shown = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        assert HEALTH_CANARY.encode() not in shown
