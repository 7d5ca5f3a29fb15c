"""`make db-away`: PostgreSQL stopped for 30 s, and a lock of 30 s, while families ask.

Real gunicorn with the shipped number of processes and threads, real PostgreSQL. Told: the
slowest page and the slowest `/healthz` of each time, and how soon pages are back. Exit code 1
when a page took over 5 s, `/healthz` over 0.5 s, healing over 5 s, or an answer was neither a
page nor 503.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import psycopg

from tools.kills import TOKEN
from tools.postgres import free_port, server
from tools.server import demo_environment, run_manage, running

SERVER = "--worker-class gthread --workers 2 --threads 8 --log-level critical --no-control-socket"
FAMILIES = 24
PAGE_LIMIT, HEALTH_LIMIT, HEALING_LIMIT = 5.0, 0.5, 5.0
LOCK = "LOCK TABLE cases_draft, django_session IN ACCESS EXCLUSIVE MODE"


class Asked:
    """What was asked in one stretch of time: the slowest and the answers."""

    def __init__(self):
        self.slowest, self.answers, self.first_page = Counter(), Counter(), None

    def add(self, kind: str, seconds: float, status: int) -> None:
        self.slowest[kind] = max(self.slowest[kind], seconds)
        self.answers[kind, status] += 1
        if kind == "page" and status == 200 and self.first_page is None:
            self.first_page = time.monotonic()


class Load:
    """Families and one monitor, until they are told to stop; each stretch is counted alone."""

    def __init__(self, address: str):
        self.address, self.now, self.stop = address, Asked(), threading.Event()
        self.threads = [threading.Thread(target=self.family) for _number in range(FAMILIES)]
        self.threads.append(threading.Thread(target=self.monitor))

    def family(self) -> None:
        browser = build_opener(HTTPCookieProcessor(CookieJar()))
        while not self.stop.is_set():
            try:
                token = TOKEN.search(browser.open(f"{self.address}/en/inquiry/").read().decode())
                words = urlencode({"csrfmiddlewaretoken": token[1]}).encode()
                browser.open(f"{self.address}/en/inquiry/begin/", words)
                break
            except (URLError, TypeError):
                time.sleep(0.2)
        while not self.stop.is_set():
            self.ask(browser, "page", "/en/inquiry/you/")
            time.sleep(0.1)

    def monitor(self) -> None:
        browser = build_opener()
        while not self.stop.is_set():
            self.ask(browser, "healthz", "/healthz")
            time.sleep(0.1)

    def ask(self, browser, kind: str, path: str) -> None:
        # What began in one stretch belongs to it, however long it takes.
        asked, before = self.now, time.monotonic()
        try:
            with browser.open(f"{self.address}{path}", timeout=60) as answer:
                answer.read()
                status = answer.status
        except HTTPError as error:
            status = error.code
        except (URLError, HTTPException, OSError):
            status = 0
        asked.add(kind, time.monotonic() - before, status)

    def stretch(self) -> Asked:
        """Begin to count anew."""
        self.now = Asked()
        return self.now


def trial(postgres, load: Load, seconds: int) -> dict[str, Asked]:
    found = {"idle": load.stretch()}
    time.sleep(5)
    with psycopg.connect(postgres.address) as connection:
        # What is under way when the lock comes belongs to its time.
        found["locked"] = load.stretch()
        connection.execute(LOCK)
        time.sleep(seconds)
    found["after the lock"] = load.stretch()
    ends = {"after the lock": time.monotonic()}
    time.sleep(8)
    found["stopped"] = load.stretch()
    postgres.stop()
    time.sleep(seconds)
    postgres.start()
    found["after the stop"] = load.stretch()
    ends["after the stop"] = time.monotonic()
    time.sleep(8)
    for name, end in ends.items():
        found[name].slowest["healing"] = (found[name].first_page or end + 99) - end
    return found


def told(found: dict[str, Asked]) -> bool:
    """Print a line for each stretch; whether all of it is within the limits."""
    well = True
    for name, asked in found.items():
        slow = {kind: f"{seconds:.2f} s" for kind, seconds in sorted(asked.slowest.items())}
        answers = {f"{kind} {status}": n for (kind, status), n in sorted(asked.answers.items())}
        print(f"{name}: slowest {slow}; answers {answers}")
        well &= asked.slowest["page"] <= PAGE_LIMIT and asked.slowest["healthz"] <= HEALTH_LIMIT
        well &= asked.slowest["healing"] <= HEALING_LIMIT
        well &= all(status in (200, 503) for _kind, status in asked.answers)
    return well


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=30)
    seconds = parser.parse_args().seconds
    with server() as postgres, tempfile.TemporaryDirectory(prefix="shanghai-away-") as folder:
        port = free_port()
        environment = demo_environment(Path(folder), port, DATABASE_URL=postgres.address)
        run_manage(environment, "migrate", "--verbosity", "0")
        run_manage(environment, "collectstatic", "--noinput", "--verbosity", "0")
        command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}"]
        with running([*command, *SERVER.split()], environment, port):
            load = Load(f"http://localhost:{port}")
            for thread in load.threads:
                thread.start()
            try:
                found = trial(postgres, load, seconds)
            finally:
                load.stop.set()
                for thread in load.threads:
                    thread.join()
    return 0 if told(found) else 1


if __name__ == "__main__":
    sys.exit(main())
