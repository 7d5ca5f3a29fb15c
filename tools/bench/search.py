"""`make bench-search`: search in a made-up directory of 10,000 hospitals, on both databases.

One warm process, the time of a whole request in the server (middleware to bytes), and of the
look-up of names alone. Figures: a search page p50 <= 20 ms and p99 <= 80 ms, suggestions half.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools import machine
from tools.bench.big_directory import Size, fill, questions
from tools.postgres import cluster
from tools.server import ROOT, demo_environment

PAGE_LIMITS, SUGGEST_LIMITS = (20, 80), (10, 40)
SHORTEST_TYPED = 2


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hospitals", type=int, default=Size.hospitals)
    parser.add_argument("--conditions", type=int, default=Size.conditions)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        return inside(asked)
    with tempfile.TemporaryDirectory(prefix="shanghai-bench-") as folder:
        if asked.only != "postgresql":
            measure("SQLite", f"sqlite:///{folder}/portal.sqlite3", folder)
        if asked.only != "sqlite" and not machine.provide(machine.POSTGRES):
            with cluster() as address:
                measure("PostgreSQL", address, folder)


def measure(title: str, database: str, folder: str, module: str = "tools.bench.search") -> None:
    """The same program again, on this database, with the same arguments."""
    print(f"\n{title}", flush=True)
    environment = demo_environment(Path(folder), 0, DATABASE_URL=database, LOG_LEVEL="ERROR")
    command = [sys.executable, "-m", module, *sys.argv[1:], "--inside"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def inside(asked) -> None:
    set_up()
    started = time.perf_counter()
    size = Size(asked.hospitals, asked.conditions)
    fill(size)
    print(
        f"  {size.hospitals} hospitals, {size.listings} listings, {size.condition_names} names of "
        f"conditions and the ICD-10; filled in {time.perf_counter() - started:.0f} s",
        flush=True,
    )
    refresh_statistics()
    typed = questions()
    report("look-up of names", typed, look_up, asked.rounds)
    report("search page", typed, page, asked.rounds, PAGE_LIMITS)
    report("words never asked", typed, page_of_new_words, asked.rounds)
    report("suggestions", as_typed(typed), suggestions, asked.rounds, SUGGEST_LIMITS)


def set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.ALLOWED_HOSTS = ["testserver"]
    # Static files are not collected here; the addresses cost the same.
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    call_command("compile_translations", verbosity=0)
    call_command("migrate", verbosity=0)


def refresh_statistics() -> None:
    """What the databases do by themselves after a while."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def report(title: str, typed: dict, ask, rounds: int, limits: tuple[int, int] = ()) -> None:
    everything = []
    for kind, rows in typed.items():
        times = measured(rows, ask, rounds)
        everything += times
        print(f"  {title:<18} {kind:<20} {percentiles(times)}", flush=True)
    wanted = f"  (at most {limits[0]} and {limits[1]})" if limits else ""
    print(f"  {title:<18} {'all':<20} {percentiles(everything)}{wanted}", flush=True)


def measured(rows: list, ask, rounds: int) -> list[tuple[float, float]]:
    """Milliseconds of each question, by the clock and of the processor.

    The first round warms up and does not count. On a busy machine the processor's time says
    more on SQLite; of PostgreSQL it knows our own part alone.
    """
    times = []
    for turn in range(rounds + 1):
        for language, words in rows:
            started, used = time.perf_counter(), time.process_time()
            ask(language, words)
            taken = (time.perf_counter() - started) * 1000
            if turn:
                times.append((taken, (time.process_time() - used) * 1000))
    return times


def percentiles(times: list[tuple[float, float]]) -> str:
    clock, processor = (statistics.quantiles(column, n=100) for column in zip(*times, strict=True))
    return (
        f"p50 {clock[49]:6.1f} ms   p99 {clock[98]:6.1f} ms   "
        f"processor {processor[49]:6.1f} {processor[98]:6.1f} ms"
    )


def look_up(language: str, words: str) -> None:
    from hospitals.finding.lookup import find_names
    from hospitals.models import DirectoryVersion

    find_names(words, language=language, version=DirectoryVersion.current())


def page(language: str, words: str) -> None:
    get(f"/{language}/hospitals/", words)


def page_of_new_words(language: str, words: str) -> None:
    """As `page`, in a process that has kept none of these words."""
    from django.core.cache import caches

    caches["words"].clear()
    page(language, words)


def suggestions(language: str, words: str) -> None:
    get(f"/{language}/hospitals/suggest/", words)


def get(path: str, words: str) -> None:
    from django.test import Client

    answer = Client().get(path, {"q": words}, headers={"Accept-Encoding": "br"})
    assert answer.status_code == 200, (path, words, answer.status_code)


def as_typed(typed: dict) -> dict:
    """Each question letter by letter is many requests; every third of them is asked here."""
    found = {}
    for kind in ("the 100 questions", "misspelt"):
        found[kind] = [
            (language, words[:length])
            for language, words in typed[kind]
            for length in range(SHORTEST_TYPED, min(len(words), 24) + 1, 3)
        ]
    return found


if __name__ == "__main__":
    main()
