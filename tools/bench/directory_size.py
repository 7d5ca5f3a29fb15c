"""Pages at 10,000 hospitals against the same pages at 13: time, and the number of queries.

Two processes with a directory each take turns, so that a noisy machine hits both. "Made"
is the first visit after a change of the directory, "kept" every later one. Figures: at most
1.3 times the time and the same number of queries. A list of 13 has fewer cards than a page
of a long list: beside the whole page its time for each card is printed.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tools import machine
from tools.bench.big_directory import Size, fill
from tools.bench.search import refresh_statistics, set_up
from tools.postgres import cluster
from tools.server import ROOT, demo_environment

# Every page whose time must not depend on the size of the directory; those missing are skipped.
PATHS = [
    "/en/hospitals/",
    "/en/hospitals/?type=general",
    "/en/hospitals/scmc/",
    "/en/conditions/hepatoblastoma/",
    "/en/conditions/endometriosis/",
    "/en/conditions/icd-10/C22.2/",
    "/en/compare/?condition=hepatoblastoma&hospital=scmc&hospital=xinhua",
]
CARDS = b'class="panel hospital-card"'
LIMIT = 1.3


@dataclass
class Reply:
    """Milliseconds and queries of one request."""

    status: int
    time: float
    queries: int
    cards: int


class Portal:
    """A child process with a directory of its own; it answers one path at a time."""

    def __init__(self, database: str, folder: str, hospitals: int, conditions: int):
        environment = demo_environment(Path(folder), 0, DATABASE_URL=database, LOG_LEVEL="CRITICAL")
        command = [sys.executable, "-m", "tools.bench.directory_size", "--serve"]
        command += ["--hospitals", str(hospitals), "--conditions", str(conditions)]
        self.child = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def get(self, path: str, *, kept: bool) -> Reply:
        self.child.stdin.write(json.dumps([path, kept]) + "\n")
        self.child.stdin.flush()
        return Reply(*json.loads(self.child.stdout.readline()))

    def close(self) -> None:
        self.child.stdin.close()
        self.child.wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hospitals", type=int, default=Size.hospitals)
    parser.add_argument("--conditions", type=int, default=Size.conditions)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        return serve(asked)
    with ExitStack() as stack:
        folders = [
            stack.enter_context(tempfile.TemporaryDirectory(prefix="shanghai-bench-"))
            for _ in range(2)
        ]
        if asked.only != "postgresql":
            files = [f"sqlite:///{folder}/portal.sqlite3" for folder in folders]
            compare("SQLite", files, folders, asked)
        if asked.only != "sqlite" and not machine.provide(machine.POSTGRES):
            servers = [stack.enter_context(cluster()) for _ in folders]
            compare("PostgreSQL", servers, folders, asked)


def compare(title: str, databases: list[str], folders: list[str], asked) -> None:
    print(f"\n{title}: 13 hospitals, {asked.hospitals} hospitals", flush=True)
    small = Portal(databases[0], folders[0], 0, 0)
    large = Portal(databases[1], folders[1], asked.hospitals, asked.conditions)
    try:
        for path in PATHS:
            for kept in (False, True):
                print(line(path, kept, *turns(small, large, path, kept, asked.rounds)), flush=True)
    finally:
        small.close()
        large.close()


def turns(small: Portal, large: Portal, path: str, kept: bool, rounds: int) -> list[list[Reply]]:
    """The replies of both; the first two rounds warm up."""
    replies = [[], []]
    for number in range(rounds + 2):
        for portal, found in zip((small, large), replies, strict=True):
            reply = portal.get(path, kept=kept)
            if number > 1:
                found.append(reply)
    return replies


def line(path: str, kept: bool, small: list[Reply], large: list[Reply]) -> str:
    name = f"  {path[:52]:<52} {'kept' if kept else 'made':<5}"
    if {reply.status for reply in small + large} != {200}:
        return f"{name} skipped: {small[0].status}, {large[0].status}"
    times = [statistics.median(reply.time for reply in replies) for replies in (small, large)]
    queries = [replies[-1].queries for replies in (small, large)]
    ratio = times[1] / times[0]
    text = f"{name} {times[0]:6.1f} {times[1]:6.1f} ms  {ratio:4.2f} times"
    text += f"  queries {queries[0]} {queries[1]}"
    cards = small[-1].cards, large[-1].cards
    if cards[0] != cards[1] and not kept:
        ratio *= cards[0] / cards[1]
        text += f"  cards {cards[0]} {cards[1]}: {ratio:4.2f} times a card"
    good = ratio <= LIMIT and queries[0] == queries[1]
    return text + ("" if good else "  over")


def serve(asked) -> None:
    """Fills the directory, then answers lines of [path, kept] with lines of a reply."""
    set_up()
    fill(Size(asked.hospitals, asked.conditions))
    refresh_statistics()
    for row in sys.stdin:
        path, kept = json.loads(row)
        print(json.dumps(list(reply_to(path, kept))), flush=True)


def reply_to(path: str, kept: bool) -> tuple[int, float, int, int]:
    from django.core.cache import cache
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as context:
        if not kept:
            cache.clear()
        Client().get(path)
        queries = len(context)
    if not kept:
        cache.clear()
    started = time.perf_counter()
    answer = Client().get(path)
    taken = (time.perf_counter() - started) * 1000
    return answer.status_code, taken, queries, answer.content.count(CARDS)


if __name__ == "__main__":
    main()
