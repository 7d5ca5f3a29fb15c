"""`manage.py worker`: sends mail, chases clocks, tidies up. One process is enough."""

import logging

from django.core.management import call_command
from django.core.management.base import BaseCommand

from cases.jobs import ensure_housekeeping
from hospitals.jobs import ensure_reminders


class Command(BaseCommand):
    help = "Run the background jobs until stopped (SIGTERM lets the current job finish)."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--batch", action="store_true", help="Run what is due, then stop.")
        parser.add_argument("--quiet", action="store_true", help="Log errors only.")

    def handle(self, *, batch, quiet, **options):
        if quiet:
            silence_routine()
        # A periodic job queues its own successor; only the first needs somebody to queue it.
        ensure_housekeeping()
        ensure_reminders()
        call_command("db_worker", interval=1, batch=batch, reload=False)


def silence_routine() -> None:
    """A filter, because db_worker sets the level of its loggers itself."""
    for name in ("django_tasks", "django_tasks_db"):
        logging.getLogger(name).addFilter(lambda record: record.levelno >= logging.ERROR)
