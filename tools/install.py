"""Makes a virtual environment and installs pinned requirements into it, once.

Runs on the system's Python, so it uses the standard library only. A stamp
file holds the hash of what was installed: a second start skips pip.
"""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import progress  # noqa: E402

MINIMUM = (3, 11)
PIN = re.compile(r"^[A-Za-z0-9][^\s=]*==", re.MULTILINE)
# Measured with two cores and a fast line; downloads of 20 to 130 MB come on top elsewhere.
SECONDS_A_PACKAGE = 0.6
# A developer's own settings would put the packages elsewhere, or ask for more of them.
UNWANTED = ("PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_REQUIREMENT", "PIP_CONSTRAINT")


def main(folder: str, requirements: str) -> None:
    if sys.version_info < MINIMUM:
        sys.exit("Python 3.11 or newer is needed. Name one: make run PYTHON=python3.11")
    venv, wanted = ROOT / folder, ROOT / requirements
    stamp = venv / f".installed-{wanted.stem}"
    digest = hashlib.sha256(wanted.read_bytes()).hexdigest()
    python = venv / "bin" / "python"
    if stamp.exists() and stamp.read_text() == digest and works(python):
        return
    announce(venv, wanted)
    if not works(python):
        create(venv)
    install(python, wanted)
    stamp.write_text(digest)


def announce(venv: Path, wanted: Path) -> None:
    """Says what comes and how long it takes before anything that takes long."""
    count = len(PIN.findall(wanted.read_text()))
    seconds = 10 * round(count * SECONDS_A_PACKAGE / 10 + 1)
    print(
        f"Installing into {venv.name}: {count} packages that {wanted.name} names, each checked "
        f"by its hash. About {seconds} seconds, and what your line needs to load them.",
        flush=True,
    )


def works(python: Path) -> bool:
    """False too for an environment whose Python was removed or moved since."""
    try:
        done = subprocess.run([python, "-c", "import pip"], capture_output=True)
    except OSError:
        return False
    return done.returncode == 0


def create(venv: Path) -> None:
    command = [sys.executable, "-m", "venv", "--clear", str(venv)]
    if progress.run(f"making {venv.name}", command).returncode:
        sys.exit("Python's venv module is missing. On Debian: apt-get install python3-venv")
    (venv / ".gitignore").write_text("*\n")


def install(python: Path, requirements: Path) -> None:
    """Installs what the lock names and nothing else.

    Without `--no-deps` pip looks for extras of what is pinned, and a release published later is
    enough to break this. `pip check` says whether the lock itself is whole.
    """
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    command = [*pip, "install", "-qq", "--no-deps", "--require-hashes", "-r", str(requirements)]
    environment = {name: text for name, text in os.environ.items() if name not in UNWANTED}
    done = progress.run(f"installing {requirements.name}", command, cwd=ROOT, env=environment)
    if done.returncode:
        sys.exit(f"{requirements.name} could not be installed; the lines above say why.")
    checked = subprocess.run([*pip, "check"], capture_output=True, text=True, env=environment)
    if checked.returncode:
        sys.exit(f"{requirements.name} does not fit together:\n{checked.stdout}{checked.stderr}")


if __name__ == "__main__":
    main(*sys.argv[1:])
