"""What of a header is the standard's own and may leave: terms, codes, identifiers, tables (U4)."""

import struct

import pytest
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import UID_dictionary

from cases.imaging import codes, profile
from cases.tests.scans import make_scan, opened, saved
from cases.tests.test_imaging_copy import copied, copy

KEPT_UID = "1.2.840.10008.5.1.4.1.1.2"


def code_of(scheme: str, value: str, meaning: str = "Kowalski tel 600700800") -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def shared(scan: Dataset) -> Dataset:
    return opened(copy(saved(scan))[0])


def test_each_listed_attribute_holds_codes_and_each_list_fits_its_form():
    for name, terms in profile.defined_terms().items():
        assert dictionary_VR(tag_for_keyword(name)) == "CS"
        assert terms and all(0 < len(term) <= 16 for term in terms)


@pytest.mark.parametrize(
    ("scheme", "value", "kept"),
    [
        ("SCT", "69536005", ("69536005", "Head")),
        ("SRT", "T-D1100", ("T-D1100", "Head")),
        ("99WARD", "69536005", None),
        ("SCT", "KOWALSKA", None),
        ("SCT", "24020312345", None),
        ("DCM", "600700800", None),
    ],
)
def test_code_says_what_the_standard_says_and_no_more_U4(scheme, value, kept):
    scan = make_scan(AnatomicRegionSequence=[code_of(scheme, value)])
    data, _told = copy(saved(scan))
    assert b"Kowalski" not in data and b"600700800" not in data
    found = opened(data).get("AnatomicRegionSequence")
    assert (found and (found[0].CodeValue, found[0].CodeMeaning)) == kept


def test_codes_of_a_diagnosis_do_not_leave_U4():
    scan = make_scan(ReasonForPerformedProcedureCodeSequence=[code_of("SCT", "69536005")])
    assert "ReasonForPerformedProcedureCodeSequence" not in shared(scan)


@pytest.mark.parametrize("uid", ["1.2.840.10008.20240203.600700800", "1.2.3.24020312345"])
@pytest.mark.parametrize(
    "name", ["FrameOfReferenceUID", "ReferencedSOPClassUID", "IrradiationEventUID"]
)
def test_only_registered_identifiers_stay_U4(name, uid):
    clean = copied(**{name: uid}).get(name)
    assert clean != uid and clean.startswith("2.25.")
    assert uid not in UID_dictionary


def test_registered_identifiers_stay():
    assert copied(ReferencedSOPClassUID=KEPT_UID).ReferencedSOPClassUID == KEPT_UID
    assert codes.is_standard_uid("1.2.840.10008.1.2.1")


@pytest.mark.parametrize(
    ("tag", "kind", "value"),
    [
        # Unknown to the standard, in a group of its own.
        (0x00180003, "UI", "1.2.3.24020312345"),
        (0x00180003, "US", [0x6E41, 0x616E]),
        # Known, in a form that is not its own.
        (0x00080008, "UI", "1.2.3.24020312345"),
        (0x00280103, "US", [0x6E41, 0x616E] * 4),
        (0x00186060, "FL", [1.0] * 99),
        (0x00081090, "US", [0x6E41, 0x616E]),
        (0x00283010, "LO", "Anna"),
    ],
)
def test_what_the_standard_does_not_describe_so_does_not_leave_U4(tag, kind, value):
    scan = make_scan()
    scan.add(DataElement(tag, kind, value))
    data, told = copy(saved(scan))
    assert told["written"] == 1
    assert tag not in opened(data) and b"Anna" not in data


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("TableOfPixelValues", [1, 2, 3], False),
        ("MaskFrameNumbers", [1] * 16, True),
        ("MaskFrameNumbers", [1] * 17, False),
        ("FrameTimeVector", ["1"] * 17, False),
        ("WindowCenter", ["40", "300"], True),
        ("PatientWeight", "24020312345", False),
        ("SeriesTime", "101500.25", True),
        ("SeriesTime", "600700", False),
        ("SeriesDate", "20260303", True),
        ("SeriesDate", "60070080", False),
        ("AcquisitionDateTime", "20260303101500.123456+0100", True),
        ("AcquisitionDateTime", "600700800", False),
        ("PatientAge", "025M", True),
    ],
)
def test_numbers_and_moments_are_of_their_kind_U4(name, value, kept):
    assert (name in copied(**{name: value})) == kept


def table(length: int, entries: int = 4, bits: int = 16) -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [entries, 0, bits])
    item.add_new("LUTData", "OW", b"Anna Kowalska 2024-02-03"[:length])
    item.LUTExplanation = "Anna Kowalska"
    return item


@pytest.mark.parametrize("name", ["VOILUTSequence", "ModalityLUTSequence"])
@pytest.mark.parametrize(
    ("length", "entries", "bits", "kept"),
    [(8, 4, 16, True), (4, 4, 8, True), (10, 4, 16, False), (6, 4, 16, False), (8, 4, 7, False)],
)
def test_table_stays_when_it_is_as_long_as_it_says_U4(name, length, entries, bits, kept):
    item = table(length, entries, bits)
    item.ModalityLUTType = "Anna"
    clean = shared(make_scan(**{name: [item, table(24)]}))
    assert (name in clean) == kept
    if kept:
        [only] = clean[name].value
        assert len(only.LUTData) == length and list(only.LUTDescriptor) == [entries, 0, bits]
        assert "LUTExplanation" not in only and "ModalityLUTType" not in only


def test_table_stands_nowhere_else_U4():
    scan = make_scan(SharedFunctionalGroupsSequence=[table(8)])
    data, _told = copy(saved(scan))
    assert b"Anna" not in data and "SharedFunctionalGroupsSequence" not in opened(data)


def with_palette(**data: bytes) -> Dataset:
    scan = make_scan(PhotometricInterpretation="PALETTE COLOR")
    for colour in ("Red", "Green", "Blue"):
        scan.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", [4, 0, 16])
        for name, value in data.items():
            scan.add_new(name.format(colour), "OW", value)
    return scan


WHOLE, PARTS = "{}PaletteColorLookupTableData", "Segmented{}PaletteColorLookupTableData"
RUN_AND_SLOPE = struct.pack("<7H", 0, 2, 7, 9, 1, 2, 30)


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ({WHOLE: b"12345678"}, True),
        ({WHOLE: b"Anna Kowalska 20"}, False),
        ({PARTS: RUN_AND_SLOPE}, True),
        ({PARTS: RUN_AND_SLOPE + b"Anna"}, False),
        ({PARTS: b"Anna Kowalska "}, False),
        ({PARTS: struct.pack("<2H", 0, 4)}, False),
        ({PARTS: struct.pack("<H", 0)}, False),
        ({WHOLE: b"12345678", PARTS: RUN_AND_SLOPE}, False),
        ({}, False),
    ],
)
def test_picture_in_colours_of_a_palette_needs_one_that_fits_U4(data, kept):
    clean, told = copy(saved(with_palette(**data)))
    assert told["held"] == ({} if kept else {"form": 1})
    if kept:
        [(name, value)] = data.items()
        assert opened(clean)[name.format("Blue")].value == value


def test_palette_of_a_grey_picture_does_not_leave_U4():
    scan = with_palette(**{WHOLE: b"Anna1234"})
    scan.PhotometricInterpretation = "MONOCHROME2"
    data, told = copy(saved(scan))
    assert told["written"] == 1 and b"Anna" not in data
    assert "RedPaletteColorLookupTableDescriptor" not in opened(data)


def test_picture_whose_size_cannot_be_read_is_held_back_U4():
    scan = make_scan()
    del scan.BitsAllocated
    scan.PixelData += b"Anna Kowalska "
    scan.add(DataElement(0x00280100, "UL", 16))
    assert copy(saved(scan))[1]["held"] == {"damaged": 1}
