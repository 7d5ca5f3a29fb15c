"""Small files that would cost much are refused by counting, before any decoder sees them (U3)."""

import io
import struct
import zlib

import pytest
from PIL import Image

from cases.records import counting, judging
from cases.records.checking import TYPES
from cases.records.counting import (
    HEIC_ITEMS,
    JPEG_MARKS,
    JPEG_SCANS,
    PDF_OBJECTS,
    PNG_CHUNKS,
    is_heic_too_much,
    is_jpeg_too_much,
    is_pdf_too_much,
    is_png_too_much,
)
from cases.records.judging import DICOM_ELEMENTS, judge
from cases.tests.papers import make_dicom, make_image, make_pdf, make_zip


def progressive(copies: int, size=(160, 120), **options) -> bytes:
    """A photo whose last scan, with its tables, stands there so many times more."""
    data = make_image("JPEG", size, progressive=True, **options)
    part = data[data.rfind(b"\xff\xc4", 0, data.rfind(b"\xff\xda")) : -2]
    return data[:-2] + part * copies + b"\xff\xd9"


def png_of(chunks: int) -> bytes:
    empty = struct.pack(">I4sI", 0, b"teSt", zlib.crc32(b"teSt"))
    data = make_image("PNG")
    end = data.index(b"IEND") - 4
    return data[:end] + empty * chunks + data[end:]


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def heic_of(items: int = 1, uses: int = 1, version: int = 0) -> bytes:
    wide = ">I" if version else ">H"
    entries = box(b"infe", b"\2" + bytes(11)) * items
    iinf = box(b"iinf", bytes([version, 0, 0, 0]) + struct.pack(wide, items) + entries)
    grid = struct.pack(wide, 1) + struct.pack(">H", uses) + struct.pack(wide, 2) * uses
    iref = box(b"iref", bytes([version, 0, 0, 0]) + box(b"dimg", grid))
    return box(b"ftyp", b"heic" + bytes(4) + b"mif1heic") + box(b"meta", bytes(4) + iinf + iref)


def verdict(data: bytes, kind: str) -> str:
    return judge(io.BytesIO(data), kind, TYPES)["reason"]


def no_decoder(monkeypatch) -> None:
    monkeypatch.setattr(judging, "PARSERS", {})


@pytest.mark.parametrize("options", [{}, {"exif": b"Exif\0\0" + b"\xff\xda\0\2" * 5_000}])
def test_photos_as_cameras_make_them_are_fine(options):
    assert verdict(make_image("JPEG", (400, 300), **options), "jpeg") == ""
    assert verdict(progressive(0, **options), "jpeg") == ""


def test_many_scans_are_refused_before_decoding_U3(monkeypatch):
    """652 KB of these cost ten seconds."""
    assert not is_jpeg_too_much(progressive(JPEG_SCANS - 10))
    no_decoder(monkeypatch)
    assert verdict(progressive(JPEG_SCANS), "jpeg") == "too_much"


@pytest.mark.parametrize("fill", [b"\xff" * 7, b"\0\0\xff\0", b"\xff\xd0"])
def test_scans_behind_other_bytes_are_counted_U3(fill):
    data = progressive(JPEG_SCANS)
    assert is_jpeg_too_much(data.replace(b"\xff\xc4", fill + b"\xff\xc4"))


def test_scans_behind_a_false_thumbnail_are_counted_U3():
    """The end of a picture inside another mark ends nothing."""
    inside = b"\xff\xe1" + struct.pack(">H", 6) + b"\xff\xd8\xff\xd9"
    data = progressive(JPEG_SCANS)
    assert is_jpeg_too_much(data[:2] + inside + data[2:])


def test_many_marks_are_refused_U3():
    data = make_image()
    empty = b"\xff\xfe\0\2"
    assert is_jpeg_too_much(data[:2] + empty * (JPEG_MARKS + 1) + data[2:])


@pytest.mark.parametrize("cut", [b"", b"\xff", b"\xff\xd8", b"\xff\xd8\xff", b"\xff\xd8\xff\xe1\0"])
def test_broken_files_are_left_to_the_parser(cut):
    for count in counting.TOO_MUCH.values():
        assert not count(cut)


def test_many_chunks_are_refused_before_decoding_U3(monkeypatch):
    assert verdict(png_of(100), "png") == ""
    no_decoder(monkeypatch)
    assert verdict(png_of(PNG_CHUNKS), "png") == "too_much"


def test_a_chunk_that_lies_about_its_length_ends_the_count():
    data = make_image("PNG")
    assert not is_png_too_much(data[:8] + b"\xff\xff\xff\xff" + data[12:])


@pytest.mark.parametrize("version", [0, 1])
def test_many_tiles_are_refused_before_decoding_U3(monkeypatch, version):
    assert not is_heic_too_much(heic_of(400, 400, version))
    assert is_heic_too_much(heic_of(items=HEIC_ITEMS + 1, version=version))
    no_decoder(monkeypatch)
    assert verdict(heic_of(uses=3 * HEIC_ITEMS, version=version), "heic") == "too_much"


@pytest.mark.parametrize("size", [0, 1, 3])
def test_boxes_of_strange_sizes_end_the_count(size):
    data = struct.pack(">I4s", size, b"meta") + struct.pack(">Q", 4)
    assert not is_heic_too_much(data)


def test_large_boxes_are_looked_into():
    meta = heic_of(items=HEIC_ITEMS + 1)
    start = meta.index(b"meta") - 4
    body = meta[start + 8 :]
    wide = struct.pack(">I4sQ", 1, b"meta", 16 + len(body)) + body
    assert is_heic_too_much(meta[:start] + wide)
    last = struct.pack(">I4s", 0, b"meta") + body
    assert is_heic_too_much(meta[:start] + last)


def test_many_objects_are_refused_before_parsing_U3(monkeypatch):
    assert verdict(make_pdf(), "pdf") == ""
    no_decoder(monkeypatch)
    data = make_pdf() + b"9 0 obj\nnull\nendobj\n" * (PDF_OBJECTS + 1)
    assert is_pdf_too_much(data)
    assert verdict(data, "pdf") == "too_much"


def test_many_elements_of_a_scan_are_refused_U3():
    few, many = (
        make_dicom()
        + b"".join(
            struct.pack("<HH2sH", 0x0051 + 2 * (n // 0xF000), 0x1000 + n % 0xF000 // 1, b"LO", 0)
            for n in range(count)
        )
        for count in (100, DICOM_ELEMENTS + 1)
    )
    assert verdict(few, "dicom") == ""
    assert verdict(many, "dicom") == "too_much"
    assert verdict(make_zip({"a.dcm": make_dicom()}), "zip") == ""


def test_pictures_of_all_sizes_are_fine():
    for form, kind in (("JPEG", "jpeg"), ("PNG", "png")):
        out = io.BytesIO()
        Image.effect_noise((900, 900), 90).save(out, form)
        assert verdict(out.getvalue(), kind) == ""
