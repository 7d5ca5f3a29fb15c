"""Makes a virtual environment and installs pinned requirements into it, once.

Runs on the system's Python, so it uses the standard library only. A stamp
file holds the hash of what was installed: a second start skips pip.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MINIMUM = (3, 11)


def main(folder: str, requirements: str) -> None:
    if sys.version_info < MINIMUM:
        sys.exit("Python 3.11 or newer is needed. Name one: make run PYTHON=python3.11")
    venv, wanted = ROOT / folder, ROOT / requirements
    stamp = venv / f".installed-{wanted.stem}"
    digest = hashlib.sha256(wanted.read_bytes()).hexdigest()
    python = venv / "bin" / "python"
    if not works(python):
        create(venv)
    elif stamp.exists() and stamp.read_text() == digest:
        return
    install(python, wanted)
    stamp.write_text(digest)


def works(python: Path) -> bool:
    """False too for an environment whose Python was removed or moved since."""
    try:
        done = subprocess.run([python, "-c", "import pip"], capture_output=True)
    except OSError:
        return False
    return done.returncode == 0


def create(venv: Path) -> None:
    print(f"Making the environment {venv.name} ...", flush=True)
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)])
    if done.returncode:
        sys.exit("Python's venv module is missing. On Debian: apt-get install python3-venv")
    (venv / ".gitignore").write_text("*\n")


def install(python: Path, requirements: Path) -> None:
    """Every file's hash is checked; a package without one stops the installation."""
    print(f"Installing {requirements.name} (hashes checked) ...", flush=True)
    command = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run([*command, "--require-hashes", "-r", str(requirements)], cwd=ROOT)
    if done.returncode:
        sys.exit(f"{requirements.name} could not be installed; the lines above say why.")


if __name__ == "__main__":
    main(*sys.argv[1:])
