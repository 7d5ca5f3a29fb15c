"""The form of a sealed file: pieces of 64 KiB that open alone, in their place, and to the end.

After Hoang, Reyhanitabar, Rogaway and Vizár (STREAM, 2015): each piece is
sealed under its number and the mark of the last one, so that changing,
reordering or cutting the file is noticed. Unlike there the nonces are random:
after a crash a piece may be written a second time with other bytes, and a
counted nonce would repeat.

    header   4 bytes name of the form, 32 bytes salt
    piece    12 bytes nonce, 65,536 bytes sealed, 16 bytes tag
    last     the same with 0 to 65,535 bytes

The file's key is made of the case's key, the salt and the name under which the
file is stored: what lies under another name does not open. Files of the former
form (SHR1) know no name; they are read and gone on with, no more are begun.
"""

import os
import secrets
import struct
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cases.records.crypto import KEY_BYTES, NONCE_BYTES, TAG_BYTES, SealBrokenError
from cases.records.positioned import Positioned

FORM, FORMER = b"SHR2", b"SHR1"
SALT_BYTES = 32
HEADER_BYTES = len(FORM) + SALT_BYTES
PIECE = 64 * 1024
SEALED_PIECE = NONCE_BYTES + PIECE + TAG_BYTES
EXTRA = NONCE_BYTES + TAG_BYTES


def new_header() -> bytes:
    return FORM + secrets.token_bytes(SALT_BYTES)


def sealed_length(pieces: int) -> int:
    """Of a file with this many whole pieces and no last one yet."""
    return HEADER_BYTES + pieces * SEALED_PIECE


def file_key(case_key: bytes, name: str, header: bytes) -> bytes:
    """Of the file stored as `name`. Raises SealBrokenError when it does not begin as ours do."""
    form, salt = header[: len(FORM)], header[len(FORM) :]
    if len(header) != HEADER_BYTES or form not in (FORM, FORMER):
        raise SealBrokenError("header")
    # Another form is another key: nobody makes a file of the former out of a new one.
    info = form if form == FORMER else form + name.encode()
    return HKDF(SHA256(), KEY_BYTES, salt=salt, info=info).derive(case_key)


def _place(number: int, is_last: bool) -> bytes:
    # The same word in both forms, which differ in their keys.
    return FORMER + struct.pack(">Q?", number, is_last)


class Appender:
    """Adds bytes to an unfinished file whose `received` bytes are acknowledged.

    What was written beyond them, before a crash, is cut off first. Bytes that
    do not fill a piece stay in memory as `tail`, for the caller to keep.
    """

    def __init__(self, file, case_key: bytes, name: str, received: int = 0, tail: bytes = b""):
        file.seek(0)
        self._cipher = AESGCM(file_key(case_key, name, file.read(HEADER_BYTES)))
        self._file, self._number = file, received // PIECE
        self._buffer = bytearray(tail)
        if len(tail) != received % PIECE:
            raise SealBrokenError("tail")
        end = sealed_length(self._number)
        if file.seek(0, os.SEEK_END) < end:
            raise SealBrokenError("length")
        file.truncate(end)
        file.seek(end)

    @classmethod
    def fresh(cls, file, key: bytes) -> "Appender":
        """For a file that has its header alone; `key` is the file's own, not the case's."""
        self = cls.__new__(cls)
        self._cipher, self._file, self._number = AESGCM(key), file, 0
        self._buffer = bytearray()
        file.truncate(HEADER_BYTES)
        file.seek(HEADER_BYTES)
        return self

    @property
    def received(self) -> int:
        return self._number * PIECE + len(self._buffer)

    @property
    def tail(self) -> bytes:
        return bytes(self._buffer)

    def write(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= PIECE:
            self._seal(self._buffer[:PIECE], is_last=False)
            del self._buffer[:PIECE]

    def flush(self) -> None:
        """On the disk when this returns. Raises OSError when it is full."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def finish(self) -> None:
        """The last piece, which may be empty."""
        self._seal(self._buffer, is_last=True)
        self.flush()

    def _seal(self, data, is_last: bool) -> None:
        nonce = secrets.token_bytes(NONCE_BYTES)
        place = _place(self._number, is_last)
        self._file.write(nonce + self._cipher.encrypt(nonce, data, place))
        if not is_last:
            self._number += 1


class SealedReader(Positioned):
    """A finished file as plain bytes, from any place, one piece in memory at a time.

    Opening it looks at the last piece: a file that was cut short says so
    (SealBrokenError) before its first byte is given to anybody.
    """

    # Parsers ask; the real one is nobody's business.
    name = "sealed"

    def __init__(self, file, key: bytes):
        """`key` is the file's own (see `file_key`), not the case's."""
        self._file, self._cipher = file, AESGCM(key)
        body = file.seek(0, os.SEEK_END) - HEADER_BYTES - EXTRA
        self._last, rest = divmod(body, SEALED_PIECE)
        if body < 0 or rest >= PIECE:
            raise SealBrokenError("length")
        self.size = self._last * PIECE + rest
        self._position, self._held = 0, (-1, b"")
        self._piece(self._last)

    def release(self) -> None:
        """Closes the sealed file too, which `close` leaves to whoever opened it."""
        self._file.close()

    def readinto(self, buffer) -> int:
        number, start = divmod(self._position, PIECE)
        if number > self._last:
            return 0
        data = self._piece(number)[start : start + len(buffer)]
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def pieces(self) -> Iterator[bytes]:
        """All of it, piece by piece."""
        for number in range(self._last + 1):
            yield self._piece(number)

    def _piece(self, number: int) -> bytes:
        if self._held[0] != number:
            self._held = (number, self._open(number))
        return self._held[1]

    def _open(self, number: int) -> bytes:
        self._file.seek(sealed_length(number))
        sealed = self._file.read(SEALED_PIECE)
        place = _place(number, number == self._last)
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)
        except (InvalidTag, ValueError) as error:
            raise SealBrokenError(f"piece {number}") from error


def open_sealed(file, case_key: bytes, name: str) -> SealedReader:
    """The file stored as `name`. Raises SealBrokenError."""
    file.seek(0)
    return SealedReader(file, file_key(case_key, name, file.read(HEADER_BYTES)))


def pieces_of(file, case_key: bytes, name: str, received: int | None = None) -> Iterator[bytes]:
    """All of a finished file; with `received` the whole pieces of one that still arrives."""
    if received is None:
        yield from open_sealed(file, case_key, name).pieces()
        return
    file.seek(0)
    cipher = AESGCM(file_key(case_key, name, file.read(HEADER_BYTES)))
    for number in range(received // PIECE):
        file.seek(sealed_length(number))
        sealed = file.read(SEALED_PIECE)
        try:
            yield cipher.decrypt(
                sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _place(number, is_last=False)
            )
        except (InvalidTag, ValueError) as error:
            raise SealBrokenError(f"piece {number}") from error
