"""Packed pictures leave without what stands beside their pixels (row U4), and open as before."""

import io
import struct

import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import (
    HEVCMP51,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from cases.imaging.codestreams import Blanker, is_offset_table
from cases.tests.papers import make_image
from cases.tests.scans import make_scan, opened, saved
from cases.tests.test_imaging_copy import copy
from cases.tests.test_imaging_preview import drawn, levels, packed

SCAN = b"\xff\xda\0\x08" + bytes(6)
END = b"\xff\xd9"
SIZ, TILE = b"\xff\x51\0\x2a" + bytes(40), b"\xff\x90\0\x0a" + bytes(8)


def blanked(*parts: bytes) -> bytes:
    blanker = Blanker()
    found = [blanker.part(part) for part in parts]
    assert [len(part) for part in found] == [len(part) for part in parts]
    return b"".join(found)


def part(mark: int, text: bytes) -> bytes:
    return bytes([0xFF, mark]) + (len(text) + 2).to_bytes(2, "big") + text


def scan_of(*items: bytes, syntax=JPEGBaseline8Bit, table: bytes = b"", **tags):
    scan = make_scan(syntax=syntax, **tags)
    scan.PixelData = b"\xfe\xff\x00\xe0" + struct.pack("<L", len(table)) + table
    scan.PixelData += encapsulate(list(items), has_bot=False)[8:]
    scan["PixelData"].is_undefined_length = True
    return saved(scan)


ANNA = b"Anna Kowalska"
JFIF = part(0xE0, b"JFIF\0" + bytes(9))


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8" + JFIF + part(0xFE, ANNA) + SCAN + b"\1\2" + END,
        b"\xff\xd8" + part(0xE1, b"Exif" + ANNA) + SCAN + END,
        b"\xff\xd8" + part(0xE0, b"JFIF\0" + bytes(9) + ANNA) + SCAN + END,
        b"\xff\xd8" + part(0xE8, b"SPIFF\0" + bytes(24) + ANNA) + SCAN + END,
        b"\xff\xd8" + part(0xF0, ANNA) + SCAN + END,
        # Filling before a mark.
        b"\xff\xd8\xff" + part(0xFE, ANNA) + SCAN + END,
        # Between two scans of one picture, and within a scan that is cut off.
        b"\xff\xd8" + SCAN + b"\1\xff\0\xff\xd0\2" + part(0xFE, ANNA) + SCAN + END,
        b"\xff\xd8" + SCAN + b"\1" + part(0xEF, ANNA),
        # Behind the end, and where no mark stands.
        b"\xff\xd8" + SCAN + END + ANNA,
        b"\xff\xd8" + SCAN + END + b"\xff\xd8" + part(0xFE, ANNA),
        b"\xff\xd8" + JFIF + ANNA,
        b"\xff\xd8\xff\xfe\0\0" + ANNA,
        b"\xff\xd8\xff" + ANNA,
        b"\xff\x4f" + SIZ + part(0x64, b"\0\1" + ANNA) + TILE + b"\xff\x93" + bytes(9) + END,
        b"\xff\x4f" + SIZ + TILE + b"\xff\x93\1\2" + TILE + part(0x64, ANNA) + b"\xff\x93" + END,
        b"\xff\x4f" + SIZ + TILE + b"\xff\x93\1\2" + END + ANNA,
        b"no picture " + ANNA,
        b"",
    ],
)
def test_nothing_beside_the_pixels_leaves_U4(data):
    assert b"Kowalska" not in blanked(data)


@pytest.mark.parametrize(
    "parts",
    [
        # One picture in several parts; the mark itself is cut in two.
        (b"\xff\xd8" + SCAN + b"\1\2\xff", b"\xfe\0\x0f" + ANNA, END),
        (b"\xff\xd8" + SCAN + b"\1\2", b"\3" + part(0xFE, ANNA) + SCAN, END),
        (b"\xff\xd8" + SCAN + b"\1\2" + END, b"\3" + ANNA),
        (b"\xff\xd8" + part(0xFE, ANNA)[:8], ANNA[4:] + SCAN + END),
        (b"\xff\xd8", part(0xFE, ANNA) + SCAN + END),
        (ANNA, b"\xff\xd8" + SCAN + END + ANNA),
    ],
)
def test_nothing_hides_between_the_parts_of_a_picture_U4(parts):
    assert b"Kowalska" not in blanked(*parts)


def test_parts_that_a_picture_needs_stay():
    jpeg = b"\xff\xd8" + JFIF + part(0xEE, b"Adobe" + bytes(7)) + part(0xDB, bytes(65)) + SCAN
    first, second = jpeg + b"\1\xff\0\2\xff", b"\xd3\4" + END
    assert blanked(first, second, first, second) == (first + second) * 2
    j2k = b"\xff\x4f" + SIZ + TILE + b"\xff\x93\1\xff\x64\2" + END
    assert blanked(j2k, j2k) == j2k * 2


@pytest.mark.parametrize("syntax", [JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless])
def test_real_pictures_open_as_before(syntax, tmp_path):
    data = packed(syntax, tmp_path)
    clean, told = copy(data)
    assert told["written"] == 1
    assert len(opened(clean).PixelData) == len(opened(data).PixelData)
    assert levels(drawn(clean)) == levels(drawn(data))


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_jpeg_opens_as_before_without_its_comment_U4(options):
    jpeg = make_image(comment=ANNA, **options)
    assert ANNA in jpeg
    clean, told = copy(scan_of(jpeg, jpeg, NumberOfFrames=2))
    assert told["written"] == 1 and ANNA not in clean
    frame = next(pydicom.encaps.generate_frames(opened(clean).PixelData, number_of_frames=2))
    assert frame.rstrip(b"\0") == jpeg.replace(ANNA, b" " * len(ANNA)).rstrip(b"\0")


@pytest.mark.parametrize(
    ("table", "kept"),
    [(bytes(4), True), (b"", False), (b"Anna", False), (bytes(8), False), (b"\0\0\0", False)],
)
def test_table_of_offsets_holds_offsets_alone_U4(table, kept):
    jpeg = b"\xff\xd8" + SCAN + b"\1\2" + END
    clean, told = copy(scan_of(jpeg, table=table))
    assert told["written"] == 1
    start = opened(clean).PixelData
    assert start[4:8] == (b"\4\0\0\0" if kept else bytes(4)) and jpeg in start


@pytest.mark.parametrize(
    ("offsets", "right"),
    [((0, 40, 90), True), ((0, 40), False), ((0, 90, 40), False), ((0, 40, 200), False)],
)
def test_offsets_of_frames_rise_within_the_file(offsets, right):
    data = struct.pack(f"<{len(offsets)}L", *offsets)
    assert is_offset_table(data, 3, 100) == right


@pytest.mark.parametrize(
    ("syntax", "data", "why"),
    [
        # A file around the picture, a film, and what is written as if it were not packed.
        (JPEG2000Lossless, b"\0\0\0\x0cjP  " + ANNA, "form"),
        (HEVCMP51, ANNA, "form"),
        (RLELossless, None, "damaged"),
    ],
)
def test_what_cannot_be_followed_is_held_back_U4(syntax, data, why):
    scan = make_scan(syntax=syntax)
    if data is None:
        out = io.BytesIO(saved(make_scan()))
        scan = pydicom.dcmread(out)
        scan.PixelData, scan["PixelData"].is_undefined_length = encapsulate([ANNA]), True
        raw = saved_as_it_is(scan)
    else:
        raw = scan_of(data, syntax=syntax)
    assert copy(raw)[1]["held"] == {why: 1}


def saved_as_it_is(scan) -> bytes:
    """Packed pixels in a file that says that nothing is packed."""
    scan.file_meta.TransferSyntaxUID = RLELossless
    data = saved(scan)
    native = b"1.2.840.10008.1.2.1\0"
    return data.replace(b"1.2.840.10008.1.2.5\0", native)
