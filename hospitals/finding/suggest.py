"""What a family may be typing: the names that match so far."""

from dataclasses import dataclass

from hospitals.finding.lookup import find_names
from hospitals.finding.normalise import MAX_QUERY_LENGTH, fold
from hospitals.finding.people import recognise
from hospitals.finding.shown import names_of

MAX_SUGGESTIONS = 8
# One that matches much worse than the best is not what is being typed.
NEAR_THE_BEST = 0.5


@dataclass(frozen=True)
class Suggestion:
    kind: str
    target: str
    label: str


def suggest(
    typed: str, *, language: str, version: int, kinds: frozenset[str] = frozenset()
) -> list[Suggestion]:
    """The best first, each name once, in the reader's language. Empty for a pasted page.

    `kinds`: of these alone; none means all.
    """
    if len(typed) > MAX_QUERY_LENGTH:
        return []
    _person, words = recognise(typed)
    hits = find_names(words, language=language, prefix_last=True, version=version)
    if kinds:
        hits = [hit for hit in hits if hit.kind in kinds]
    hits = [hit for hit in hits if hit.score >= NEAR_THE_BEST * hits[0].score]
    # Some may be called the same, some may not be public any more.
    hits = hits[: 2 * MAX_SUGGESTIONS]
    names = names_of(hits, version)
    found: dict[str, Suggestion] = {}
    for hit in hits:
        label = names.get((hit.kind, hit.target))
        if label:
            found.setdefault(fold(label), Suggestion(hit.kind, hit.target, label))
    # What begins like that is what most people are typing.
    beginning = fold(typed).strip()
    best_first = sorted(found, key=lambda label: not label.startswith(beginning))
    return [found[label] for label in best_first[:MAX_SUGGESTIONS]]
