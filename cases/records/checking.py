"""Judges a sealed file in a child process, and hands its bytes to the virus scanner.

The plain bytes exist in memory only: the child gets the open sealed file and
the file's own key, and opens what it needs of it (row U5).
"""

import base64
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cases.records import scanner, store
from cases.records.judging import ZIP_BYTES, ZIP_RATIO, ZIP_SLACK
from cases.records.kinds import ALLOWED, Kind, Reason, Status
from cases.records.sealed import HEADER_BYTES, PIECE, SealedReader, file_key
from portal.sandbox import Limits, SandboxFailedError, TooMuchError, run_in_sandbox

# Writes nothing anywhere but to the pipe.
LIMITS = Limits(seconds=10)
# All of a zip is unpacked once: a slow machine does as much in a second.
UNPACKED_IN_A_SECOND = 80 * 1000**2
TYPES = {name: str(allowed.kind) for allowed in ALLOWED for name in allowed.types}


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
        key = file_key(case_key, storage_name, file.read(HEADER_BYTES))
        # Cut short or changed on the disk: not the family's fault, and told apart here.
        limits = limits_for(kind, SealedReader(file, key).size)
        task = {
            "key": base64.b64encode(key).decode(),
            "file": file.fileno(),
            "kind": kind,
            "types": TYPES,
        }
        try:
            said = run_in_sandbox("judge", task, limits, files=[file.fileno()])
        except TooMuchError:
            return Verdict(Status.REFUSED, Reason.TOO_MUCH)
        except SandboxFailedError as error:
            raise CheckFailedError from error
    return Verdict(Status(said["status"]), said["reason"], tuple(said["flags"]))


def limits_for(kind: str, size: int) -> Limits:
    """A zip gets time for what a file of its size may hold, so that a small one costs little."""
    if kind != Kind.ZIP:
        return LIMITS
    unpacked = min(ZIP_BYTES, size * ZIP_RATIO + ZIP_SLACK)
    return replace(LIMITS, seconds=LIMITS.seconds + unpacked // UNPACKED_IN_A_SECOND)


def find_virus(storage_name: str, case_key: bytes, kind: str, is_sound: bool) -> str:
    """The name of what was found, or nothing. Raises scanner.ScannerDownError.

    A sound zip is looked into member by member: the scanner's own limits then
    count for each scan and not for the whole disc.
    """
    with store.reading(storage_name) as file:
        reader = SealedReader(file, file_key(case_key, storage_name, file.read(HEADER_BYTES)))
        if kind != Kind.ZIP or not is_sound:
            return scanner.find_virus(reader.pieces())
        with zipfile.ZipFile(io.BufferedReader(reader, PIECE)) as archive:
            found = (scanner.find_virus(_member(archive, name)) for name in archive.infolist())
            return next((name for name in found if name), "")


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(member) as file:
        while piece := file.read(PIECE):
            yield piece
