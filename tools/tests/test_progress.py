"""A long step shows that it lives; what is going to be installed is said first."""

import io
import subprocess
import sys
import time
from pathlib import Path

from tools import install, machine, progress

ROOT = Path(__file__).resolve().parent.parent.parent


def wait_for(out: io.StringIO, text: str) -> bool:
    for _try in range(2000):
        if text in out.getvalue():
            return True
        time.sleep(0.01)
    return False


def test_silent_step_says_that_it_lives():
    out = io.StringIO()
    with progress.Heartbeat("installing", every=0.01, out=out).beating():
        assert wait_for(out, "... installing: 0 s\n")


def test_step_that_speaks_for_itself_is_left_alone():
    out = io.StringIO()
    beat = progress.Heartbeat("tests", every=3600, out=out)
    with beat.beating():
        for _line in range(100):
            beat.heard()
    assert out.getvalue() == ""
    assert not beat._thread.is_alive()


def test_command_keeps_its_answer():
    command = [sys.executable, "-c", "import sys; print('out'); sys.exit(3)"]
    done = progress.run("a command", command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (3, "out\n")


def test_installation_is_announced_with_its_size_before_it_begins(capsys):
    install.announce(ROOT / ".venv", ROOT / "requirements-dev.txt")
    said = capsys.readouterr().out
    assert said.startswith("Installing into .venv: ")
    assert "packages that requirements-dev.txt names, each checked by its hash. About " in said


def test_missing_packages_are_announced(monkeypatch):
    need = machine.Need("a scanner", ("scanner-daemon",), lambda: False)
    monkeypatch.setattr(machine, "can_install", lambda: True)
    assert machine.plan((need,)).startswith("Installing Debian's scanner-daemon later on: ")
    monkeypatch.setattr(machine, "can_install", lambda: False)
    assert machine.plan((need,)).endswith("(apt-get install scanner-daemon).")
    assert machine.plan((machine.Need("python", ("python3",), lambda: True),)) == ""


def test_announcements_need_no_environment_of_ours():
    """`-S` hides every installed package, `-E` the environment's paths: as on a bare machine."""
    command = [sys.executable, "-S", "-E", "-c", "import tools.install, tools.machine"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
