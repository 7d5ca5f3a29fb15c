"""What a machine lacks for the tests: installed where that is allowed, named where not.

On the command line it says what the gate is going to install; that needs no environment of ours.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import progress
from tools.browser import ChromiumMissing, find_chromium
from tools.clamav import ClamavMissing, find_clamd
from tools.postgres import PostgresMissing, find_binaries


def has_postgres() -> bool:
    try:
        find_binaries()
    except PostgresMissing:
        return False
    return True


def has_chromium() -> bool:
    try:
        find_chromium()
    except ChromiumMissing:
        return False
    return True


def has_clamav() -> bool:
    try:
        find_clamd()
    except ClamavMissing:
        return False
    return True


def has_fonts() -> bool:
    """Chinese and Arabic are boxes in Chromium on a bare Debian."""
    listed = shutil.which("fc-list") and subprocess.run(
        ["fc-list", ":lang=zh-cn", "family"], capture_output=True, text=True
    )
    return bool(listed and listed.stdout.strip())


@dataclass(frozen=True)
class Need:
    """Something that Debian's packages bring."""

    title: str
    packages: tuple[str, ...]
    is_there: Callable[[], bool]

    def hint(self) -> str:
        return f"{self.title} (Debian: apt-get install {' '.join(self.packages)})"


POSTGRES = Need("tests on PostgreSQL", ("postgresql",), has_postgres)
CHROMIUM = Need("browser tests", ("chromium",), has_chromium)
CLAMAV = Need("tests of the virus scanner", ("clamav-daemon",), has_clamav)
FONTS = Need("fonts", ("fonts-noto-cjk", "fonts-noto-core", "fontconfig"), has_fonts)
GETTEXT = Need("extraction of texts", ("gettext",), lambda: bool(shutil.which("xgettext")))
WRK = Need("load", ("wrk",), lambda: bool(shutil.which("wrk")))
NODE = Need("axe-core and Lighthouse", ("nodejs", "npm"), lambda: bool(shutil.which("npm")))
GATE = (POSTGRES, CHROMIUM, FONTS, GETTEXT, CLAMAV)


def can_install() -> bool:
    return os.geteuid() == 0 and bool(shutil.which("apt-get"))


def plan(needs: tuple[Need, ...] = GATE) -> str:
    """Say what is missing, and whether it will be installed or skipped."""
    missing = [need for need in needs if not need.is_there()]
    if not missing:
        return ""
    packages = " ".join(package for need in missing for package in need.packages)
    if can_install():
        return f"Installing Debian's {packages} later on: two to three minutes on a fast line."
    return f"Not here, so what needs them is skipped (apt-get install {packages})."


def provide(*needs: Need) -> list[Need]:
    """Installs what is missing if this machine allows it; returns what is still missing."""
    missing = [need for need in needs if not need.is_there()]
    if missing and can_install():
        packages = [package for need in missing for package in need.packages]
        print(f"Installing {' '.join(packages)} ...", flush=True)
        _apt_get("update")
        _apt_get("install", "--yes", "--no-install-recommends", *packages)
    return [need for need in missing if not need.is_there()]


def _apt_get(*arguments: str) -> None:
    """Quiet unless it fails; a failure is no error here, what is missing is named later."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = progress.run(
        f"apt-get {arguments[0]}",
        ["apt-get", "--quiet", "--quiet", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        print(f"apt-get {arguments[0]} failed: {done.stderr.strip()[-500:]}", flush=True)


if __name__ == "__main__":
    said = plan()
    if said:
        print(said, flush=True)
