"""`manage.py worker`: runs the background jobs of one queue, or of both.

Two processes in production: mail, links and clocks never wait for a file.
"""

import logging
import time

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands import db_worker
from django_tasks_db.utils import is_locked_database_exception

from cases.jobs import ensure_housekeeping
from cases.turns import HEAVY_JOBS, groups_of
from hospitals.jobs import ensure_reminders
from portal.queues import (
    DEFAULT,
    HEAVY,
    QUEUES,
    claim_first,
    claim_in_turn,
    due_jobs,
    holding_turn,
    move_to_heavy,
)
from portal.serving import start_serving
from portal.troubles import is_database_away

INTERVAL = 1
# Seconds between two tries while the database is away.
PAUSE = 2
log = logging.getLogger("portal.worker")


class Command(BaseCommand):
    help = "Run the background jobs until stopped (SIGTERM lets the current job finish)."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--queue", choices=QUEUES, help="Only this one. Left out: both.")
        parser.add_argument("--batch", action="store_true", help="Run what is due, then stop.")
        parser.add_argument("--quiet", action="store_true", help="Log errors only.")

    def handle(self, *, queue, batch, quiet, **options):
        if quiet:
            silence_routine()
        db_worker.Command().configure_logging(1)
        worker = Worker([queue] if queue else list(QUEUES), batch)
        worker.configure_signals()
        start_serving()
        try:
            worker.run()
        except Exception as error:
            # A line of JSON like all others, and no message that may quote a family.
            log.critical("worker ended", exc_info=True)
            raise SystemExit(1) from error


def begin() -> None:
    """A periodic job queues its own successor; only the first needs somebody to queue it."""
    ensure_housekeeping()
    ensure_reminders()
    move_to_heavy(list(HEAVY_JOBS))


class Worker(db_worker.Worker):
    """Takes jobs by our rules; how one runs, fails and is stopped is the library's."""

    def __init__(self, queues: list[str], batch: bool):
        super().__init__(
            queue_names=queues,
            interval=INTERVAL,
            batch=batch,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )

    def run(self) -> None:
        """Until stopped. A database that is away is waited for, not a reason to end (row R7)."""
        is_begun = False
        while self.running:
            close_old_connections()
            was_asked, has_run = True, False
            try:
                if not is_begun:
                    begin()
                    is_begun = True
                has_run = self.run_one()
            except (DatabaseError, InterfaceError) as error:
                was_asked, is_locked = False, is_locked_database_exception(error)
                if not is_locked and (self.batch or not is_database_away(error)):
                    raise
                if not is_locked:
                    log.warning("waiting for the database")
                    time.sleep(PAUSE)
            if self.batch and was_asked and not has_run:
                return
            close_old_connections()
            if self.running and not has_run:
                time.sleep(self.interval)

    def run_one(self) -> bool:
        """Mail before files, where one process does both. False when nothing is due."""
        if DEFAULT in self.queue_names:
            job = claim_first(due_jobs(DEFAULT, list(HEAVY_JOBS)), self.worker_id)
            if job is not None:
                self.run_task(job)
                return True
        if HEAVY in self.queue_names:
            job = claim_in_turn(due_jobs(HEAVY, list(HEAVY_JOBS)), self.worker_id, groups_of)
            if job is not None:
                with holding_turn(job):
                    self.run_task(job)
                return True
        return False


def silence_routine() -> None:
    """A filter, because db_worker sets the level of its loggers itself."""
    for name in ("django_tasks", "django_tasks_db"):
        logging.getLogger(name).addFilter(lambda record: record.levelno >= logging.ERROR)
