"""`make bench-open-data`: the export of 100,000 listings: memory, time, and what a 304 costs.

The directory is made up in a temporary database, SQLite and PostgreSQL in turn. A process
of its own then reads both files through the whole application, as a server would hand
them out. Memory is the highest that the process ever held, less what it held after a
first look at each file. Figure: at most 50 MB more.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools import machine
from tools.bench.big_directory import BATCH, SEED, add_conditions, add_hospitals, column
from tools.postgres import cluster
from tools.server import ROOT, demo_environment

FILES = ("/open-data/hospitals.json", "/open-data/hospitals.csv")
# Also answered a piece at a time, and as long as the directory.
MAP = "/sitemap-1.xml"
MOST_MEGABYTES = 50
CONDITIONS = 5_000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hospitals", type=int, default=10_000)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--inside", choices=["fill", "read"], help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        set_up()
        return fill(asked.hospitals) if asked.inside == "fill" else read()
    with tempfile.TemporaryDirectory(prefix="shanghai-bench-") as folder:
        if asked.only != "postgresql":
            measure("SQLite", f"sqlite:///{folder}/portal.sqlite3", folder)
        if asked.only != "sqlite" and not machine.provide(machine.POSTGRES):
            with cluster() as address:
                measure("PostgreSQL", address, folder)


def measure(title: str, database: str, folder: str) -> None:
    """Filling and reading are processes apart: the memory of one is not that of the other."""
    print(f"\n{title}", flush=True)
    environment = demo_environment(Path(folder), 0, DATABASE_URL=database, LOG_LEVEL="ERROR")
    # whitenoise wants to see its folder.
    (Path(folder) / "static").mkdir(exist_ok=True)
    for step in ("fill", "read"):
        command = [sys.executable, "-m", "tools.bench.open_data", *sys.argv[1:], "--inside", step]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)


def set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django

    django.setup()


# ---- Filling ----


def fill(hospitals: int) -> None:
    from django.core.management import call_command

    from hospitals.loader import load_directory
    from hospitals.loading import load_conditions
    from hospitals.models import Claim, DirectoryVersion, Listing

    call_command("migrate", verbosity=0)
    load_directory()
    load_conditions()
    rng = random.Random(SEED)
    add_conditions(rng, CONDITIONS)
    add_hospitals(rng, hospitals)
    add_claims(rng)
    DirectoryVersion.raise_number()
    print(f"  {hospitals} hospitals, {Listing.objects.count()} listings,", end=" ")
    print(f"{Claim.objects.count()} claims", flush=True)


def add_claims(rng: random.Random) -> None:
    """Four claims at each listing, the first of them in all languages."""
    from hospitals.models import Claim, Listing, Source

    sources = list(Source.objects.values_list("pk", flat=True))
    listings = list(Listing.objects.values_list("pk", flat=True))
    for start in range(0, len(listings), BATCH):
        rows = [
            row for key in listings[start : start + BATCH] for row in make_claims(rng, key, sources)
        ]
        Claim.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)


def make_claims(rng: random.Random, listing, sources: list) -> list:
    from hospitals.models import Claim

    of = {"listing_id": listing, "source_id": rng.choice(sources), "source_date": "2026-03"}
    period = {"period_from": "2025", "period_to": "2025"}
    exclusions = Claim(kind="exclusions", **of)
    for language in ("en", "zh-hans", "pl", "ar"):
        setattr(exclusions, column("text", language), "Made up for measuring. " * 6)
    low = rng.randrange(1, 400)
    return [
        exclusions,
        Claim(kind="volume", low=low, high=low + 20, **of, **period),
        Claim(kind="price", low=low * 100, high=low * 200, currency="CNY", **of),
        Claim(kind="languages", codes=["zh-hans", "en"], **of),
    ]


# ---- Reading ----


def read() -> None:
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
    for path in (*FILES, MAP):
        ask(application, path, pieces=3)
    before = megabytes("VmRSS")
    for path in (*FILES, MAP):
        report(application, path)
    grown = megabytes("VmHWM") - before
    print(f"  memory: {before:.0f} MB before,", end=" ")
    print(f"at most {grown:.1f} MB more (at most {MOST_MEGABYTES})", flush=True)
    if grown > MOST_MEGABYTES:
        sys.exit("The export takes too much memory.")


def report(application, path: str) -> None:
    started, busy = time.perf_counter(), time.process_time()
    first, size, queries, etag = ask(application, path)
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    started = time.perf_counter()
    again = ask(application, path, etag=etag)
    milliseconds = (time.perf_counter() - started) * 1000
    print(
        f"  {path:<28} {size / 1e6:7.1f} MB in {seconds:6.1f} s ({busy:.1f} s of work), first byte",
        end=" ",
    )
    print(f"{first * 1000:.0f} ms, {queries} queries;", end=" ")
    print(f"304 in {milliseconds:.1f} ms, {again[2]} query", flush=True)


def ask(application, path: str, *, pieces: int = 0, etag: str = "") -> tuple:
    """Seconds to the first piece, bytes, queries and ETag; `pieces` ends the reading early."""
    from django.db import connection
    from django.test import RequestFactory

    queries, headers = [], {}

    def count(execute, *arguments):
        queries.append(1)
        return execute(*arguments)

    def start_response(status, found):
        headers.update(found)

    more = {"HTTP_IF_NONE_MATCH": etag} if etag else {}
    environ = RequestFactory().get(path, HTTP_HOST="localhost", **more).environ
    started = time.perf_counter()
    with connection.execute_wrapper(count):
        body = application(environ, start_response)
        first, size = read_body(body, pieces, started)
    return first, size, len(queries), headers.get("ETag", "")


def read_body(body, pieces: int, started: float) -> tuple[float, int]:
    first, size = 0.0, 0
    try:
        for number, piece in enumerate(body, 1):
            first = first or time.perf_counter() - started
            size += len(piece)
            if number == pieces:
                break
    finally:
        body.close()
    return first, size


def megabytes(name: str) -> float:
    """VmRSS: what the process holds now; VmHWM: the most it ever held."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (line,) = [line for line in lines if line.startswith(f"{name}:")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
