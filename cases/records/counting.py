"""Counts the parts of a file that make a decoder slow, before any decoder sees it.

Runs within the sandbox. What cannot be counted because it is broken counts as few: the
parser says then what is wrong.
"""

import struct

# A progressive photo of a camera has ten; each costs a walk over all of the picture.
JPEG_SCANS, JPEG_MARKS = 20, 5_000
PNG_CHUNKS = 20_000
# A phone's photo of 48 million pixels has 200 tiles, and as many again for its light.
HEIC_ITEMS = 1_000
PDF_OBJECTS = 200_000
_SOS, _EOI, _SOI = 0xDA, 0xD9, 0xD8
# Marks without a length: within the picture's data.
_BARE = frozenset({0x00, 0x01, _SOI, *range(0xD0, 0xD8)})


def is_jpeg_too_much(data: bytes) -> bool:
    """Marks are followed by their lengths, so that none of a thumbnail inside counts."""
    scans = marks = 0
    place = data.find(b"\xff", 2)
    while 0 <= place < len(data) - 1:
        mark = data[place + 1]
        if mark == _EOI:
            break
        if mark == 0xFF:
            place += 1
            continue
        step = 2
        if mark not in _BARE:
            marks, scans = marks + 1, scans + (mark == _SOS)
            step += int.from_bytes(data[place + 2 : place + 4], "big")
        if scans > JPEG_SCANS or marks > JPEG_MARKS:
            return True
        place = data.find(b"\xff", place + step)
    return False


def is_png_too_much(data: bytes) -> bool:
    place, chunks = 8, 0
    while place + 8 <= len(data) and chunks <= PNG_CHUNKS:
        place += 12 + int.from_bytes(data[place : place + 4], "big")
        chunks += 1
    return chunks > PNG_CHUNKS


def is_heic_too_much(data: bytes) -> bool:
    """Pictures inside, and how often one is named by another: a tile may be used many times."""
    items = uses = 0
    for kind, body in _boxes(data):
        if kind != b"meta":
            continue
        for name, inner in _boxes(body[4:]):
            if name == b"iinf":
                items += sum(1 for _one in _boxes(inner[6 if inner[:1] == b"\0" else 8 :]))
            elif name == b"iref":
                # Each reference: two bytes or four for the one, then as many for each other.
                uses += len(inner) // (2 if inner[:1] == b"\0" else 4)
            if max(items, uses // 2) > HEIC_ITEMS:
                return True
    return False


def _boxes(data: bytes):
    """Type and contents of each box, one after the other; no more than matter."""
    place = 0
    for _number in range(HEIC_ITEMS + 2):
        if place + 8 > len(data):
            return
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        start = 8
        if size == 1:
            size, start = int.from_bytes(data[place + 8 : place + 16], "big"), 16
        elif size == 0:
            size = len(data) - place
        if size < start:
            return
        yield kind, data[place + start : place + size]
        place += size


def is_pdf_too_much(data: bytes) -> bool:
    return data.count(b" obj") > PDF_OBJECTS


TOO_MUCH = {
    "jpeg": is_jpeg_too_much,
    "png": is_png_too_much,
    "heic": is_heic_too_much,
    "pdf": is_pdf_too_much,
}
