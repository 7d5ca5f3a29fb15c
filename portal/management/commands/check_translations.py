"""`manage.py check_translations`: every text of the source, whole, in every language."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.management.catalogs import (
    broken_messages,
    catalog_path,
    expected_plurals,
    extract_template,
    missing_messages,
    read_catalog,
    translated_languages,
)

SKIPPED = "SKIPPED: fresh extraction of texts (Debian: apt-get install gettext)"


class Command(BaseCommand):
    help = "Fail when a translation is missing, fuzzy, incomplete or has wrong placeholders."
    requires_system_checks = []

    def handle(self, **options):
        locale_dir = Path(settings.LOCALE_PATHS[0])
        problems, skipped = [], False
        for domain in domains(locale_dir):
            template = extract_template(domain)
            skipped = skipped or template is None
            for language in translated_languages():
                path = catalog_path(locale_dir, language, domain)
                problems += [f"{language} {text}" for text in check(path, language, template)]
        for problem in problems:
            self.stdout.write(problem)
        if skipped:
            self.stdout.write(SKIPPED)
        if problems:
            raise CommandError(f"{len(problems)} problems in the translations.")


def domains(locale_dir: Path) -> list[str]:
    """`djangojs` counts as soon as one language has it."""
    scripted = any(locale_dir.glob("*/LC_MESSAGES/djangojs.po"))
    return ["django", "djangojs"] if scripted else ["django"]


def check(path: Path, language: str, template) -> list[str]:
    if not path.exists():
        return [f"has no {path.name}"]
    catalog = read_catalog(path)
    problems = list(broken_messages(catalog))
    if template is not None:
        problems += missing_messages(catalog, template)
    if catalog.num_plurals != expected_plurals(language):
        problems.append(f"header says {catalog.num_plurals} plural forms")
    return problems
