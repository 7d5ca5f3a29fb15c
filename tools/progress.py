"""Shows that a long step lives: a line every ten seconds in which it printed nothing itself.

Standard library only: the installer runs it on the system's own Python.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

QUIET_SECONDS = 10


class Heartbeat:
    """Says how long a step has been running whenever nothing was heard of it for a while."""

    def __init__(self, title: str, every: float = QUIET_SECONDS, out=None):
        self.title, self.every, self.out = title, every, out or sys.stdout
        self._started = time.monotonic()
        self._heard = threading.Event()
        self._over = False
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def heard(self) -> None:
        """Note that the step printed something of its own."""
        self._heard.set()

    @contextmanager
    def beating(self) -> Iterator["Heartbeat"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._over = True
            self._heard.set()
            self._thread.join()

    def _beat(self) -> None:
        while not self._over:
            if self._heard.wait(self.every):
                self._heard.clear()
                continue
            seconds = time.monotonic() - self._started
            print(f"... {self.title}: {seconds:.0f} s", file=self.out, flush=True)


def run(title: str, command: list, **options) -> subprocess.CompletedProcess:
    """Like `subprocess.run`, with signs of life while the command is silent."""
    with Heartbeat(title).beating():
        return subprocess.run(command, **options)
