"""Time limits of the web's database connections: nobody waits long, and `/healthz` never (R7, R8).

For the web alone: a worker, a migration or a command may wait as long as its work needs.
"""

import threading
import time
from contextlib import contextmanager

from django.db import connections
from django.db.backends.signals import connection_created

from portal.troubles import DatabaseBusyError

# Below the five seconds after which every page has answered.
LOCK_MS, STATEMENT_MS = 3000, 4000
CONNECT_SECONDS, SQLITE_SECONDS = 2, 4
# Threads of one web process that may wait for the database; gunicorn has eight.
THREADS = 6
# A thread that finds no place waits so long for one: statements take some milliseconds.
PLACE_SECONDS = 0.1
# Places that are held longer do not become free soon: nobody waits for one.
STUCK_SECONDS = 0.5


def limit_waits() -> None:
    """Set the limits on all connections that this process opens from now on."""
    for settings in connections.settings.values():
        options = settings.setdefault("OPTIONS", {})
        if settings["ENGINE"].endswith("sqlite3"):
            options["timeout"] = SQLITE_SECONDS
        else:
            options["connect_timeout"] = CONNECT_SECONDS
            options["tcp_user_timeout"] = STATEMENT_MS
            limits = f"-c lock_timeout={LOCK_MS} -c statement_timeout={STATEMENT_MS}"
            # Beside what the operator's own address of the database asks for.
            options["options"] = f"{options.get('options', '')} {limits}".strip()
    connection_created.connect(_share_places, dispatch_uid="portal.databases")


class Places:
    """As many statements at once as there are places; the other threads answer at once."""

    def __init__(self, number: int, wait: float = PLACE_SECONDS, clock=time.monotonic):
        self._free = threading.Semaphore(number)
        self._number, self._wait, self._clock = number, wait, clock
        self._since: dict[int, float] = {}

    @contextmanager
    def hold(self):
        """Raises DatabaseBusyError when all are taken."""
        if not self._free.acquire(timeout=0 if self._are_stuck() else self._wait):
            raise DatabaseBusyError
        thread = threading.get_ident()
        self._since[thread] = self._clock()
        try:
            yield
        finally:
            del self._since[thread]
            self._free.release()

    def _are_stuck(self) -> bool:
        before = self._clock() - STUCK_SECONDS
        # A copy: other threads come and go meanwhile.
        return sum(since < before for since in list(self._since.values())) >= self._number


_places = Places(THREADS)


def _share_places(connection, **kwargs) -> None:
    if _in_place not in connection.execute_wrappers:
        connection.execute_wrappers.append(_in_place)


def _in_place(execute, sql, params, many, context):
    with _places.hold():
        return execute(sql, params, many, context)
