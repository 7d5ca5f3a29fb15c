"""Nothing that a stranger, a family or a hospital sends is parsed in a web process (row U3)."""

import ast
import csv
import zipfile

import openpyxl
import pikepdf
import pydicom
import pytest
from django.urls import reverse
from PIL import Image

from cases.tests.papers import Tus, make_dicom, make_image, make_pdf, make_zip
from hospitals.tests.exchange import as_csv, as_xlsx, upload
from portal.tests.cast import sign_in_family
from portal.tests.fixtures import sign_in_staff
from portal.tests.test_layers import TREES

PARSERS = {
    "PIL", "pikepdf", "pydicom", "pi_heif", "magic", "pylibmagic", "openpyxl", "defusedxml",
    "zipfile", "tarfile", "gzip", "bz2", "lzma", "zlib", "csv", "xml", "lxml", "plistlib",
    "pickle", "marshal", "shelve", "yaml", "tomllib", "configparser",
}  # fmt: skip
IN_SANDBOX = {
    "cases.records.judging", "cases.records.derive_pictures", "cases.records.derive_pages",
    "cases.records.archives",
    "cases.imaging.streams", "cases.imaging.preview", "cases.imaging.copying",
    "cases.imaging.headers", "cases.imaging.clean", "cases.imaging.codes",
    "hospitals.exchange.parsing", "hospitals.exchange.workbook",
}  # fmt: skip
# Each with its reason.
ELSEWHERE = {
    "hospitals.exchange.writing",  # writes our own words
    "hospitals.opendata.table",  # the same
    "hospitals.sitemap",  # the same: escapes them
    "cases.imaging.profile",  # reads a table of the standard that is part of the code
    "cases.records.checking",  # in the worker, members of a zip that the sandbox found sound
}


def parsers_of(module: str) -> set[str]:
    names = set()
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names & PARSERS


def test_parsers_are_imported_by_the_sandbox_alone():
    found = {module for module in TREES if parsers_of(module)}
    assert found == IN_SANDBOX | ELSEWHERE


@pytest.fixture
def no_parser(monkeypatch):
    """Every way into a parser fails in this process; the sandbox is another one."""
    called = []

    def refuse(name):
        def inner(*args, **options):
            called.append(name)
            raise AssertionError(f"{name} in a web process")

        return inner

    entries = [
        (Image, "open"), (pikepdf, "open"), (pydicom, "dcmread"), (zipfile, "ZipFile"),
        (csv, "reader"), (openpyxl, "load_workbook"),
    ]  # fmt: skip
    data = {
        "a.jpg": make_image(), "b.png": make_image("PNG"), "c.pdf": make_pdf(),
        "d.dcm": make_dicom(), "e.zip": make_zip({"a.dcm": make_dicom()}),
    }  # fmt: skip
    tables = [as_csv(["specialty"], ["a"]), as_xlsx(["specialty"], ["a"]), b"PK\x03\x04broken"]
    for module, name in entries:
        monkeypatch.setattr(module, name, refuse(f"{module.__name__}.{name}"))
    yield data, tables
    assert called == []


def test_what_families_send_is_not_parsed_in_the_web_process(case, no_parser):
    data, _tables = no_parser
    line = Tus(case, sign_in_family(case))
    records = [line.send(content, name) for name, content in data.items()]
    page = reverse("case:papers", args=[case.reference])
    assert line.client.get(page).status_code == 200
    case.records.update(status="fine", checked_at=records[0].completed_at)
    for record in records:
        opened = line.client.get(reverse("case:paper", args=[case.reference, record.pk]))
        assert b"".join(opened.streaming_content)


def test_plain_form_is_not_parsed_in_the_web_process(case, no_parser):
    from django.core.files.uploadedfile import SimpleUploadedFile

    data, _tables = no_parser
    files = [SimpleUploadedFile(name, content) for name, content in data.items()]
    client = sign_in_family(case)
    answer = client.post(reverse("case:papers", args=[case.reference]), {"files": files})
    assert answer.status_code == 302
    assert case.records.count() == len(data)


def test_what_hospitals_send_is_not_parsed_in_the_web_process(editor, db, no_parser):
    _data, tables = no_parser
    client = sign_in_staff(editor)
    for table in tables:
        assert upload(client, table).status_code == 200
