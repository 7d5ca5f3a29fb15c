"""From words to names: which entries of the index a question means.

Bounded at every step, so that its time does not grow with the directory.
"""

from collections import defaultdict
from dataclasses import dataclass

from hospitals.finding.among import Among
from hospitals.finding.words import (
    MAX_SORTED,
    Term,
    first_entries,
    first_postings,
    read_terms,
    words_of,
)
from hospitals.models import SearchEntry, SearchPosting

# Entries looked at for one word of the question, the highest rank first.
ENTRIES_PER_WORD = 120
# Of a word with more entries, those that are looked through for the question's other words.
ENTRIES_FOR_OTHERS = 1_000


@dataclass(frozen=True)
class Hit:
    """A name that matches; `score` is at most about 1."""

    kind: str
    target: str
    text: str
    language: str
    score: float


def find_names(
    text: str, *, language: str = "", prefix_last: bool = False, version: int | None = None
) -> list[Hit]:
    """Names that match, best first. `prefix_last`: the last word is still being typed.

    `version`: of the directory, for questions of the public: what their words mean is kept.
    """
    terms = read_terms(words_of(text), prefix_last=prefix_last, version=version)
    known = [term for term in terms if term.forms]
    if not known:
        return []
    return _score(_matched_entries(known, version), terms, language)


def _matched_entries(terms: list[Term], version: int | None) -> dict[int, dict[str, float]]:
    """Entry -> {typed word: quality}. The rarest words bring candidates, all words score."""
    rarest = sorted(terms, key=lambda term: -term.rarity)[:3]
    candidates: set[int] = set()
    for term in rarest:
        candidates.update(first_entries(term, ENTRIES_PER_WORD, version))
    if (
        len(rarest) > 1
        and ENTRIES_PER_WORD < rarest[0].entries
        and (rarest[0].entries <= MAX_SORTED or len(rarest[0].forms) == 1)
    ):
        candidates.update(_entries_with_both(rarest[0], rarest[1:]))
    quality = {pk: (term, value) for term in terms for pk, value in term.forms.items()}
    matched: dict[int, dict[str, float]] = defaultdict(dict)
    postings = SearchPosting.objects.filter(Among("entry", candidates), Among("word", quality))
    for entry_id, word_id in postings.values_list("entry_id", "word_id"):
        term, value = quality[word_id]
        found = matched[entry_id]
        found[term.typed] = max(found.get(term.typed, 0), value)
    return matched


def _entries_with_both(term: Term, others: list[Term]):
    """Entries of a frequent word that have another one too: none of the first may have both."""
    forms = [pk for other in others for pk in other.forms]
    among = first_postings(list(term.forms)).values("entry")[:ENTRIES_FOR_OTHERS]
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
    rows = SearchEntry.objects.filter(Among("pk", first))
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
