"""Writes the index. Whole (after loading) or one target (after an approved change)."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from hospitals.finding.bulk import insert
from hospitals.finding.normalise import tokens
from hospitals.finding.typos import deletions
from hospitals.models import SearchEntry, SearchPosting, SearchTypo, SearchWord

BATCH = 2_000
MAX_WORD = 60


@dataclass(frozen=True, slots=True)
class Name:
    """Something to be found: what it is, its key, and one name in one language."""

    kind: str
    target: str
    language: str
    text: str
    weight: int


@transaction.atomic
def rebuild(names: Iterable[Name]) -> int:
    """Replace the whole index. Returns the number of names."""
    for model in (SearchTypo, SearchPosting, SearchWord, SearchEntry):
        model.objects.all()._raw_delete(model.objects.db)
    return add(names)


@transaction.atomic
def replace_target(kind: str, target: str, names: Iterable[Name]) -> None:
    """Replace the names of one target; words that nothing uses any more stay harmless."""
    old = SearchEntry.objects.filter(kind=kind, target=target)
    SearchPosting.objects.filter(entry__in=old.values("pk")).delete()
    old.delete()
    add(names)


@transaction.atomic
def add(names: Iterable[Name]) -> int:
    """Names that are not in the index yet. Returns how many."""
    names = list(dict.fromkeys(names))
    words_of = [_words(name.text) for name in names]
    entries = SearchEntry.objects.bulk_create(
        [_entry(name, len(words)) for name, words in zip(names, words_of, strict=True)],
        batch_size=BATCH,
    )
    ids = _vocabulary(Counter(word for words in words_of for word in words))
    insert(SearchPosting, ["word", "entry", "rank"], _postings(entries, words_of, ids))
    return len(entries)


def _words(text: str) -> list[str]:
    return [word for word in tokens(text) if len(word) <= MAX_WORD]


def _entry(name: Name, size: int) -> SearchEntry:
    return SearchEntry(
        kind=name.kind,
        target=name.target,
        language=name.language,
        text=name.text[:255],
        size=size,
        weight=name.weight,
    )


def _postings(entries, words_of, ids: dict[str, int]) -> list[tuple[int, int, int]]:
    """Sorted as the first index of the table: its pages are then written one after another."""
    return sorted(
        (ids[word], entry.pk, entry_rank(entry))
        for entry, words in zip(entries, words_of, strict=True)
        for word in words
    )


def entry_rank(entry: SearchEntry) -> int:
    """Weight first, then shortness: "leukaemia" before a title of nine words."""
    return entry.weight * 20 + max(0, 19 - entry.size)


def _vocabulary(counts: Counter) -> dict[str, int]:
    """Ids of all words; new ones are added with their misspellings."""
    known = dict(_known(counts))
    _raise_counts({word: counts[word] for word in known}, known)
    fresh = SearchWord.objects.bulk_create(
        [SearchWord(word=word, entries=counts[word]) for word in sorted(counts.keys() - known)],
        batch_size=BATCH,
    )
    forms = sorted((form, word.pk) for word in fresh for form in deletions(word.word))
    insert(SearchTypo, ["form", "word"], forms)
    return known | {word.word: word.pk for word in fresh}


def _known(counts: Counter) -> Iterable[tuple[str, int]]:
    if not SearchWord.objects.exists():
        return
    words = list(counts)
    for start in range(0, len(words), 500):
        part = words[start : start + 500]
        yield from SearchWord.objects.filter(word__in=part).values_list("word", "pk")


def _raise_counts(counts: dict[str, int], ids: dict[str, int]) -> None:
    by_count = defaultdict(list)
    for word, count in counts.items():
        by_count[count].append(ids[word])
    for count, pks in by_count.items():
        for start in range(0, len(pks), 500):
            part = pks[start : start + 500]
            SearchWord.objects.filter(pk__in=part).update(entries=F("entries") + count)
