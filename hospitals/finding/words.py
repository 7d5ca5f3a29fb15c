"""What the words of a question mean: words of the index that are the same, longer or near.

Questions are endless and their words are not: with the directory's version, what a word
means is kept until the next one.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection

from hospitals.finding.kept import kept
from hospitals.finding.normalise import MAX_TOKENS, SENTENCE_WORDS, is_han, tokens
from hospitals.finding.typos import closeness, deletions, is_close
from hospitals.models import SearchPosting, SearchTypo, SearchWord

FORMS_PER_WORD = 8
# More postings of several words than these are not sorted together.
MAX_SORTED = 2_000
MAX_TYPO_CANDIDATES = 500
# Unknown words beyond these are not looked up further: a pasted page is no search.
MAX_UNKNOWN = 4
# Fewer letters begin too many words.
SHORTEST_PREFIX, SHORTEST_TYPED = 3, 2
PREFIX_FACTOR, TYPO_FACTOR = 0.85, 0.75
# What a word that nobody knows takes away from the score: "please", "my", a slip in Chinese.
UNKNOWN_RARITY = 0.15
# Of "ae" and "oe", which are folded to "e": "leuka" is on its way to "leukaemia".
HALF_SPELT = "ao"
# Longer than every word of the index: the rest of a pasted word says nothing more.
LONGEST = 61
LAST_LETTER = "\U0010fffd"
# Key, word, number of entries.
Row = tuple[int, str, int]


@dataclass
class Term:
    """A word of the question and the words of the index that it may mean."""

    typed: str
    forms: dict[int, float] = field(default_factory=dict)
    rarity: float = 1.0
    # How many entries have any of the forms.
    entries: int = 0

    def take(self, rows: Iterable[Row], factor: float) -> None:
        for pk, word, entries in rows:
            if pk not in self.forms:
                self.forms[pk] = factor * closeness(self.typed, word) ** 0.5
                self.entries += entries
        if self.forms and self.rarity == 1.0:
            self.rarity = max(rarity(self.entries), 0.05)


def rarity(entries: int) -> float:
    """How much a word says: a rare one more than "disease"."""
    return 1 / math.log2(2 + entries)


def words_of(text: str) -> list[str]:
    """Words of a question. Alone, "all" is the abbreviation: in a sentence only as "ALL"."""
    words = [word[:LONGEST] for word in tokens(text)[:MAX_TOKENS]]
    return [words[0].upper()] if len(words) == 1 and words[0] in SENTENCE_WORDS else words


def read_terms(words: list[str], *, prefix_last: bool, version: int | None) -> list[Term]:
    """Each word with what it may mean: itself, a longer word, a near one."""
    exact = _keep("word", words, version, _exact)
    terms = []
    unknown = 0
    for place, word in enumerate(words):
        term = Term(word)
        term.take(exact.get(word, ()), 1.0)
        is_being_typed = prefix_last and place == len(words) - 1
        unknown += not term.forms
        if is_being_typed:
            subject, read = ("longer", _longer_typed) if term.forms else ("begun", _begun)
            term.take(*_one(subject, word, version, read))
        elif not term.forms and unknown <= MAX_UNKNOWN:
            term.take(*_one("other", word, version, _other))
        if not term.forms:
            term.rarity = UNKNOWN_RARITY
        terms.append(term)
    return terms


def first_entries(term: Term, number: int, version: int | None) -> list[int]:
    """The highest ranks of all forms together; of frequent ones each is read in its own order."""
    forms = sorted(term.forms)
    key = ",".join(map(str, forms))
    parts = [forms] if term.entries <= MAX_SORTED else [[form] for form in forms]

    def read(_key: str) -> list[int]:
        rows: list[tuple[int, int]] = []
        for part in parts:
            rows += first_postings(part).values_list("rank", "entry_id")[:number]
        rows.sort(key=lambda row: (-row[0], row[1]))
        return [entry_id for _rank, entry_id in rows[:number]]

    return _one("first", f"{number}:{key}", version, read)


def first_postings(forms: list[int]):
    return SearchPosting.objects.filter(word__in=forms).order_by("-rank", "entry")


def _keep(subject: str, keys: list[str], version: int | None, read) -> dict:
    if version is None:
        return read(keys)
    return kept(subject, keys, version, read, where="words")


def _one(subject: str, key: str, version: int | None, read):
    return _keep(subject, [key], version, lambda keys: {key: read(key) for key in keys})[key]


def _exact(words: list[str]) -> dict[str, list[Row]]:
    rows = SearchWord.objects.filter(word__in=words).values_list("word", "pk", "entries")
    return {word: [(pk, word, entries)] for word, pk, entries in rows}


def _longer_typed(word: str) -> tuple[list[Row], float]:
    """What a whole word may become that is still being typed."""
    return _longer(word, SHORTEST_TYPED), PREFIX_FACTOR


def _begun(word: str) -> tuple[list[Row], float]:
    """What a beginning may become that is no word yet."""
    longer = _longer(word, SHORTEST_TYPED)
    if not longer and word[-1] in HALF_SPELT:
        longer = _longer(word[:-1], SHORTEST_PREFIX)
    return (longer, PREFIX_FACTOR) if longer else (_near_words(word), TYPO_FACTOR)


def _other(word: str) -> tuple[list[Row], float]:
    """What a word may mean that is not in the index."""
    longer = _longer(word, SHORTEST_PREFIX)
    return (longer, PREFIX_FACTOR) if longer else (_near_words(word), TYPO_FACTOR)


def _longer(beginning: str, shortest: int) -> list[Row]:
    """Words that begin like this, the most frequent first."""
    if len(beginning) < shortest and not is_han(beginning):
        return []
    rows = SearchWord.objects.filter(**_longer_than(beginning)).order_by("-entries", "word")
    return list(rows.values_list("pk", "word", "entries")[:FORMS_PER_WORD])


def _longer_than(word: str) -> dict:
    """Begins with `word`, by an index: SQLite has none for LIKE, PostgreSQL no plain order."""
    if connection.vendor == "sqlite":
        return {"word__gt": word, "word__lt": word + LAST_LETTER}
    return {"word__startswith": word}


def _near_words(word: str) -> list[Row]:
    """Words with one slip; only where there are none, words with two."""
    forms = deletions(word)
    if not forms:
        return []
    longest = max(len(form) for form in forms)
    one_slip = [form for form in forms if len(form) >= longest - 1]
    two_slips = [form for form in forms if len(form) < longest - 1]
    near = _near(word, one_slip) or _near(word, two_slips)
    return near[:FORMS_PER_WORD]


def _near(typed: str, forms: list[str]) -> list[Row]:
    """The closest first. Two plain look-ups: PostgreSQL plans their join over whole tables."""
    if not forms:
        return []
    keys = SearchTypo.objects.filter(form__in=forms).values_list("word_id", flat=True)
    rows = SearchWord.objects.filter(pk__in=set(keys[:MAX_TYPO_CANDIDATES]))
    near = [row for row in rows.values_list("pk", "word", "entries") if is_close(typed, row[1])]
    return sorted(near, key=lambda row: (-closeness(typed, row[1]), -row[2]))
