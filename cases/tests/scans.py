"""Made-up scans for the tests: a slice, a disc, a directory. Nobody's body is in them."""

import io
import struct
import zipfile

import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from cases.actions import case_key
from cases.imaging.headers import VERSION, read_disc
from cases.imaging.streams import quietly
from cases.models import DerivedFile, ImagingReading, Purpose, Record
from cases.records import store
from cases.records.sealed import Appender
from portal.tests.fixtures import NAME_CANARY, make_record

STUDY = "1.2.3"
SIDE = 16
# A stair from black to white, so that a picture is more than one grey.
STAIR = b"".join((step * 16 % 4096).to_bytes(2, "little") for step in range(SIDE * SIDE))
FAMILY, GIVEN = NAME_CANARY.split()[::-1]


def make_scan(number: int = 1, series: str = "1.2.3.4", **tags) -> FileDataset:
    """One slice of a CT; a tag that is None is left out."""
    syntax = tags.pop("syntax", ExplicitVRLittleEndian)
    values = {
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": f"{series}.{number}",
        "StudyInstanceUID": STUDY,
        "SeriesInstanceUID": series,
        "Modality": "CT",
        "StudyDate": "20260303",
        "SeriesDescription": "AX +C",
        "PatientName": f"{FAMILY}^{GIVEN}",
        "PatientBirthDate": "20240203",
        "InstanceNumber": number,
        "ImagePositionPatient": [0, 0, 2.5 * number],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "Rows": SIDE,
        "Columns": SIDE,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "PixelData": STAIR,
    } | tags
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = values["SOPClassUID"]
    meta.MediaStorageSOPInstanceUID = values["SOPInstanceUID"]
    meta.TransferSyntaxUID = syntax
    scan = FileDataset(
        "",
        {},
        file_meta=meta,
        preamble=b"\0" * 128,
        is_implicit_VR=syntax.is_implicit_VR,
        is_little_endian=syntax.is_little_endian,
    )
    with quietly():
        # Wrong values on purpose.
        for name, value in values.items():
            if value is not None:
                setattr(scan, name, value)
    return scan


def saved(scan: Dataset) -> bytes:
    out = io.BytesIO()
    with quietly():
        scan.save_as(out, enforce_file_format=True)
    return out.getvalue()


def make_slice(number: int = 1, **tags) -> bytes:
    return saved(make_scan(number, **tags))


def make_bomb() -> bytes:
    """A good picture in the deflated form, which grows to fifty megabytes."""
    data = make_slice(syntax=DeflatedExplicitVRLittleEndian, PixelData=bytes(50_000_000))
    assert len(data) < 100_000
    return data


def with_long_meta(data: bytes) -> bytes:
    """The same with 5,000 bytes in front of the word for the form."""
    version = bytes.fromhex("02000100") + b"OB\0\0"
    before, short, after = data.partition(version + bytes.fromhex("020000000001"))
    assert short
    return before + version + struct.pack("<L", 5000) + bytes(5000) + after


def make_disc(numbers=range(1, 6), **tags) -> bytes:
    return zipped({f"IMG{number:04d}": make_slice(number, **tags) for number in numbers})


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def make_directory(**series: int) -> bytes:
    """A DICOMDIR that lists so many pictures of each series ("s1_2" stands for 1.2)."""
    scan = make_scan(SOPClassUID="1.2.840.10008.1.3.10", PixelData=None, Rows=None)
    rows = []
    for name, count in series.items():
        row = Dataset()
        row.DirectoryRecordType, row.SeriesInstanceUID = "SERIES", name[1:].replace("_", ".")
        rows.append(row)
        for _number in range(count):
            row = Dataset()
            row.DirectoryRecordType = "IMAGE"
            rows.append(row)
    scan.DirectoryRecordSequence = rows
    return saved(scan)


def opened(data: bytes) -> FileDataset:
    return pydicom.dcmread(io.BytesIO(data))


def make_read_scan(case, data: bytes = b"", name: str = "scan.dcm") -> Record:
    """A scan that was read, with a picture of its series, as if the job had run."""
    data = data or make_slice()
    record = make_record(case, data, name=name)
    disc = read_disc(io.BytesIO(data), str(record.kind)) | {"previews": []}
    for position, uid in enumerate(disc["series"]):
        disc["previews"].append(uid)
        _keep_picture(record, position)
    ImagingReading.objects.create(record=record, contents=disc, version=VERSION)
    return record


def _keep_picture(record: Record, position: int) -> None:
    out, storage_name = io.BytesIO(), store.create()
    Image.new("L", (64, 64), 120).save(out, "JPEG")
    data = out.getvalue()
    with store.writing(storage_name) as file:
        appender = Appender(file, case_key(record.case), storage_name)
        appender.write(data)
        appender.finish()
    DerivedFile.objects.create(
        case=record.case,
        record=record,
        purpose=Purpose.SERIES,
        kind="jpeg",
        storage_name=storage_name,
        size=len(data),
        position=position,
    )
