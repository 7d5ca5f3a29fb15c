"""`manage.py start_demo`: everything `make run` does once the packages are there.

Prepares the database, the translations and the static files, then runs the
web server and the two job workers as children until Ctrl-C or until one of them dies.
"""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from portal.queues import QUEUES

HOST = "127.0.0.1"
SECONDS_TO_ANSWER = 60
SECONDS_TO_STOP = 10
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Command(BaseCommand):
    help = "Prepare the demo, then run web server and job workers until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--prepare-only", action="store_true", help="Do not start anything.")

    def handle(self, *, port, prepare_only, **options):
        if not settings.IS_LOCAL:
            raise CommandError("start_demo runs with ENVIRONMENT=demo or development only.")
        if not prepare_only:
            refuse_taken_port(port)
        self.prepare()
        if not prepare_only:
            self.serve(port)

    def prepare(self):
        """Every step may run again: a second start changes nothing."""
        self.step("translations", "compile_translations", verbosity=0)
        self.step("database", "migrate", verbosity=0, interactive=False)
        if not (settings.RECORDS_DIR / ".folder").exists():
            # Whoever removed the files of a demo wants it to start all the same.
            self.step("files", "adopt_records_folder")
        self.step("hospitals", "load_directory")
        self.step("demo", "load_demo")
        if static_files_changed():
            self.step("static files", "collectstatic", verbosity=0, interactive=False)
            remember_static_files()
        # The children have connections of their own.
        connections.close_all()

    def step(self, title, command, **options):
        started = time.monotonic()
        call_command(command, stdout=self.stdout, **options)
        self.say(f"{title}: {time.monotonic() - started:.1f} s")

    def serve(self, port):
        # Before the children start, so that no signal slips between.
        stop = StopRequest()
        children = {"web server": start(web_command(port))}
        children |= {f"worker of {queue} jobs": start(worker_command(queue)) for queue in QUEUES}
        try:
            if wait_until_answering(port, children, stop):
                self.say(f"\nOpen http://localhost:{port}/  (Ctrl-C stops it)\n")
                call_command("demo_logins", stdout=self.stdout)
                self.stdout.flush()
            dead = wait_for_end(children, stop)
        finally:
            stop_all(children.values())
        if dead:
            raise CommandError(f"The {dead} ended by itself; the lines above say why.")
        self.say("Stopped.")

    def say(self, text):
        self.stdout.write(text)
        self.stdout.flush()


class StopRequest:
    """True once somebody asked us to end."""

    def __init__(self):
        self.asked = False
        for number in STOP_SIGNALS:
            signal.signal(number, self._ask)

    def _ask(self, *_signal_and_frame):
        self.asked = True

    def __bool__(self):
        return self.asked


def refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        # As gunicorn does: a port whose last connections are still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used ({error.strerror}). "
                f"Choose another one: make run PORT={port + 1}"
            ) from error


def web_command(port: int) -> list[str]:
    return [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"{HOST}:{port}"] + (
        "--worker-class gthread --workers 2 --threads 8 --timeout 30 --graceful-timeout 8"
        " --limit-request-line 0 --log-level warning --no-control-socket"
    ).split()


def worker_command(queue: str) -> list[str]:
    return [sys.executable, "manage.py", "worker", "--queue", queue, "--quiet"]


def start(command: list[str]) -> subprocess.Popen:
    """In a process group of its own: Ctrl-C reaches us alone, and we stop it in order."""
    return subprocess.Popen(command, cwd=settings.BASE_DIR, process_group=0)


def wait_until_answering(port: int, children: dict, stop: StopRequest) -> bool:
    """False when somebody asked to stop or a child died before the first answer."""
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    while time.monotonic() < deadline:
        if stop or dead_child(children):
            return False
        try:
            with urlopen(f"http://{HOST}:{port}/healthz", timeout=5):
                return True
        except (URLError, TimeoutError):
            time.sleep(0.1)
    return False


def wait_for_end(children: dict, stop: StopRequest) -> str | None:
    """The name of the child that died, or None when somebody asked us to stop."""
    while not stop:
        dead = dead_child(children)
        if dead:
            return dead
        time.sleep(0.2)
    return None


def dead_child(children: dict) -> str | None:
    return next((name for name, child in children.items() if child.poll() is not None), None)


def stop_all(children) -> None:
    """Asks politely, waits, then kills whole groups: no child keeps the port."""
    running = [child for child in children if child.poll() is None]
    for child in running:
        os.killpg(child.pid, signal.SIGTERM)
    for child in running:
        try:
            child.wait(timeout=SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def static_digest() -> str:
    """Names and contents of everything that collectstatic would take."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            digest.update(name.encode())
            with storage.open(name) as file:
                digest.update(file.read())
    return digest.hexdigest()


def static_files_changed() -> bool:
    stamp = settings.VAR_DIR / "static.digest"
    collected = (settings.STATIC_ROOT / "staticfiles.json").exists()
    return not (collected and stamp.exists() and stamp.read_text() == static_digest())


def remember_static_files() -> None:
    (settings.VAR_DIR / "static.digest").write_text(static_digest())
