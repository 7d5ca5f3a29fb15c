"""`make kills`: kill -9 of the web worker at random moments of uploads (row U8).

A real gunicorn, a client that only knows the protocol, a killer that knows
nothing. Afterwards: every acknowledged byte is there, every file is whole, no
row lacks its file and, once the sweep ran, no file lacks its row.
"""

import argparse
import base64
import hashlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tools.postgres import cluster, free_port
from tools.server import ROOT, demo_environment, lay_database, run_manage, running

SERVER = "--worker-class gthread --workers 1 --threads 4 --log-level critical".split()
SERVER += ["--no-control-socket", "--timeout", "30"]
MB = 1024 * 1024
CHUNK = 3 * MB + 17
TOKEN = "k" * 32
SECONDS_TO_COME_BACK = 60
# Runs inside the portal, to sign in without a page and to look at what is left.
SIGN_IN = """
import django; django.setup()
from cases.models import FamilyMember
from portal.tests.cast import sign_in_family
case = FamilyMember.objects.filter(is_owner=True).first().case
case.owner = case.family.get(is_owner=True)
print(case.reference, sign_in_family(case).cookies["session"].value)
"""
LOOK = """
import django; django.setup()
import hashlib, json, os
from cases import actions
from cases.actions.storage import names_with_row
from cases.models import Record
from cases.records import store
from cases.records.sealed import open_sealed
whole, broken = {}, []
for record in Record.objects.select_related("case"):
    try:
        with store.reading(record.storage_name) as file:
            if record.status != "uploading":
                key, digest = actions.case_key(record.case), hashlib.sha256()
                reader = open_sealed(file, key, record.storage_name)
                for piece in reader.pieces():
                    digest.update(piece)
                whole[str(record.pk)] = digest.hexdigest()
    except Exception as error:
        broken.append(f"{record.pk}: {type(error).__name__}")
before = len(list(store.names_older_than(-1)))
for name in list(store.names_older_than(-1)):
    os.utime(store.path_of(name), (0, 0))
actions.sweep_orphans()
names = set(store.names_older_than(-1))
rows = set(Record.objects.values_list("storage_name", flat=True))
print(json.dumps({"whole": whole, "broken": broken, "orphans": len(names - names_with_row(names)),
                  "swept": before - len(names), "lost": len(rows - names)}))
"""


@dataclass
class Outcome:
    kills: int = 0
    files: int = 0
    cuts: int = 0
    acknowledged_lost: int = 0
    problems: list[str] = field(default_factory=list)


class Sender:
    """One file after the other; after any trouble it asks where to go on."""

    file_name = b"scan.dcm"

    def __init__(self, port: int, reference: str, session: str, outcome: Outcome):
        self.port, self.outcome = port, outcome
        self.begin_path = f"/uploads/{reference}/"
        self.headers = {
            "Tus-Resumable": "1.0.0",
            "Cookie": f"session={session}; csrf={TOKEN}",
            "X-CSRFToken": TOKEN,
        }
        self.digests: dict[str, str] = {}
        # A part is on its way: whoever kills wants to meet it.
        self.is_sending = threading.Event()

    def send(self, size: int) -> None:
        self.send_bytes(random.randbytes(size))

    def send_bytes(self, data: bytes) -> None:
        size = len(data)
        name = base64.b64encode(self.file_name).decode()
        begin = {"Upload-Length": str(size), "Upload-Metadata": f"filename {name}"}
        path = self.patiently("POST", self.begin_path, begin)[1]["Location"]
        path = "/" + path.split("/", 3)[3]
        offset = 0
        while offset < size:
            part = data[offset : offset + CHUNK]
            sent = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
            self.is_sending.set()
            answer = self.ask("PATCH", path, sent, part)
            self.is_sending.clear()
            if answer and answer[0] == 204:
                offset = int(answer[1]["Upload-Offset"])
            else:
                offset = self.where(path, offset)
        self.digests[path.rstrip("/").rpartition("/")[2]] = hashlib.sha256(data).hexdigest()
        self.outcome.files += 1

    def where(self, path: str, acknowledged: int) -> int:
        self.outcome.cuts += 1
        offset = int(self.patiently("HEAD", path, {})[1]["Upload-Offset"])
        self.outcome.acknowledged_lost += offset < acknowledged
        return offset

    def patiently(self, method: str, path: str, headers: dict):
        deadline = time.monotonic() + SECONDS_TO_COME_BACK
        while time.monotonic() < deadline:
            answer = self.ask(method, path, headers)
            if answer and answer[0] < 300:
                return answer
            time.sleep(0.05)
        raise RuntimeError(f"{method} {answer and answer[0]}: the server does not come back")

    def ask(self, method: str, path: str, headers: dict, body: bytes = b""):
        """Status and headers, or None when the line was cut."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            line.request(method, path, body, self.headers | headers)
            answer = line.getresponse()
            answer.read()
            return answer.status, answer.headers
        except (OSError, http.client.HTTPException):
            return None
        finally:
            line.close()


def kill_at_random(master: int, kills: int, sender: Sender, stop: threading.Event) -> None:
    """The worker, never the master: gunicorn starts another at once."""
    outcome = sender.outcome
    while outcome.kills < kills and not stop.is_set():
        if not is_up(sender.port):
            continue
        # Some kills meet the beginning of a part, some its end, some what lies between two.
        if sender.is_sending.wait(timeout=1):
            time.sleep(random.uniform(0, 0.15))
        for worker in children_of(master):
            os.kill(worker, signal.SIGKILL)
            outcome.kills += 1


def is_up(port: int) -> bool:
    """A worker that starts yet has nothing to lose."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        line.request("GET", "/healthz")
        return line.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def children_of(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []


@contextmanager
def portal(environment: dict, port: int):
    """The address answers; yields the pid of gunicorn's master."""
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}"]
    pid_file = Path(environment["VAR_DIR"]) / "gunicorn.pid"
    with running([*command, *SERVER, "--pid", str(pid_file)], environment, port):
        yield int(pid_file.read_text())


def inside(environment: dict, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout


def try_kills(kills: int, most: int = 24 * MB, **more: str) -> Outcome:
    """Uploads go on until so many workers were killed, and one more file after the last."""
    outcome, stop = Outcome(), threading.Event()
    with tempfile.TemporaryDirectory(prefix="shanghai-kills-") as folder:
        port = free_port()
        environment = demo_environment(Path(folder), port, **more)
        lay_database(Path(folder))
        for command in (["migrate", "-v0"], ["load_directory"], ["load_demo"]):
            run_manage(environment, *command)
        reference, session = inside(environment, SIGN_IN).split()
        with portal(environment, port) as master:
            sender = Sender(port, reference, session, outcome)
            killer = threading.Thread(target=kill_at_random, args=(master, kills, sender, stop))
            killer.start()
            try:
                while killer.is_alive():
                    sender.send(random.choice([1, 70_000, 5 * MB, random.randint(1, most)]))
                sender.send(9 * MB)
            finally:
                stop.set()
                killer.join()
        judge(outcome, sender.digests, json.loads(inside(environment, LOOK)))
    return outcome


def judge(outcome: Outcome, digests: dict, found: dict) -> None:
    for key, digest in digests.items():
        if found["whole"].get(key) != digest:
            outcome.problems.append(f"{key} is not as it was sent")
    outcome.problems += found["broken"]
    for name in ("orphans", "lost"):
        if found[name]:
            outcome.problems.append(f"{name}: {found[name]}")
    if outcome.acknowledged_lost:
        outcome.problems.append(f"acknowledged and lost: {outcome.acknowledged_lost}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--postgres", action="store_true", help="PostgreSQL as well as SQLite")
    asked = parser.parse_args()
    failed = False
    with ExitStack() as stack:
        databases = {"SQLite": {}}
        if asked.postgres:
            databases["PostgreSQL"] = {"DATABASE_URL": stack.enter_context(cluster())}
        for name, more in databases.items():
            outcome = try_kills(asked.kills, **more)
            print(
                f"{name}: {outcome.kills} kills, {outcome.files} files, {outcome.cuts} parts cut, "
                f"{outcome.acknowledged_lost} acknowledged lost, problems: {outcome.problems}"
            )
            failed = failed or bool(outcome.problems)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
