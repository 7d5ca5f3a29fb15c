"""Eight processes that write at the same time, through the ORM and the real settings.

Each transaction reads before it writes: with SQLite's defaults that is what
fails. Between two of them lies a moment, as between the requests of people:
without it SQLite lets one writer starve while the others take turns.
"""

import argparse
import os
import time
from multiprocessing import get_context
from pathlib import Path


def write(worker: int, seconds: float, pause: float) -> tuple[int, list[str], float]:
    """Transactions done, errors, and the slowest transaction in seconds."""
    import django

    django.setup()
    from django.db import DatabaseError, transaction

    from portal.models import AuditEvent

    done, errors, slowest = 0, [], 0.0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        started = time.monotonic()
        try:
            with transaction.atomic():
                before = AuditEvent.objects.filter(object_id=str(worker)).count()
                AuditEvent.objects.create(
                    actor_kind="bench",
                    action="bench.write",
                    object_type="bench",
                    object_id=str(worker),
                    data={"before": before},
                )
            done += 1
        except DatabaseError as error:
            errors.append(str(error))
        slowest = max(slowest, time.monotonic() - started)
        time.sleep(pause)
    return done, errors, slowest


def measure(processes: int, seconds: float, pause: float) -> dict:
    with get_context("spawn").Pool(processes) as pool:
        results = pool.starmap(write, [(number, seconds, pause) for number in range(processes)])
    return {
        "transactions": sum(done for done, _errors, _slowest in results),
        "errors": [error for _done, errors, _slowest in results for error in errors],
        "slowest": max(slowest for _done, _errors, slowest in results),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--pause", type=float, default=0.005, help="seconds between two writes")
    asked = parser.parse_args()
    result = measure(asked.processes, asked.seconds, asked.pause)
    print(
        f"{asked.processes} writers, {asked.seconds:.0f} s: {result['transactions']} transactions, "
        f"{len(result['errors'])} errors, slowest {result['slowest'] * 1000:.0f} ms"
    )
    for error in sorted(set(result["errors"])):
        print(f"  {result['errors'].count(error)} x {error}")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    os.chdir(Path(__file__).resolve().parent.parent.parent)
    main()
