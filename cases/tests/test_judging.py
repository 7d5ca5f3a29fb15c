"""What each sample is judged to be: the sniffer table, mutations of it, and the child's limits."""

import io
import random
import struct
import zipfile
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.records import checking, store
from cases.records.checking import TYPES, CheckFailedError, Verdict, judge_file
from cases.records.judging import judge
from cases.records.kinds import Reason, Status, allowed_of
from cases.records.sealed import Appender
from cases.tests.papers import make_dicom, make_image, make_pdf, make_zip
from portal.sandbox import Limits
from portal.tests.sandboxed import run_instead

KEY = bytes(range(32))
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
EXE = b"MZ\x90\x00\x03" + b"\0" * 55 + b"\x80\0\0\0" + b"\0" * 64 + b"PE\0\0L\x01" + b"\0" * 500


def make_flood() -> bytes:
    """A PNG of 30,000 x 30,000 that nobody draws: some hundred kilobytes (row U3)."""
    row = zlib.compress(b"\0" * 30_001 * 100, 9)
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", row), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + body


def make_pdf_with(name: str) -> bytes:
    import pikepdf

    action = pikepdf.Dictionary(S=pikepdf.Name("/JavaScript"), JS=pikepdf.String("app.alert(1)"))
    launch = pikepdf.Dictionary(S=pikepdf.Name("/Launch"), F=pikepdf.String("cmd.exe"))
    parts = {
        "script": {"OpenAction": action},
        "launch": {"AA": pikepdf.Dictionary(WC=launch)},
        "attachment": {"Names": pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary())},
    }
    return make_pdf(**parts[name])


def make_locked_pdf() -> bytes:
    import pikepdf

    pdf, out = pikepdf.open(io.BytesIO(make_pdf())), io.BytesIO()
    pdf.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    return out.getvalue()


def make_heic() -> bytes:
    """Made once with an encoder that we do not ship: 64 x 64, one colour."""
    from pathlib import Path

    return (Path(__file__).parent / "data/photo.heic").read_bytes()


def make_encrypted_zip() -> bytes:
    data = bytearray(make_zip({"a.dcm": make_dicom()}))
    data[6] |= 1
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    return bytes(data)


def make_overlap() -> bytes:
    """Two members that share their bytes: each unpacks, the sum does not fit into the file."""
    noise = random.Random(1).randbytes(200_000)
    data = make_zip({"a.dcm": noise})
    directory = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry, tail = data[directory:end], bytearray(data[end:])
    tail[8:12] = struct.pack("<HH", 2, 2)
    tail[12:16] = struct.pack("<I", 2 * len(entry))
    return data[:directory] + entry + entry + bytes(tail)


DICOM, PDF, JPEG = make_dicom(), make_pdf(), make_image()
GPS = (
    b"\xff\xd8\xff\xe1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x88\x25\0\x04\0\0\0\x01\0\0\0\x1a\0\0\0\0"
    + JPEG[2:]
)
FINE, TYPE, MISMATCH = ("fine", ""), ("refused", "type"), ("refused", "mismatch")
TOO_MUCH, ONLY = ("refused", "too_much"), ("refused", "not_only_scans")
BROKEN, LOCKED = ("unreadable", "broken"), ("unreadable", "locked")

# The table of the security design, then what else came to mind. Name, bytes, verdict, flags.
TABLE = {
    "jpeg with gps": ("a.jpg", GPS, FINE, []),
    "jpeg with a script behind it": ("a.jpg", JPEG + b"<script>alert(1)</script>", FINE, []),
    "gif and script in one": ("a.jpg", b"GIF89a/*" + b"\0" * 40 + b"*/=1;alert(1)", TYPE, []),
    "pdf": ("a.pdf", PDF, FINE, []),
    "pdf with a script": ("a.pdf", make_pdf_with("script"), FINE, ["action", "script"]),
    "pdf with a program": ("a.pdf", make_pdf_with("launch"), FINE, ["action", "launch"]),
    "pdf with a file": ("a.pdf", make_pdf_with("attachment"), FINE, ["attachment"]),
    "html, then pdf": ("a.pdf", HTML + PDF, MISMATCH, []),
    "svg": ("a.jpg", SVG, TYPE, []),
    "html": ("a.pdf", HTML, TYPE, []),
    "zip bomb": ("a.zip", make_zip({"a.dcm": b"\0" * 200_000_000}), TOO_MUCH, []),
    "zip with a path": ("a.zip", make_zip({"../../evil": DICOM}), ONLY, []),
    "zip with names of word": (
        "a.zip",
        make_zip({"[Content_Types].xml": b"<a/>", "word/document.xml": b"<a/>"}),
        ONLY,
        [],
    ),
    "dicom": ("a.dcm", DICOM, FINE, []),
    "dicom without ending": ("IM000001", DICOM, FINE, []),
    "dicom that begins as a program": ("a.dcm", make_dicom(b"MZ\x90\0"), FINE, []),
    "dicom that begins as a page": ("a.dcm", make_dicom(HTML[:100]), FINE, []),
    "exe": ("a.pdf", EXE, TYPE, []),
    "exe as scan": ("IM000001", EXE, TYPE, []),
    "png": ("a.png", make_image("PNG"), FINE, []),
    "heic": ("a.heic", make_heic(), FINE, []),
    "heic cut": ("a.heic", make_heic()[:-60], BROKEN, []),
    "zip of scans": ("a.zip", make_zip({f"CT/{n}": DICOM for n in range(3)}), FINE, []),
    "zip of a Mac": (
        "a.zip",
        make_zip({"CT/1": DICOM, "__MACOSX/._1": b"\0\5\x16\7" + b"\0" * 90}),
        FINE,
        [],
    ),
    "zip with a viewer": ("a.zip", make_zip({"CT/1": DICOM, "viewer.exe": EXE}), ONLY, []),
    "zip in a zip": ("a.zip", make_zip({"b.zip": make_zip({"1": DICOM})}), ONLY, []),
    "zip of nothing": ("a.zip", make_zip({}), MISMATCH, []),
    "zip with a password": ("a.zip", make_encrypted_zip(), LOCKED, []),
    "zip whose parts overlap": ("a.zip", make_overlap(), TOO_MUCH, []),
    "zip cut": ("a.zip", make_zip({"1": DICOM})[:-30], BROKEN, []),
    "zip from the root": ("a.zip", make_zip({"/etc/passwd": DICOM}), ONLY, []),
    "png called jpg": ("a.jpg", make_image("PNG"), MISMATCH, []),
    "jpg called pdf": ("a.pdf", JPEG, MISMATCH, []),
    "pixel flood": ("a.png", make_flood(), TOO_MUCH, []),
    "pdf with a password": ("a.pdf", make_locked_pdf(), LOCKED, []),
    "pdf without its end": ("a.pdf", b"%PDF-1.7\n" + b"x" * 500, BROKEN, []),
    "jpeg cut": ("a.jpg", make_image(size=(800, 600), quality=95)[:2000], BROKEN, []),
    "png cut": ("a.png", make_image("PNG", (400, 300))[:-40], BROKEN, []),
    "dicom cut": ("a.dcm", DICOM[:150], BROKEN, []),
    "text": ("a.pdf", b"hello", TYPE, []),
}


def judged(name: str, data: bytes) -> dict:
    return judge(io.BytesIO(data), str(allowed_of(name).kind), TYPES)


@pytest.mark.parametrize("sample", TABLE)
def test_every_sample_is_judged_rightly_U1(sample):
    name, data, (status, reason), flags = TABLE[sample]
    assert judged(name, data) == {"status": status, "reason": reason, "flags": flags}


def test_pages_deep_inside_each_other_are_no_trouble_U3():
    deep = b"[" * 5000 + b"]" * 5000
    data = PDF.replace(b"<<", b"<< /X " + deep, 1)
    assert judged("a.pdf", data)["status"] in ("fine", "unreadable", "refused")


SMALL = [row[:2] for name, row in TABLE.items() if name != "zip bomb"]
CHANGES = st.lists(
    st.tuples(
        st.floats(0, 1), st.sampled_from(["set", "cut", "insert", "repeat"]), st.binary(max_size=9)
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=1000, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(SMALL), CHANGES)
def test_no_mutation_is_an_exception_U1(sample, changes):
    name, data = sample
    data = bytearray(data)
    for where, what, text in changes:
        place = int(where * len(data))
        if what == "set":
            data[place : place + len(text)] = text
        elif what == "cut":
            del data[place : place + 50 * len(text)]
        elif what == "insert":
            data[place:place] = text
        else:
            data[place:place] = data[place : place + 100]
    verdict = judged(name, bytes(data))
    assert verdict["status"] in ("fine", "unreadable", "refused")
    assert (verdict["reason"] in Reason.values) == (verdict["status"] != "fine")


@pytest.fixture
def sealed(settings, tmp_path):
    """Seals bytes into the store; the name."""
    settings.RECORDS_DIR = tmp_path / "records"

    def seal(data: bytes) -> str:
        name = store.create()
        with store.writing(name) as file:
            appender = Appender(file, KEY, name)
            appender.write(data)
            appender.finish()
        return name

    return seal


@pytest.mark.parametrize(
    "sample", ["pdf", "pdf with a script", "heic", "png", "dicom", "zip of scans", "zip bomb",
               "pixel flood", "exe", "jpeg cut"]
)  # fmt: skip
def test_the_child_judges_alike_within_its_limits_U3(sealed, sample):
    name, data, (status, reason), flags = TABLE[sample]
    verdict = judge_file(sealed(data), KEY, str(allowed_of(name).kind))
    assert verdict == Verdict(Status(status), reason, tuple(flags))


@pytest.mark.parametrize("program", ["a = bytes(600 * 1024**2)", "while True: pass"])
def test_a_greedy_child_ends_and_the_file_is_refused_U3(sealed, monkeypatch, program):
    name = sealed(PDF)
    monkeypatch.setattr(checking, "LIMITS", Limits(seconds=1))
    run_instead(monkeypatch, program)
    assert judge_file(name, KEY, "pdf") == Verdict(Status.REFUSED, Reason.TOO_MUCH)


def test_a_child_that_hangs_is_ended_U3(sealed, monkeypatch):
    name = sealed(PDF)
    monkeypatch.setattr("portal.sandbox.WAIT", 0.05)
    run_instead(monkeypatch, "import time; time.sleep(60)")
    assert judge_file(name, KEY, "pdf") == Verdict(Status.REFUSED, Reason.TOO_MUCH)


def test_a_child_that_fails_says_nothing_about_the_file(sealed, monkeypatch):
    name = sealed(PDF)
    run_instead(monkeypatch, "raise SystemExit(3)")
    with pytest.raises(CheckFailedError):
        judge_file(name, KEY, "pdf")


def test_the_child_has_no_keys_of_ours_U5(sealed, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "canary")
    name = sealed(PDF)
    run_instead(
        monkeypatch,
        "import os; assert not {'SECRET_KEY', 'RECORD_KEYS'} & set(os.environ);"
        ' print(\'{"status": "fine", "reason": "", "flags": []}\')',
    )
    assert judge_file(name, KEY, "pdf") == Verdict(Status.FINE)


def judge_of(data: bytes) -> dict:
    return judge(io.BytesIO(data), "zip", TYPES)


def zip_of_scan() -> bytes:
    return make_zip({"a.dcm": make_dicom()})


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data + b"tail that no scanner sees",
        lambda data: hidden_between(data, b"PK\x03\x04" + b"\0" * 200),
        lambda data: data[:-2] + b"\x04\x00note",
    ],
    ids=["tail", "gap", "comment"],
)
def test_bytes_of_a_zip_that_no_entry_names_are_refused_U7(spoil):
    assert judge_of(zip_of_scan())["status"] == "fine"
    assert judge_of(spoil(zip_of_scan()))["reason"] == "broken"


def hidden_between(data: bytes, hidden: bytes) -> bytes:
    """Put bytes between the last entry and the directory, and say where that is now."""
    start = data.index(b"PK\x01\x02")
    end = data.rindex(b"PK\x05\x06")
    place = struct.pack("<L", start + len(hidden))
    directory_end = data[end : end + 16] + place + data[end + 20 :]
    return data[:start] + hidden + data[start:end] + directory_end


def test_zip_written_as_a_stream_is_taken():
    """Each entry is followed by a descriptor of its sizes."""

    class Pipe(io.BytesIO):
        def seekable(self):
            return False

        def seek(self, *_arguments):
            raise OSError

        def tell(self):
            raise OSError

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        archive.writestr("a.dcm", make_dicom())
        archive.writestr("b.dcm", make_dicom())
    assert judge_of(pipe.getvalue())["status"] == "fine"


@pytest.mark.parametrize("name", ["C:x.dcm", "C:/x.dcm", "scan.dcm:stream"])
def test_name_with_a_colon_is_refused_U1(name):
    assert judge_of(make_zip({name: make_dicom()}))["reason"] == "not_only_scans"


def test_bomb_that_is_named_like_a_folder_is_refused_U3():
    """The scanner unpacks every entry; a folder's own limits were never asked."""
    scan = make_dicom()
    assert judge_of(make_zip({"a/": b"", "a/b.dcm": scan}))["status"] == "fine"
    assert judge_of(make_zip({"b/": b"\0" * 60_000_000, "a.dcm": scan}))["reason"] == "too_much"
    assert judge_of(make_zip({"run/": b"MZ program", "a.dcm": scan}))["reason"] == "broken"


@pytest.mark.parametrize("name", ["C:x/", "../y/", "/etc/"])
def test_folder_that_leads_elsewhere_is_refused_U1(name):
    judged = judge_of(make_zip({name: b"", "a.dcm": make_dicom()}))
    assert judged["reason"] == "not_only_scans"
