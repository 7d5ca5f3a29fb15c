"""The demo on a free port with a folder of its own, for tools that look at it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tools.postgres import free_port
from tools.testing.databases import TEMPLATE

ROOT = Path(__file__).resolve().parent.parent
SECONDS_TO_START = 120


@dataclass(frozen=True)
class Demo:
    """A portal under an address, with its settings for management commands."""

    address: str
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        return run_manage(self.environment, *arguments)

    def logins(self) -> dict:
        """Password, users and the demo case, as `demo_logins` tells them."""
        return json.loads(self.manage("demo_logins", "--json"))


def demo_environment(folder: Path, port: int, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "ENVIRONMENT": "demo",
        "VAR_DIR": str(folder),
        "PUBLIC_URL": f"http://localhost:{port}",
        **more,
    }


def lay_database(folder: Path) -> None:
    """Into a new folder the one that a run of tests has migrated: nothing is left to migrate."""
    templates = Path(os.environ.get("TEST_TEMPLATES", "/nowhere"))
    if (templates / "sqlite.ready").exists():
        shutil.copyfile(templates / TEMPLATE, folder / "portal.sqlite3")


def run_manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"manage.py {arguments[0]} failed: {done.stderr}")
    return done.stdout


@contextmanager
def running(command: list[str], environment: dict[str, str], port: int, path: str = "/healthz"):
    """A server as a child; stopped at the end, whatever happens."""
    with tempfile.TemporaryFile("w+") as log:
        child = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=log, process_group=0
        )
        try:
            if not answers(child, f"http://127.0.0.1:{port}{path}"):
                log.seek(0)
                sys.exit(f"The server does not answer:\n{log.read()[-3000:]}")
            yield
        finally:
            stop(child)


def stop(child: subprocess.Popen) -> None:
    child.terminate()
    try:
        child.wait(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


@contextmanager
def demo() -> Iterator[Demo]:
    """What `make run` starts, on sample data of its own."""
    with tempfile.TemporaryDirectory(prefix="shanghai-demo-") as folder:
        port = free_port()
        environment = demo_environment(Path(folder), port)
        command = [sys.executable, "manage.py", "start_demo", "--port", str(port)]
        with running(command, environment, port):
            yield Demo(f"http://localhost:{port}", environment)


def answers(child: subprocess.Popen, url: str) -> bool:
    """False when the server died or stays silent for too long."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and child.poll() is None:
        try:
            with urlopen(url, timeout=5):
                return True
        except (URLError, TimeoutError):
            time.sleep(0.2)
    return False
