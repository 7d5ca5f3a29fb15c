"""Upgrade, reload and going back: what is prepared before, and when a restart is needed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.steps import release, values
from deploy.steps.host import ENVIRONMENT, HOME, UNITS, Host, StopError
from deploy.steps.main import lock
from tools.tests.deploy_host import PretendHost

ROOT = Path(__file__).resolve().parent.parent.parent
SETTINGS = {"PUBLIC_URL": "https://portal.example", "DATABASE_URL": values.DATABASE_URL}
PID = "4711"


def make_release(folder: Path, mark: str, gunicorn: str = "1.0") -> Path:
    (folder / "deploy").mkdir(parents=True)
    (folder / "manage.py").write_text(mark)
    (folder / "requirements.txt").write_text(f"gunicorn=={gunicorn} \\\n")
    (folder / "deploy/manage").write_text("")
    (folder / "deploy/nginx.conf").write_text("server_name portal.example;")
    for name in ("web", "worker"):
        (folder / f"deploy/portal-{name}.service").write_text(f"[Service] of {name}")
    return folder


@pytest.fixture
def host(tmp_path, monkeypatch):
    """One release runs; its web server's processes are other ones after a reload."""
    made = PretendHost(tmp_path / "machine", answers={"systemctl show": PID})
    make_release(made.path(HOME), "first")
    made.write(ENVIRONMENT, "PUBLIC_URL=https://portal.example\n", mode=0o600)
    made.write(f"/proc/{PID}/task/{PID}/children", "")
    monkeypatch.setattr(release, "ready", lambda _settings: {"ok": True})
    release.place_files(made, SETTINGS)
    os.utime(made.path(ENVIRONMENT), (0, 0))
    made.ran.clear()
    return made


def mark(host, folder=HOME) -> str:
    return (host.path(folder) / "manage.py").read_text()


def at(host, start: str) -> int:
    return next(number for number, line in enumerate(host.ran) if start in line)


def test_an_upgrade_prepares_beside_and_reloads(host, tmp_path):
    release.upgrade(host, make_release(tmp_path / "new", "second"))
    assert (mark(host), mark(host, release.FORMER)) == ("second", "first")
    order = [at(host, words) for words in (
        "tools/install.py", "compile_catalogs", "run check", "run migrate", "run collectstatic",
        "systemctl reload portal-web", "systemctl restart portal-worker.service",
    )]  # fmt: skip
    assert order == sorted(order)
    assert "systemctl restart portal-web" not in host.ran
    assert "systemctl enable --quiet portal-web portal-worker.service" in host.ran


def test_an_upgrade_that_fails_its_checks_leaves_what_runs(host, tmp_path, monkeypatch):
    monkeypatch.setattr(release, "prepare_data", lambda *_: _stop())
    with pytest.raises(StopError):
        release.upgrade(host, make_release(tmp_path / "new", "second"))
    assert mark(host) == "first"
    assert not [line for line in host.ran if line.startswith("systemctl re")]


def _stop():
    raise StopError("no")


def test_going_back_installs_compiles_and_collects_first(host, tmp_path):
    release.upgrade(host, make_release(tmp_path / "new", "second"))
    host.ran.clear()
    release.rollback(host)
    assert (mark(host), mark(host, release.FORMER)) == ("first", "second")
    order = [at(host, words) for words in (
        "tools/install.py", "compile_catalogs", "run collectstatic", "systemctl reload portal-web",
    )]  # fmt: skip
    assert order == sorted(order)
    release.rollback(host)
    assert mark(host) == "second"


def test_going_back_without_a_former_release_says_so(host):
    with pytest.raises(StopError, match="no former release"):
        release.rollback(host)


def test_the_code_belongs_to_root(host, tmp_path):
    release.upgrade(host, make_release(tmp_path / "new", "second"))
    assert f"chown -R root:root {host.path(release.NEW)}" in host.ran


def restarts(host) -> bool:
    return "systemctl restart portal-web" in host.ran


def test_another_gunicorn_is_restarted_since_its_master_stays(host, tmp_path):
    release.upgrade(host, make_release(tmp_path / "new", "second", gunicorn="2.0"))
    assert restarts(host)


def test_another_unit_of_the_web_server_is_restarted(host, tmp_path):
    new = make_release(tmp_path / "new", "second")
    (new / "deploy/portal-web.service").write_text("[Service] with other limits")
    release.upgrade(host, new)
    assert restarts(host)
    assert "systemctl daemon-reload" in host.ran


def test_an_environment_that_is_newer_than_the_process_is_restarted_and_said(host):
    later = time.time() + 60
    os.utime(host.path(ENVIRONMENT), (later, later))
    release.take_up(host, SETTINGS)
    assert restarts(host)
    assert any(ENVIRONMENT in line for line in host.said)


def test_a_reload_of_the_first_release_restarts_nothing(host):
    """There is no former release to compare with."""
    assert not host.path(release.FORMER).exists()
    release.take_up(host, SETTINGS, release.place_files(host, SETTINGS))
    assert not restarts(host)


def test_readyz_is_asked_of_the_new_processes(host, monkeypatch):
    """Those from before the reload would answer for a release that does not start."""
    numbers = iter([{"1", "2"}, {"1", "2", "3"}, {"2", "3"}, {"3", "4"}])
    asked = []
    monkeypatch.setattr(release, "processes", lambda _host: asked.append(1) or next(numbers))
    monkeypatch.setattr("deploy.steps.host.time.sleep", lambda _seconds: None)
    release.take_up(host, SETTINGS)
    assert len(asked) == 4


def test_a_folder_that_is_no_release_is_refused(host, tmp_path):
    with pytest.raises(StopError, match="holds no release"):
        release.upgrade(host, tmp_path)


def test_only_one_changes_the_machine_at_a_time(tmp_path):
    name = str(tmp_path / "lock")
    with lock(name), pytest.raises(StopError, match="at work"):
        lock(name)
    lock(name).close()


def test_what_a_quiet_command_said_is_shown_when_it_fails(tmp_path, capsys):
    words = [sys.executable, "-c", "print('the reason'); raise SystemExit(3)"]
    with pytest.raises(StopError, match="ended with 3"):
        Host(str(tmp_path)).run(*words, quiet=True)
    assert "the reason" in capsys.readouterr().out
    assert not Host(str(tmp_path)).works("a-program-that-is-not-there")


def test_manage_runs_its_own_release_from_any_folder(tmp_path):
    """Another release in the folder where it is called must not be the one that runs."""
    other = tmp_path / "deploy" / "steps"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("raise SystemExit('the wrong one')")
    done = subprocess.run(
        [ROOT / "deploy/manage", "help"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "rollback" in done.stdout


def test_units_of_a_release_are_all_of_them():
    assert release.unit_names(ROOT / "deploy") == sorted(
        path.name for path in (ROOT / "deploy").glob("*.service")
    )
    assert UNITS == "/etc/systemd/system"
