"""From words to names: which entries of the index a question means.

Bounded at every step, so that its time does not grow with the directory.
"""

import math
from collections import defaultdict
from dataclasses import dataclass, field

from hospitals.finding.normalise import MAX_TOKENS, tokens
from hospitals.finding.typos import closeness, deletions, is_close
from hospitals.models import SearchEntry, SearchPosting, SearchTypo, SearchWord

# Entries looked at for one word of the question, the highest rank first.
ENTRIES_PER_WORD = 120
FORMS_PER_WORD = 8
MAX_TYPO_CANDIDATES = 200
# Unknown words beyond these are not looked up further: a pasted page is no search.
MAX_UNKNOWN = 4
PREFIX_FACTOR, TYPO_FACTOR = 0.85, 0.75
# What a word that nobody knows takes away from the score: "please", "my", a slip in Chinese.
UNKNOWN_RARITY = 0.15


@dataclass
class Term:
    """A word of the question and the words of the index that it may mean."""

    typed: str
    forms: dict[int, float] = field(default_factory=dict)
    rarity: float = 1.0
    corrected: str = ""


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
    words = tokens(text)[:MAX_TOKENS]
    terms = read_terms(words, prefix_last=prefix_last)
    known = [term for term in terms if term.forms]
    if not known:
        return []
    matched = _matched_entries(known)
    return _score(matched, terms, language)


def read_terms(words: list[str], *, prefix_last: bool = False) -> list[Term]:
    """Each word with what it may mean: itself, a longer word, a near one."""
    exact = {
        word: (pk, entries)
        for word, pk, entries in SearchWord.objects.filter(word__in=words).values_list(
            "word", "pk", "entries"
        )
    }
    terms = []
    unknown = 0
    for place, word in enumerate(words):
        term = Term(word)
        if word in exact:
            pk, entries = exact[word]
            term.forms[pk] = 1.0
            term.rarity = rarity(entries)
        unknown += not term.forms
        if unknown <= MAX_UNKNOWN:
            _add_other_forms(term, is_being_typed=prefix_last and place == len(words) - 1)
        if not term.forms:
            term.rarity = UNKNOWN_RARITY
        terms.append(term)
    return terms


def _add_other_forms(term: Term, *, is_being_typed: bool) -> None:
    if is_being_typed or not term.forms:
        _add_longer(term)
    if not term.forms:
        _add_near(term)


def rarity(entries: int) -> float:
    """How much a word says: a rare one more than "disease"."""
    return 1 / math.log2(2 + entries)


def _add_longer(term: Term) -> None:
    if len(term.typed) < 3:
        return
    rows = SearchWord.objects.filter(
        word__gt=term.typed, word__lt=term.typed + "\U0010fffd"
    ).order_by("word")
    _take(term, rows.values_list("pk", "word", "entries")[:FORMS_PER_WORD], PREFIX_FACTOR)


def _add_near(term: Term) -> None:
    forms = deletions(term.typed)
    if not forms:
        return
    rows = (
        SearchTypo.objects.filter(form__in=forms)
        .values_list("word_id", "word__word", "word__entries")
        .distinct()[:MAX_TYPO_CANDIDATES]
    )
    near = [row for row in rows if is_close(term.typed, row[1])]
    near.sort(key=lambda row: (-closeness(term.typed, row[1]), -row[2]))
    _take(term, near[:FORMS_PER_WORD], TYPO_FACTOR)
    if near:
        term.corrected = near[0][1]


def _take(term: Term, rows, factor: float) -> None:
    total = 0
    for pk, word, entries in rows:
        term.forms.setdefault(pk, factor * closeness(term.typed, word) ** 0.5)
        total += entries
    if total:
        term.rarity = max(rarity(total), 0.05) if term.rarity == 1.0 else term.rarity


def _matched_entries(terms: list[Term]) -> dict[int, dict[str, float]]:
    """Entry -> {typed word: quality}. The rarest words bring candidates, all words score."""
    candidates: set[int] = set()
    for term in sorted(terms, key=lambda term: -term.rarity)[:3]:
        candidates.update(
            SearchPosting.objects.filter(word__in=term.forms)
            .order_by("-rank", "entry")
            .values_list("entry_id", flat=True)[:ENTRIES_PER_WORD]
        )
    quality = {pk: (term, value) for term in terms for pk, value in term.forms.items()}
    matched: dict[int, dict[str, float]] = defaultdict(dict)
    postings = SearchPosting.objects.filter(entry__in=candidates, word__in=list(quality))
    for entry_id, word_id in postings.values_list("entry_id", "word_id"):
        term, value = quality[word_id]
        found = matched[entry_id]
        found[term.typed] = max(found.get(term.typed, 0), value)
    return matched


def _score(matched, terms: list[Term], language: str) -> list[Hit]:
    """Share of the question that a name covers, then how much of the name it is."""
    weight_of = {term.typed: term.rarity for term in terms}
    total = sum(weight_of.values())
    rough = sorted(
        matched.items(),
        key=lambda item: -sum(weight_of[word] * value for word, value in item[1].items()),
    )[:ENTRIES_PER_WORD]
    entries = SearchEntry.objects.in_bulk([pk for pk, _found in rough])
    best: dict[tuple[str, str], Hit] = {}
    for pk, found in rough:
        entry = entries[pk]
        covered = sum(weight_of[word] * value for word, value in found.items()) / total
        fullness = min(1.0, len(found) / max(entry.size, 1))
        score = covered * (0.7 + 0.3 * fullness) * (0.8 + 0.02 * entry.weight)
        score *= 1.02 if entry.language == language else 1.0
        key = (entry.kind, entry.target)
        if key not in best or best[key].score < score:
            best[key] = Hit(entry.kind, entry.target, entry.text, entry.language, score)
    return sorted(best.values(), key=lambda hit: (-hit.score, hit.kind, hit.target))
