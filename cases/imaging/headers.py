"""What the headers of a disc say: people, studies, series, the place of each slice.

A task of `records.derive_child`: it sees hostile bytes and knows no Django. The
answer holds names; it is sealed before it is kept.
"""

import hashlib
import math
import time

from cases.imaging.streams import MARK, PREAMBLE, Head, quietly, scans_of

VERSION = 1
TEXT_MAX, PEOPLE_MAX, SERIES_MAX, STUDIES_MAX, IMAGES_MAX = 120, 20, 2000, 200, 20_000
DIRECTORY = "1.2.840.10008.1.3.10"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
# Ultrasound, pictures of screens and of paper: names are burned into most of them.
WRITTEN_ON = frozenset({"US", "SC", "OT", "IVUS", "DOC", "XC"})
SCREENS = frozenset({"SCREEN SAVE", "SCREENSHOT", "SCREEN CAPTURE", "DOSE_INFO", "DOSE"})
# Objects without a picture, by the beginning of their class.
WORDS_CLASSES = (
    ("1.2.840.10008.5.1.4.1.1.88.", "report"),
    ("1.2.840.10008.5.1.4.1.1.104.", "document"),
    ("1.2.840.10008.5.1.4.1.1.11.", "marks"),
    ("1.2.840.10008.5.1.4.1.1.481.", "radiotherapy"),
)
TAGS = """
SOPClassUID SOPInstanceUID StudyInstanceUID SeriesInstanceUID StudyDate SeriesDate AcquisitionDate
ContentDate StudyDescription SeriesDescription Modality BodyPartExamined SeriesNumber InstanceNumber
AcquisitionNumber ImagePositionPatient ImageOrientationPatient NumberOfFrames Rows Columns ImageType
BurnedInAnnotation ConversionType ImagesInAcquisition NumberOfSeriesRelatedInstances
NumberOfStudyRelatedSeries NumberOfStudyRelatedInstances PatientName PatientBirthDate PatientSex
PatientID SpacingBetweenSlices SliceThickness SpecificCharacterSet DirectoryRecordSequence
""".split()


def read_headers(inputs: list, outputs: list, details: dict) -> dict:
    """One answer for each input. Stops looking when its time is over, and says so."""
    import pydicom  # noqa: F401  the slow import is no part of the time below

    until = time.process_time() + details["seconds"]
    kinds = details["kinds"]
    return {
        "discs": [read_disc(file, kind, until) for file, kind in zip(inputs, kinds, strict=True)]
    }


def empty_disc() -> dict:
    return {
        "version": VERSION, "people": [], "studies": {}, "series": {}, "listed": {},
        "others": {}, "unreadable": 0, "scans": 0, "images": 0, "is_partial": False,
    }  # fmt: skip


def read_disc(file, kind: str, until: float = math.inf) -> dict:
    """Never raises for what a disc holds."""
    disc = empty_disc()
    with quietly():
        _look_through(disc, file, kind, until)
    return disc


def _look_through(disc: dict, file, kind: str, until: float) -> None:
    try:
        for number, stream, _size in scans_of(file, kind):
            if time.process_time() > until:
                disc["is_partial"] = True
                break
            _look(disc, number, stream)
    except Exception:  # noqa: BLE001  the zip itself; each scan is guarded by itself
        disc["is_partial"] = True


def _look(disc: dict, number: int, stream) -> None:
    try:
        if stream is None:
            raise ValueError("no stream")
        head = Head(stream)
        if head.read(PREAMBLE + 4)[PREAMBLE:] != MARK:
            # What macOS adds, and what the checks let through.
            return
        disc["scans"] += 1
        head.seek(0)
        _read_scan(disc, number, head)
    except Exception:  # noqa: BLE001  parsers of hostile bytes raise anything
        disc["unreadable"] += 1


def _read_scan(disc: dict, number: int, head: Head) -> None:
    import pydicom

    scan = pydicom.dcmread(head, stop_before_pixels=True, specific_tags=TAGS)
    kind = str(scan.file_meta.get("MediaStorageSOPClassUID", ""))
    if kind == DIRECTORY:
        _read_directory(disc, scan)
        return
    sop_class = _text(scan, "SOPClassUID") or kind
    person = _add_person(disc, scan)
    if not _text(scan, "StudyInstanceUID") or not _text(scan, "SeriesInstanceUID"):
        raise ValueError("no study")
    study = _study_of(disc, scan)
    if person not in study["people"]:
        study["people"].append(person)
    if what := _what_else(scan, sop_class):
        disc["others"][what] = disc["others"].get(what, 0) + 1
        return
    # All of it is read before any of it is counted: what cannot be read is no picture as well.
    image = _image_of(scan, number)
    _add_image(disc, _series_of(disc, scan, sop_class), image)


def _what_else(scan, sop_class: str) -> str:
    """Of an object that is no picture."""
    for begin, word in WORDS_CLASSES:
        # A dose is a picture although its class stands beside plans and structures.
        if sop_class.startswith(begin) and not (word == "radiotherapy" and scan.get("Rows")):
            return word
    return "" if scan.get("Rows") and scan.get("Columns") else "other"


def _text(scan, name: str) -> str:
    value = scan.get(name)
    if value is None:
        return ""
    # A backslash where one value is due makes two.
    return str(value).replace("\x00", "").strip()[:TEXT_MAX]


def _number(scan, name: str) -> int | None:
    try:
        value = int(float(str(scan.get(name))))
    except (TypeError, ValueError, OverflowError):
        return None
    return value if 0 <= value <= 10**6 else None


def _millimetres(scan, *names: str) -> float | None:
    for name in names:
        try:
            value = float(str(scan.get(name)))
        except ValueError:
            continue
        if 0 < value < 1000:
            return value
    return None


def _day(scan, *names: str) -> str:
    """As YYYYMMDD, of the first that looks like a day."""
    for name in names:
        text = _text(scan, name).replace(".", "").replace("-", "")[:8]
        if len(text) == 8 and text.isascii() and text.isdigit():
            return text
    return ""


def _add_person(disc: dict, scan) -> int:
    """Place of this patient in the list; a disc with very many people keeps the first ones."""
    row = [
        _text(scan, "PatientName"),
        _day(scan, "PatientBirthDate"),
        _text(scan, "PatientSex")[:1].upper(),
        _text(scan, "PatientID"),
    ]
    people = disc["people"]
    if row not in people:
        if len(people) >= PEOPLE_MAX:
            return PEOPLE_MAX - 1
        people.append(row)
    return people.index(row)


def _study_of(disc: dict, scan) -> dict:
    uid = _text(scan, "StudyInstanceUID")
    if uid not in disc["studies"] and len(disc["studies"]) >= STUDIES_MAX:
        raise ValueError("too many studies")
    study = disc["studies"].setdefault(
        uid, {"day": "", "description": "", "people": [], "series": None}
    )
    study["day"] = study["day"] or _day(
        scan, "StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"
    )
    study["description"] = study["description"] or _text(scan, "StudyDescription")
    study["series"] = study["series"] or _number(scan, "NumberOfStudyRelatedSeries")
    return study


def _series_of(disc: dict, scan, sop_class: str) -> dict:
    uid = _text(scan, "SeriesInstanceUID")
    series = disc["series"].get(uid)
    if series is None:
        if len(disc["series"]) >= SERIES_MAX:
            raise ValueError("too many series")
        series = disc["series"][uid] = {
            "study": _text(scan, "StudyInstanceUID"),
            "modality": _text(scan, "Modality")[:16].upper(),
            "description": _text(scan, "SeriesDescription"),
            "body_part": _text(scan, "BodyPartExamined")[:16].upper(),
            "number": _number(scan, "SeriesNumber"),
            "rows": _number(scan, "Rows"),
            "columns": _number(scan, "Columns"),
            "syntax": str(scan.file_meta.get("TransferSyntaxUID", "")),
            "declared": None,
            "pitch": _millimetres(scan, "SpacingBetweenSlices", "SliceThickness"),
            "acquisitions": [],
            "burned_in": {},
            "images": [],
        }
    series["declared"] = series["declared"] or _declared(scan)
    acquisition = _number(scan, "AcquisitionNumber")
    if acquisition not in series["acquisitions"] and len(series["acquisitions"]) < 50:
        series["acquisitions"].append(acquisition)
    if why := why_burned_in(scan, sop_class):
        series["burned_in"][why] = series["burned_in"].get(why, 0) + 1
    return series


def _declared(scan) -> int | None:
    """How many pictures the series should have. An acquisition is no promise for what a computer
    made of it afterwards."""
    if number := _number(scan, "NumberOfSeriesRelatedInstances"):
        return number
    is_original = "ORIGINAL" in (str(kind) for kind in _values(scan.get("ImageType")))
    return _number(scan, "ImagesInAcquisition") if is_original else None


def why_burned_in(scan, sop_class: str) -> str:
    """A word, if names may be part of this picture; a "no" of the device is not believed."""
    if _text(scan, "BurnedInAnnotation").upper() == "YES":
        return "said"
    if sop_class.startswith(SECONDARY_CAPTURE) or scan.get("ConversionType"):
        return "capture"
    if _text(scan, "Modality").upper() in WRITTEN_ON:
        return "modality"
    kinds = {str(kind).strip().upper() for kind in _values(scan.get("ImageType"))}
    return "screen" if kinds & SCREENS else ""


def _values(value) -> list:
    if value is None or isinstance(value, str):
        return [value or ""]
    return list(value)


def _add_image(disc: dict, series: dict, image: list) -> None:
    if disc["images"] >= IMAGES_MAX:
        disc["is_partial"] = True
        return
    disc["images"] += 1
    series["images"].append(image)


def _image_of(scan, number: int) -> list:
    name = _text(scan, "SOPInstanceUID").encode()
    direction, position = place_of(scan)
    return [
        number,
        hashlib.sha256(name).hexdigest()[:12],
        _number(scan, "InstanceNumber"),
        direction,
        position,
        max(1, _number(scan, "NumberOfFrames") or 1),
    ]


def place_of(scan) -> tuple[str, float | None]:
    """Direction of the stack and millimetres along it; nothing where they are not told."""
    try:
        axes = [float(one) for one in _values(scan.get("ImageOrientationPatient"))]
        origin = [float(one) for one in _values(scan.get("ImagePositionPatient"))]
    except (TypeError, ValueError):
        return "", None
    if len(axes) != 6 or len(origin) != 3 or not all(map(math.isfinite, axes + origin)):
        return "", None
    (a, b, c), (d, e, f) = axes[:3], axes[3:]
    normal = (b * f - c * e, c * d - a * f, a * e - b * d)
    along = sum(one * other for one, other in zip(normal, origin, strict=True))
    # Adding zero: no "-0.0", which would be another direction.
    return ",".join(f"{round(one, 2) + 0.0:.2f}" for one in normal), round(along, 2)


def _read_directory(disc: dict, scan) -> None:
    """The disc's own list of what is on it: pictures by series, and whose they are."""
    series = ""
    disc["others"]["directory"] = disc["others"].get("directory", 0) + 1
    for row in scan.get("DirectoryRecordSequence") or []:
        kind = _text(row, "DirectoryRecordType").upper()
        if kind == "SERIES":
            series = _text(row, "SeriesInstanceUID")
        elif kind == "IMAGE" and series and len(disc["listed"]) < SERIES_MAX:
            disc["listed"][series] = disc["listed"].get(series, 0) + 1
