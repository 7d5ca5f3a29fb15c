"""`make bench`: the list of hospitals against a bare Django view, and parallel writers.

The list twice: as a first visit, and as a repeat visit whose reader has the page (304).

Both servers run at the same time and take turns under load, so that a noisy
machine hits both. Ratios of medians are what counts; absolute figures are not
comparable between machines.
"""

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tools import machine
from tools.postgres import cluster, free_port
from tools.server import demo_environment, run_manage, running

LIST = "/en/hospitals/"
CONNECTIONS = 16
MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
P99 = re.compile(r"99%\s+([\d.]+)(us|ms|s)")
FAILED = re.compile(r"Non-2xx or 3xx responses: (\d+)")
SERVER = "--worker-class sync --workers 2 --log-level warning --no-control-socket".split()


@dataclass
class Cell:
    """One server and what it did in each round."""

    title: str
    url: str
    # What the reader sends along; without it a repeat visit is like the first.
    headers: list[str] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    tails: list[float] = field(default_factory=list)

    def load(self, seconds: int) -> None:
        command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", self.url]
        command += [part for header in self.headers for part in ("-H", header)]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if FAILED.search(output):
            sys.exit(f"{self.url} answered with errors:\n{output}")
        self.rates.append(float(RATE.search(output)[1]))
        value, unit = P99.search(output).groups()
        self.tails.append(float(value) * MILLISECONDS[unit])

    def line(self) -> str:
        rate, tail = statistics.median(self.rates), statistics.median(self.tails)
        return f"  {self.title:<28} {rate:8.0f} requests/s   p99 {tail:6.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--writer-seconds", type=int, default=20)
    asked = parser.parse_args()
    if machine.provide(machine.WRK):
        sys.exit("wrk is missing (Debian: apt-get install wrk)")
    with tempfile.TemporaryDirectory(prefix="shanghai-bench-") as folder:
        sqlite = f"sqlite:///{folder}/portal.sqlite3"
        compare("SQLite", sqlite, Path(folder), asked)
        if not machine.provide(machine.POSTGRES):
            with cluster() as address:
                compare("PostgreSQL", address, Path(folder), asked)
        print("\nSQLite, parallel writers", flush=True)
        environment = demo_environment(Path(folder), 0, DATABASE_URL=sqlite)
        command = [sys.executable, "-m", "tools.bench.writers"]
        command += ["--seconds", str(asked.writer_seconds)]
        subprocess.run(command, env=environment, check=True)


def compare(title: str, database: str, folder: Path, asked) -> None:
    ports = free_port(), free_port()
    environment = demo_environment(folder, ports[0], DATABASE_URL=database)
    run_manage(environment, "start_demo", "--prepare-only")
    cells = [
        Cell("the list of hospitals", f"http://127.0.0.1:{ports[0]}{LIST}"),
        Cell("the list, repeat visit (304)", f"http://127.0.0.1:{ports[0]}{LIST}"),
        Cell("bare view, 13 rows", f"http://127.0.0.1:{ports[1]}/"),
    ]
    with ExitStack() as stack:
        for port, application in zip(ports, ("portal.wsgi", "tools.bench.bare"), strict=True):
            command = [sys.executable, "-m", "gunicorn", application]
            command += ["--bind", f"127.0.0.1:{port}", *SERVER]
            path = "/healthz" if application == "portal.wsgi" else "/"
            stack.enter_context(running(command, environment, port, path))
        cells[1].headers = repeat_visit(cells[1].url)
        for cell in cells * (asked.rounds + 1):
            cell.load(asked.seconds if cell.rates else 2)
    for cell in cells:
        # The first, short round warmed the server up.
        del cell.rates[0], cell.tails[0]
    report(title, cells, asked.rounds)


def report(title: str, cells: list[Cell], rounds: int) -> None:
    print(f"\n{title}, gunicorn with 2 sync workers, {CONNECTIONS} connections, {rounds} rounds")
    for cell in cells:
        print(cell.line())
    first, repeat, bare = cells
    rate, tail = ratio(first.rates, bare.rates), ratio(first.tails, bare.tails)
    print(f"  ratio: {rate:.2f} of its requests/s (at least 0.50),", end=" ")
    print(f"p99 {tail:.2f} times its p99 (at most 3.00);", end=" ")
    print(f"304 {ratio(repeat.rates, bare.rates):.2f} (at least 0.80)", flush=True)


def ratio(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(ours) / statistics.median(theirs)


def repeat_visit(url: str) -> list[str]:
    """Headers of a browser that has the page; checked, or the load would measure a 200."""
    headers = {"Accept-Encoding": "gzip, br"}
    with urlopen(Request(url, headers=headers), timeout=20) as answer:
        headers["If-None-Match"] = answer.headers["ETag"]
    try:
        with urlopen(Request(url, headers=headers), timeout=20) as answer:
            sys.exit(f"{url} answers {answer.status} to a reader who has the page, not 304")
    except HTTPError as answer:
        if answer.code != 304:
            raise
    return [f"{name}: {value}" for name, value in headers.items()]


if __name__ == "__main__":
    main()
