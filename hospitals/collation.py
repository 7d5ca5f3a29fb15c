"""The order of names in a list, as the reader's language has it. A leaf: imports no model."""

import unicodedata

from pypinyin import lazy_pinyin

from hospitals.finding.normalise import fold

POLISH = "aąbcćdeęfghijklłmnńoóprsśtuwyzźż"
_POLISH_PLACES = {letter: place for place, letter in enumerate(POLISH)}
ARTICLE = "ال"


def sort_key(text: str, language: str) -> tuple:
    if language == "zh-hans":
        return tuple(lazy_pinyin(text))
    if language == "pl":
        return tuple(_polish(letter) for letter in text.lower())
    folded = fold(text)
    return tuple(folded.removeprefix(ARTICLE)) if language == "ar" else tuple(folded)


def _polish(letter: str) -> tuple[int, int, str]:
    """Polish letters by their alphabet, others after the letter that they are built on."""
    base = unicodedata.normalize("NFD", letter)[0]
    place = _POLISH_PLACES.get(letter, _POLISH_PLACES.get(base))
    if place is None:
        return (len(POLISH) if base.isalpha() else -1, 0, letter)
    return (place, letter not in _POLISH_PLACES, letter)
