"""Zips hold nothing but their members; what people's programs write is taken (row U7)."""

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass, replace

import pytest

from cases.records import archives
from cases.records.checking import TYPES
from cases.records.judging import judge
from cases.tests.papers import make_dicom, make_zip

SCAN = make_dicom()
DOS_TIME = b"\x00\x60\x21\x5c"
DESCRIPTOR = b"PK\x07\x08"


def packed(data: bytes, end: int = zlib.Z_FINISH) -> bytes:
    stream = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush(end)


@dataclass
class Entry:
    """One member, each part of it as somebody wants it."""

    name: bytes = b"CT/IM1"
    data: bytes = SCAN
    method: int = 8
    flags: int = 0
    # Extra fields of the local header and of the directory.
    local: bytes = b""
    central: bytes = b""
    comment: bytes = b""
    behind: bytes = b""
    # Between the data and what comes next; nothing when there is no descriptor.
    descriptor: str = ""
    size: int | None = None

    def body(self) -> bytes:
        return (packed(self.data) if self.method == 8 else self.data) + self.behind

    def sums(self) -> tuple[int, int, int]:
        size = len(self.data) if self.size is None else self.size
        return zlib.crc32(self.data[:size]), len(self.body()), size

    def head(self, is_local: bool) -> bytes:
        sums = (0, 0, 0) if is_local and self.descriptor else self.sums()
        flags = self.flags | (8 if self.descriptor else 0)
        extra = self.local if is_local else self.central
        return (
            struct.pack("<HHH", 20, flags, self.method)
            + DOS_TIME
            + struct.pack("<LLLHH", *sums, len(self.name), len(extra))
        )


def written(*entries: Entry) -> bytes:
    out, directory = b"", b""
    for entry in entries:
        offset = len(out)
        out += b"PK\x03\x04" + entry.head(True) + entry.name + entry.local + entry.body()
        if entry.descriptor:
            out += DESCRIPTOR + struct.pack(entry.descriptor, *entry.sums())
        directory += b"PK\x01\x02\x1e\x03" + entry.head(False)
        directory += struct.pack("<HHHLL", len(entry.comment), 0, 0, 0, offset)
        directory += entry.name + entry.central + entry.comment
    count, start = len(entries), len(out)
    end = struct.pack("<HHHHLLH", 0, 0, count, count, len(directory), start, 0)
    return out + directory + b"PK\x05\x06" + end


def field(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def path(name: bytes, shown: str) -> bytes:
    return field(0x7075, b"\x01" + struct.pack("<L", zlib.crc32(name)) + shown.encode())


def verdict(data: bytes) -> str:
    said = judge(io.BytesIO(data), "zip", TYPES)
    return said["reason"] or said["status"]


NTFS = field(0x000A, bytes(4) + struct.pack("<HHQQQ", 1, 24, *[133_000_000_000_000_000] * 3))
UNIX_OF_MAC = field(0x5855, b"\x5c\x55\x0e\x6b" * 2 + b"\xf5\x01\x14\x00")
TIMES = field(0x5455, b"\x07" + b"\x5c\x55\x0e\x6b" * 3)
OWNER = field(0x7875, b"\x01\x04\xe8\x03\x00\x00\x04\xe8\x03\x00\x00")
APPLE = Entry(
    b"__MACOSX/CT/._IM1", b"\0\5\x16\7" + b"\0" * 90, local=UNIX_OF_MAC, descriptor="<LLL"
)
# As these programs write them: what stands in the local header, and what in the directory.
PROGRAMS = {
    "macOS": [
        Entry(b"CT/", b"", 0, local=UNIX_OF_MAC, central=UNIX_OF_MAC[:2] + b"\x08\0" + b"\5" * 8),
        Entry(local=UNIX_OF_MAC, central=UNIX_OF_MAC, descriptor="<LLL"),
        APPLE,
    ],
    "Windows Explorer": [Entry(), Entry(b"CT/IM2", method=0)],
    "Explorer, name of the country": [Entry(b"\x88\xa1/IM1")],
    "7-zip": [Entry(central=NTFS), Entry("Łódź/肝".encode(), flags=0x800, central=NTFS)],
    "Info-ZIP": [Entry(local=TIMES + OWNER, central=TIMES + OWNER)],
    "Info-ZIP into a pipe": [
        Entry(local=field(1, bytes(16)) + TIMES + OWNER, central=TIMES + OWNER, descriptor="<LQQ")
    ],
    "WinRAR": [
        Entry(b"?/IM1", local=path(b"?/IM1", "肝/IM1"), central=path(b"?/IM1", "肝/IM1") + NTFS)
    ],
    "DotNetZip": [Entry(local=field(0x9999, bytes(16)), central=NTFS + TIMES)],
    "room that is empty": [Entry(local=b"\0\0\0", central=bytes(64))],
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_zips_that_people_have_are_taken_U7(program):
    assert verdict(written(*PROGRAMS[program])) == "fine"


def test_zip_with_long_sizes_is_taken():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("a.dcm", "w", force_zip64=True) as member:
            member.write(SCAN)
    assert verdict(out.getvalue()) == "fine"


EICAR = b"X5O!P%@AP canary"
HIDDEN = {
    "in a comment": Entry(comment=EICAR),
    "in a field nobody knows": Entry(local=field(0x4242, EICAR)),
    "in a field of the directory": Entry(central=field(0x4242, EICAR)),
    "in a known field that is too long": Entry(local=field(0x5455, TIMES + EICAR)),
    "in a comment in Unicode": Entry(central=field(0x6375, bytes(5) + EICAR)),
    "in a field that comes again": Entry(local=TIMES + TIMES),
    "behind the fields": Entry(local=TIMES + b"abc"),
    "in a field that is cut": Entry(local=field(0x5455, bytes(9))[:-2]),
    "behind a packed member": Entry(behind=EICAR),
    "far behind a packed member": Entry(behind=EICAR * 40_000),
    "in a packed member longer than it says": Entry(data=SCAN + EICAR, size=len(SCAN)),
    "in a path that the name does not have": Entry(local=path(b"CT/IM1", "another")),
    "in a name": Entry(b"CT/" + b"x" * 1100),
    "in a path of too many letters": Entry(central=path(b"CT/IM1", "y" * 1100)),
    "in the place of a descriptor": Entry(descriptor="<QQL"),
    "behind a folder": Entry(b"CT/", b"", 0, behind=b"ab"),
}


@pytest.mark.parametrize("place", HIDDEN)
def test_bytes_of_a_zip_that_no_scanner_sees_are_refused_U7(place):
    assert verdict(written(Entry(b"CT/IM2"), HIDDEN[place], Entry(b"CT/IM3"))) == "broken"


def test_room_of_zeros_has_an_end_U7():
    """A number of two bytes for each empty field would be a message as well."""
    assert verdict(written(Entry(local=field(0x4242, b"") * 64))) == "fine"
    assert verdict(written(Entry(local=field(0x4242, b"") * 65))) == "broken"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"CT/IM1", b"CT/EXE"),
        (b"in/", b"in\n"),
        (b"\x14\0\0\0\x08\0", b"\x14\0\0\0\0\0"),
        (b"\x14\0\0\0\x08\0", b"\x14\0\x01\0\x08\0"),
        (b"canary", b"Canary"),
    ],
    ids=["name", "folder", "method", "password", "data"],
)
def test_local_header_and_data_agree_with_the_directory_U7(old, new):
    """The last would be noticed by nobody before it is unpacked for the scanner."""
    last = Entry(b"CT/IM2", make_dicom(TextValue="x" * 300_000 + "canary"), method=0)
    data = written(Entry(), Entry(b"in/", b"", 0), last)
    assert (verdict(data), verdict(data.replace(old, new, 1))) == ("fine", "broken")


def test_member_that_has_no_end_is_refused_U7():
    """All of its bytes are there, and room for others after them."""
    data = packed(SCAN, zlib.Z_SYNC_FLUSH)
    entry = Entry(data=data, method=0)
    endless = written(entry).replace(b"\0\0\0\0" + DOS_TIME, b"\0\0\x08\0" + DOS_TIME)
    sums = (struct.pack("<LLL", zlib.crc32(one), len(data), len(one)) for one in (data, SCAN))
    assert verdict(endless.replace(*sums)) == "broken"


def test_members_that_overlap_are_refused_before_anything_is_read_U3():
    with pytest.raises(zipfile.BadZipFile):
        archives._refuse_between(io.BytesIO(b"some"), 10, 5, {b""})


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_not_taken(method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("a.dcm", SCAN)
    assert verdict(out.getvalue()) == "broken"


@pytest.mark.parametrize("shown", ["../../evil", "/etc/passwd", "C:x"])
def test_path_in_unicode_leads_nowhere_else_U1(shown):
    """Programs unpack to it instead of the name."""
    assert verdict(written(Entry(central=path(b"CT/IM1", shown)))) == "not_only_scans"


def test_member_is_unpacked_a_piece_at_a_time_U3():
    data = io.BytesIO(make_zip({"a": b"\0" * 5_000_000}))
    with zipfile.ZipFile(data) as archive:
        (member,) = archive.infolist()
        data.seek(archive.start_dir - member.compress_size)
        pieces = [len(piece) for piece in archives._unpacked(data, member)]
    assert (sum(pieces), max(pieces)) == (5_000_000, archives.PIECE)


def test_bomb_that_says_less_is_left_at_once_U3(monkeypatch):
    seen = []
    real = archives._inflated
    monkeypatch.setattr(
        archives, "_inflated", lambda *args: (seen.append(len(p)) or p for p in real(*args))
    )
    bomb = replace(Entry(), data=SCAN + b"\0" * 50_000_000, size=len(SCAN))
    assert verdict(written(bomb)) == "broken"
    assert len(seen) == 1
