"""The machine: commands, files with owner and mode, questions. Tests put another in its place."""

import getpass
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HOME = "/srv/portal"
ENVIRONMENT = "/etc/portal/environment"
VAR = "/var/lib/portal"
UNITS = "/etc/systemd/system"
USER = "portal"


class StopError(Exception):
    """Something that a person has to do first; the message says what."""


def _text(output: str | bytes | None) -> str:
    return output.decode(errors="replace") if isinstance(output, bytes) else output or ""


class Host:
    """`root` is / but in tests."""

    def __init__(self, root: str = "/"):
        self.root = Path(root)

    def path(self, name: str | Path) -> Path:
        return self.root / str(name).lstrip("/")

    def say(self, text: str) -> None:
        print(text, flush=True)

    def step(self, text: str) -> None:
        self.say(f"== {text}")

    def run(self, *words, user: str = "", quiet: bool = False, check: bool = True, **options):
        """Runs a command, as another user if need be. Raises StopError when it fails."""
        words = [str(word) for word in words]
        if user:
            words = ["runuser", "--user", user, "--", *words]
            # The folder that we are in may be closed to them.
            options.setdefault("cwd", "/")
        if "env" in options:
            options["env"] = {**os.environ, **options["env"]}
        if quiet:
            options.update(stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        done = subprocess.run(words, **options)
        if check and done.returncode:
            # Quiet is for what went well.
            if quiet:
                self.say(_text(done.stdout)[-3000:])
            raise StopError(f"This failed (it ended with {done.returncode}): {' '.join(words)}")
        return done

    def start(self, *words, user: str = "", env: dict | None = None):
        """A command that is spoken with: write to its `stdin`, read from its `stdout`."""
        words = [*(("runuser", "--user", user, "--") if user else ()), *words]
        pipes = {
            "cwd": "/" if user else None,
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "text": True,
        }
        return subprocess.Popen(words, env={**os.environ, **(env or {})}, **pipes)

    def output(self, *words, **options) -> str:
        options = {"stdout": subprocess.PIPE, "text": True, **options}
        return self.run(*words, **options).stdout.strip()

    def works(self, *words, **options) -> bool:
        try:
            return self.run(*words, quiet=True, check=False, **options).returncode == 0
        except FileNotFoundError:
            # No such program here.
            return False

    def read(self, name: str | Path) -> str:
        """Empty when there is no such file."""
        path = self.path(name)
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def write(self, name: str | Path, text: str, mode: int = 0o644) -> bool:
        """Replaces the file in one step; False when it said that already."""
        path = self.path(name)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            path.chmod(mode)
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        new.unlink(missing_ok=True)
        # With its mode from the first byte on: it may hold keys.
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        new.chmod(mode)
        new.replace(path)
        return True

    def folder(self, name: str | Path, owner: str, group: str, mode: int) -> Path:
        path = self.path(name)
        path.mkdir(parents=True, exist_ok=True)
        self.own(path, owner, group)
        path.chmod(mode)
        return path

    def own(self, path: Path, owner: str, group: str) -> None:
        shutil.chown(path, owner, group)

    def manage(self, *words, home=HOME, environment=ENVIRONMENT, writable="", **options):
        """A management command with the service's user, settings and limits."""
        env = {"PORTAL_HOME": home, "PORTAL_ENVIRONMENT": environment}
        env["PORTAL_WRITABLE"] = writable
        return self.run(f"{home}/deploy/manage", "run", *words, env=env, **options)

    def ask(self, question: str, default: str = "") -> str:
        """Empty when nobody is there to answer and there is no default."""
        if not sys.stdin.isatty():
            return default
        hint = f" [{default}]" if default else ""
        return input(f"{question}{hint}: ").strip() or default

    def ask_hidden(self, question: str) -> str:
        return getpass.getpass(f"{question}: ").strip() if sys.stdin.isatty() else ""

    def wait_for(self, what: str, answers, seconds: int) -> bool:
        """Asks once a second until it says yes."""
        for _second in range(seconds):
            if answers():
                return True
            time.sleep(1)
        self.say(f"   Waited {seconds} seconds for {what}.")
        return False
