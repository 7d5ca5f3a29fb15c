"""The sandbox holds what it promises: each limit is set, by whoever uses it (row U3)."""

import pytest

from cases.actions import derived, imaging, photos
from cases.records import checking, derive
from hospitals.exchange import reading
from portal import sandbox_worker
from portal.sandbox import (
    MB,
    Limits,
    SandboxFailedError,
    TooMuchError,
    run_in_sandbox,
)
from portal.tests.sandboxed import run_instead

SMALL = Limits(memory=200 * MB, seconds=1)
USED = {
    "a check": checking.LIMITS,
    "a copy": derive.LIMITS,
    "a picture": derived.LIMITS,
    "photos": photos.LIMITS,
    "scans": imaging.READ,
    "previews": imaging.DRAW,
    "a shared copy": imaging.COPY,
    "a table": reading.LIMITS,
}


@pytest.mark.parametrize("name", USED)
def test_t3_t4_child_reports_the_limits_that_it_was_given(name):
    limits = USED[name]
    assert run_in_sandbox("limits", {}, limits) == {
        "RLIMIT_AS": limits.memory,
        "RLIMIT_CPU": limits.seconds,
        "RLIMIT_FSIZE": limits.file_size,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": limits.files,
    }
    assert limits.memory <= 512 * MB


def test_checks_have_ten_seconds_and_write_nothing():
    assert (checking.LIMITS.seconds, checking.LIMITS.file_size) == (10, 0)
    assert checking.limits_for("pdf", 30 * MB) == checking.LIMITS


def test_zip_has_time_by_its_size_and_never_two_minutes():
    seconds = [checking.limits_for("zip", size).seconds for size in (1000, MB, 2000 * MB)]
    assert seconds == [10, 11, 110]


def test_t3_child_that_allocates_is_stopped_by_its_limit(monkeypatch):
    run_instead(monkeypatch, "kept = bytes(300 * 1024**2); print('{}')")
    with pytest.raises(TooMuchError, match="memory"):
        run_in_sandbox("limits", {}, SMALL)
    assert run_in_sandbox("limits", {}, Limits(memory=500 * MB)) == {}


def test_t4_child_that_loops_is_stopped_by_the_kernel_and_not_by_the_clock(monkeypatch):
    monkeypatch.setattr("portal.sandbox.WAIT", 60)
    run_instead(monkeypatch, "while True: pass")
    with pytest.raises(TooMuchError, match="SIGXCPU"):
        run_in_sandbox("limits", {}, SMALL)


def test_child_that_ignores_the_signal_is_killed(monkeypatch):
    monkeypatch.setattr("portal.sandbox.WAIT", 60)
    run_instead(
        monkeypatch,
        "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
    )
    with pytest.raises(TooMuchError, match="SIGKILL"):
        run_in_sandbox("limits", {}, SMALL)


def test_child_that_sleeps_is_ended(monkeypatch):
    monkeypatch.setattr("portal.sandbox.WAIT", 0.3)
    run_instead(monkeypatch, "import time; time.sleep(60)")
    with pytest.raises(TooMuchError, match="time"):
        run_in_sandbox("limits", {}, SMALL)


def test_child_that_a_library_aborts_is_not_asked_again(monkeypatch):
    """As C++ does without memory; a check that failed would be tried for ever."""
    run_instead(monkeypatch, "os.abort()")
    with pytest.raises(TooMuchError, match="SIGABRT"):
        run_in_sandbox("limits", {}, SMALL)


def test_child_that_fails_says_nothing_of_the_bytes(monkeypatch):
    run_instead(monkeypatch, "os._exit(3)")
    with pytest.raises(SandboxFailedError):
        run_in_sandbox("limits", {}, SMALL)


def test_child_writes_no_file(monkeypatch, tmp_path):
    run_instead(
        monkeypatch, f"open({str(tmp_path / 'a')!r}, 'wb', buffering=0).write(b'x'); print('{{}}')"
    )
    with pytest.raises(SandboxFailedError):
        run_in_sandbox("limits", {}, SMALL)
    assert (tmp_path / "a").read_bytes() == b""


def test_child_without_all_limits_reads_nothing(monkeypatch):
    """A parent that forgets one is told, before the child has seen a byte."""
    monkeypatch.setattr(sandbox_worker.resource, "setrlimit", lambda what, values: None)
    for name in sandbox_worker.LIMITED:
        left = SMALL.as_rlimits()
        del left[name]
        with pytest.raises(KeyError):
            sandbox_worker.set_limits(left)


def test_only_tasks_of_the_table_run():
    with pytest.raises(KeyError):
        sandbox_worker.find_task("os.system")


def test_child_has_no_environment_and_no_django(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "canary")
    run_instead(
        monkeypatch,
        "import cases.records.child, cases.records.judging, cases.records.derive_child,"
        " hospitals.exchange.parsing, hospitals.exchange.workbook\n"
        "print(json.dumps([sorted(os.environ), 'django' in sys.modules]))",
    )
    names, has_django = run_in_sandbox("limits", {}, Limits())
    assert set(names) <= {"PYTHONDONTWRITEBYTECODE", "LC_CTYPE"}
    assert not has_django
