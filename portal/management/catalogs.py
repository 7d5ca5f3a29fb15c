"""Reading, compiling and comparing the translation catalogues, with Babel alone.

Only `extract_template` needs gettext's tools.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation import to_locale

SOURCES = ("portal", "hospitals", "cases", "templates", "static")
NAMED = re.compile(r"%\(\w+\)[a-z]|\{\w+\}")
POSITIONAL = re.compile(r"%[sd]|\{\}")


def read_catalog(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def read_template(path: Path) -> Catalog:
    """gettext leaves the plural forms of a template as words, which Babel does not read."""
    if not path.exists():
        return Catalog()
    text = path.read_text(encoding="utf-8")
    text = text.replace("nplurals=INTEGER; plural=EXPRESSION;", "nplurals=2; plural=n != 1;")
    return read_po(io.StringIO(text))


def translated_languages() -> list[str]:
    """The site's languages but the one that the source is written in."""
    return [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def catalog_path(locale_dir: Path, language: str, domain: str) -> Path:
    return Path(locale_dir) / to_locale(language) / "LC_MESSAGES" / f"{domain}.po"


def compile_catalogs(locale_dir: Path) -> list[Path]:
    """Writes each .mo whose .po has another time than when it was last compiled."""
    compiled = []
    for source in sorted(Path(locale_dir).glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        changed_at = source.stat().st_mtime_ns
        if target.exists() and target.stat().st_mtime_ns == changed_at:
            continue
        write_compiled(read_catalog(source), target)
        os.utime(target, ns=(changed_at, changed_at))
        compiled.append(target)
    return compiled


def write_compiled(catalog: Catalog, target: Path) -> None:
    """Replaced in one step: a server that starts meanwhile never reads half a file."""
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
        write_mo(file, catalog)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(target)


def extract_template(domain: str) -> Catalog | None:
    """A fresh extraction from a copy of the sources; None without gettext's xgettext."""
    if not shutil.which("xgettext"):
        return None
    with tempfile.TemporaryDirectory(prefix="shanghai-messages-") as folder:
        copy = Path(folder)
        for name in SOURCES:
            ignored = shutil.ignore_patterns("locale", "vendor", "tests", "__pycache__")
            shutil.copytree(settings.BASE_DIR / name, copy / name, ignore=ignored)
        (copy / "locale").mkdir()
        # No settings: Django then writes to the folder's own locale/.
        environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
        subprocess.run(
            [sys.executable, "-m", "django", "makemessages", "--domain", domain]
            + ["--locale", "pl", "--keep-pot", "--verbosity", "0"],
            cwd=copy,
            env=environment,
            check=True,
        )
        return read_template(copy / "locale" / f"{domain}.pot")


def missing_messages(catalog: Catalog, template: Catalog) -> Iterator[str]:
    """What the source says and the catalogue does not know."""
    for message in template:
        if message.id and catalog.get(message.id, message.context) is None:
            yield f"missing: {_label(message)}"


def broken_messages(catalog: Catalog) -> Iterator[str]:
    """Entries that a reader would see untranslated or that would fail at run time."""
    for message in catalog:
        if message.id:
            why = _what_is_wrong(message)
            if why:
                yield f"{why}: {_label(message)}"


def expected_plurals(language: str) -> int:
    """As many forms as Django's own catalogue of the language has."""
    django_locale = Path(django.__file__).parent / "conf" / "locale"
    return read_catalog(catalog_path(django_locale, language, "django")).num_plurals


def _what_is_wrong(message: Message) -> str:
    forms = message.string if message.pluralizable else [message.string]
    if message.fuzzy:
        return "fuzzy"
    if not forms or not all(forms):
        return "untranslated"
    if any(_placeholders_differ(message, form) for form in forms):
        return "placeholders differ"
    return ""


def _placeholders_differ(message: Message, form: str) -> bool:
    """A plural form may leave a named number out ("one case"); nothing may be added."""
    sources = list(message.id) if message.pluralizable else [message.id]
    named = set(NAMED.findall(form))
    if message.pluralizable:
        wrong_names = not named <= set(NAMED.findall(" ".join(sources)))
    else:
        wrong_names = named != set(NAMED.findall(sources[0]))
    return wrong_names or _positional(form) != _positional(sources[-1])


def _positional(text: str) -> list[str]:
    return sorted(POSITIONAL.findall(text.replace("%%", "")))


def _label(message: Message) -> str:
    text = message.id[0] if message.pluralizable else message.id
    return text if len(text) <= 70 else f"{text[:67]}..."
