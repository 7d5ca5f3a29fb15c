from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from hospitals.imported_names import CHANGED, NEW, SAME, CatalogueError, read_catalogue, store
from hospitals.loading import write_index


class Command(BaseCommand):
    """A catalogue is a .po file, UTF-8 or as its header says. The code of an entry stands

    as its context: msgctxt "C22.2", msgid "Hepatoblastoma", msgstr "Wątrobiak zarodkowy",
    or as its msgid: msgid "C22.2", or it follows from WHO's English title as msgid.
    """

    help = "Read titles of the ICD-10 in one language from a gettext catalogue, and find by them."

    def add_arguments(self, parser):
        parser.add_argument("language", help="a language of the portal: zh-hans, pl, ar")
        parser.add_argument("catalogue", type=Path, help="a .po file keyed by ICD-10 code")

    def handle(self, *, language, catalogue, **options):
        try:
            names, skipped = read_catalogue(catalogue, language)
        except CatalogueError as error:
            raise CommandError(str(error)) from error
        counts = store(names, language)
        self.stdout.write(f"{counts[NEW]} new, {counts[CHANGED]} changed, {counts[SAME]} the same")
        for reason, number in sorted(skipped.items()):
            self.stdout.write(f"left out: {number} {reason}")
        if counts[NEW] or counts[CHANGED]:
            self.stdout.write(f"search index: {write_index()} names")
