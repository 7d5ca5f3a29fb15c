"""`manage.py compile_translations`: .po to .mo where something changed; no gettext needed."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from portal.management.catalogs import compile_catalogs


class Command(BaseCommand):
    help = "Compile the translation files that changed."
    requires_system_checks = []

    def handle(self, **options):
        for locale_dir in settings.LOCALE_PATHS:
            for path in compile_catalogs(Path(locale_dir)):
                if options["verbosity"]:
                    self.stdout.write(f"compiled {path.parent.parent.name}/{path.name}")
