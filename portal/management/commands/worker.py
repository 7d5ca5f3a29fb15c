"""`manage.py worker`: sends mail, chases clocks, tidies up. One process is enough."""

from django.core.management import call_command
from django.core.management.base import BaseCommand

from cases.jobs import ensure_housekeeping


class Command(BaseCommand):
    help = "Run the background jobs until stopped (SIGTERM lets the current job finish)."

    def add_arguments(self, parser):
        parser.add_argument("--batch", action="store_true", help="Run what is due, then stop.")

    def handle(self, **options):
        # The periodic job queues its own successor; only the first needs somebody to queue it.
        ensure_housekeeping()
        call_command(
            "db_worker",
            interval=1,
            batch=options["batch"],
            reload=False,
            verbosity=options["verbosity"],
        )
