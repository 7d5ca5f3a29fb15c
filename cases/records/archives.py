"""Says whether a zip holds bytes that no member has: they are unpacked by nobody and never scanned.

Runs within the sandbox, after `judging` has limited how many members there are and how
large. What breaks a rule raises zipfile.BadZipFile or zlib.error.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator

# Bytes of an entry before its name, and of the file's last record.
LOCAL_HEADER, END_OF_DIRECTORY = 30, 22
HAS_DESCRIPTOR, IS_UTF8 = 0x8, 0x800
# Longer than the path of any file that a family can have.
NAME_MAX = 1024
UNICODE_PATH = 0x7075
# Fields that programs add to a name, and the most bytes that each of them can fill.
EXTRA_FIELDS = {
    0x0001: 28,  # sizes of more than 4 GB
    0x000A: 32,  # times, NTFS
    0x5455: 13,  # times, Unix
    0x5855: 12,  # times and owner, Unix of old and macOS
    0x7855: 4,  # owner, Unix of old
    0x7875: 24,  # owner, Unix
    0x6375: 5,  # a comment, of no letter: comments are refused
    UNICODE_PATH: 5 + NAME_MAX,
}
# Of all but the path: twice what these fields fill, for room that writers leave empty.
EXTRA_MOST = 256
PIECE = 256 * 1024


def names_of(member: zipfile.ZipInfo) -> list[str]:
    """Every name under which a program may unpack it: its own, and the path in Unicode."""
    paths = [data[5:].decode() for kind, data in _fields(member.extra) if kind == UNICODE_PATH]
    return [member.orig_filename, *paths]


def refuse_gaps(archive: zipfile.ZipFile, file, size: int) -> dict[zipfile.ZipInfo, int]:
    """Where the data of each member begins: entries and the directory cover the file, exactly."""
    end, starts = 0, {}
    after = {b""}
    for member in sorted(archive.infolist(), key=lambda member: member.header_offset):
        _refuse_between(file, end, member.header_offset, after)
        starts[member] = start = _start_of(file, member)
        end = start + member.compress_size
        after = _descriptors(member) if member.flag_bits & HAS_DESCRIPTOR else {b""}
        if member.comment:
            raise zipfile.BadZipFile("comment")
        _refuse_extra(member.extra, names_of(member))
    _refuse_between(file, end, archive.start_dir, after)
    file.seek(size - END_OF_DIRECTORY)
    if file.read(4) != b"PK\x05\x06":
        raise zipfile.BadZipFile("tail")
    return starts


def _refuse_between(file, start: int, end: int, allowed: set[bytes]) -> None:
    """Up to where the next thing begins there is nothing, or what describes the last."""
    if not 0 <= end - start <= max(map(len, allowed)):
        raise zipfile.BadZipFile("gap")
    file.seek(start)
    if file.read(end - start) not in allowed:
        raise zipfile.BadZipFile("gap")


def _descriptors(member: zipfile.ZipInfo) -> set[bytes]:
    """Sizes behind the data: with or without a mark, and short, although they are cut, or long."""
    sizes = (member.compress_size, member.file_size)
    short = struct.pack("<LLL", member.CRC, *(size & 0xFFFFFFFF for size in sizes))
    long = struct.pack("<LQQ", member.CRC, *sizes)
    return {mark + sums for mark in (b"", b"PK\x07\x08") for sums in (short, long)}


def _start_of(file, member: zipfile.ZipInfo) -> int:
    """The local header agrees with the directory: programs read the one or the other."""
    file.seek(member.header_offset)
    header = file.read(LOCAL_HEADER)
    mark, _version, flags, method, *_sums, named, extra = struct.unpack("<4sHHHLLLLHH", header)
    name = member.orig_filename.encode("utf-8" if member.flag_bits & IS_UTF8 else "cp437")
    if mark != b"PK\x03\x04" or method != member.compress_type or flags & 0x1:
        raise zipfile.BadZipFile("header")
    if named > NAME_MAX or file.read(named) != name:
        raise zipfile.BadZipFile("name")
    _refuse_extra(file.read(extra), names_of(member))
    return member.header_offset + LOCAL_HEADER + named + extra


def _fields(extra: bytes):
    """Number and bytes of each; what is left over must be empty."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack("<HH", extra[place : place + 4])
        data = extra[place + 4 : place + 4 + length]
        if len(data) < length:
            raise zipfile.BadZipFile("extra field")
        yield kind, data
        place += 4 + length
    if any(extra[place:]):
        raise zipfile.BadZipFile("extra field")


def _refuse_extra(extra: bytes, names: list[str]) -> None:
    """Fields that we know, each once and no longer than it can be; or nothing but zeros."""
    seen, paths = set(), 0
    for kind, data in _fields(extra):
        if any(data) and (kind in seen or len(data) > EXTRA_FIELDS.get(kind, 0)):
            raise zipfile.BadZipFile("extra field")
        seen.add(kind)
        if kind == UNICODE_PATH:
            paths += len(data)
            if data[5:].decode() not in names:
                raise zipfile.BadZipFile("name")
    if len(extra) - paths > EXTRA_MOST:
        raise zipfile.BadZipFile("extra fields")


def unpack_all(file, starts: dict[zipfile.ZipInfo, int]) -> None:
    """Unpacks every member and keeps nothing: each ends where it says, with the bytes it says."""
    for member, start in starts.items():
        file.seek(start)
        size = crc = 0
        for piece in _unpacked(file, member):
            size += len(piece)
            crc = zlib.crc32(piece, crc)
            if size > member.file_size:
                raise zipfile.BadZipFile("longer than it says")
        if (size, crc) != (member.file_size, member.CRC):
            raise zipfile.BadZipFile("other bytes than it says")


def _unpacked(file, member: zipfile.ZipInfo) -> Iterator[bytes]:
    left, is_packed = member.compress_size, member.compress_type == zipfile.ZIP_DEFLATED
    if not is_packed and member.compress_type != zipfile.ZIP_STORED:
        # Others are rare, and slow or greedy.
        raise zipfile.BadZipFile("method")
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    while left:
        data = file.read(min(PIECE, left))
        if not data:
            raise zipfile.BadZipFile("cut")
        left -= len(data)
        yield from _inflated(stream, data) if is_packed else (data,)
        if stream.unused_data:
            raise zipfile.BadZipFile("bytes behind its end")
    if is_packed and member.compress_size and not stream.eof:
        raise zipfile.BadZipFile("cut")


def _inflated(stream, data: bytes) -> Iterator[bytes]:
    """No more at once than a piece, however far it grows."""
    piece = b"-"
    while data or len(piece) == PIECE:
        piece = stream.decompress(data, PIECE)
        data = stream.unconsumed_tail
        yield piece
        if stream.eof:
            return
