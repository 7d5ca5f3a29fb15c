"""`make kills`: kill -9 of web workers while families send; nothing acknowledged may be lost.

Real gunicorn, real database. Each client is a family without scripts: it fills in the pages,
sends, and repeats a request that got no answer, as a person does. In the end the database is
asked about everything that was acknowledged, and about halves (security row R5).
"""

import argparse
import json
import os
import random
import re
import signal
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path
from string import ascii_lowercase
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from tools.postgres import cluster, free_port
from tools.server import demo_environment, lay_database, run_manage, running

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
SHOWN = re.compile(r'name="shown" value="([^"]+)"')
REFERENCE = re.compile(r"SH-[2-9A-Z]{4}-[2-9A-Z]{4}")
SERVER = "--worker-class gthread --workers 2 --threads 4 --log-level critical --no-control-socket"
FAMILIES = 4
# Seconds after a family pressed "send" (or any button, every third time); and at most to wait.
MOMENT, PATIENCE = (0.0, 0.4), 20
TRIES = 200
PAGES = (
    ("you", {"relation": "parent"}),
    ("contact", {"name": "A", "email": "a@example.org", "country": "PL"}),
    ("now", {"signs": "none"}),
    ("patient", {"patient_name": "B", "birth_date_day": "3", "birth_date_month": "2",
                 "birth_date_year": "2024"}),
    ("guardian", {"declared": "on"}),
    ("problem", {"problem": "C"}),
    ("known", {}),
    ("wish", {"wishes": "opinion"}),
    ("urgency", {"urgency": "weeks", "in_hospital": "no", "able_to_travel": "yes"}),
    ("hospital", {}),
    ("consents", {"health_data": "on", "transfer_china": "on", "child": "on", "signed_name": "A"}),
)  # fmt: skip
# Told as JSON: of each reference whether all of its rows are there, and of halves how many.
LOOK = """
import json, sys
from django.db import connection
from django.db.models import Count
from cases.models import Case, Draft
whole = Case.objects.annotate(
    adults=Count("family", distinct=True), agreed=Count("consents", distinct=True),
    noted=Count("events", distinct=True)
).filter(inquiry__isnull=False, draft__isnull=False, adults=1, agreed=4, noted=1)
sent = list(whole.values_list("reference", flat=True))
open_drafts = {d.reference: sorted(d.answers) for d in Draft.objects.filter(case=None)}
connection.check_constraints()
told = {"whole": sent, "halves": Case.objects.count() - len(sent), "drafts": open_drafts}
print(json.dumps(told))
"""


@dataclass
class Outcome:
    """What families were told, and what the database says in the end."""

    kills: int = 0
    cut: int = 0
    sent: set[str] = field(default_factory=set)
    saved: dict[str, set[str]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    halves: int = 0
    errors: list[str] = field(default_factory=list)
    # Set by a family at the moment that the killer waits for.
    saving: threading.Event = field(default_factory=threading.Event)
    sending: threading.Event = field(default_factory=threading.Event)

    def line(self) -> str:
        return (
            f"{self.kills} kills, {self.cut} requests cut, {len(self.sent)} inquiries acknowledged:"
            f" {len(self.lost)} lost, {self.halves} halves, {len(self.errors)} errors"
        )


class Family:
    """One browser after another, until it is told to stop."""

    def __init__(self, address: str, outcome: Outcome, stop: threading.Event):
        self.address, self.outcome, self.stop = address, outcome, stop

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self.ask()
            except Exception as error:  # noqa: BLE001  told in the end, whatever it is
                self.outcome.errors.append(f"{type(error).__name__}: {error}")

    def ask(self) -> None:
        self.browser = build_opener(HTTPCookieProcessor(CookieJar()))
        # Each a house of its own, or the thirty-first would be asked to wait.
        self.browser.addheaders = [("X-Forwarded-For", f"203.0.113.{random.randint(1, 254)}")]
        self.post("/en/inquiry/", {}, "/en/inquiry/begin/")
        reference = ""
        for slug, typed in PAGES:
            # Another patient each time: the office is told of the same one.
            name = "".join(random.choices(ascii_lowercase, k=16))
            mine = {"patient_name": name} if slug == "patient" else {}
            page = self.post(f"/en/inquiry/{slug}/", {**typed, **mine})
            reference = reference or REFERENCE.search(page).group()
            self.outcome.saved.setdefault(reference, set()).add(slug)
            if self.stop.is_set():
                return
        self.outcome.sending.set()
        sent = self.post("/en/inquiry/check/", {})
        if "We have your inquiry" in sent:
            self.outcome.sent.add(REFERENCE.search(sent).group())
            del self.outcome.saved[reference]

    def post(self, path: str, typed: dict, to: str = "") -> str:
        """What is on the page with what was typed; the page that comes then."""
        page = self.fetch(path)
        if "We have your inquiry" in page:
            # Sent by the try before, whose answer never came.
            return page
        data = {"csrfmiddlewaretoken": TOKEN.search(page).group(1), **typed}
        if found := SHOWN.search(page):
            data["shown"] = found.group(1)
        self.outcome.saving.set()
        return self.fetch(to or path, urlencode(data).encode())

    def fetch(self, path: str, data: bytes | None = None) -> str:
        """Again and again, like a person with a page that does not load."""
        for _number in range(TRIES):
            try:
                with self.browser.open(f"{self.address}{path}", data, timeout=20) as answer:
                    return answer.read().decode()
            except HTTPError:
                raise
            except (URLError, OSError, HTTPException):
                self.outcome.cut += 1
                time.sleep(0.05)
        raise TimeoutError(path)


def workers() -> list[int]:
    """Of the server that is our only child: the processes below it."""
    return [pid for child in children(os.getpid()) for pid in children(child)]


def children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(word) for word in task.read_text().split()]
    return found


def kill_workers(count: int, outcome: Outcome, chance: random.Random) -> None:
    while outcome.kills < count:
        moment = outcome.saving if outcome.kills % 3 == 2 else outcome.sending
        moment.clear()
        moment.wait(PATIENCE)
        time.sleep(chance.uniform(*MOMENT))
        alive = workers()
        if alive:
            try:
                os.kill(chance.choice(alive), signal.SIGKILL)
                outcome.kills += 1
            except ProcessLookupError:
                continue


def run(kills: int, database: str = "", seed: int | None = None) -> Outcome:
    """One server, some families, so many kills; then the count."""
    outcome, stop = Outcome(), threading.Event()
    with tempfile.TemporaryDirectory(prefix="shanghai-kills-") as folder:
        port = free_port()
        address = {"DATABASE_URL": database or f"sqlite:///{folder}/portal.sqlite3"}
        environment = demo_environment(Path(folder), port, TRUSTED_PROXY_COUNT="1", **address)
        lay_database(Path(folder))
        run_manage(environment, "migrate", "--verbosity=0")
        run_manage(environment, "collectstatic", "--noinput", "--verbosity=0")
        command = [sys.executable, "-m", "gunicorn", "portal.wsgi"]
        command += ["--bind", f"127.0.0.1:{port}", *SERVER.split()]
        with ExitStack() as stack:
            stack.enter_context(running(command, environment, port))
            families = start_families(f"http://127.0.0.1:{port}", outcome, stop)
            kill_workers(kills, outcome, random.Random(seed))
            # The last ones go through undisturbed.
            time.sleep(2)
            stop.set()
            for thread in families:
                thread.join(60)
        judge(outcome, json.loads(run_manage(environment, "shell", "--no-imports", "-c", LOOK)))
    return outcome


def start_families(address: str, outcome: Outcome, stop: threading.Event):
    threads = [
        threading.Thread(target=Family(address, outcome, stop).run, daemon=True)
        for _number in range(FAMILIES)
    ]
    for thread in threads:
        thread.start()
    return threads


def judge(outcome: Outcome, told: dict) -> None:
    whole, drafts = set(told["whole"]), told["drafts"]
    outcome.halves = told["halves"]
    outcome.lost = sorted(outcome.sent - whole)
    for reference, pages in outcome.saved.items():
        # Sent, but the family never heard: not lost either.
        if reference not in whole and not pages <= set(drafts.get(reference, [])):
            outcome.lost.append(reference)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--sqlite-only", action="store_true")
    asked = parser.parse_args()
    outcomes = {"SQLite": run(asked.kills, seed=asked.seed)}
    if not asked.sqlite_only:
        with cluster() as address:
            outcomes["PostgreSQL"] = run(asked.kills, address, asked.seed)
    for title, outcome in outcomes.items():
        print(f"{title}: {outcome.line()}")
        for error in outcome.errors[:5]:
            print(f"  {error}")
    bad = any(o.lost or o.halves or o.errors for o in outcomes.values())
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
