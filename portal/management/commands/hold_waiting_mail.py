"""`manage.py hold_waiting_mail`: after a restore, what waited in the backup is not sent again."""

from django.core.management.base import BaseCommand

from portal.outbox import stop_waiting_mail


class Command(BaseCommand):
    help = "Stop every mail that waits to be sent; staff see it as stopped on its case."

    def handle(self, **options):
        self.stdout.write(
            f"   mails that waited in the backup and are not sent: {stop_waiting_mail()}"
        )
