"""`make bots`: a thousand machines and twenty people send inquiries at once (row M1).

Real gunicorn, each sender with an address of its own. Machines fill each field,
hurry, repeat one another's work or run no scripts; half of the people run none
either. Counted: machines in the inbox (at most 1 %), people that were lost (none).
"""

import argparse
import random
import re
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from pathlib import Path
from string import ascii_lowercase
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from cases import work
from tools.kills import PAGES, REFERENCE, SERVER, SHOWN, TOKEN
from tools.postgres import free_port
from tools.server import demo_environment, run_manage, running

CODE = re.compile(r"<bdi>([2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4})</bdi>")
WORK, SHOWN_AT = re.compile(r'data-work="([^"]+)"'), re.compile(r'name="shown_at" value="([^"]+)"')
# Seconds: a person needs longer than what is asked for.
READING = 35
# At once; those who read do nothing meanwhile.
SENDERS = 24
TOLD = """
from cases.models import Case
print(",".join(f"{case.reference}:{case.held_for}" for case in Case.objects.all()))
"""


class Sender:
    """One browser with one address."""

    def __init__(self, port: int, number: int, kind: str):
        self.address, self.kind = f"http://127.0.0.1:{port}", kind
        self.own = f"203.0.{number // 250}.{number % 250 + 1}"
        self.reference, self.code = "", ""
        self.use_another_device()

    def use_another_device(self) -> None:
        self.browser = build_opener(HTTPCookieProcessor(CookieJar()))
        self.browser.addheaders = [("X-Forwarded-For", self.own)]

    def fetch(self, path: str, data: dict | None = None) -> str:
        body = None if data is None else urlencode(data).encode()
        with self.browser.open(f"{self.address}{path}", body, timeout=120) as answer:
            return answer.read().decode()

    def post(self, path: str, typed: dict, to: str = "") -> str:
        page = self.fetch(path)
        data = {"csrfmiddlewaretoken": TOKEN.search(page).group(1), **typed}
        if found := SHOWN.search(page):
            data["shown"] = found.group(1)
        return self.fetch(to or path, data)

    def fill_in(self) -> None:
        self.post("/en/inquiry/", {}, "/en/inquiry/begin/")
        for slug, typed in PAGES:
            # Another patient each time: the office is told of the same one.
            name = "".join(random.choices(ascii_lowercase, k=16))
            mine = {"patient_name": name} if slug == "patient" else {}
            self.post(f"/en/inquiry/{slug}/", {**typed, **mine})

    def send(self, seconds: float = 0, **marks: str) -> None:
        page = self.fetch("/en/inquiry/check/")
        time.sleep(seconds)
        data = {"csrfmiddlewaretoken": TOKEN.search(page).group(1)}
        if self.kind in ("person", "person without scripts", "patient machine"):
            data["shown_at"] = SHOWN_AT.search(page).group(1)
        if self.kind in ("person", "hurried machine with scripts"):
            data["work"] = work.solve(WORK.search(page).group(1))
        sent = self.fetch("/en/inquiry/check/", data | marks)
        if "We have your inquiry" in sent:
            self.reference = REFERENCE.search(sent).group()
            self.code = CODE.search(sent).group(1)


def act(sender: Sender) -> Sender:
    try:
        if sender.kind == "blind machine":
            sender.fetch("/en/inquiry/check/", {"name": "x", "problem": "buy", "website": "x"})
            return sender
        sender.fill_in()
        is_slow = sender.kind in ("person", "person without scripts", "patient machine")
        marks = {"website": "http://spam.example"} if sender.kind == "machine in the trap" else {}
        sender.send(READING if is_slow else 0, **marks)
    except HTTPError:
        # Refused: what a machine wanted to leave is not there.
        return sender
    return sender


KINDS = {
    "blind machine": 0.5, "machine in the trap": 0.2, "hurried machine": 0.1,
    "hurried machine with scripts": 0.1, "patient machine": 0.1,
}  # fmt: skip


def crowd(port: int, machines: int, people: int) -> list[Sender]:
    kinds = [kind for kind, share in KINDS.items() for _one in range(round(machines * share))]
    kinds += ["person", "person without scripts"] * (people // 2)
    random.shuffle(kinds)
    return [Sender(port, number, kind) for number, kind in enumerate(kinds)]


def gets_in(sender: Sender) -> bool:
    """A person signs in on another device with the code of the last page."""
    sender.use_another_device()
    typed = {"reference": sender.reference, "code": sender.code}
    try:
        return f"/case/{sender.reference}/" in sender.post("/en/case/", typed)
    except HTTPError:
        return False


def run(machines: int, people: int) -> dict:
    with tempfile.TemporaryDirectory(prefix="shanghai-bots-") as folder:
        port = free_port()
        environment = demo_environment(Path(folder), port, TRUSTED_PROXY_COUNT="1")
        run_manage(environment, "migrate", "--verbosity=0")
        run_manage(environment, "collectstatic", "--noinput", "--verbosity=0")
        command = [sys.executable, "-m", "gunicorn", "portal.wsgi"]
        command += ["--bind", f"127.0.0.1:{port}", *SERVER.split()]
        with running(command, environment, port):
            senders = crowd(port, machines, people)
            with ThreadPoolExecutor(max_workers=SENDERS) as pool:
                list(pool.map(act, senders))
            humans = [sender for sender in senders if sender.kind.startswith("person")]
            lost = sum(not sender.reference or not gets_in(sender) for sender in humans)
        told = run_manage(environment, "shell", "--no-imports", "-c", TOLD).strip()
    return count(senders, dict(part.split(":") for part in told.split(",") if part), lost)


def count(senders: list[Sender], held: dict[str, str], lost: int) -> dict:
    of_people = {each.reference for each in senders if each.kind.startswith("person")}
    machines = sum(not each.kind.startswith("person") for each in senders)
    inbox = [reference for reference, why in held.items() if not why]
    return {
        "machines": machines,
        "machines_in_inbox": sum(reference not in of_people for reference in inbox),
        "people": len(senders) - machines,
        "people_lost": lost,
        "people_in_inbox": sum(reference in of_people for reference in inbox),
        "held": dict(Counter(why for why in held.values() if why)),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--machines", type=int, default=1000)
    parser.add_argument("--people", type=int, default=20)
    asked = parser.parse_args()
    told = run(asked.machines, asked.people)
    print(", ".join(f"{name.replace('_', ' ')} {number}" for name, number in told.items()))
    bad = told["machines_in_inbox"] > told["machines"] / 100 or told["people_lost"]
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
