"""`make test`: everything that a change must pass before it lands.

Cheap checks first: the first that fails ends the run. Then every test suite
runs, whatever the others say. The last lines name what was skipped, if
anything had to be, and count the tests.
"""

import base64
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import machine, progress  # noqa: E402
from tools.postgres import cluster  # noqa: E402

PYTHON = sys.executable
PYTEST = [PYTHON, "-m", "pytest", "--color=no", "-q", "--durations=25"]
# Measured here, judged by a step of its own.
COVERAGE = ["--cov", "--cov-report=", "--cov-fail-under=0"]
OUTCOMES = re.compile(r"(\d+) (passed|failed|skipped|errors?)\b")


@dataclass
class Report:
    """What the steps came to."""

    failed: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def main() -> int:
    started = time.monotonic()
    missing = machine.provide(*machine.GATE)
    report = Report()
    with tempfile.TemporaryDirectory(prefix="shanghai-gate-") as scratch:
        for title, command, environment in cheap_checks(Path(scratch)):
            if not run(report, title, command, environment):
                break
        else:
            run_suites(report, Path(scratch), missing)
    print_end(report, missing, time.monotonic() - started)
    return 1 if report.failed else 0


def cheap_checks(scratch: Path):
    """Title, command, environment of each."""
    manage = [PYTHON, "manage.py"]
    demo = {"ENVIRONMENT": "demo", "VAR_DIR": str(scratch / "var")}
    yield "ruff check", [PYTHON, "-m", "ruff", "check", "."], {}
    yield "ruff format", [PYTHON, "-m", "ruff", "format", "--check", "."], {}
    yield "languages compiled", [*manage, "compile_translations", "--verbosity", "0"], demo
    yield "migrations", [*manage, "makemigrations", "--check", "--dry-run"], demo
    deploy = [*manage, "check", "--deploy", "--fail-level", "WARNING"]
    yield "production settings", deploy, production(scratch)
    yield "translations", [*manage, "check_translations"], demo


def production(scratch: Path) -> dict[str, str]:
    return {
        "ENVIRONMENT": "production",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "portal.example",
        "PUBLIC_URL": "https://portal.example",
        "TRUSTED_PROXY_COUNT": "1",
        "EMAIL_URL": "smtp+tls://mail.portal.example:587",
        "MAIL_FROM": "Shanghai coordinators <care@portal.example>",
        "RECORD_KEYS": f"gate:{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}",
        "CLAMD_ADDRESS": "unix:/run/clamav/clamd.ctl",
        "VAR_DIR": str(scratch / "var"),
    }


def run_suites(report: Report, scratch: Path, missing: list[machine.Need]) -> None:
    """All of them: a failure on one database does not hide one on the other."""
    parallel = [*PYTEST, "-n", "2", "-m", "not browser"]
    # Each database is migrated once, for all suites that use it.
    shared = {"TEST_TEMPLATES": str(scratch / "templates")}
    measured = {**shared, "COVERAGE_FILE": str(scratch / "coverage")}
    run_suite(report, "tests on SQLite", [*parallel, *COVERAGE], measured)
    run(report, "branch coverage", [PYTHON, "-m", "coverage", "report"], measured)
    if machine.POSTGRES not in missing:
        with cluster() as address:
            only = [*parallel, "--database-only"]
            run_suite(report, "tests on PostgreSQL", only, {**shared, "DATABASE_URL": address})
    if machine.CHROMIUM not in missing:
        run_suite(report, "browser tests", [*PYTEST, "-n", "2", "-m", "browser"], shared)


def run(report: Report, title: str, command: list, environment: dict[str, str]) -> bool:
    """One step with its output and its duration."""
    print(f"\n== {title}", flush=True)
    started = time.monotonic()
    done = progress.run(title, command, cwd=ROOT, env=clean_environment(environment))
    return finish(report, title, done.returncode == 0, time.monotonic() - started)


def run_suite(report: Report, title: str, command: list, environment: dict[str, str]) -> bool:
    """Like `run`, and remembers pytest's closing line."""
    print(f"\n== {title}", flush=True)
    started, closing = time.monotonic(), ""
    child = subprocess.Popen(
        command, cwd=ROOT, env=clean_environment(environment), stdout=subprocess.PIPE, text=True
    )
    with progress.Heartbeat(title).beating() as heartbeat:
        for line in child.stdout:
            heartbeat.heard()
            print(line, end="", flush=True)
            closing = line.strip() if OUTCOMES.search(line) else closing
        outcome = child.wait()
    for number, word in OUTCOMES.findall(closing):
        kind = "failed" if word.startswith("error") else word
        report.counts[kind] = report.counts.get(kind, 0) + int(number)
    return finish(report, f"{title}: {closing}", outcome == 0, time.monotonic() - started)


def finish(report: Report, title: str, good: bool, seconds: float) -> bool:
    line = f"{'ok    ' if good else 'FAILED'} {seconds:6.1f} s  {title}"
    print(line, flush=True)
    report.lines.append(line)
    if not good:
        report.failed.append(title)
    return good


def clean_environment(more: dict[str, str]) -> dict[str, str]:
    """Without the developer's own settings: the gate asks the same of everybody."""
    ours = ("ENVIRONMENT", "DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_", "PUBLIC_URL")
    ours += (
        "VAR_DIR",
        "EMAIL_URL",
        "MAIL_FROM",
        "OPERATOR_",
        "DJANGO_",
        "TRUSTED_PROXY_COUNT",
        "LOG_LEVEL",
        "RECORD",
        "CLAMD_",
        "TEST_",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "PYTHONUNBUFFERED": "1", **more}


def print_end(report: Report, missing: list[machine.Need], seconds: float) -> None:
    print("\n== The gate")
    for line in report.lines:
        print(line)
    print(f"{seconds:.0f} s in all")
    if missing:
        print(f"SKIPPED: {'; '.join(need.hint() for need in missing)}")
    counts = report.counts
    skipped = f", {counts['skipped']} skipped" if counts.get("skipped") else ""
    print(f"{counts.get('passed', 0)} passed, {counts.get('failed', 0)} failed{skipped}")


if __name__ == "__main__":
    sys.exit(main())
