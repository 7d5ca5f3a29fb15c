"""`make run`: a taken port is told, nothing is left running, nothing is done twice."""

import os
import signal
import socket
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from portal.management.commands import start_demo
from tools.postgres import free_port

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True);"
    "time.sleep(60)",
]


@pytest.fixture
def children():
    started = {"web server": start_demo.start(SLEEP), "job worker": start_demo.start(SLEEP)}
    yield started
    start_demo.stop_all(started.values())


def test_taken_port_is_told_with_another_one():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"make run PORT={port + 1}"):
            start_demo.refuse_taken_port(port)


def test_free_port_is_taken_for_free():
    start_demo.refuse_taken_port(free_port())


def test_production_never_starts_the_demo(settings):
    settings.IS_LOCAL = False
    with pytest.raises(CommandError, match="ENVIRONMENT=demo"):
        call_command("start_demo")


def test_child_that_dies_is_named(children):
    children["job worker"].terminate()
    children["job worker"].wait()
    assert start_demo.wait_for_end(children, stop=False) == "job worker"


def test_asked_to_stop_names_nobody(children):
    assert start_demo.wait_for_end(children, stop=True) is None


def test_stop_ends_every_child(children):
    start_demo.stop_all(children.values())
    assert [child.poll() for child in children.values()] == [-signal.SIGTERM, -signal.SIGTERM]


def test_child_that_does_not_listen_is_killed(monkeypatch):
    monkeypatch.setattr(start_demo, "SECONDS_TO_STOP", 0.2)
    child = subprocess.Popen(STUBBORN, process_group=0, stdout=subprocess.PIPE)
    child.stdout.readline()
    start_demo.stop_all([child])
    child.stdout.close()
    assert child.poll() == -signal.SIGKILL


def test_signal_asks_to_stop():
    before = {number: signal.getsignal(number) for number in start_demo.STOP_SIGNALS}
    try:
        stop = start_demo.StopRequest()
        assert not stop
        os.kill(os.getpid(), signal.SIGHUP)
        assert stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_static_files_are_collected_once(settings, tmp_path):
    settings.VAR_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    assert start_demo.static_files_changed()
    settings.STATIC_ROOT.mkdir()
    (settings.STATIC_ROOT / "staticfiles.json").touch()
    start_demo.remember_static_files()
    assert not start_demo.static_files_changed()
    (tmp_path / "static.digest").write_text("of another release")
    assert start_demo.static_files_changed()
