"""`make lock`: pins the requirements again, with the hash of every file.

Where a pin still satisfies its .in file it stays; `make lock UPGRADE=1` takes
the newest versions.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# requirements.txt first: the development one is bound to it.
NAMES = ("requirements", "requirements-dev", "requirements-audit")


def main() -> None:
    upgrade = ["--upgrade"] if os.environ.get("UPGRADE") else []
    for name in NAMES:
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal"]
        command += ["--python-version", "3.11", "--generate-hashes", *upgrade]
        subprocess.run([*command, "-o", f"{name}.txt", f"{name}.in"], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
