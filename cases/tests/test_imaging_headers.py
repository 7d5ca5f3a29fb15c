"""What is read from a disc: its people, studies, slices; and that nothing on it breaks the reading.

Rows U1 and U3: a damaged picture is counted and hides no other.
"""

import io
import logging
import struct
import warnings
import zlib
from unittest.mock import Mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage

from cases.imaging.headers import place_of, read_disc
from cases.imaging.streams import PREAMBLE, quietly
from cases.tests.scans import (
    make_bomb,
    make_directory,
    make_disc,
    make_slice,
    opened,
    with_long_meta,
    zipped,
)

ULTRASOUND = "1.2.840.10008.5.1.4.1.1.6.1"
CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
REPORT = "1.2.840.10008.5.1.4.1.1.88.11"


def read(data: bytes, kind: str = "dicom") -> dict:
    return read_disc(io.BytesIO(data), kind)


def only_series(disc: dict) -> dict:
    [series] = disc["series"].values()
    return series


def test_a_single_picture_is_a_study_of_one():
    disc = read(make_slice(7, BodyPartExamined="CHEST", SeriesNumber=2))
    assert disc["people"] == [["Kowalska^Canary", "20240203", "", ""]]
    assert disc["studies"]["1.2.3"]["day"] == "20260303"
    series = only_series(disc)
    assert (series["modality"], series["body_part"], series["number"]) == ("CT", "CHEST", 2)
    [[number, _uid, instance, direction, position, frames]] = series["images"]
    assert (number, instance, direction, position, frames) == (0, 7, "0.00,0.00,1.00", 17.5, 1)


def test_a_zip_names_its_pictures_by_their_place():
    disc = read(make_disc(range(3, 7)), "zip")
    images = only_series(disc)["images"]
    assert [image[0] for image in images] == [0, 1, 2, 3]
    assert [image[2] for image in images] == [3, 4, 5, 6]
    assert (disc["scans"], disc["unreadable"], disc["is_partial"]) == (4, 0, False)


def test_a_file_of_many_frames_counts_its_frames():
    assert only_series(read(make_slice(NumberOfFrames=40)))["images"][0][5] == 40


@pytest.mark.parametrize("cut", [132, 200, 300, 420])
def test_a_picture_that_is_cut_off_in_its_header_is_counted_U3(cut):
    disc = read(zipped({"a": make_slice(1)[:cut], "b": make_slice(2)}), "zip")
    assert (disc["unreadable"], disc["images"]) == (1, 1)


def test_a_picture_without_pixels_yet_is_read():
    whole = make_slice(1)
    assert read(whole[:-20])["images"] == 1


def test_what_macos_adds_is_passed_over():
    disc = read(zipped({"a": make_slice(), "._a": b"\x00\x05\x16\x07" + bytes(200)}), "zip")
    assert (disc["scans"], disc["unreadable"], disc["images"]) == (1, 0, 1)


def test_a_zip_without_pictures_has_none():
    disc = read(zipped({"a.txt": b"nothing"}), "zip")
    assert (disc["scans"], disc["series"]) == (0, {})


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no zip at all" * 50])
def test_a_zip_that_is_none_is_partial(data):
    assert read(data, "zip")["is_partial"] is True


def test_a_member_that_does_not_unpack_hides_no_other_U3():
    data = bytearray(zipped({"a": make_slice(1), "b": make_slice(2)}))
    # Into the packed bytes of the first member.
    data[60:90] = bytes(30)
    disc = read(bytes(data), "zip")
    assert (disc["unreadable"], disc["images"]) == (1, 1)


def deep(levels: int) -> bytes:
    """Sequences within sequences of undefined length, written by hand: pydicom would not."""
    opening = b"\x08\x00\x15\x11SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    ending = b"\xfe\xff\x0d\xe0\0\0\0\0" + b"\xfe\xff\xdd\xe0\0\0\0\0"
    whole = make_slice()
    at = whole.index(b"\x10\x00\x10\x00PN")
    return whole[:at] + opening * levels + ending * levels + whole[at:]


@pytest.mark.parametrize(("levels", "unreadable"), [(5, 0), (5000, 1)])
def test_sequences_without_end_do_no_harm_U3(levels, unreadable):
    assert read(deep(levels))["unreadable"] == unreadable


def test_a_picture_with_a_long_beginning_is_read():
    assert read(with_long_meta(make_slice()))["images"] == 1


@pytest.mark.parametrize("change", [lambda data: data, with_long_meta], ids=["near", "far"])
def test_t5_deflated_picture_is_not_unpacked_U3(change, monkeypatch):
    """The bomb holds a good picture: whoever unpacks it counts one, and no trouble."""
    bomb = change(make_bomb())
    asked = Mock(side_effect=zlib.decompress)
    monkeypatch.setattr("pydicom.filereader.zlib.decompress", asked)
    disc = read(zipped({"a": bomb, "b": make_slice()}), "zip")
    assert (disc["scans"], disc["unreadable"], disc["images"]) == (2, 1, 1)
    asked.assert_not_called()


def test_the_word_for_the_deflated_form_elsewhere_does_no_harm():
    data = make_slice(StudyDescription="1.2.840.10008.1.2.1.99")
    assert read(data)["images"] == 1


@pytest.mark.parametrize(
    ("charset", "raw", "name"),
    [
        ("ISO_IR 192", "肝^小".encode(), "肝^小"),
        ("GB18030", "王^小明".encode("gb18030"), "王^小明"),
        ("ISO_IR 101", "Łukasz^Żak".encode("iso8859-2"), "Łukasz^Żak"),
        ("ISO_IR 144", "Иванов^Иван".encode("iso8859-5"), "Иванов^Иван"),
    ],
)
def test_names_are_read_in_their_alphabet(charset, raw, name):
    whole = make_slice(SpecificCharacterSet=charset, PatientName="XXXX" * 2)
    raw += b" " * (len(raw) % 2)
    begin = whole.index(b"\x10\x00\x10\x00PN")
    data = whole[:begin] + b"\x10\x00\x10\x00PN" + struct.pack("<H", len(raw)) + raw
    assert read(data + whole[begin + 16 :])["people"][0][0] == name


@pytest.mark.parametrize("charset", ["KLINGON", "ISO_IR 999", "\\\\", "ISO 2022 IR 87"])
def test_an_alphabet_that_nobody_knows_is_read_somehow(charset):
    disc = read(make_slice(SpecificCharacterSet=charset))
    assert (disc["images"], disc["people"][0][0]) == (1, "Kowalska^Canary")


@pytest.mark.parametrize("day", ["99999999x", "00000000", "yesterday", "1", "20261399"])
def test_an_absurd_date_does_not_stop_the_reading(day):
    disc = read(make_slice(StudyDate=day, PatientBirthDate=day))
    assert disc["images"] == 1


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ({}, ""),
        ({"BurnedInAnnotation": "YES"}, "said"),
        ({"BurnedInAnnotation": "NO"}, ""),
        ({"SOPClassUID": CAPTURE}, "capture"),
        ({"ConversionType": "WSD"}, "capture"),
        ({"Modality": "US", "SOPClassUID": ULTRASOUND}, "modality"),
        # A device that says "no" is not believed.
        ({"Modality": "US", "BurnedInAnnotation": "NO"}, "modality"),
        ({"Modality": "OT"}, "modality"),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "screen"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"]}, ""),
    ],
)
def test_pictures_that_may_hold_a_name_are_noticed_U4(tags, why):
    assert only_series(read(make_slice(**tags)))["burned_in"] == ({why: 1} if why else {})


def test_objects_that_are_no_pictures_are_counted_by_kind():
    report = make_slice(SOPClassUID=REPORT, Modality="SR", Rows=None, PixelData=None)
    disc = read(zipped({"a": report, "b": make_slice()}), "zip")
    assert (disc["others"], disc["images"]) == ({"report": 1}, 1)


def test_the_discs_own_list_is_read():
    disc = read(zipped({"DICOMDIR": make_directory(s1_2=212, s1_3=5), "a": make_slice()}), "zip")
    assert disc["listed"] == {"1.2": 212, "1.3": 5}
    assert (disc["others"], disc["images"]) == ({"directory": 1}, 1)


def test_a_promise_counts_for_originals_alone():
    assert only_series(read(make_slice(ImagesInAcquisition=212)))["declared"] is None
    original = make_slice(ImagesInAcquisition=212, ImageType=["ORIGINAL", "PRIMARY"])
    assert only_series(read(original))["declared"] == 212
    assert only_series(read(make_slice(NumberOfSeriesRelatedInstances=90)))["declared"] == 90


@pytest.mark.parametrize(
    ("axes", "origin"),
    [
        (None, None),
        ([1, 0, 0], [0, 0, 0]),
        ([1, 0, 0, 0, 1, 0], None),
        ([float("nan")] * 6, [0, 0, 0]),
    ],
)
def test_a_place_that_is_not_told_is_none(axes, origin):
    scan = Dataset()
    if axes:
        scan.add_new(0x00200037, "FD", axes)
    if origin:
        scan.add_new(0x00200032, "FD", origin)
    assert place_of(scan) == ("", None)


def test_time_that_is_over_is_said():
    disc = read_disc(io.BytesIO(make_disc()), "zip", until=0)
    assert (disc["is_partial"], disc["images"]) == (True, 0)


def test_a_picture_without_a_study_is_no_picture():
    disc = read(make_slice(StudyInstanceUID=None))
    assert (disc["unreadable"], disc["images"]) == (1, 0)


@pytest.mark.parametrize(
    "tag", ["0800 1800", "2000 1300", "2000 3200", "2000 3700", "2000 0d00", "0800 6000"]
)
def test_a_picture_with_a_value_that_cannot_be_read_is_counted_once_U3(tag):
    """Of a kind that no parser knows: nothing of it is half kept."""
    data = bytearray(make_slice())
    place = data.index(bytes.fromhex(tag), PREAMBLE) + 4
    data[place : place + 2] = b"QQ"
    disc = read(zipped({"a": bytes(data), "b": make_slice(2)}), "zip")
    assert (disc["scans"], disc["unreadable"], disc["images"]) == (2, 1, 1)
    assert [image[0] for image in only_series(disc)["images"]] == [1]


@settings(max_examples=150, deadline=None)
# The kind of the value in the middle of its name.
@example(place=334, value=b"A")
@given(place=st.integers(132, 700), value=st.binary(min_size=1, max_size=8))
def test_changed_bytes_raise_nothing_U1(place, value):
    data = bytearray(make_slice())
    data[place : place + len(value)] = value
    disc = read(bytes(data))
    assert disc["unreadable"] + disc["images"] + sum(disc["others"].values()) == 1


def test_the_samples_are_what_they_say():
    assert opened(make_slice()).SOPClassUID == CTImageStorage


def test_the_parser_tells_nobody_what_a_disc_says_L1(caplog):
    logger = logging.getLogger("pydicom")
    with quietly():
        logger.error("Kowalska")
        warnings.warn("Kowalska", stacklevel=1)
    assert caplog.text == ""
    logger.error("nobody")
    assert "nobody" in caplog.text
