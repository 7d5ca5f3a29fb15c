"""Reading the pictures of a disc one after the other, without holding a disc in memory."""

import io
import logging
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from cases.records.positioned import Positioned

PIECE = 64 * 1024
# Of everything that stands before the pixels; functional groups of 1,000 frames are some MB.
HEAD_MAX = 32 * 1024 * 1024
STEP = 16 * 1024
PREAMBLE, MARK = 128, b"DICM"


class TooLongError(Exception):
    """The head of a picture has no end, or the picture does not fit."""


class PackedError(Exception):
    """The picture is deflated as a whole: its parser would unpack it, however large it gets."""


@contextmanager
def quietly():
    """Every disc breaks some rule; what the parser says of it names values, and so patients."""
    logger = logging.getLogger("pydicom")
    was_disabled, logger.disabled = logger.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = was_disabled


class Head(Positioned):
    """The beginning of a stream, from any place; read on only as far as somebody asks.

    A member of a zip winds back by unpacking again from its start, which a
    parser that looks ahead would make it do a hundred times.
    """

    name = "scan"

    def __init__(self, source, most: int = HEAD_MAX):
        self._source, self._most = source, most
        self._held, self._has_ended = bytearray(), False

    @property
    def size(self) -> int:
        """Reads all of it. Raises TooLongError."""
        self._hold(self._most + 1)
        return len(self._held)

    def read(self, size: int = -1) -> bytes:
        """Raises TooLongError, and PackedError for whoever wants everything.

        The parser does so for one reason. Asked here, it is sure what it took the picture for,
        wherever in the file the word for its form stands.
        """
        if size is None or size < 0:
            raise PackedError
        end = self._position + size
        self._hold(end)
        data = bytes(self._held[self._position : end])
        self._position += len(data)
        return data

    def rest(self) -> Iterator[bytes]:
        """Everything from here on; afterwards this is used up."""
        yield bytes(self._held[self._position :])
        self._held.clear()
        while data := self._source.read(PIECE):
            yield data

    def _hold(self, end: int) -> None:
        while len(self._held) < end and not self._has_ended:
            if len(self._held) > self._most:
                raise TooLongError
            data = self._source.read(max(STEP, min(end - len(self._held), PIECE)))
            self._has_ended = not data
            self._held += data


def scans_of(file, kind: str) -> Iterator[tuple[int, object, int]]:
    """Number, opened stream and size of each picture; a stream that does not open is None.

    The number is the place in the zip, so that it names the same picture again.
    """
    if kind != "zip":
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        yield 0, file, size
        return
    with zipfile.ZipFile(file) as archive:
        for number, member in enumerate(archive.infolist()):
            if not member.is_dir():
                yield number, _open(archive, member), member.file_size


def open_scan(file, kind: str, number: int):
    """One of them again. Raises what zipfile raises."""
    if kind != "zip":
        file.seek(0)
        return file
    archive = zipfile.ZipFile(file)
    return archive.open(archive.infolist()[number])


def _open(archive: zipfile.ZipFile, member: zipfile.ZipInfo):
    try:
        return archive.open(member)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError):
        return None
