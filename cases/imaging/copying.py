"""The copy of a disc that leaves for a hospital. A task of `records.derive_child`.

Headers are cleaned in memory, pixels go through piece by piece, so that a disc
of 2 GB needs no more memory than one of its headers. What is no picture, and
what may have a name burned in, stays behind and is counted.
"""

import base64
import io
import struct
import zipfile
from collections import Counter

from cases.imaging import codes, profile
from cases.imaging.clean import Cleaner, HeldBackError
from cases.imaging.codestreams import Blanker, is_offset_table, is_opening
from cases.imaging.headers import DIRECTORY, why_burned_in
from cases.imaging.streams import MARK, PIECE, PREAMBLE, Head, PackedError, quietly, scans_of

UNDEFINED = 0xFFFFFFFF
ITEM, LAST_ITEM = 0xE000, 0xE0DD
LONG = frozenset({b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"UN"})
# So much of an item is looked at as a whole, in the sandbox's memory.
WHOLE_ITEM = 64 * 1024**2
RUN_LENGTHS = "1.2.840.10008.1.2.5"
PIXELS = frozenset({0x0008, 0x0009, 0x0010})


def make_shared(inputs: list, outputs: list, details: dict) -> dict:
    """Writes one picture or a zip of them; nothing when all of it must stay."""
    cleaner = Cleaner(details["pseudonym"], base64.b64decode(details["key"]), details["names"])
    report = Report()
    with quietly():
        if details["kind"] == "zip":
            _copy_zip(inputs[0], outputs[0], cleaner, report)
        else:
            _copy_single(inputs[0], outputs[0], cleaner, report)
    return report.told()


class Report:
    """How many pictures were copied, and which were held back why."""

    def __init__(self):
        self.written, self.held, self.series = 0, Counter(), {}

    def hold(self, why: str, series: str = "") -> None:
        self.held[why] += 1
        if series:
            self.series.setdefault(series, Counter())[why] += 1

    def told(self) -> dict:
        return {
            "profile": profile.VERSION,
            "written": self.written,
            "held": dict(self.held),
            "series": {uid: dict(counts) for uid, counts in self.series.items()},
        }


def _copy_single(file, output, cleaner: Cleaner, report: Report) -> None:
    [(_number, stream, size)] = scans_of(file, "dicom")
    scan = _prepare(stream, size, cleaner, report)
    if scan is not None:
        scan.write(output)


def _copy_zip(file, output, cleaner: Cleaner, report: Report) -> None:
    """Members get new names and no time; an empty zip is no file at all."""
    archive, places = None, {}
    for _number, stream, size in scans_of(file, "zip"):
        scan = _prepare(stream, size, cleaner, report)
        if scan is None:
            continue
        if archive is None:
            archive = zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        member = zipfile.ZipInfo(_name_of(scan, places))
        member.compress_type = zipfile.ZIP_STORED if scan.is_packed else zipfile.ZIP_DEFLATED
        with archive.open(member, "w", force_zip64=True) as target:
            scan.write(target)
    if archive is not None:
        archive.close()


def _name_of(scan, places: dict) -> str:
    """01/002/00003.dcm: study, series, picture in the order of the disc."""
    studies = places.setdefault("studies", [])
    series = places.setdefault(scan.study, [])
    for known, one in ((studies, scan.study), (series, scan.series)):
        if one not in known:
            known.append(one)
    count = places[scan.study, scan.series] = places.get((scan.study, scan.series), 0) + 1
    study_number, series_number = studies.index(scan.study) + 1, series.index(scan.series) + 1
    return f"{study_number:02d}/{series_number:03d}/{count:05d}.dcm"


def _prepare(stream, size: int, cleaner: Cleaner, report: Report):
    """The picture with its header cleaned; None when it is held back, with the reason counted."""
    try:
        if stream is None:
            raise HeldBackError("damaged")
        return CleanScan(stream, size, cleaner, report)
    except HeldBackError as held:
        if str(held) != "nothing":
            report.hold(str(held))
    except Exception:  # noqa: BLE001  parsers of hostile bytes raise anything
        report.hold("damaged")
    return None


class CleanScan:
    """A header that says nothing of a person, and the pixels still to be read."""

    def __init__(self, stream, size: int, cleaner: Cleaner, report: Report):
        import pydicom

        head = Head(stream)
        if head.read(PREAMBLE + 4)[PREAMBLE:] != MARK:
            # What macOS adds.
            raise HeldBackError("nothing")
        head.seek(0)
        try:
            scan = pydicom.dcmread(head, stop_before_pixels=True)
        except PackedError as error:
            raise HeldBackError("form") from error
        self._report, self._head = report, head
        self._look(scan)
        self._size, form = size, scan.file_meta.TransferSyntaxUID
        self.is_packed, self._is_stream = form.is_compressed, form in _streams()
        if self.is_packed and not self._is_stream and form != RUN_LENGTHS:
            # Films and the like: what else they hold is not followed.
            raise HeldBackError("form")
        self._is_explicit = not scan.file_meta.TransferSyntaxUID.is_implicit_VR
        self._order = "<" if scan.file_meta.TransferSyntaxUID.is_little_endian else ">"
        self._opening = self._read_opening()
        _look_at_length(size, head.tell(), self._length)
        self._look_at_parts()
        cleaner.clean(scan)
        self._pixels = pixel_bytes(scan)
        if not self._pixels:
            # What cannot be measured could hold anything behind its pixels.
            raise HeldBackError("damaged")
        _renew_meta(scan)
        self.study, self.series = scan.StudyInstanceUID, scan.SeriesInstanceUID
        self._scan = scan

    def _look(self, scan) -> None:
        """Whether this is a picture, and one that may leave."""
        kind = str(scan.get("SOPClassUID", ""))
        if str(scan.file_meta.get("MediaStorageSOPClassUID", "")) == DIRECTORY:
            raise HeldBackError("nothing")
        if not (scan.get("Rows") and codes.is_standard_uid(kind)):
            raise HeldBackError("no_picture")
        if not (scan.get("StudyInstanceUID") and scan.get("SeriesInstanceUID")):
            raise HeldBackError("damaged")
        # Drawn into the spare bits of the pixels, where removing the group does not reach.
        drawn = any(scan.get((group, 0x0102)) and scan[group, 0x0102].value
                    for group in range(0x6000, 0x6020, 2))  # fmt: skip
        if drawn or why_burned_in(scan, kind):
            self._report.hold("burned_in", str(scan.SeriesInstanceUID))
            raise HeldBackError("nothing")

    def _read_opening(self) -> bytes:
        """Tag, form and length of the pixels, as they are."""
        opening = self._head.read(8)
        if not opening:
            raise HeldBackError("no_picture")
        group, element = struct.unpack(self._order + "HH", opening[:4])
        if group != 0x7FE0 or element not in PIXELS:
            raise HeldBackError("no_picture")
        if self._is_explicit:
            if opening[4:6] not in LONG:
                raise HeldBackError("damaged")
            opening += self._head.read(4)
        self._length = struct.unpack(self._order + "L", opening[-4:])[0]
        return opening

    def _look_at_parts(self) -> None:
        """Packed pixels stand in parts, of which the first is what it says, and others do not."""
        if self.is_packed != (self._length == UNDEFINED):
            raise HeldBackError("damaged")
        if self._is_stream:
            place = self._head.tell()
            _mark, length = struct.unpack("<LL", self._head.read(8).ljust(8, b"\0"))
            self._head.seek(min(length, PIECE * 16), io.SEEK_CUR)
            if not is_opening(self._head.read(12)[8:]):
                raise HeldBackError("form")
            self._head.seek(place)

    def write(self, target) -> None:
        import pydicom

        header = io.BytesIO()
        pydicom.dcmwrite(header, self._scan, enforce_file_format=True)
        target.write(header.getvalue())
        target.write(self._opening)
        source = Source(self._head)
        if self._length == UNDEFINED:
            part_of = Blanker().part if self._is_stream else bytes
            frames = int(self._scan.get("NumberOfFrames") or 1)
            _copy_items(source, target, frames, self._size, part_of)
        else:
            # Bytes that belong to no pixel could say anything.
            seen = min(self._length, self._pixels)
            source.copy(seen, target)
            source.skip(self._length - seen, target)
        # What stands behind the pixels, signatures and filling, is not copied.
        self._report.written += 1


def _streams() -> set[str]:
    """The ways of packing that `codestreams` follows."""
    from pydicom import uid

    lists = (uid.JPEGTransferSyntaxes, uid.JPEGLSTransferSyntaxes, uid.JPEG2000TransferSyntaxes)
    return set().union(*lists)


def _look_at_length(size: int, start: int, length: int) -> None:
    """A picture that is cut off within its pixels is of no use to anybody."""
    if length != UNDEFINED and start + length > size:
        raise HeldBackError("damaged")


def _renew_meta(scan) -> None:
    """Nothing of whoever wrote the file; which picture it is follows the header."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import PYDICOM_IMPLEMENTATION_UID

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = scan.SOPClassUID
    meta.MediaStorageSOPInstanceUID = scan.SOPInstanceUID
    meta.TransferSyntaxUID = scan.file_meta.TransferSyntaxUID
    meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
    scan.file_meta = meta
    scan.preamble = b"\0" * PREAMBLE


class Source:
    """The rest of a picture, read once from here to its end."""

    def __init__(self, head: Head):
        self._pieces, self._held = head.rest(), b""

    def read(self, size: int) -> bytes:
        """Fewer bytes at the end."""
        while len(self._held) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._held += piece
        data, self._held = self._held[:size], self._held[size:]
        return data

    def copy(self, length: int, target) -> None:
        """So many bytes; zeros where the picture ends too early."""
        while length:
            data = self.read(min(length, PIECE))
            if not data:
                data = bytes(min(length, PIECE))
            target.write(data)
            length -= len(data)

    def skip(self, length: int, target) -> None:
        """So many bytes, written as zeros: what stands there is nobody's to read."""
        while length:
            size = min(length, PIECE)
            self.read(size)
            target.write(bytes(size))
            length -= size


def pixel_bytes(scan) -> int:
    """How many bytes the pixels of a picture take, with the last odd one filled; 0: not known."""
    samples = 2 if scan.get("PhotometricInterpretation") == "YBR_FULL_422" else None
    samples = samples or int(scan.get("SamplesPerPixel") or 1)
    numbers = (scan.get("Rows"), scan.get("Columns"), scan.get("BitsAllocated"))
    if not all(numbers):
        return 0
    bits = samples * int(scan.get("NumberOfFrames") or 1)
    for number in numbers:
        bits *= int(number)
    whole = -(-bits // 8)
    return whole + whole % 2


def _copy_items(source: Source, target, frames: int, most: int, part_of) -> None:
    """Packed pixels: items up to the mark of the end, which is written in any case.

    `most` bytes are in the file; `part_of` makes of each part what may leave.
    """
    is_first = True
    while True:
        opening = source.read(8)
        if len(opening) < 8:
            break
        group, element, length = struct.unpack("<HHL", opening)
        if (group, element) != (0xFFFE, ITEM) or length == UNDEFINED:
            break
        if is_first:
            # Without it, frames are found by their beginnings.
            table = source.read(min(length, most))
            table = table if is_offset_table(table, frames, most) else b""
            target.write(opening[:4] + struct.pack("<L", len(table)) + table)
            is_first = False
            continue
        target.write(opening)
        while length:
            data = source.read(min(length, WHOLE_ITEM))
            # Zeros where the picture ends too early.
            target.write(part_of(data) if data else bytes(min(length, WHOLE_ITEM)))
            length -= len(data) or min(length, WHOLE_ITEM)
    target.write(struct.pack("<HHL", 0xFFFE, LAST_ITEM, 0))
