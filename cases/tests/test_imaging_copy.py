"""The copy that leaves for a hospital (row U4): it names nobody, and its pictures are whole."""

import base64
import io
import zipfile

import pytest
from pydicom.datadict import DicomDictionary
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    RLELossless,
)

from cases.imaging import profile
from cases.imaging.clean import age_at
from cases.imaging.copying import make_shared
from cases.imaging.streams import quietly
from cases.tests.scans import (
    STAIR,
    make_bomb,
    make_directory,
    make_scan,
    make_slice,
    opened,
    saved,
    with_long_meta,
    zipped,
)

CANARY = "hepatocanary"
TEXTS = frozenset("AE AS CS LO LT PN SH ST UC UR UT UN OB".split())
# Without these the picture would be held back as a whole.
TECHNICAL = frozenset(
    "PhotometricInterpretation BurnedInAnnotation Modality ConversionType "
    "SpecificCharacterSet".split()
)
DETAILS = {
    "pseudonym": "SH-ABCD-EFGH",
    "key": base64.b64encode(b"k" * 32).decode(),
    "names": ["Canary Kowalska"],
}


def copy(data: bytes, kind: str = "dicom", **details) -> tuple[bytes, dict]:
    out = io.BytesIO()
    told = make_shared([io.BytesIO(data)], [out], DETAILS | {"kind": kind} | details)
    return out.getvalue(), told


def copied(**tags) -> Dataset:
    data, _told = copy(make_slice(**tags))
    return opened(data)


def canary_of(kind: str):
    if kind in ("UN", "OB"):
        return CANARY.encode()
    return CANARY.upper() if kind == "CS" else CANARY


def full_of_canaries() -> Dataset:
    """A canary in each text of the standard's dictionary, in private tags, and deep inside."""
    scan = make_scan(PatientName=f"{CANARY}^Anna", PatientBirthDate="20240203")
    with quietly():
        for tag, (kind, _vm, _name, _retired, keyword) in DicomDictionary.items():
            is_technical = (tag >> 16) in (0x0002, 0x7FE0) or keyword in TECHNICAL
            if kind in TEXTS and keyword and not is_technical and tag >= 0x00080008:
                scan.add_new(tag, kind, canary_of(kind))
        private = scan.private_block(0x0019, CANARY, create=True)
        private.add_new(1, "LO", CANARY)
        private.add_new(2, "US", 4711)
        inner, middle = Dataset(), Dataset()
        inner.PatientName, inner.CodeMeaning, inner.CodeValue = CANARY, CANARY, "T-D1100"
        inner.private_block(0x0021, CANARY, create=True).add_new(1, "LO", CANARY)
        middle.AnatomicRegionSequence = [inner]
        scan.SharedFunctionalGroupsSequence = [middle]
        scan.OtherPatientIDsSequence = [inner]
    scan.preamble = CANARY.encode().ljust(128, b"!")
    return scan


def test_no_tag_of_the_copy_holds_the_canary_U4():
    data = saved(full_of_canaries())
    assert data.lower().count(CANARY.encode()) > 1000
    clean, told = copy(data)
    assert told["written"] == 1
    assert clean.lower().count(CANARY.encode()) == 0
    assert clean[:132] == bytes(128) + b"DICM"
    # So that nothing was kept that cannot be read either.
    assert CANARY not in str(opened(clean)).lower()
    assert not [element for element in opened(clean).iterall() if element.tag.is_private]


def test_no_member_of_a_copied_zip_is_named_after_anybody_U4():
    data = zipped({f"{CANARY}/{CANARY}.dcm": saved(full_of_canaries()), "b": make_slice(2)})
    clean, told = copy(data, "zip")
    with zipfile.ZipFile(io.BytesIO(clean)) as archive:
        names = archive.namelist()
        plain = b"".join(archive.read(name) for name in names)
        assert all(member.date_time == (1980, 1, 1, 0, 0, 0) for member in archive.infolist())
    assert (names, told["written"]) == (["01/001/00001.dcm", "01/001/00002.dcm"], 2)
    assert plain.lower().count(CANARY.encode()) == 0


def test_the_patient_is_a_reference():
    scan = copied()
    assert (scan.PatientName, scan.PatientID) == ("SH-ABCD-EFGH", "SH-ABCD-EFGH")
    assert scan.PatientBirthDate == ""
    assert scan.PatientIdentityRemoved == "YES"
    codes = [item.CodeValue for item in scan.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113105", "113106", "113108"]


def test_what_doctors_need_stays():
    scan = copied(PatientSex="F", PatientWeight="12.5", StudyTime="101500",
                  ConvolutionKernel="B30f", Manufacturer="SIEMENS",
                  ImageType=["ORIGINAL", "PRIMARY"])  # fmt: skip
    assert (scan.PatientSex, scan.PatientAge, scan.PatientWeight) == ("F", "025M", 12.5)
    assert (scan.StudyDate, scan.StudyTime, scan.Modality) == ("20260303", "101500", "CT")
    assert (scan.ConvolutionKernel, scan.Manufacturer) == ("B30f", "SIEMENS")
    assert (scan.InstanceNumber, scan.ImagePositionPatient) == (1, [0, 0, 2.5])
    assert list(scan.ImageType) == ["ORIGINAL", "PRIMARY"]
    assert scan.PixelData == STAIR


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("CT Abdomen with contrast", "CT Abdomen with contrast"),
        ("T2 AX Kowalska Canary 3mm", "T2 AX"),
        ("Dr. Nowak wants liver", "liver"),
        ("MAX KOWALSKA 22.03.2026", "MAX"),
        ("LIVER phase 3 tel 600 700 800", "LIVER phase 3"),
        ("CT ٢٤٠٢٠٣١٢٣٤٥", "CT"),
        ("Szpital w Krakowie", "w"),
        ("肝脏", None),
    ],
)
def test_of_a_description_the_words_of_the_trade_stay(told, kept):
    scan = copied(SeriesDescription=told, SpecificCharacterSet="ISO_IR 192")
    assert scan.get("SeriesDescription") == kept


@pytest.mark.parametrize(
    "name",
    "PatientBirthTime PatientAddress InstitutionName StationName DeviceSerialNumber "
    "PatientComments ReferringPhysicianName OperatorsName ImageComments "
    "AccessionNumber StudyID".split(),
)
def test_who_and_where_go(name):
    assert not copied(**{name: "120000" if name.endswith("Time") else "Some place"}).get(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GPSLatitude", ["52", "13", "47"]),
        ("GPSAltitude", "113.5"),
        ("GPSStatus", "A"),
        ("PregnancyStatus", 4),
        ("SmokingStatus", "YES"),
        ("PatientSexNeutered", "ALTERED"),
    ],
)
def test_numbers_and_codes_of_a_person_go_though_they_say_no_name_U4(name, value):
    """By the standard's list alone: as a number or a code each of them would stay."""
    assert opened(make_slice(**{name: value})).get(name)
    assert not copied(**{name: value}).get(name)


def test_who_wrote_the_file_is_not_said_U4():
    scan = make_scan()
    scan.file_meta.SourceApplicationEntityTitle = CANARY
    scan.file_meta.ImplementationVersionName = CANARY
    scan.file_meta.PrivateInformationCreatorUID = "1.2.3.4.5"
    scan.file_meta.PrivateInformation = CANARY.encode()
    data = saved(scan)
    assert CANARY.encode() in data
    clean, told = copy(data)
    assert told["written"] == 1
    assert CANARY.encode() not in clean and b"1.2.3.4.5" not in clean


def test_identifiers_change_and_fit_together():
    one, two = copied(), opened(copy(make_slice(2, FrameOfReferenceUID="1.2.9"))[0])
    assert one.StudyInstanceUID == two.StudyInstanceUID != "1.2.3"
    assert one.SeriesInstanceUID == two.SeriesInstanceUID
    assert one.SOPInstanceUID != two.SOPInstanceUID
    assert one.SOPInstanceUID == one.file_meta.MediaStorageSOPInstanceUID
    assert two.FrameOfReferenceUID.startswith("2.25.") and len(two.FrameOfReferenceUID) <= 64
    assert one.SOPClassUID == "1.2.840.10008.5.1.4.1.1.2"


def test_another_case_gets_other_identifiers():
    other, _told = copy(make_slice(), key=base64.b64encode(b"x" * 32).decode())
    assert opened(other).StudyInstanceUID != copied().StudyInstanceUID


def test_a_private_class_is_no_picture_to_share():
    assert copy(make_slice(SOPClassUID="1.3.46.670589.11.0.0.12.1"))[1]["held"] == {"no_picture": 1}


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ({"BurnedInAnnotation": "YES"}, "burned_in"),
        ({"Modality": "US"}, "burned_in"),
        ({"Rows": None}, "no_picture"),
        ({"PixelData": None}, "no_picture"),
        ({"PhotometricInterpretation": CANARY.upper()}, "form"),
        ({"StudyInstanceUID": None}, "damaged"),
    ],
)
def test_what_must_not_leave_is_held_back_and_named_U4(tags, why):
    data, told = copy(make_slice(**tags))
    assert (data, told["written"], told["held"]) == (b"", 0, {why: 1})
    assert told["series"] == ({"1.2.3.4": {"burned_in": 1}} if why == "burned_in" else {})


@pytest.mark.parametrize("change", [lambda data: data, with_long_meta], ids=["near", "far"])
def test_a_deflated_picture_is_held_back_as_it_is_U3(change):
    assert copy(change(make_bomb()))[1]["held"] == {"form": 1}


def test_drawings_in_spare_bits_are_held_back():
    scan = make_scan()
    scan.add_new(0x60000102, "US", 12)
    assert copy(saved(scan))[1]["held"] == {"burned_in": 1}


def test_overlays_and_curves_go():
    scan = make_scan()
    scan.add_new(0x60003000, "OW", b"CANARY")
    scan.add_new(0x60000010, "US", 2)
    scan.add_new(0x50003000, "OW", b"CANARY")
    data, told = copy(saved(scan))
    assert told["written"] == 1 and b"CANARY" not in data
    assert not [tag for tag in opened(data).keys() if tag.group in (0x5000, 0x6000)]


def test_the_good_ones_of_a_disc_are_copied_and_the_directory_is_not():
    members = {"DICOMDIR": make_directory(s1_2=3), "a": make_slice(1), "b": make_slice(2)[:-20]}
    members |= {"c": make_slice(3, Modality="US"), "._a": b"\x00\x05\x16\x07" + bytes(200)}
    data, told = copy(zipped(members), "zip")
    assert (told["written"], told["held"]) == (1, {"damaged": 1, "burned_in": 1})
    assert zipfile.ZipFile(io.BytesIO(data)).namelist() == ["01/001/00001.dcm"]


def test_a_picture_cut_off_in_its_pixels_is_held_back():
    assert copy(make_slice()[:-20])[1]["held"] == {"damaged": 1}


def test_what_stands_behind_the_pixels_goes():
    scan = make_scan()
    scan.add_new(0xFFFCFFFC, "OB", CANARY.encode())
    data, told = copy(saved(scan))
    assert told["written"] == 1 and CANARY.encode() not in data


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_other_ways_of_writing_are_kept(syntax):
    scan = make_scan(syntax=syntax)
    out = io.BytesIO()
    scan.save_as(out, enforce_file_format=True)
    data, told = copy(out.getvalue())
    clean = opened(data)
    assert told["written"] == 1
    assert (clean.file_meta.TransferSyntaxUID, clean.PixelData) == (syntax, scan.PixelData)
    assert clean.PatientName == "SH-ABCD-EFGH"


def test_packed_pixels_are_copied_as_they_are():
    scan = make_scan()
    scan.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
    packed = scan.PixelData
    data, told = copy(saved(scan))
    assert (told["written"], opened(data).PixelData) == (1, packed)


def test_packed_pixels_without_an_end_get_one():
    scan = make_scan(syntax=JPEGBaseline8Bit)
    scan.PixelData = encapsulate([b"\xff\xd8\xff\xda\0\x08" + bytes(100)])
    scan["PixelData"].is_undefined_length = True
    data, told = copy(saved(scan)[:-30])
    assert told["written"] == 1
    assert data.endswith(b"\xfe\xff\xdd\xe0\0\0\0\0")


def test_sequences_without_end_are_held_back():
    item = Dataset()
    item.CodeMeaning = "deepest"
    for _level in range(30):
        outer = Dataset()
        outer.AnatomicRegionSequence = [item]
        item = outer
    scan = make_scan()
    scan.AnatomicRegionSequence = [item]
    assert copy(saved(scan))[1]["held"] == {"deep": 1}


@pytest.mark.parametrize(
    ("born", "seen", "age"),
    [
        ("20240203", "20260303", "025M"),
        ("20240203", "20240203", "000M"),
        ("20100304", "20260303", "015Y"),
        ("20240203", "20200101", ""),
        ("", "20260303", ""),
        ("17000101", "20260303", ""),
    ],
)
def test_the_age_stays_when_the_birth_date_goes(born, seen, age):
    scan = Dataset()
    scan.PatientBirthDate, scan.StudyDate = born, seen
    assert age_at(scan) == age


def test_the_list_is_that_of_the_standard():
    listed = profile.listed_actions()
    assert len(listed) == 652
    assert set(listed.values()) == {
        "D", "Z", "X", "U", "Z/D", "X/Z", "X/D", "X/Z/D", "X/Z/U*",
    }  # fmt: skip
    assert (listed[0x00100010], listed[0x00100020], listed[0x0020000D]) == ("Z", "Z/D", "U")


def test_bytes_behind_native_pixels_do_not_leave_U4():
    scan = make_scan()
    size = len(scan.PixelData)
    scan.PixelData = scan.PixelData + b"Anna Kowalska  "[:14]
    data, told = copy(saved(scan))
    assert told["written"] == 1
    assert b"Kowalska" not in data
    assert opened(data).PixelData[:size] == scan.PixelData[:size]


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("Manufacturer", "SIEMENS Healthineers", "SIEMENS Healthineers"),
        ("Manufacturer", "Li Na Imaging", "Imaging"),
        ("RescaleType", "HU", "HU"),
        ("WindowCenterWidthExplanation", "pat. 24020312345 ul. Dluga 7", None),
        ("ConvolutionKernel", "Kowal1", None),
        ("ConvolutionKernel", "LI2", None),
        ("ConvolutionKernel", "Br40d", "Br40d"),
        ("StudyDescription", "CT brain of Li Na 600700800", "CT brain"),
        ("ImageType", ["ORIGINAL", "PRIMARY", "LI"], ["ORIGINAL", "PRIMARY"]),
        ("ImageType", ["ORIGINAL", "LI", "AXIAL"], ["ORIGINAL", "", "AXIAL"]),
        ("ImageType", ["20240203"], None),
        ("BodyPartExamined", "CHEST", "CHEST"),
        ("BodyPartExamined", "CHEST OF LI", None),
        ("CassetteSize", "18CMX24CM", None),
        ("ImageType", ["ORIGINAL", "PRIMARY", "AXIAL"], ["ORIGINAL", "PRIMARY", "AXIAL"]),
    ],
)
def test_texts_of_machines_keep_words_of_the_trade_alone_U4(name, value, kept):
    scan = make_scan()
    scan.PatientName = "LI^NA"
    setattr(scan, name, value)
    clean = opened(copy(saved(scan))[0])
    assert clean.get(name) == kept
