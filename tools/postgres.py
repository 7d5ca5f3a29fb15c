"""A PostgreSQL cluster of one's own: made in a temporary folder, gone at the end.

As a context manager it yields the address for DATABASE_URL. On the command line:

    python -m tools.postgres COMMAND ...    runs the command with DATABASE_URL set
    python -m tools.postgres                prints the address and waits for Ctrl-C
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HINT = "PostgreSQL's server programs are missing (Debian: apt-get install postgresql)"
# Nothing here outlives a crash, so nothing needs to reach the disk.
OPTIONS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


class PostgresMissing(Exception):
    """No server programs on this machine."""


def find_binaries() -> Path:
    """The folder that holds initdb and pg_ctl; the newest one where there are several."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if shutil.which("pg_config"):
        asked = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True)
        folders.insert(0, Path(asked.stdout.strip()))
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise PostgresMissing(HINT)


class Server:
    """A server program in a folder; it may be stopped and started again."""

    def __init__(self, folder: Path):
        self.binaries, self.folder, self.data = find_binaries(), folder, folder / "data"
        self.port = free_port()
        self.address = f"postgres://portal@127.0.0.1:{self.port}/postgres"
        _give_to_server_user(folder)
        _run(
            [self.binaries / "initdb", "-D", self.data, "-U", "portal", "-A", "trust", "-N"]
            + ["--encoding=UTF8", "--locale=C.UTF-8"]
        )

    def start(self) -> None:
        options = f"{OPTIONS} -c listen_addresses=127.0.0.1 -p {self.port} -k {self.folder}"
        self._control("-w", "-l", self.folder / "log", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self._control("-m", mode, "-w", "stop")

    def _control(self, *words) -> None:
        _run([self.binaries / "pg_ctl", "-D", self.data, *words])


@contextmanager
def server() -> Iterator[Server]:
    """A started server on a free port of 127.0.0.1."""
    folder = Path(tempfile.mkdtemp(prefix="shanghai-postgres-"))
    try:
        made = Server(folder)
        made.start()
        try:
            yield made
        finally:
            made.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def cluster() -> Iterator[str]:
    """Starts a server and yields its address."""
    with server() as made:
        yield made.address


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _give_to_server_user(folder: Path) -> None:
    """The server refuses to run as root; Debian's package brings the user for it."""
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")


def _run(command: list) -> None:
    """Runs a server program and shows what it printed only when it failed."""
    identity = {"user": "postgres", "group": "postgres", "extra_groups": []}
    # A file, not a pipe: the server that pg_ctl starts would keep a pipe open.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [str(part) for part in command],
            stdout=output,
            stderr=output,
            cwd="/",
            **(identity if os.geteuid() == 0 else {}),
        )
        if done.returncode:
            output.seek(0)
            name = Path(str(command[0])).name
            raise RuntimeError(f"{name} failed: {output.read().decode(errors='replace')}")


def main(command: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with cluster() as address:
            if command:
                environment = {**os.environ, "DATABASE_URL": address}
                return subprocess.run(command, env=environment).returncode
            print(f"DATABASE_URL={address}", flush=True)
            signal.pause()
    except PostgresMissing as missing:
        sys.exit(str(missing))
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
