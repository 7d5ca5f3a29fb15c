"""Django's `makemessages` with this project's choices, so that diffs stay small."""

import re
from pathlib import Path

from django.conf import settings
from django.core.management.commands import makemessages
from django.utils.translation import to_locale

from portal.management.catalogs import translated_languages

CREATION_DATE = re.compile(r'^"POT-Creation-Date: .*\n', re.MULTILINE)
IGNORED = [".venv*", "var", "tools", "docs", "deploy", "screenshots", "vendor", "tests"]


class Command(makemessages.Command):
    # A guess by similarity is worse than an empty text: it looks finished.
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.set_defaults(
            ignore_patterns=IGNORED,
            no_wrap=True,
            no_obsolete=True,
            add_location="file",
        )

    def handle(self, *args, **options):
        """Keeps each file's date: it changes with every run and tells nothing."""
        # argparse would add what is asked for to a default list.
        options["locale"] = options["locale"] or [
            to_locale(language) for language in translated_languages()
        ]
        before = {path: path.read_text(encoding="utf-8") for path in self._tracked()}
        super().handle(*args, **options)
        for path, text in before.items():
            fresh = path.read_text(encoding="utf-8")
            old, new = CREATION_DATE.search(text), CREATION_DATE.search(fresh)
            if old and new:
                path.write_text(fresh.replace(new.group(), old.group(), 1), encoding="utf-8")

    def _tracked(self):
        return sorted(Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES/*.po"))
