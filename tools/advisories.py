"""`make advisories`: known holes in the pinned requirements (security row D1).

Fails closed: no answer from the database, a package that the database does
not know and a hole are all failures.
"""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = ("requirements.txt", "requirements-dev.txt", "requirements-audit.txt")


def main() -> int:
    failed = [name for name in FILES if not audit(name)]
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    if failed:
        print(f"NOT CLEAN ({now}): {', '.join(failed)}. Either a hole is listed above, or")
        print("the advisory database could not be asked: then nothing is known.")
        return 1
    print(f"No known hole in {', '.join(FILES)}, asked {now}.")
    return 0


def audit(name: str) -> bool:
    """--strict: a package that was skipped is a failure."""
    print(f"== {name}", flush=True)
    options = "--strict --require-hashes --disable-pip --progress-spinner off".split()
    return not subprocess.run(
        [sys.executable, "-m", "pip_audit", *options, "-r", name], cwd=ROOT
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
