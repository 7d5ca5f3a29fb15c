"""`make installs`: every requirements file on every Python and pip that a machine may bring.

For each file: a fresh environment by the installer itself, with the pip that this Python ships
and with the newest; for other Pythons that are here a dry run of the same, and for those that
are not, a search for wheels of that version. Anything that is not pinned, not hashed or has no
wheel fails. Nothing is installed outside a temporary folder.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import progress  # noqa: E402

FILES = ("requirements.txt", "requirements-dev.txt", "requirements-audit.txt")
VERSIONS = ("3.11", "3.12", "3.13")
LOCKED = ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
NEWEST = "newest pip"


def main() -> int:
    failed = 0
    with tempfile.TemporaryDirectory(prefix="shanghai-installs-") as scratch:
        # Two at once: each waits for the line half of its time.
        with ThreadPoolExecutor(2) as pool:
            for title, done, seconds in pool.map(attempt, trials(Path(scratch))):
                word = "FAILED" if done.returncode else "ok    "
                print(f"{word} {seconds:5.1f} s  {title}", flush=True)
                if done.returncode:
                    print(f"{done.stdout}{done.stderr}".strip(), flush=True)
                    failed += 1
    print(f"{failed} of the installations failed")
    return 1 if failed else 0


def attempt(trial: tuple[str, list]) -> tuple[str, subprocess.CompletedProcess, float]:
    title, command = trial
    started = time.monotonic()
    done = progress.run(title, command, cwd=ROOT, capture_output=True, text=True)
    return title, done, time.monotonic() - started


def trials(scratch: Path) -> Iterator[tuple[str, list]]:
    """Yield the title and command of each."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    for version in VERSIONS:
        python = find_python(version)
        for name in FILES:
            if python is None:
                asked = dry_run([sys.executable, "-m", "pip"], scratch, name)
                yield f"{name}: wheels for Python {version}", [*asked, "--python-version", version]
            elif version == own:
                for pip in ("its own pip", NEWEST):
                    title = f"{name}: Python {version} with {pip}"
                    yield title, fresh(python, scratch / pip / Path(name).stem, name, pip)
            else:
                title = f"{name}: Python {version} with its own pip, dry run"
                yield title, dry_run([python, "-m", "pip"], scratch, name)


def fresh(python: str, venv: Path, name: str, pip: str) -> list:
    """A process that makes an environment and installs by the installer's own function."""
    code = (
        "import subprocess, sys; from pathlib import Path; from tools import install; "
        "venv, name, newest = Path(sys.argv[1]), sys.argv[2], sys.argv[3]; "
        "venv.parent.mkdir(parents=True, exist_ok=True); install.create(venv); "
        "python = venv / 'bin' / 'python'; "
        "upgrade = [python, '-m', 'pip', 'install', '-qq', '--upgrade', 'pip']; "
        "newest and subprocess.run(upgrade, check=True); "
        "install.install(python, Path(name).resolve())"
    )
    return [python, "-c", code, str(venv), name, "yes" if pip == NEWEST else ""]


def dry_run(pip: list, scratch: Path, name: str) -> list:
    """What pip would install: it loads the wheels and compares their hashes."""
    target = ["--target", str(scratch / "nothing")]
    return [*pip, "install", "-qq", "--dry-run", *LOCKED, *target, "-r", name]


def find_python(version: str) -> str | None:
    """Return an interpreter of this version that runs; a shim may name one that does not."""
    pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python3"))
    for name in (sys.executable, f"python{version}", *pyenv):
        path = shutil.which(name)
        asked = path and subprocess.run(
            [path, "-c", "import sys, venv; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
        )
        if asked and asked.returncode == 0 and asked.stdout.strip() == version:
            return path
    return None


if __name__ == "__main__":
    sys.exit(main())
