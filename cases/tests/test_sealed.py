"""The form of sealed files: what was written comes back, and nothing else opens (row U5)."""

import io
import os
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.records import crypto
from cases.records.crypto import SealBrokenError
from cases.records.sealed import (
    EXTRA,
    HEADER_BYTES,
    PIECE,
    SEALED_PIECE,
    Appender,
    new_header,
    open_sealed,
    pieces_of,
    sealed_length,
)

KEY = bytes(range(32))
NAME, OTHER_NAME = "a" * 40, "b" * 40
# What the former form made of "of the former form" under KEY.
FORMER = bytes.fromhex(
    "53485231000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f000102030405060708090a0b"
    "de8b1fe0cea17457489c8c5fb24fb01434f4b4f4ffdfe506b6a4c08cec1b8b69d204"
)
SIZES = [1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 17]


def seal_file(data: bytes, key: bytes = KEY) -> io.BytesIO:
    file = FakeFile(new_header())
    appender = Appender(file, key, NAME)
    appender.write(data)
    appender.finish()
    return file


class FakeFile(io.BytesIO):
    """In memory; what is asked of the disk is asked of a file that is there."""

    def fileno(self):
        return DISK


with tempfile.TemporaryFile() as _file:
    DISK = os.dup(_file.fileno())


def pattern(size: int) -> bytes:
    return bytes(number % 251 for number in range(size))


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_comes_back_U5(size):
    reader = open_sealed(seal_file(pattern(size)), KEY, NAME)
    assert reader.size == size
    assert b"".join(reader.pieces()) == pattern(size)
    assert io.BufferedReader(reader).read() == pattern(size)


@pytest.mark.parametrize("size", SIZES)
def test_nothing_of_the_text_is_in_the_file_U5(size):
    file = seal_file(b"hepatocanaryblastoma" * (size // 20 + 1))
    assert b"canary" not in file.getvalue()


@given(st.integers(0, 4 * PIECE), st.integers(0, 3 * PIECE))
def test_any_part_can_be_read_U5(start, length):
    data = READ_ONCE
    reader = open_sealed(io.BytesIO(SEALED_ONCE), KEY, NAME)
    reader.seek(start)
    assert io.BufferedReader(reader).read(length) == data[start : start + length]


READ_ONCE = pattern(3 * PIECE + 99)


SEALED_ONCE = seal_file(READ_ONCE).getvalue()


def test_seeking_is_like_that_of_any_file():
    reader = open_sealed(io.BytesIO(SEALED_ONCE), KEY, NAME)
    assert reader.seek(-9, io.SEEK_END) == len(READ_ONCE) - 9
    assert reader.read() == READ_ONCE[-9:]
    assert (reader.seek(5), reader.seek(5, io.SEEK_CUR), reader.tell()) == (5, 10, 10)
    assert reader.seek(10**9) == 10**9 and reader.read(1) == b""
    with pytest.raises(ValueError):
        reader.seek(-1)


@pytest.mark.parametrize("cut", [1, EXTRA, SEALED_PIECE, 2 * SEALED_PIECE, 99 + EXTRA])
def test_a_file_cut_short_says_so_before_its_first_byte_U5(cut):
    with pytest.raises(SealBrokenError):
        open_sealed(io.BytesIO(SEALED_ONCE[:-cut]), KEY, NAME)


@pytest.mark.parametrize("cut_to", [0, 3, HEADER_BYTES, HEADER_BYTES + 5])
def test_a_file_without_a_piece_does_not_open_U5(cut_to):
    with pytest.raises(SealBrokenError):
        open_sealed(io.BytesIO(SEALED_ONCE[:cut_to]), KEY, NAME)


def test_pieces_do_not_change_places_U5():
    pieces = [SEALED_ONCE[sealed_length(n) : sealed_length(n + 1)] for n in range(4)]
    swapped = SEALED_ONCE[:HEADER_BYTES] + pieces[1] + pieces[0] + pieces[2] + pieces[3]
    reader = open_sealed(io.BytesIO(swapped), KEY, NAME)
    with pytest.raises(SealBrokenError):
        next(reader.pieces())


def test_a_whole_piece_is_no_last_one_U5():
    """Cut behind a whole piece, with an empty last one of another file put there."""
    other = seal_file(pattern(PIECE)).getvalue()
    with pytest.raises(SealBrokenError):
        open_sealed(
            io.BytesIO(SEALED_ONCE[: sealed_length(1)] + other[sealed_length(1) :]), KEY, NAME
        )


@given(st.integers(0, len(SEALED_ONCE) - 1), st.integers(1, 255))
def test_one_changed_byte_is_noticed_U5(place, change):
    broken = bytearray(SEALED_ONCE)
    broken[place] ^= change
    with pytest.raises(SealBrokenError):
        list(open_sealed(io.BytesIO(bytes(broken)), KEY, NAME).pieces())


def test_another_key_opens_nothing_U5():
    with pytest.raises(SealBrokenError):
        open_sealed(io.BytesIO(SEALED_ONCE), bytes(32), NAME)


def test_a_file_under_another_name_does_not_open_U5():
    with pytest.raises(SealBrokenError):
        open_sealed(io.BytesIO(SEALED_ONCE), KEY, OTHER_NAME)
    with pytest.raises(SealBrokenError):
        list(pieces_of(io.BytesIO(SEALED_ONCE), KEY, OTHER_NAME, received=PIECE))


def test_a_new_file_is_not_made_one_of_the_former_form_U5():
    """Which would open under every name."""
    changed = b"SHR1" + SEALED_ONCE[4:]
    with pytest.raises(SealBrokenError):
        open_sealed(io.BytesIO(changed), KEY, NAME)
    with pytest.raises(SealBrokenError, match="header"):
        open_sealed(io.BytesIO(b"SHR3" + SEALED_ONCE[4:]), KEY, NAME)


def test_a_file_of_the_former_form_opens_and_goes_on():
    assert open_sealed(io.BytesIO(FORMER), KEY, NAME).read() == b"of the former form"
    file = FakeFile(FORMER[:HEADER_BYTES])
    Appender(file, KEY, NAME).write(READ_ONCE[: PIECE + 5])
    Appender(file, KEY, NAME, PIECE + 5, READ_ONCE[PIECE : PIECE + 5]).finish()
    assert open_sealed(file, KEY, OTHER_NAME).read() == READ_ONCE[: PIECE + 5]


@given(st.lists(st.tuples(st.integers(1, 2 * PIECE), st.booleans()), max_size=8))
def test_an_upload_goes_on_after_any_kill_U8(steps):
    """Each step is acknowledged, or lost with whatever it left in the file."""
    whole, file, received, tail = READ_ONCE, FakeFile(new_header()), 0, b""
    for size, is_killed in [*steps, (len(whole), False)]:
        appender = Appender(file, KEY, NAME, received, tail)
        appender.write((b"x" * size) if is_killed else whole[received : received + size])
        if not is_killed:
            appender.flush()
            received, tail = appender.received, appender.tail
    Appender(file, KEY, NAME, received, tail).finish()
    assert b"".join(open_sealed(file, KEY, NAME).pieces()) == whole


def test_an_appender_refuses_a_file_that_lost_acknowledged_bytes():
    file = io.BytesIO(SEALED_ONCE[: sealed_length(1)])
    with pytest.raises(SealBrokenError):
        Appender(file, KEY, NAME, 2 * PIECE)
    with pytest.raises(SealBrokenError):
        Appender(file, KEY, NAME, PIECE + 3, b"no")


def test_texts_are_sealed_in_their_place_U5():
    sealed = crypto.seal_text(KEY, "Łódź 肝", "name:1")
    assert crypto.unseal_text(KEY, sealed, "name:1") == "Łódź 肝"
    for key, text, about in ((bytes(32), sealed, "name:1"), (KEY, sealed, "name:2")):
        with pytest.raises(SealBrokenError):
            crypto.unseal_text(key, text, about)
    with pytest.raises(SealBrokenError):
        crypto.unseal(KEY, b"short", "name:1")
    assert crypto.seal_text(KEY, "a", "x") != crypto.seal_text(KEY, "a", "x")
