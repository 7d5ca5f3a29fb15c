"""Asks ClamAV's daemon by its own protocol: bytes go over a socket, names do not."""

import re
import socket
import struct
from collections.abc import Iterable

from django.conf import settings

# A connection that is there answers at once; looking into 2 GB takes its time.
CONNECT_SECONDS, ANSWER_SECONDS = 5, 300
# A page waits for this one.
PING_SECONDS = 1
ADDRESS = re.compile(r"unix:(?P<path>/.+)|tcp:(?P<host>.+):(?P<port>[0-9]{1,5})")
FOUND = re.compile(r"stream: (.+) FOUND")
CLEAN = "stream: OK"
TOO_BIG = "size limit exceeded"


class ScannerDownError(Exception):
    """No answer, or one that is neither clean nor found: the file stays "being checked"."""


class ScannerTooSmallError(ScannerDownError):
    """Its configuration takes no file of this size: see deploy/clamd.conf."""


def is_configured() -> bool:
    return bool(settings.CLAMD_ADDRESS)


def answers() -> bool:
    """Whether it is there, or none is wanted; asks for nothing that costs it time."""
    if not is_configured():
        return True
    try:
        with _connect(PING_SECONDS) as line:
            line.settimeout(PING_SECONDS)
            line.sendall(b"zPING\0")
            return _read(line) == "PONG"
    except OSError:
        return False


def find_virus(pieces: Iterable[bytes]) -> str:
    """The name of what was found, or nothing. Raises ScannerDownError."""
    try:
        with _connect() as line:
            answer = _ask(line, pieces)
    except OSError as error:
        raise ScannerDownError(type(error).__name__) from error
    if answer == CLEAN:
        return ""
    found = FOUND.fullmatch(answer)
    if TOO_BIG in answer:
        raise ScannerTooSmallError(answer)
    if not found:
        raise ScannerDownError(answer)
    return found[1]


def _connect(seconds: float = CONNECT_SECONDS) -> socket.socket:
    where = ADDRESS.fullmatch(settings.CLAMD_ADDRESS)
    if not where["path"]:
        line = socket.create_connection((where["host"], int(where["port"])), seconds)
    else:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(seconds)
        try:
            line.connect(where["path"])
        except OSError:
            line.close()
            raise
    line.settimeout(ANSWER_SECONDS)
    return line


def _ask(line: socket.socket, pieces: Iterable[bytes]) -> str:
    try:
        line.sendall(b"zINSTREAM\0")
        for piece in pieces:
            if piece:
                line.sendall(struct.pack(">I", len(piece)) + piece)
        line.sendall(struct.pack(">I", 0))
    except (BrokenPipeError, ConnectionResetError):
        # It says why before it hangs up: a limit of its configuration.
        pass
    return _read(line)


def _read(line: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < 4096:
        part = line.recv(4096)
        if not part:
            break
        answer += part
    return answer.rstrip(b"\0").decode("utf-8", "replace")
