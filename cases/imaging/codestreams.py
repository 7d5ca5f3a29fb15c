"""Packed pictures without what programs write beside their pixels: comments, tails, offsets.

Lengths stay, so that every offset stays true. What cannot be followed becomes
zeros: a picture that nobody can open says nothing of anybody.
"""

import re
import struct

# Parts that a picture is unpacked with (ISO 10918-1, table B.1; 14495-1, C.1). The content of
# others becomes spaces: comments, Exif, whatever else a program may have written there.
JPEG = frozenset({*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF, 0xF7, 0xF8}) - {0xC8}
# Three that say how colours are packed, in their only form without words.
COLOURS = ((0xE0, b"JFIF\0", 16), (0xE8, b"mrfx", 7), (0xE8, b"SPIFF\0", 32), (0xEE, b"Adobe", 14))
SCAN, END = 0xDA, 0xD9
# Within the pixels no such two bytes stand (ISO 10918-1, F.1.2.3; 14495-1, A.1).
JPEG_MARK = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")
# The same of JPEG 2000 (ISO 15444-1, table A.2; 15444-15, A.1).
J2K = frozenset({0x50, 0x51, 0x52, 0x53, 0x55, 0x57, 0x58, 0x59, 0x5C, 0x5D, 0x5E, 0x5F, 0x60, 0x61,
                 0x63, 0x90})  # fmt: skip
TILE_DATA = 0x93
J2K_MARK = re.compile(rb"\xff[\x90\xd9]")


class Blanker:
    """Follows the parts that the pictures of a file are written in, one after the other."""

    def __init__(self):
        # What the open picture is packed with; nothing between two pictures.
        self._is_j2k, self._is_open = False, False
        # The last part ended within its pixels, and with the first byte of a mark.
        self._in_pixels, self._cut = False, b""

    def part(self, data: bytes) -> bytes:
        """The same number of bytes."""
        if is_opening(data[:4]):
            self._is_j2k, self._is_open, self._in_pixels = data[1] == 0x4F, True, False
            return self._follow(bytearray(data), 2)
        if not self._is_open:
            return bytes(len(data))
        cut = len(self._cut)
        return self._follow(bytearray(self._cut + data), 0)[cut:]

    def _follow(self, data: bytearray, place: int) -> bytes:
        self._cut = b""
        while place < len(data):
            if self._in_pixels:
                found = (J2K_MARK if self._is_j2k else JPEG_MARK).search(data, place)
                if found is None:
                    self._cut = b"\xff" if data[-1] == 0xFF else b""
                    return bytes(data)
                place, self._in_pixels = found.start(), False
            place = self._part_of_header(data, place)
        # A header that goes on in the next part cannot be followed.
        self._is_open = self._is_open and self._in_pixels and place == len(data)
        return bytes(data)

    def _part_of_header(self, data: bytearray, place: int) -> int:
        """The place behind it; all that follows is zeros when there is none."""
        mark = data[place + 1] if data[place] == 0xFF and place + 1 < len(data) else None
        if mark == 0xFF:
            # Filling before a mark.
            return place + 1
        if self._is_j2k and mark == TILE_DATA:
            self._in_pixels = True
            return place + 2
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        if mark is None or mark == END or length < 2:
            self._is_open = False
            place += 2 * (mark == END)
            data[place:] = bytes(len(data) - place)
            return len(data)
        end = place + 2 + length
        if not self._is_needed(mark, length, bytes(data[place + 4 : place + 10])):
            data[place + 4 : end] = b" " * (min(end, len(data)) - place - 4)
        self._in_pixels = not self._is_j2k and mark == SCAN
        return end

    def _is_needed(self, mark: int, length: int, content: bytes) -> bool:
        if self._is_j2k:
            return mark in J2K
        return mark in JPEG or any(
            (mark, length) == (other, size) and content.startswith(name)
            for other, name, size in COLOURS
        )


def is_opening(data: bytes) -> bool:
    """Of a JPEG, JPEG-LS or JPEG 2000 without a file around it."""
    return data[:3] == b"\xff\xd8\xff" or data[:4] == b"\xff\x4f\xff\x51"


def is_offset_table(data: bytes, frames: int, most: int) -> bool:
    """Whether the first part says where each frame starts (PS3.5, A.4), and nothing else."""
    if len(data) != 4 * frames:
        return False
    offsets = [place for (place,) in struct.iter_unpack("<L", data)]
    in_order = all(one < other for one, other in zip(offsets, offsets[1:], strict=False))
    return offsets[0] == 0 and in_order and offsets[-1] < most
