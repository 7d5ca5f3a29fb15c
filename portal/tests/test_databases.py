"""Nobody waits long for the database, `/healthz` never, a worker as long as it must (R7, R8)."""

import threading
from types import SimpleNamespace

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.backends.signals import connection_created
from django.http import HttpResponse
from django.test import RequestFactory

from portal import databases
from portal.databases import Places
from portal.logs import JsonFormatter
from portal.management.commands import worker
from portal.middleware import SessionMiddleware
from portal.queues import DEFAULT
from portal.sealed_sessions import SessionStore
from portal.troubles import DatabaseBusyError


def limited(engine: str, monkeypatch, **options) -> dict:
    settings = {"default": {"ENGINE": engine, "OPTIONS": options}}
    monkeypatch.setattr(databases, "connections", SimpleNamespace(settings=settings))
    databases.limit_waits()
    connection_created.disconnect(dispatch_uid="portal.databases")
    return settings["default"]["OPTIONS"]


def test_web_connections_have_limits_R8(monkeypatch):
    options = limited("django.db.backends.postgresql", monkeypatch, options="-c x=1")
    assert options["options"] == "-c x=1 -c lock_timeout=3000 -c statement_timeout=4000"
    assert (options["connect_timeout"], options["tcp_user_timeout"]) == (2, 4000)


def test_sqlite_waits_for_its_lock_less_than_five_seconds_R8(monkeypatch):
    options = limited("django.db.backends.sqlite3", monkeypatch, timeout=20, transaction_mode="X")
    assert options == {"timeout": 4, "transaction_mode": "X"}


def test_limits_are_the_web_s_alone():
    """A migration may wait for a lock, and a worker counts a million rows."""
    assert "options" not in connection.settings_dict["OPTIONS"]
    assert databases._in_place not in connection.execute_wrappers


def held(places: Places) -> tuple[threading.Thread, threading.Event]:
    """A thread that has a place until the event is set."""
    has_it, may_go = threading.Event(), threading.Event()

    def hold():
        with places.hold():
            has_it.set()
            may_go.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    has_it.wait()
    return thread, may_go


def test_a_thread_without_a_place_is_refused_R8():
    places = Places(2, wait=0)
    threads = [held(places) for _number in range(2)]
    with pytest.raises(DatabaseBusyError), places.hold():
        pass
    thread, may_go = threads.pop()
    may_go.set()
    thread.join()
    with places.hold():
        pass
    threads[0][1].set()


def test_nobody_waits_for_a_place_that_is_held_long_R8():
    now = [0.0]
    places = Places(1, wait=60, clock=lambda: now[0])
    _thread, may_go = held(places)
    now[0] = databases.STUCK_SECONDS + 0.1
    # Would wait a minute.
    with pytest.raises(DatabaseBusyError), places.hold():
        pass
    may_go.set()


def test_a_place_is_free_again_after_an_error_R8():
    places = Places(1, wait=0)
    for _time in range(3):
        with pytest.raises(ValueError, match="x"), places.hold():
            raise ValueError("x")


def test_page_without_a_place_is_asked_again_and_healthz_answers_R8(client, db, monkeypatch):
    monkeypatch.setattr(databases, "_places", Places(0, wait=0))
    client.raise_request_exception = False
    with connection.execute_wrapper(databases._in_place):
        answer = client.get("/en/conditions/?q=gout")
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
    assert (answer.status_code, answer["Retry-After"]) == (503, "3")


@pytest.mark.parametrize(("method", "status"), [("GET", 503), ("POST", 200)])
def test_session_that_could_not_be_saved_is_not_ended_R7(db, monkeypatch, method, status):
    """Django takes any error of saving for a session that is gone. What was taken stays taken."""

    def view(request):
        request.session["seen"] = "now"
        return HttpResponse("taken")

    session = SessionStore()
    session["seen"] = "before"
    session.save()
    request = RequestFactory().generic(method, "/en/case/")
    request.COOKIES["session"] = session.session_key
    monkeypatch.setattr(Session, "save", busy)
    answer = SessionMiddleware(view)(request)
    assert answer.status_code == status
    assert "session" not in answer.cookies


def busy(*_arguments, **_options):
    raise DatabaseBusyError


def lost_connection(*_arguments):
    raise OperationalError("x") from psycopg.OperationalError("the connection is lost")


@pytest.fixture
def pauses(monkeypatch):
    taken = []
    monkeypatch.setattr(worker.time, "sleep", taken.append)
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    return taken


@pytest.mark.parametrize("moment", ["begin", "work"])
def test_worker_waits_for_its_database_R7(db, monkeypatch, pauses, caplog, moment):
    running = worker.Worker([DEFAULT], batch=False)

    def stop(*_arguments):
        running.running = False
        return True

    answers = iter([lost_connection, lost_connection, stop])

    def answer(*arguments):
        return next(answers)(*arguments)

    if moment == "begin":
        monkeypatch.setattr(worker, "begin", answer)
    else:
        monkeypatch.setattr(running, "run_one", answer)
    running.run()
    assert pauses.count(worker.PAUSE) == 2
    assert [record.message for record in caplog.records].count("waiting for the database") == 2


def test_worker_ends_on_any_other_error(db, monkeypatch, pauses):
    def broken():
        raise OperationalError("no such table")

    running = worker.Worker([DEFAULT], batch=False)
    monkeypatch.setattr(running, "run_one", broken)
    with pytest.raises(OperationalError):
        running.run()


def test_worker_that_ends_leaves_one_line_without_words_L1(db, monkeypatch, caplog):
    def broken(self):
        raise ValueError("what a family wrote")

    monkeypatch.setattr(worker.Worker, "run", broken)
    monkeypatch.setattr(worker.Worker, "configure_signals", lambda self: None)
    with pytest.raises(SystemExit):
        call_command("worker", "--batch")
    (record,) = [one for one in caplog.records if one.name == "portal.worker"]
    assert (record.message, record.exc_info[0]) == ("worker ended", ValueError)
    assert "family" not in JsonFormatter().format(record)


def test_a_batch_does_not_wait_for_ever(db, monkeypatch, pauses):
    running = worker.Worker([DEFAULT], batch=True)
    monkeypatch.setattr(running, "run_one", lost_connection)
    with pytest.raises(OperationalError):
        running.run()
