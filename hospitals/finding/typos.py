"""Misspelt words by symmetric deletion. A leaf: imports no model."""

from itertools import combinations

from rapidfuzz.distance import OSA

from hospitals.finding.normalise import is_han

PREFIX = 8
SHORTEST = 4


def allowed_distance(word: str) -> int:
    """How many slips we forgive: none in short words and Chinese, one, two in long words."""
    if (
        is_han(word)
        or word.isupper()
        or len(word) < SHORTEST
        or any(char.isdigit() for char in word)
    ):
        return 0
    return 1 if len(word) < PREFIX - 1 else 2


def deletions(word: str) -> set[str]:
    """The beginning of a word with up to `allowed_distance` letters left out, itself included."""
    start = word[:PREFIX]
    distance = allowed_distance(word)
    if not distance:
        return set()
    forms = {start}
    for count in range(1, distance + 1):
        forms.update(
            "".join(letters) for letters in combinations(start, max(len(start) - count, 1))
        )
    return forms


def is_close(typed: str, word: str) -> bool:
    """Whether `word` is within the slips allowed for what was typed; swapped letters are one."""
    limit = max(allowed_distance(typed), min(allowed_distance(word), 1))
    return OSA.distance(typed, word, score_cutoff=limit) <= limit


def closeness(typed: str, word: str) -> float:
    """1 for the same word, less for each slip."""
    return 1 - OSA.distance(typed, word) / max(len(typed), len(word), 1)
