"""From words to names: which entries of the index a question means.

Bounded at every step, so that its time does not grow with the directory.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection

from hospitals.finding.normalise import MAX_TOKENS, SENTENCE_WORDS, is_han, tokens
from hospitals.finding.typos import closeness, deletions, is_close
from hospitals.models import SearchEntry, SearchPosting, SearchTypo, SearchWord

# Entries looked at for one word of the question, the highest rank first.
ENTRIES_PER_WORD = 120
# Of a word with more entries, those that are looked through for the question's other words.
ENTRIES_FOR_OTHERS = 1_000
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
LAST_LETTER = "\U0010fffd"


@dataclass
class Term:
    """A word of the question and the words of the index that it may mean."""

    typed: str
    forms: dict[int, float] = field(default_factory=dict)
    rarity: float = 1.0
    # How many entries have any of the forms.
    entries: int = 0


@dataclass(frozen=True)
class Hit:
    """A name that matches; `score` is at most about 1."""

    kind: str
    target: str
    text: str
    language: str
    score: float


def find_names(text: str, *, language: str = "", prefix_last: bool = False) -> list[Hit]:
    """Names that match, best first. `prefix_last`: the last word is still being typed."""
    terms = read_terms(words_of(text), prefix_last=prefix_last)
    known = [term for term in terms if term.forms]
    if not known:
        return []
    return _score(_matched_entries(known), terms, language)


def words_of(text: str) -> list[str]:
    """Words of a question. Alone, "all" is the abbreviation: in a sentence only as "ALL"."""
    words = tokens(text)[:MAX_TOKENS]
    return [words[0].upper()] if len(words) == 1 and words[0] in SENTENCE_WORDS else words


def read_terms(words: list[str], *, prefix_last: bool = False) -> list[Term]:
    """Each word with what it may mean: itself, a longer word, a near one."""
    rows = SearchWord.objects.filter(word__in=words).values_list("word", "pk", "entries")
    exact = {word: (pk, entries) for word, pk, entries in rows}
    terms = []
    unknown = 0
    for place, word in enumerate(words):
        term = Term(word)
        if word in exact:
            _take(term, [(exact[word][0], word, exact[word][1])], 1.0)
        is_being_typed = prefix_last and place == len(words) - 1
        unknown += not term.forms
        if is_being_typed or (not term.forms and unknown <= MAX_UNKNOWN):
            _add_other_forms(term, is_being_typed=is_being_typed)
        if not term.forms:
            term.rarity = UNKNOWN_RARITY
        terms.append(term)
    return terms


def _add_other_forms(term: Term, *, is_being_typed: bool) -> None:
    _add_longer(term, term.typed, SHORTEST_TYPED if is_being_typed else SHORTEST_PREFIX)
    if is_being_typed and not term.forms and term.typed[-1] in HALF_SPELT:
        _add_longer(term, term.typed[:-1], SHORTEST_PREFIX)
    if not term.forms:
        _add_near(term)


def rarity(entries: int) -> float:
    """How much a word says: a rare one more than "disease"."""
    return 1 / math.log2(2 + entries)


def _add_longer(term: Term, beginning: str, shortest: int) -> None:
    """Words that begin like this, the most frequent first."""
    if len(beginning) < shortest and not is_han(beginning):
        return
    rows = SearchWord.objects.filter(**_longer_than(beginning)).order_by("-entries", "word")
    _take(term, rows.values_list("pk", "word", "entries")[:FORMS_PER_WORD], PREFIX_FACTOR)


def _longer_than(word: str) -> dict:
    """Begins with `word`, by an index: SQLite has none for LIKE, PostgreSQL no plain order."""
    if connection.vendor == "sqlite":
        return {"word__gt": word, "word__lt": word + LAST_LETTER}
    return {"word__startswith": word}


def _add_near(term: Term) -> None:
    """Words with one slip; only where there are none, words with two."""
    forms = deletions(term.typed)
    if not forms:
        return
    longest = max(len(form) for form in forms)
    one_slip = [form for form in forms if len(form) >= longest - 1]
    two_slips = [form for form in forms if len(form) < longest - 1]
    near = _near(term.typed, one_slip) or _near(term.typed, two_slips)
    _take(term, near[:FORMS_PER_WORD], TYPO_FACTOR)


def _near(typed: str, forms: list[str]) -> list[tuple[int, str, int]]:
    """The closest first. Two plain look-ups: PostgreSQL plans their join over whole tables."""
    if not forms:
        return []
    keys = SearchTypo.objects.filter(form__in=forms).values_list("word_id", flat=True)
    rows = SearchWord.objects.filter(pk__in=set(keys[:MAX_TYPO_CANDIDATES]))
    near = [row for row in rows.values_list("pk", "word", "entries") if is_close(typed, row[1])]
    return sorted(near, key=lambda row: (-closeness(typed, row[1]), -row[2]))


def _take(term: Term, rows: Iterable[tuple[int, str, int]], factor: float) -> None:
    for pk, word, entries in rows:
        term.forms.setdefault(pk, factor * closeness(term.typed, word) ** 0.5)
        term.entries += entries
    if term.forms and term.rarity == 1.0:
        term.rarity = max(rarity(term.entries), 0.05)


def _matched_entries(terms: list[Term]) -> dict[int, dict[str, float]]:
    """Entry -> {typed word: quality}. The rarest words bring candidates, all words score."""
    rarest = sorted(terms, key=lambda term: -term.rarity)[:3]
    candidates: set[int] = set()
    for term in rarest:
        candidates.update(_first_entries(term, ENTRIES_PER_WORD))
    if (
        len(rarest) > 1
        and ENTRIES_PER_WORD < rarest[0].entries
        and (rarest[0].entries <= MAX_SORTED or len(rarest[0].forms) == 1)
    ):
        candidates.update(_entries_with_both(rarest[0], rarest[1:]))
    quality = {pk: (term, value) for term in terms for pk, value in term.forms.items()}
    matched: dict[int, dict[str, float]] = defaultdict(dict)
    postings = SearchPosting.objects.filter(entry__in=candidates, word__in=list(quality))
    for entry_id, word_id in postings.values_list("entry_id", "word_id"):
        term, value = quality[word_id]
        found = matched[entry_id]
        found[term.typed] = max(found.get(term.typed, 0), value)
    return matched


def _first_entries(term: Term, number: int) -> list[int]:
    """The highest ranks of all forms together; of frequent ones each is read in its own order."""
    forms = list(term.forms)
    parts = [forms] if term.entries <= MAX_SORTED else [[form] for form in forms]
    rows: list[tuple[int, int]] = []
    for part in parts:
        rows += _first_postings(part).values_list("rank", "entry_id")[:number]
    rows.sort(key=lambda row: (-row[0], row[1]))
    return [entry_id for _rank, entry_id in rows[:number]]


def _first_postings(forms: list[int]):
    return SearchPosting.objects.filter(word__in=forms).order_by("-rank", "entry")


def _entries_with_both(term: Term, others: list[Term]):
    """Entries of a frequent word that have another one too: none of the first may have both."""
    forms = [pk for other in others for pk in other.forms]
    among = _first_postings(list(term.forms)).values("entry")[:ENTRIES_FOR_OTHERS]
    rows = SearchPosting.objects.filter(word__in=forms, entry__in=among)
    return rows.values_list("entry_id", flat=True)[:ENTRIES_PER_WORD]


def _score(matched, terms: list[Term], language: str) -> list[Hit]:
    """Share of the question that a name covers, then how much of the name it is."""
    weight_of = {term.typed: term.rarity for term in terms}
    total = sum(weight_of.values())
    rough = {
        pk: (sum(weight_of[word] * value for word, value in found.items()) / total, len(found))
        for pk, found in matched.items()
    }
    first = sorted(rough, key=lambda pk: -rough[pk][0])[:ENTRIES_PER_WORD]
    best: dict[tuple[str, str], Hit] = {}
    rows = SearchEntry.objects.filter(pk__in=first)
    for pk, kind, target, spoken, text, size, weight in rows.values_list(
        "pk", "kind", "target", "language", "text", "size", "weight"
    ):
        covered, words = rough[pk]
        fullness = min(1.0, words / max(size, 1))
        score = covered * (0.7 + 0.3 * fullness) * (0.8 + 0.02 * weight)
        score *= 1.02 if spoken == language else 1.0
        if (kind, target) not in best or best[kind, target].score < score:
            best[kind, target] = Hit(kind, target, text, spoken, score)
    return sorted(best.values(), key=lambda hit: (-hit.score, hit.kind, hit.target))
