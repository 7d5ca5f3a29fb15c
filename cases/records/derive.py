"""Makes files from sealed files in the sandbox: sealed in, sealed out.

The child has the open files and the keys of those files alone, as in
`checking`: plain bytes exist in its memory only. What it may run is the table
`TASKS` in `derive_child`.
"""

import base64
import io
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from django.conf import settings

from cases.records import store
from cases.records.sealed import HEADER_BYTES, SealedReader, file_key
from portal.sandbox import FILES, Limits, SandboxFailedError, TooMuchError, run_in_sandbox

MB = 1024 * 1024
LIMITS = Limits(file_size=64 * MB)


class CannotMakeError(Exception):
    """These files are such that nothing can be made of them; trying again would not help.

    The word is "unreadable" or "too_much", or what the task said. `which` is
    the number of the input that is to blame, where the task knew it.
    """

    def __init__(self, word: str, which: int | None = None):
        super().__init__(word)
        self.word, self.which = word, which


class DeriveFailedError(Exception):
    """It did not work this time: a full disk, a child that could not start."""


@dataclass(frozen=True)
class Made:
    """A finished file in the store that has no row yet; `size` is that of the plain bytes."""

    storage_name: str
    size: int


@dataclass
class Derived:
    """What the task answered and the files that it wrote, None where it wrote nothing.

    Whoever makes rows for the files says `keep()` after; else they are removed.
    """

    answer: dict
    files: list[Made | None]
    is_kept: bool = field(default=False, init=False)

    def keep(self) -> None:
        self.is_kept = True


@contextmanager
def deriving(
    task: str,
    *,
    case_key: bytes,
    inputs: Sequence[str],
    outputs: int = 0,
    details: dict | None = None,
    limits: Limits = LIMITS,
) -> Iterator[Derived]:
    """Run a task over stored files; it may write up to `outputs` new ones.

    Raises CannotMakeError, DeriveFailedError, SealBrokenError or store.FileLostError.
    Takes its time: not to be entered within a transaction.
    """
    names: list[str] = []
    derived = None
    try:
        # One after the other: a disk that fails at the second leaves no first one behind.
        names.extend(store.create() for _number in range(outputs))
        derived = _run(task, case_key, inputs, names, details or {}, limits)
        yield derived
    finally:
        is_kept = derived is not None and derived.is_kept
        used = {made.storage_name for made in derived.files if made} if is_kept else set()
        for name in names:
            if name not in used:
                store.remove(name)


def _run(task, case_key, inputs, names, details, limits) -> Derived:
    with ExitStack() as stack:
        read = [_open(stack, name, case_key) for name in inputs]
        written = [_open_new(stack, name, case_key) for name in names]
        order = {
            "task": task,
            "inputs": [{"file": file.fileno(), "key": _text(key)} for file, key in read],
            "outputs": [{"file": file.fileno(), "key": _text(key)} for file, key in written],
            "details": details,
        }
        files = [file.fileno() for file, _key in read + written]
        said = _ask_child(order, files, limits)
    made = [
        Made(name, size) if size else None for name, size in zip(names, said["sizes"], strict=True)
    ]
    for one in made:
        if one:
            # Young for the sweep, however long the task took.
            store.touch(one.storage_name)
    return Derived(said["answer"], made)


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _open(stack: ExitStack, name: str, case_key: bytes):
    """The sealed file with a descriptor that a child can be given, and the file's own key."""
    file = stack.enter_context(store.reading(name))
    key = file_key(case_key, name, file.read(HEADER_BYTES))
    # Cut short or changed on the disk: told apart from what a parser cannot read.
    SealedReader(file, key)
    file.seek(0)
    try:
        file.fileno()
    except (io.UnsupportedOperation, AttributeError):
        # Kept elsewhere: its sealed bytes come here, into a file without a name.
        copy = stack.enter_context(tempfile.TemporaryFile(dir=settings.RECORDS_DIR))
        shutil.copyfileobj(file, copy, MB)
        copy.flush()
        file = copy
    return file, key


def _open_new(stack: ExitStack, name: str, case_key: bytes):
    file = stack.enter_context(store.writing(name))
    return file, file_key(case_key, name, file.read(HEADER_BYTES))


def _ask_child(order: dict, files: list[int], limits: Limits) -> dict:
    try:
        said = run_in_sandbox(
            "derive", order, replace(limits, files=FILES + len(files)), files=files
        )
    except TooMuchError as error:
        raise CannotMakeError("too_much") from error
    except SandboxFailedError as error:
        raise DeriveFailedError(str(error)) from error
    if said["error"] == "full":
        raise DeriveFailedError("no room")
    if said["error"]:
        raise CannotMakeError(said["error"], said["which"])
    return said
