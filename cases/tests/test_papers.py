"""The family's page of papers: the list, the plain form, saving, removing."""

import errno
import io
import socket
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.translation import override

from cases import actions, wording
from cases.models import Record
from cases.records import kinds, store
from cases.records.kinds import Reason, Status
from cases.records.sealed import PIECE, Appender
from cases.tests.family import case_url, signed_in
from cases.tests.papers import NAME, Tus, encode, make_dicom, make_pdf, pattern
from cases.tests.test_wording import LANGUAGES
from cases.views import receiving
from cases.views.files import Pieces, file_response, inline_response
from portal.models import AuditEvent
from portal.tests.fixtures import HEALTH_CANARY, make_record, sign_in_staff

pytestmark = pytest.mark.django_db
PDF = make_pdf()


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.RECORDS_DIR = tmp_path / "records"


@pytest.fixture
def client(case):
    return signed_in(case)


@pytest.fixture
def url(case):
    return case_url(case, "papers")


def file(name="a.pdf", data=PDF):
    return SimpleUploadedFile(name, data)


def paper_url(record, name="paper"):
    return reverse(f"case:{name}", args=[record.case.reference, record.pk])


def names(case) -> list[str]:
    key = actions.case_key(case)
    return [record.name(key) for record in Record.objects.filter(case=case)]


def test_a_file_of_the_plain_form_is_kept_and_checked(client, case, url):
    answer = client.post(url, {"files": [file(NAME)]}, follow=True)
    assert "1 file arrived and is being checked." in answer.text
    assert HEALTH_CANARY in answer.text
    record = Record.objects.get()
    assert (record.status, record.size, names(case)) == ("checking", len(PDF), [NAME])
    with store.reading(record.storage_name) as sealed:
        from cases.records.sealed import open_sealed

        assert open_sealed(sealed, actions.case_key(case), record.storage_name).read() == PDF


def test_of_many_files_each_is_kept_or_explained_U2(client, case, url, monkeypatch):
    monkeypatch.setattr(kinds, "ALLOWED", kinds.ALLOWED)
    sent = [file("one.pdf"), file("two.exe"), file("three.jpg"), file("four.pdf", b"")]
    answer = client.post(url, {"files": sent})
    assert answer.status_code == 200
    assert names(case) == ["one.pdf", "three.jpg"]
    assert "2 files arrived and are being checked." in answer.text
    troubles = {row["name"]: row["text"] for row in answer.context["troubles"]}
    assert set(troubles) == {"two.exe", "four.pdf"}
    assert "cannot take this kind" in troubles["two.exe"] and "empty" in troubles["four.pdf"]


def test_the_eleventh_file_is_explained_and_ten_are_kept_U2(client, case, url):
    answer = client.post(url, {"files": [file(f"{n}.pdf") for n in range(12)]})
    assert len(names(case)) == 10
    assert [row["name"] for row in answer.context["troubles"]] == ["10.pdf", "11.pdf"]
    assert "Ten files at a time" in answer.text


def test_a_file_that_is_too_large_takes_no_other_with_it_U2(client, case, url, monkeypatch):
    small = [allowed for allowed in kinds.ALLOWED if allowed.kind != "pdf"]
    pdf = kinds.Allowed(kinds.Kind.PDF, ("pdf",), ("application/pdf",), 1000)
    monkeypatch.setattr(kinds, "_BY_ENDING", {"pdf": pdf, "jpg": small[0]})
    monkeypatch.setattr(kinds, "PAPER_MAX", 1000)
    answer = client.post(url, {"files": [file("a.pdf", pattern(3 * PIECE)), file("b.jpg")]})
    assert names(case) == ["b.jpg"]
    assert "larger than 30 MB" in answer.text
    assert len(list(store.names_older_than(-1))) == 1


def test_a_form_without_a_file_says_so(client, url):
    assert "Choose at least one file first." in client.post(url, {}).text


@pytest.mark.parametrize("step", ["write", "finish"])
def test_a_full_disk_is_said_of_the_file_R6(client, case, url, monkeypatch, step):
    def fail(*_args):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(Appender, step, fail)
    answer = client.post(url, {"files": [file()]})
    assert (answer.status_code, names(case)) == (200, [])
    assert "Our storage is full" in answer.text
    assert list(store.names_older_than(-1)) == []


def test_a_full_case_is_said_of_the_file_U2(client, case, url, monkeypatch):
    monkeypatch.setattr(kinds, "CASE_FILES", 1)
    answer = client.post(url, {"files": [file("a.pdf"), file("b.pdf")]})
    assert names(case) == ["a.pdf"]
    assert "holds 200 files already" in answer.text
    assert len(list(store.names_older_than(-1))) == 1


def test_a_form_without_a_token_leaves_nothing_W4(client, url):
    client.handler.enforce_csrf_checks = True
    assert client.post(url, {"files": [file()]}).status_code == 403
    assert list(store.names_older_than(-1)) == [] and not Record.objects.exists()


@pytest.mark.parametrize("who", ["nobody", "stranger"])
def test_files_of_others_are_kept_nowhere(db, case, other_case, url, who, client):
    from django.test import Client

    other = Client() if who == "nobody" else signed_in(other_case, "PQRS-TVWX-YZ23")
    answer = other.post(url, {"files": [file()]})
    assert answer.status_code == (403 if who == "nobody" else 404)
    assert list(store.names_older_than(-1)) == []


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_form_whose_line_is_cut_leaves_nothing_U8(client, url, cut):
    kind = "multipart/form-data; boundary=x"
    start = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n'
    body = start + PDF + b"\r\n--x--\r\n"
    environ = {"wsgi.input": io.BytesIO(body[:-cut]), "CONTENT_LENGTH": str(len(body))}
    answer = client.generic("POST", url, b"", content_type=kind, **environ, CONTENT_TYPE=kind)
    assert "The line was lost before everything arrived." in answer.text
    assert list(store.names_older_than(-1)) == [] and not Record.objects.exists()
    whole = client.generic("POST", url, body, content_type=kind)
    assert (whole.status_code, Record.objects.count()) == (302, 1)


def test_the_list_says_where_each_file_stands(client, case, url):
    for status in Status:
        reason = Reason.BROKEN if status in ("unreadable", "refused", "quarantined") else ""
        fields = {"status": status, "reason": reason}
        fields |= {"completed_at": None} if status == Status.UPLOADING else {}
        make_record(case, name=f"{status}.pdf", **fields)
    rows = {row["name"]: row for row in client.get(url).context["papers"]}
    assert {name for name, row in rows.items() if row["can_open"]} == {"fine.pdf"}
    assert all(row["words"] and row["state"] and row["can_remove"] for row in rows.values())


def test_the_page_knows_how_to_go_on_with_what_is_unfinished(client, case, url):
    line = Tus(case)
    metadata = encode(filename=NAME, modified="1700000000000")
    location = line.begin(1000, upload_metadata=metadata)["Location"]
    line.patch(location, 0, b"x" * 250)
    unfinished = client.get(url).context["papers"][0]["unfinished"]
    assert location.endswith(unfinished.pop("url"))
    assert unfinished == {"size": "1000", "modified": "1700000000000", "percent": 25}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_and_reason_has_words(language):
    with override(language):
        for status in (Status.UPLOADING, Status.CHECKING, Status.FINE):
            assert wording.paper_words(Record(status=status))
        for reason in Reason:
            assert wording.paper_words(Record(status=Status.REFUSED, reason=reason))


def test_a_paper_is_saved_and_never_shown_U6(client, case):
    record = make_record(case, PDF)
    answer = client.get(paper_url(record))
    assert b"".join(answer.streaming_content) == PDF
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert headers["content-type"] == "application/pdf"
    assert headers["content-length"] == str(len(PDF))
    assert headers["content-disposition"] == f'attachment; filename="{HEALTH_CANARY}.pdf"'
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store, private"
    assert headers["x-robots-tag"] == "noindex"


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize(
    "how", [lambda *file: file_response(*file, "a.pdf", "pdf"), inline_response]
)
def test_a_file_says_by_itself_that_it_is_kept_nowhere_A6(case, how, method):
    """Whichever view gives it out."""
    reader, _name = actions.open_record(by=case.owner, record=make_record(case, PDF))
    answer = how(getattr(RequestFactory(), method)("/"), reader)
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    answer.close()


def test_head_of_a_paper_has_its_headers_alone(client, case):
    answer = client.head(paper_url(make_record(case, PDF)))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["Content-Length"] == str(len(PDF))


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("../../x.pdf", "x.pdf"),
        ("..\\..\\x.pdf", "x.pdf"),
        ("a\0b\r\nSet-Cookie: c=d.pdf", "ab Set-Cookie: c=d.pdf"),
        ("fdp\u202efdp.pdf", "fdpfdp.pdf"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
        ("肝 “Befund”.pdf", "肝 “Befund”.pdf"),
        (' "; filename=evil.html;.pdf', '"; filename=evil.html;.pdf'),
    ],
)
def test_names_of_papers_do_no_harm_U6(client, case, name, saved):
    record = make_record(case, PDF, name=name)
    assert record.name(actions.case_key(case)) == saved
    answer = client.get(paper_url(record))
    assert b"".join(answer.streaming_content) == PDF
    header = answer["Content-Disposition"]
    assert header.startswith("attachment; filename")
    assert not {"\r", "\n", "\0", "/", "\u202e"} & set(header.replace("%2F", ""))


@pytest.mark.parametrize("ending", ["html", "svg", "xhtml", "js", "pdf.html"])
def test_endings_that_browsers_run_are_refused_U6(case, ending):
    with pytest.raises(actions.ActionRefusedError):
        make_record(case, PDF, name=f"a.{ending}")
    assert list(store.names_older_than(-1)) == []


@pytest.mark.parametrize("status", [status for status in Status if status != Status.FINE])
def test_what_did_not_pass_is_given_to_nobody_U7(client, case, status):
    reason = "" if status in ("uploading", "checking") else "broken"
    done = {"completed_at": None} if status == "uploading" else {}
    record = make_record(case, PDF, status=status, reason=reason, **done)
    assert client.get(paper_url(record)).status_code == 404


def test_a_paper_of_another_case_is_like_one_that_is_not_there_Z2(case, other_case, client):
    from cases.tests.family import without_tokens

    record = make_record(other_case, PDF)
    unknown = "6f1c0b0e-5d0a-4c56-9a58-0e4a3b0f2d11"
    urls = [
        paper_url(record),
        reverse("case:paper", args=[case.reference, record.pk]),
        reverse("case:paper", args=[case.reference, unknown]),
    ]
    answers = [client.get(url) for url in urls]
    assert {answer.status_code for answer in answers} == {404}
    bodies = {
        without_tokens(page).replace(url, "") for page, url in zip(answers, urls, strict=True)
    }
    assert len({body.replace(other_case.reference, case.reference) for body in bodies}) == 1
    for name in ("paper", "remove-paper"):
        url = reverse(f"case:{name}", args=[case.reference, record.pk])
        assert client.post(url).status_code in (404, 405)
    assert Record.objects.filter(pk=record.pk).exists()


@pytest.mark.parametrize("trouble", ["lost", "changed", "erased"])
def test_a_paper_that_cannot_be_opened_is_not_there(client, case, url, trouble):
    record = make_record(case, PDF)
    path = store.path_of(record.storage_name)
    if trouble == "lost":
        path.unlink()
    elif trouble == "changed":
        path.write_bytes(path.read_bytes()[:-1])
    else:
        actions.destroy_case_key(by=None, case=case)
    assert client.get(paper_url(record)).status_code == 404
    assert client.get(url).status_code == 200


def test_a_family_removes_its_own_paper(client, case, url, django_capture_on_commit_callbacks):
    record = make_record(case, PDF)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(paper_url(record, "remove-paper"), follow=True)
    assert "Removed." in answer.text and HEALTH_CANARY not in answer.text
    assert not Record.objects.exists() and list(store.names_older_than(-1)) == []
    assert AuditEvent.objects.filter(action="record.removed").count() == 1


def test_a_withdrawn_case_keeps_its_papers_as_they_are(case, client, url):
    record = make_record(case, PDF)
    client.post(case_url(case, "withdraw"))
    assert (
        "You can no longer change"
        in client.post(paper_url(record, "remove-paper"), follow=True).text
    )
    assert client.post(url, {"files": [file()]}).context["can_send"] is False
    assert Record.objects.count() == 1


def test_opening_is_written_down_without_the_name_L3(client, case):
    b"".join(client.get(paper_url(make_record(case, PDF))).streaming_content)
    row = AuditEvent.objects.get(action="record.opened")
    assert (row.actor_kind, row.object_label) == ("family", case.reference)
    assert HEALTH_CANARY not in str(row.data)


def test_no_address_and_no_title_has_a_health_word(client, case, url):
    make_record(case, PDF)
    page = client.get(url).text
    title = page.partition("<title>")[2].partition("</title>")[0]
    assert title == "My papers - Treatment in Shanghai"
    assert "no-store" in client.get(url)["Cache-Control"]


def test_the_case_page_leads_to_the_papers(client, case, url):
    assert url in client.get(case_url(case)).text


def test_a_file_is_closed_when_nobody_waits_for_the_rest(case):
    reader, _name = actions.open_record(by=case.owner, record=make_record(case, pattern(3 * PIECE)))
    pieces = Pieces(RequestFactory().get("/"), reader)
    assert next(iter(pieces)) == pattern(PIECE)
    pieces.close()
    with pytest.raises(ConnectionResetError):
        list(pieces)


class Unread(io.BytesIO):
    """A body that counts how often somebody looks into it."""

    reads = 0

    def read(self, *arguments):
        self.reads += 1
        return super().read(*arguments)


def test_plain_form_of_a_stranger_is_not_read_R8_W4(case):
    """Six that send slowly held every place; words of another site came into our pages."""
    body, ends = Unread(b"body=Please+pay+500+EUR"), []
    line = SimpleNamespace(shutdown=ends.append)
    client = Client(enforce_csrf_checks=True)
    answer = client.generic(
        "POST",
        case_url(case, "papers"),
        content_type="application/x-www-form-urlencoded",
        headers={"origin": "https://evil.example"},
        **{"wsgi.input": body, "CONTENT_LENGTH": "22", "gunicorn.socket": line},
    )
    assert (answer.status_code, body.reads) == (403, 0)
    assert f'value="{case_url(case, "papers")}"' in answer.text
    # A mother whose session had ended reads what became of her files.
    assert "Your files were not sent" in answer.text
    assert "EUR" not in answer.text and "no-store" in answer["Cache-Control"]
    # The server reads no rest of it either, before the next request of this line.
    assert ends == [socket.SHUT_RD]


def test_plain_form_to_another_family_is_not_read_R8(case, other_case):
    body, ends = Unread(b"x" * 22), []
    line = SimpleNamespace(shutdown=ends.append)
    answer = signed_in(other_case, "PQRS-TVWX-YZ23").generic(
        "POST",
        case_url(case, "papers"),
        content_type="multipart/form-data; boundary=b",
        **{"wsgi.input": body, "CONTENT_LENGTH": "2000000000", "gunicorn.socket": line},
    )
    assert (answer.status_code, body.reads, ends) == (404, 0, [socket.SHUT_RD])


@pytest.mark.parametrize(
    ("seconds", "count", "is_cut"),
    [(59, 10, False), (62, 10, True), (100, 400_000, False), (101, 400_000, True),
     (7199, 10**9, False), (7201, 10**9, True)],
)  # fmt: skip
def test_form_that_comes_too_slowly_ends_R8(seconds, count, is_cut):
    """Six members that send a byte a second would hold the form for days."""
    times = iter([0.0, seconds])
    body = receiving.Counted(io.BytesIO(b"x"), clock=lambda: next(times))
    body.count = count
    assert body.read() == (b"" if is_cut else b"x")


def test_family_reads_that_a_slow_form_was_cut_R8(client, url, monkeypatch):
    monkeypatch.setattr(receiving.Counted, "_is_slow", lambda body: body.count > 64 * 1024)
    line = SimpleNamespace(shutdown=(ends := []).append)
    large = {"files": [file(data=PDF + b" " * 500_000)]}
    answer = client.post(url, large, **{"gunicorn.socket": line})
    assert "The line was lost before everything arrived." in answer.text
    assert ends == [socket.SHUT_RD]
    assert not Record.objects.exists()
    assert list(store.names_older_than(-1)) == []


@pytest.mark.parametrize("preamble", [b"MZ", b"<html><script>"])
def test_scan_is_given_out_with_an_empty_preamble_U4(case, lead, preamble):
    """To a computer it could be a program or a page; to a viewer of scans it means nothing."""
    data = make_dicom(preamble)
    record = make_record(case, data, name="scan.dcm", kind="dicom")
    address = f"/office/cases/case/{case.pk}/papers/{record.pk}/save/"
    saved = b"".join(sign_in_staff(lead).get(address))
    assert saved == bytes(128) + data[128:]
    assert (
        b"".join(signed_in(case).get(reverse("case:paper", args=[case.reference, record.pk])))
        == saved
    )
