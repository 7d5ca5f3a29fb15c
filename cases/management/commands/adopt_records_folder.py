"""`manage.py adopt_records_folder`: RECORDS_DIR is this database's from now on."""

from django.core.management.base import BaseCommand

from cases.actions.folder import adopt_folder


class Command(BaseCommand):
    help = (
        "Take RECORDS_DIR for the folder of this database, after a restore or a move. Web and "
        "workers refuse any other one, so make sure that the files are really there."
    )
    requires_system_checks = []

    def handle(self, **options):
        adopt_folder()
        self.stdout.write("RECORDS_DIR is this database's folder now.")
