"""ClamAV's daemon with two signatures of our own, for the tests: starts at once, asks nobody.

As a context manager it yields the address for CLAMD_ADDRESS.
"""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HINT = "ClamAV's daemon is missing (Debian: apt-get install clamav-daemon)"
SECONDS_TO_START = 30
# In two parts: scanners of our own machines look at this file too.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class ClamavMissing(Exception):
    """No daemon on this machine."""


def find_clamd() -> str:
    path = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin:/usr/local/sbin")
    if not path:
        raise ClamavMissing(HINT)
    return path


@contextmanager
def clamd(folder: Path | None = None) -> Iterator[str]:
    """Starts a daemon; with the same folder again, it listens at the same address."""
    program = find_clamd()
    with tempfile.TemporaryDirectory(prefix="shanghai-clamd-") as own:
        folder = folder or Path(own)
        config = _write(folder)
        with (folder / "log").open("wb") as log:
            child = subprocess.Popen([program, "-c", config], stdout=log, stderr=log)
        try:
            _wait(child, folder)
            yield f"unix:{folder / 'socket'}"
        finally:
            child.kill()
            child.wait()


def _write(folder: Path) -> Path:
    signatures = folder / "signatures"
    signatures.mkdir(exist_ok=True)
    (signatures / "own.ndb").write_text(f"Eicar-Pattern:0:*:{EICAR.hex()}\n")
    (folder / "socket").unlink(missing_ok=True)
    config = folder / "clamd.conf"
    config.write_text(
        f"LocalSocket {folder / 'socket'}\n"
        f"DatabaseDirectory {signatures}\n"
        f"TemporaryDirectory {folder}\n"
        "Foreground yes\n"
        "StreamMaxLength 2000M\nMaxFileSize 2000M\nMaxScanSize 4000M\nAlertExceedsMax yes\n"
    )
    return config


def _wait(child: subprocess.Popen, folder: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and child.poll() is None:
        with socket.socket(socket.AF_UNIX) as line:
            try:
                line.connect(str(folder / "socket"))
                return
            except OSError:
                time.sleep(0.05)
    raise RuntimeError(f"clamd does not answer: {(folder / 'log').read_text()[-500:]}")
