"""Judges a sealed file in a child process, and hands its bytes to the virus scanner.

The plain bytes exist in memory only: the child gets the open sealed file and
the file's own key, and opens what it needs of it (row U5).
"""

import base64
import io
import json
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings

from cases.records import scanner, store
from cases.records.kinds import ALLOWED, Kind, Reason, Status
from cases.records.sealed import HEADER_BYTES, PIECE, SealedReader, file_key

# The child's own limit counts its work (10 s); this one also counts waiting on a busy machine.
WALL_SECONDS = 30
TYPES = {name: str(allowed.kind) for allowed in ALLOWED for name in allowed.types}
TOO_MUCH_SIGNALS = frozenset({-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGSEGV})


class CheckFailedError(Exception):
    """The check itself did not work; nothing is known of the file."""


@dataclass(frozen=True)
class Verdict:
    status: Status
    reason: str = ""
    flags: tuple[str, ...] = ()


def judge_file(storage_name: str, case_key: bytes, kind: str) -> Verdict:
    """Raises CheckFailedError, SealBrokenError or store.FileLostError."""
    with store.reading(storage_name) as file:
        key = file_key(case_key, file.read(HEADER_BYTES))
        # Cut short or changed on the disk: not the family's fault, and told apart here.
        SealedReader(file, key)
        task = {
            "key": base64.b64encode(key).decode(),
            "file": file.fileno(),
            "kind": kind,
            "types": TYPES,
        }
        return _run_child(task)


def _run_child(task: dict) -> Verdict:
    command = [sys.executable, "-m", "cases.records.child"]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(task) + "\n",
            capture_output=True,
            text=True,
            timeout=WALL_SECONDS,
            cwd=settings.BASE_DIR,
            pass_fds=[task["file"]],
            # Without the environment: it holds the keys of everything else.
            env={"PYTHONDONTWRITEBYTECODE": "1"},
        )
    except subprocess.TimeoutExpired:
        return Verdict(Status.REFUSED, Reason.TOO_MUCH)
    if done.returncode in TOO_MUCH_SIGNALS or "MemoryError" in done.stderr[-200:]:
        return Verdict(Status.REFUSED, Reason.TOO_MUCH)
    if done.returncode:
        raise CheckFailedError(done.returncode)
    said = json.loads(done.stdout)
    return Verdict(Status(said["status"]), said["reason"], tuple(said["flags"]))


def find_virus(storage_name: str, case_key: bytes, kind: str, is_sound: bool) -> str:
    """The name of what was found, or nothing. Raises scanner.ScannerDownError.

    A sound zip is looked into member by member: the scanner's own limits then
    count for each scan and not for the whole disc.
    """
    with store.reading(storage_name) as file:
        reader = SealedReader(file, file_key(case_key, file.read(HEADER_BYTES)))
        if kind != Kind.ZIP or not is_sound:
            return scanner.find_virus(reader.pieces())
        with zipfile.ZipFile(io.BufferedReader(reader, PIECE)) as archive:
            found = (scanner.find_virus(_member(archive, name)) for name in archive.infolist())
            return next((name for name in found if name), "")


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(member) as file:
        while piece := file.read(PIECE):
            yield piece
