"""Security rows D1 and D2: pinned by hash, a bill of what is in it, no secret in the history."""

import functools
import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools import install, installs

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = ("requirements.txt", "requirements-dev.txt", "requirements-audit.txt")
# Log-ins that nobody has: those of help texts and the handbook, and those of the tests.
PLACEHOLDER = re.compile(
    r"USER:PASSWORD@|user:secret(?:%20word)?@|u%40x:p@|portal:PASSWORD@db/|u:p%40ss@db:|"
    r"(?:user|real):(?:pa%23ss|password)@(?:mail|bucket)\.example|user:canary@x\b"
)
PIN = re.compile(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", re.IGNORECASE | re.MULTILINE)
# Hashes of the pins and of the bill are long and random, and public.
HASH_FILES = re.compile(r"requirements.*\.txt|docs/sbom\.json|.*package-lock\.json")


def pins(name: str) -> dict[str, str]:
    return {
        package.lower().replace("_", "-"): version
        for package, version in PIN.findall((ROOT / name).read_text())
    }


@pytest.mark.parametrize("name", FILES)
def test_d1_every_requirement_has_a_version_and_a_hash(name):
    blocks = re.split(r"\n(?=\S)", (ROOT / name).read_text())
    packages = [block for block in blocks if block[:1] not in ("#", "")]
    assert packages
    assert [block for block in packages if "==" not in block or "--hash=sha256:" not in block] == []


def test_d1_development_installs_what_production_installs():
    development = pins("requirements-dev.txt")
    assert {
        package: version
        for package, version in pins("requirements.txt").items()
        if development.get(package) != version
    } == {}


def test_d1_installer_asks_for_nothing_that_the_lock_does_not_name(tmp_path, monkeypatch):
    """A wheel that wants an extra of a package: a resolver would go and look for it."""
    wheel = make_wheel(tmp_path, "Requires-Dist: absent[extra]>=1\n")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(f"probe==1.0 --hash=sha256:{digest}\n")
    venv = tmp_path / "venv"
    install.create(venv)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    with pytest.raises(SystemExit, match="does not fit together:\nprobe 1.0 requires absent"):
        install.install(venv / "bin" / "python", requirements)
    assert list(venv.glob("lib/python3*/site-packages/probe.py"))


def test_d1_every_file_is_tried_on_every_python(tmp_path):
    titles = [title for title, _command in installs.trials(tmp_path)]
    asked = {(name, version) for name in FILES for version in installs.VERSIONS}
    seen = {
        (name, version) for name, version in asked for t in titles if name in t and version in t
    }
    assert seen == asked
    assert sum("newest pip" in title for title in titles) == len(FILES)


def test_d1_bill_of_materials_names_the_pinned_versions():
    bill = json.loads((ROOT / "docs" / "sbom.json").read_text())
    named = {part["name"].lower().replace("_", "-"): part["version"] for part in bill["components"]}
    pinned = pins("requirements.txt")
    assert {name: version for name, version in named.items() if pinned.get(name) != version} == {}
    # What only other systems need is pinned too, so the bill may be the shorter list.
    assert {"django", "gunicorn", "psycopg", "argon2-cffi"} <= set(named)


def test_d1_tampered_package_is_not_installed(tmp_path):
    wheel = make_wheel(tmp_path)
    wrong = "0" * 64
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(f"probe==1.0 --hash=sha256:{wrong}\n")
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--require-hashes"]
    command += ["--target", str(tmp_path / "target"), "--find-links", str(wheel.parent)]
    done = subprocess.run([*command, "-r", str(requirements)], capture_output=True, text=True)
    assert done.returncode == 1
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (tmp_path / "target" / "probe.py").exists()


def test_d2_no_secret_in_the_tracked_files_nor_in_their_history():
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    assert secrets_in(tracked_texts()) == []
    assert secrets_in(added_lines()) == []


def test_d2_scanner_finds_a_planted_secret():
    planted = "aws_key = 'AKIA" + "Q3EGRKZ5JHN4W7XD'"
    assert secrets_in([("planted.py", planted)]) == ["planted.py: AWS Access Key"]


def tracked_texts():
    for name in git("ls-files").splitlines():
        path = ROOT / name
        if path.is_file() and not HASH_FILES.fullmatch(name):
            yield name, path.read_text(encoding="utf-8", errors="ignore")


def added_lines():
    """Every line that any commit ever added, with the file it was added to."""
    name = ""
    lines: dict[str, list[str]] = {}
    for line in git(
        "log", "--all", "-p", "--no-color", "--unified=0", "--no-textconv"
    ).splitlines():
        if line.startswith("+++ b/"):
            name = line.removeprefix("+++ b/")
        elif line.startswith("+") and not line.startswith("+++"):
            lines.setdefault(name, []).append(line[1:])
    for name, added in lines.items():
        if not HASH_FILES.fullmatch(name):
            yield name, "\n".join(added)


@functools.cache
def kinds_in(line: str) -> tuple[str, ...]:
    from detect_secrets.core.scan import scan_line

    return tuple(secret.type for secret in scan_line(line))


def secrets_in(texts) -> list[str]:
    """Keys of known shapes; words such as "password" in forms and tests are no secrets."""
    from detect_secrets.settings import transient_settings

    plugins = ["AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector"]
    plugins += ["GitHubTokenDetector", "JwtTokenDetector", "PrivateKeyDetector"]
    plugins += ["SendGridDetector", "SlackDetector", "StripeDetector", "TwilioKeyDetector"]
    found = []
    with transient_settings({"plugins_used": [{"name": name} for name in plugins]}):
        for name, text in texts:
            # Most lines of the history stand in it often, and in the files of today again.
            lines = set(PLACEHOLDER.sub("", text).splitlines())
            kinds = {kind for line in lines for kind in kinds_in(line)}
            found += [f"{name}: {kind}" for kind in sorted(kinds)]
    return found


def git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", *arguments], cwd=ROOT, capture_output=True, check=True
    )
    return done.stdout.decode(errors="ignore")


def make_wheel(folder: Path, requires: str = "") -> Path:
    """The smallest package that pip installs."""
    (folder / "wheels").mkdir()
    path = folder / "wheels" / "probe-1.0-py3-none-any.whl"
    metadata = f"Metadata-Version: 2.1\nName: probe\nVersion: 1.0\n{requires}"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("probe.py", "")
        wheel.writestr("probe-1.0.dist-info/METADATA", metadata)
        wheel.writestr(
            "probe-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: probe\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr("probe-1.0.dist-info/RECORD", "")
    return path
