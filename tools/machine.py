"""What a machine lacks for the tests: installed where that is allowed, named where not."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

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


def provide(*needs: Need) -> list[Need]:
    """Installs what is missing if this machine allows it; returns what is still missing."""
    missing = [need for need in needs if not need.is_there()]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        packages = [package for need in missing for package in need.packages]
        print(f"Installing {' '.join(packages)} ...", flush=True)
        _apt_get("update")
        _apt_get("install", "--yes", "--no-install-recommends", *packages)
    return [need for need in missing if not need.is_there()]


def _apt_get(*arguments: str) -> None:
    """Quiet unless it fails; a failure is no error here, what is missing is named later."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", "--quiet", "--quiet", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        print(f"apt-get {arguments[0]} failed: {done.stderr.strip()[-500:]}", flush=True)
