"""Runs a task over hostile bytes in a child process with limits of memory and processor time.

Everything that families and hospitals send is parsed there and nowhere else.
"""

import json
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

MB = 1024 * 1024
WORKER = "portal.sandbox_worker"
FILES = 64
# The limit of the processor counts work, this many times as long is waited on a busy machine.
WAIT = 3
# Ended by the kernel or by a library that found no memory: these bytes will do it again.
TOO_MUCH_SIGNALS = frozenset(
    {
        -signal.SIGXCPU, -signal.SIGXFSZ, -signal.SIGKILL, -signal.SIGSEGV,
        -signal.SIGABRT, -signal.SIGBUS, -signal.SIGFPE, -signal.SIGILL,
    }
)  # fmt: skip


class TooMuchError(Exception):
    """The bytes cost more than they may: the signal's name, "time" or "memory"."""


class SandboxFailedError(Exception):
    """The child itself did not work; nothing is known of the bytes."""


@dataclass(frozen=True)
class Limits:
    """`seconds` of the processor; `file_size` of each file that it writes, 0 for none."""

    memory: int = 512 * MB
    seconds: int = 20
    file_size: int = 0
    files: int = FILES

    def as_rlimits(self) -> dict[str, int]:
        return {
            "RLIMIT_AS": self.memory,
            "RLIMIT_CPU": self.seconds,
            "RLIMIT_FSIZE": self.file_size,
            "RLIMIT_CORE": 0,
            "RLIMIT_NOFILE": self.files,
        }


def run_in_sandbox(
    task: str, order: dict, limits: Limits, *, files: Sequence[int] = (), data: bytes = b""
) -> dict:
    """What the task answers. It is given these open files, and `data` on its standard input.

    Raises TooMuchError or SandboxFailedError.
    """
    _allow_files(limits.files)
    line = json.dumps({"task": task, "order": order, "limits": limits.as_rlimits()})
    try:
        done = subprocess.run(
            [sys.executable, "-m", WORKER],
            input=line.encode() + b"\n" + data,
            capture_output=True,
            timeout=WAIT * limits.seconds,
            cwd=settings.BASE_DIR,
            pass_fds=files,
            # Without the environment: it holds the keys of everything else.
            env={"PYTHONDONTWRITEBYTECODE": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise TooMuchError("time") from error
    if done.returncode in TOO_MUCH_SIGNALS:
        raise TooMuchError(signal.Signals(-done.returncode).name)
    if b"MemoryError" in done.stderr[-200:]:
        raise TooMuchError("memory")
    if done.returncode:
        raise SandboxFailedError(done.returncode)
    return json.loads(done.stdout)


def _allow_files(count: int) -> None:
    """Many scans at once are many open files; the usual limit is 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = count + 256
    if soft < needed <= hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
