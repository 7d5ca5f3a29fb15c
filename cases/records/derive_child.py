"""Makes files of hostile bytes within the sandbox, which has no keys but theirs.

The order comes from `derive`. A task is a function of this project:

    def task(inputs: list, outputs: list[SealedWriter], details: dict) -> dict

It reads plain bytes from the inputs, writes plain bytes to the outputs that it
needs, and answers with words and numbers. It raises TaskError for contents of
which nothing can be made. No Django, no settings, no rows.
"""

import base64
import errno
import io
import os
from contextlib import ExitStack, suppress

# What may be run: a module and its function.
TASKS = {
    "headers": ("cases.imaging.headers", "read_headers"),
    "series": ("cases.imaging.preview", "draw_series"),
    "shared": ("cases.imaging.copying", "make_shared"),
    "picture": ("cases.records.derive_pictures", "make_viewing_copies"),
    "photos": ("cases.records.derive_pages", "make_pdf"),
}
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class TaskError(Exception):
    """Nothing can be made of it: a word for the reason, and the number of the input."""

    def __init__(self, word: str, which: int | None = None):
        super().__init__(word)
        self.word, self.which = word, which


class SealedWriter(io.RawIOBase):
    """A new file of the store, from its beginning to its end; it cannot be read or wound back."""

    def __init__(self, file, key: bytes):
        from cases.records.sealed import Appender

        self._appender = Appender.fresh(file, key)

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._appender.received

    def write(self, data) -> int:
        self._appender.write(bytes(data))
        return len(data)

    @property
    def size(self) -> int:
        return self._appender.received

    def finish(self) -> None:
        """On the disk when this returns."""
        self._appender.finish()


def carry_out(order: dict) -> dict:
    with ExitStack() as files:
        inputs = [_reader(files, one) for one in order["inputs"]]
        outputs = [_writer(files, one) for one in order["outputs"]]
        try:
            answer = find_task(order["task"])(inputs, outputs, order["details"])
            for output in outputs:
                if output.size:
                    output.finish()
        except TaskError as error:
            return _refusal(error.word, error.which)
        except Exception as error:  # noqa: BLE001  parsers of hostile bytes raise anything
            return _refusal(_word_for(error))
        sizes = [output.size for output in outputs]
        return {"error": "", "which": None, "answer": answer, "sizes": sizes}


def _word_for(error: Exception) -> str:
    if isinstance(error, MemoryError | RecursionError):
        return "too_much"
    number = getattr(error, "errno", None)
    if number == errno.EFBIG:
        return "too_much"
    return "full" if number in FULL else "unreadable"


def _refusal(word: str, which: int | None = None) -> dict:
    return {"error": word, "which": which}


def find_task(name: str):
    from importlib import import_module

    module, function = TASKS[name]
    return getattr(import_module(module), function)


def _reader(files: ExitStack, one: dict):
    from cases.records.sealed import SealedReader

    file = files.enter_context(os.fdopen(one["file"], "rb"))
    return io.BufferedReader(SealedReader(file, base64.b64decode(one["key"])), 64 * 1024)


def _writer(files: ExitStack, one: dict) -> SealedWriter:
    file = os.fdopen(one["file"], "r+b")
    files.callback(_close, file)
    return SealedWriter(file, base64.b64decode(one["key"]))


def _close(file) -> None:
    """What did not fit is tried once more here; that it failed was said already."""
    with suppress(OSError):
        file.close()
