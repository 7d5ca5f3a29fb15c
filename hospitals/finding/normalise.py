"""One form for words that people write in many ways. A leaf: imports no model.

The same folding runs over what is indexed and over what is asked, so it may be
coarse: it never shows, it only compares.
"""

import re
import unicodedata
from functools import lru_cache

import opencc

MAX_QUERY_LENGTH = 200
MAX_TOKENS = 12
# Letters that have no decomposition in Unicode but that people type without their marks.
_LATIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "ı": "i", "æ": "ae", "œ": "oe"})
# Variants of one Arabic letter, and the Persian and Urdu forms of keyboards.
_ARABIC = str.maketrans(
    {
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه",
        "ی": "ي", "ک": "ك", "ـ": "", "ء": "",
    }
)  # fmt: skip
_ARABIC_LETTERS = re.compile(r"[\u0600-\u06ff]")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0002fa1f]")
_WORDS = re.compile(
    r"[a-z]\d{1,2}(?:\.\d{1,2})?(?![a-z\d])"  # a code of the ICD-10: c22.2
    r"|[\u3400-\u9fff\U00020000-\U0002fa1f]+"
    # "CAR-T治疗" has no space between the two scripts.
    r"|[^\W_\u3400-\u9fff\U00020000-\U0002fa1f]+"
)
# British and American spelling meet in one shorter form (tumour, haemophilia, oesophagus).
_SPELLINGS = (
    (re.compile(r"ae"), "e"),
    (re.compile(r"oe"), "e"),
    (re.compile(r"(?<=[a-z]{2})our"), "or"),
    (re.compile(r"(?<=[a-z]{3})is(?=e|ed|ing|ation)"), "iz"),
    (re.compile(r"(?<=[a-z]{2})tre$"), "ter"),
)
# Words of any sentence that are abbreviations of illnesses too: acute lymphoblastic leukaemia is
# "ALL". Written in capitals they are the abbreviation, and stay in capitals.
SENTENCE_WORDS = frozenset(
    "a all am an and any are as at be but by can cat catch did do for from get go had has have he "
    "her him his how i if in is it its let man may me men met my net no not now of off old on one "
    "or our out own per put ran run sad say see set she so stat the then to too two up us was way "
    "we who why with you od do na po za ma co jak nie tak ale pod nad bez czy przy dla".split()
)
_CAPITALS = re.compile(r"(?<![A-Za-z])([A-Z]{2,})(?![A-Za-z])")
_ENGLISH_PLURAL = re.compile(r"(?<=[a-z]{3})(?<![siu])s$")


@lru_cache(maxsize=1)
def _converter():
    return opencc.OpenCC("t2s")


def fold(text: str) -> str:
    """Lower case without marks; simplified characters; one form of each Arabic letter."""
    folded = unicodedata.normalize("NFD", _lower(unicodedata.normalize("NFKC", text)))
    folded = "".join(char for char in folded if not unicodedata.combining(char))
    folded = unicodedata.normalize("NFC", folded).translate(_LATIN)
    if _ARABIC_LETTERS.search(folded):
        folded = folded.translate(_ARABIC)
    return _converter().convert(folded) if _HAN.search(folded) else folded


def _lower(text: str) -> str:
    """Lower case, but for abbreviations; where all is in capitals, capitals say nothing."""
    if text.isupper() and len(text.split()) > 1:
        return text.casefold()
    parts = _CAPITALS.split(text)
    return "".join(
        part if part.isupper() and part.lower() in SENTENCE_WORDS else part.casefold()
        for part in parts
    )


def tokens(text: str) -> list[str]:
    """Words of a folded text, each once; Chinese as pairs of characters."""
    found: list[str] = []
    for word in _WORDS.findall(fold(text[: MAX_QUERY_LENGTH * 5])):
        found.extend(_pairs(word) if _HAN.match(word) else [_word_form(word)])
    return list(dict.fromkeys(found))


def _pairs(run: str) -> list[str]:
    if len(run) == 1:
        return [run]
    return [run[start : start + 2] for start in range(len(run) - 1)]


def _word_form(word: str) -> str:
    if _ARABIC_LETTERS.match(word):
        return _without_article(word)
    if not word.isascii() or word.isupper() or any(char.isdigit() for char in word):
        return word
    for pattern, plain in _SPELLINGS:
        word = pattern.sub(plain, word)
    return _ENGLISH_PLURAL.sub("", word)


def _without_article(word: str) -> str:
    for article in ("وال", "بال", "كال", "فال", "لل", "ال"):
        if word.startswith(article) and len(word) - len(article) >= 3:
            return word.removeprefix(article)
    return word


def is_han(token: str) -> bool:
    return bool(_HAN.match(token))
