"""Files of the plain form, sealed while the request is read: no temporary file has plain bytes.

Django would keep them in memory or write them down as they are.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, field

from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http.multipartparser import MultiPartParser
from django.utils.translation import gettext_lazy

from cases.actions import StorageFullError, refusal_in, refusal_of, refuse_when_full
from cases.records import store
from cases.records.kinds import FORM_FILES, IMAGING_MAX, allowed_of, clean_name
from cases.records.sealed import Appender
from portal import alerts
from portal.troubles import is_full

# Bytes a second on the average, after so many seconds; and seconds for the largest disc.
LEAST_RATE, GRACE, LONGEST = 10_000, 60, 2 * 60 * 60
TOO_MANY = gettext_lazy("Ten files at a time are the most. Send this one with the next ten.")


class Counted:
    """A body, and how much of it was read; one that comes too slowly ends.

    Each holds a thread until it is there. A phone on a bad line sends 20,000 bytes a second.
    """

    def __init__(self, body, clock=time.monotonic):
        self._body, self.count = body, 0
        self._clock, self._begun = clock, clock()

    def read(self, *args):
        """Nothing more once it is too slow, as of a line that was lost."""
        if self._is_slow():
            return b""
        data = self._body.read(*args)
        self.count += len(data)
        return data

    def _is_slow(self) -> bool:
        seconds = self._clock() - self._begun
        return seconds > LONGEST or seconds > GRACE + self.count / LEAST_RATE


@dataclass
class Received:
    """One file: in the store under `storage_name`, or with the words why it is not."""

    name: str
    size: int = 0
    storage_name: str = ""
    refusal: str = ""
    is_full: bool = False
    # The disk fails, or is not ours to write to.
    is_broken: bool = False
    # Django gives every file of a form a few attributes, and closes it at the end.
    content_type_extra: dict = field(default_factory=dict)

    def close(self) -> None:
        """Nothing is open."""


class DiscardingHandler(FileUploadHandler):
    """For whoever may not send anything here: the bytes are read and forgotten."""

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        raise SkipFile

    def receive_data_chunk(self, raw_data, start):
        return None

    def file_complete(self, file_size):
        return None


class SealingHandler(FileUploadHandler):
    """Writes each file to the store. One that cannot be taken takes no other with it."""

    chunk_size = 256 * 1024

    def __init__(self, request, case, key: bytes):
        super().__init__(request)
        self._case, self._key, self._count = case, key, 0
        self.received: list[Received] = []
        self._close = None
        self._input = None
        # Every byte that was announced came; the view took over what was received.
        self.is_whole, self.is_taken = True, False

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):
        """Counts what arrives: Django takes a form that was cut off for one that ended."""
        if self._input:
            return None
        self._input, self.is_whole = Counted(input_data), False
        form = MultiPartParser(META, self._input, [self], encoding).parse()
        self.is_whole = self._input.count == content_length
        return form

    def new_file(self, field_name, file_name, *args, **kwargs):
        super().new_file(field_name, file_name, *args, **kwargs)
        self._count += 1
        self._now = Received(clean_name(file_name))
        self.received.append(self._now)
        # The size is not known yet; one byte stands for it.
        self._now.refusal = str(refusal_in(self._case, file_name, 1) or "")
        if self._count > FORM_FILES:
            self._now.refusal = str(TOO_MANY)
        self._limit = getattr(allowed_of(file_name), "size", 0)
        if not self._now.refusal:
            self._begin()

    def _begin(self) -> None:
        try:
            refuse_when_full("case:papers")
        except StorageFullError:
            self._now.is_full = True
        else:
            self._try(self._open)

    def _open(self) -> None:
        self._now.storage_name = store.create()
        self._close = store.writing(self._now.storage_name)
        self._appender = Appender(self._close.__enter__(), self._key, self._now.storage_name)

    def receive_data_chunk(self, raw_data, start):
        if self._is_wanted():
            self._now.size += len(raw_data)
            if self._now.size > self._limit:
                self._drop(str(refusal_of(self._now.name, min(self._now.size, IMAGING_MAX + 1))))
            else:
                self._try(self._appender.write, raw_data)

    def file_complete(self, file_size):
        if self._is_wanted():
            if not file_size:
                self._drop(str(refusal_of(self._now.name, 0)))
            else:
                self._try(self._appender.finish)
                self._end()
        return self._now

    def upload_interrupted(self):
        """The line was cut: nothing of this request gets a row."""
        self.discard()

    def discard(self) -> None:
        self._end()
        for received in self.received:
            if received.storage_name:
                store.remove(received.storage_name)

    def _try(self, write, *args) -> None:
        """A disk that is full or fails is said of this file alone."""
        try:
            write(*args)
        except OSError as error:
            self._now.is_full = is_full(error)
            self._now.is_broken = not self._now.is_full
            trouble = alerts.NO_ROOM if self._now.is_full else alerts.DISK_BROKEN
            alerts.tell_operator(trouble, "case:papers")
            self._drop("")

    def _is_wanted(self) -> bool:
        return not (self._now.refusal or self._now.is_full or self._now.is_broken)

    def _drop(self, refusal: str) -> None:
        self._end()
        if self._now.storage_name:
            # A disk that takes nothing may give nothing back either: the sweep looks again.
            with suppress(OSError):
                store.remove(self._now.storage_name)
        self._now.storage_name, self._now.refusal = "", refusal

    def _end(self) -> None:
        if self._close:
            # What counts was written out by then; the rest may find the disk full once more.
            with suppress(OSError):
                self._close.__exit__(None, None, None)
        self._close = None
