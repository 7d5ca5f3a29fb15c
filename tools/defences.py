"""`make defences`: takes each security defence out of a copy, one at a time; a test must fail.

`defences.toml` is the table: a text that stands once in a file, what it becomes without the
defence, and the smallest tests that must notice. First all of these tests run on the code as it
is: what fails then would prove nothing. Words after the command choose rows by their names.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.gate import clean_environment  # noqa: E402
from tools.progress import Heartbeat  # noqa: E402

TABLE = ROOT / "tools" / "defences.toml"
PYTEST = [sys.executable, "-m", "pytest", "-q", "--color=no", "-p", "no:cacheprovider"]
PYTEST += ["-m", "not browser"]
AT_ONCE = 2
# A change may make a test wait for ever, and then nobody knows what it would have said.
PATIENCE = 600
# pytest's own word for it: an error of a fixture or of an import says nothing of the defence.
TESTS_FAILED = 1
FAILED = re.compile(r"^FAILED (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Defence:
    """One row of the table."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def test_files(self) -> set[str]:
        return {test.partition("::")[0] for test in self.tests}

    def take_out(self, text: str) -> str:
        """The text without the defence. Raises ValueError where it does not stand exactly once."""
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: not there exactly once in {self.file}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True)
class Outcome:
    """What the tests said; `seen` is the first that failed and why, or how they ended instead."""

    defence: Defence
    is_caught: bool
    seen: str

    def line(self) -> str:
        return f"{'caught  ' if self.is_caught else 'SURVIVED'} {self.defence.name}: {self.seen}"


def read_table() -> list[Defence]:
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))["defence"]
    return [Defence(**row | {"tests": tuple(row["tests"])}) for row in rows]


def chosen(defences: list[Defence], words: list[str]) -> list[Defence]:
    """Those whose names have one of the words; all of them without any."""
    names = [word.casefold() for word in words]
    return [one for one in defences if not names or any(n in one.name.casefold() for n in names)]


def copy_tracked_files(target: Path) -> None:
    """As they are in the working tree, so that a change can be tried before it is committed."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, done.stdout.decode().split("\0")):
        source = ROOT / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    (target / ".venv").symlink_to((ROOT / ".venv").resolve())


def run_tests(tree: Path, tests: list[str], *options: str) -> tuple[int | None, str]:
    """pytest's exit code and words; no code when it did not end."""
    scratch = tree.parent
    environment = clean_environment(
        # Migrated once for all rows: no row changes what a migration makes.
        {"TEST_TEMPLATES": str(scratch / "templates"), "TMPDIR": str(scratch / "tmp")}
    )
    try:
        done = subprocess.run(
            [*PYTEST, *options, *tests],
            cwd=tree,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout


def try_without(defence: Defence, base: Path) -> Outcome:
    """In a tree of its own, which is gone afterwards."""
    tree = Path(tempfile.mkdtemp(prefix="without-", dir=base.parent))
    try:
        shutil.copytree(base, tree, symlinks=True, dirs_exist_ok=True)
        file = tree / defence.file
        file.write_text(defence.take_out(file.read_text(encoding="utf-8")), encoding="utf-8")
        return judge(defence, *run_tests(tree, list(defence.tests), "-x"))
    finally:
        shutil.rmtree(tree, ignore_errors=True)


def judge(defence: Defence, code: int | None, said: str) -> Outcome:
    """Caught only when a test failed by itself: what cannot be imported was never asked."""
    failed = FAILED.search(said)
    if code == TESTS_FAILED and failed:
        return Outcome(defence, True, failed[1])
    last = said.strip().splitlines()[-1] if said.strip() else "no answer"
    return Outcome(defence, False, f"exit {code}, {last}")


def main(words: list[str]) -> int:
    started, defences = time.monotonic(), chosen(read_table(), words)
    tests = sorted({test for defence in defences for test in defence.tests})
    if not tests:
        print("no row of tools/defences.toml has such a name")
        return 1
    with tempfile.TemporaryDirectory(prefix="shanghai-defences-") as folder:
        scratch, base = Path(folder), Path(folder) / "base"
        (scratch / "tmp").mkdir()
        base.mkdir()
        copy_tracked_files(base)
        with Heartbeat(f"{len(tests)} tests on the code as it is").beating():
            code, said = run_tests(base, tests, "-n", str(AT_ONCE))
        if code:
            print(said)
            return 1
        caught = try_all(defences, base)
    print(f"{time.monotonic() - started:.0f} s in all")
    print(f"{caught} of {len(defences)} caught")
    return 0 if caught == len(defences) else 1


def try_all(defences: list[Defence], base: Path) -> int:
    """A line for each row as it ends; how many were caught."""
    caught, pool = 0, ThreadPoolExecutor(AT_ONCE)
    try:
        for done in as_completed([pool.submit(try_without, one, base) for one in defences]):
            outcome = done.result()
            caught += outcome.is_caught
            print(outcome.line(), flush=True)
    finally:
        # Whoever presses Ctrl-C waits for the two that run and for no other.
        pool.shutdown(cancel_futures=True)
    return caught


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
