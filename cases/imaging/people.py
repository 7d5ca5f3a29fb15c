"""Whether the patient of a disc is the patient of the case.

Names are compared in spite of order, case, marks on letters, spelling in
another alphabet and titles; birth dates exactly. A false alarm frightens a
family, so that "cannot be compared" is an answer.
"""

import enum
import re
import unicodedata

from pypinyin import lazy_pinyin
from rapidfuzz.distance import OSA

# Filled in by machines and by people who had to fill in something.
NO_NAMES = frozenset(
    "anonym anonymous anonymized anonymised anon patient unknown noname none test name "
    "deidentified removed x xx xxx".split()
)
FILLED_IN = frozenset({"19000101", "18900101", "19700101"})
TITLES = frozenset("mr mrs ms miss dr prof pan pani herr frau m mme jr sr".split())
LETTERS = str.maketrans(
    {
        "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th",
        "ı": "i", "ə": "a",
        "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "ё": "e", "є": "e",
        "ж": "zh", "з": "z", "и": "i", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m",
        "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ў": "u", "ф": "f",
        "х": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": "", "ы": "i", "ь": "",
        "э": "e", "ю": "iu", "я": "ia", "қ": "k", "ғ": "g", "ң": "n", "ө": "o", "ұ": "u", "ү": "u",
        "һ": "h",
    }
)  # fmt: skip
# The same sounds of other spellings; longer ones first.
SOUNDS = (
    ("sch", "sh"), ("tsch", "ch"), ("cz", "ch"), ("sz", "sh"), ("rz", "zh"), ("ph", "f"),
    ("kh", "h"), ("ck", "k"), ("ae", "a"), ("oe", "o"), ("ue", "u"), ("w", "v"), ("y", "i"),
    ("j", "i"), ("q", "k"), ("c", "k"),
)  # fmt: skip
HAN = re.compile(r"[\u3400-\u9fff]+")
REPEATED = re.compile(r"(.)\1+")


class Same(enum.StrEnum):
    YES = "yes"
    NO = "no"
    # One of the two is missing, or written in a script that we cannot spell in another.
    UNKNOWN = "unknown"


def same_name(told: str, known: str) -> Same:
    """`told` as DICOM writes it (family^given^…=ideographic=phonetic)."""
    wanted = words_of(known)
    answers = {_compare(words_of(spelling), wanted) for spelling in spellings(told)}
    return next((one for one in (Same.YES, Same.NO) if one in answers), Same.UNKNOWN)


def spellings(name: str) -> list[str]:
    return [group.replace("^", " ") for group in name.split("=") if group.strip(" ^")]


def words_of(name: str) -> list[str]:
    """Folded words; empty for no name at all."""
    name = HAN.sub(lambda found: " " + " ".join(lazy_pinyin(found[0])) + " ", name)
    name = unicodedata.normalize("NFKD", name.casefold())
    name = "".join(mark for mark in name if not unicodedata.combining(mark)).translate(LETTERS)
    words = re.findall(r"[^\W\d_]+", name)
    return [fold(word) for word in words if word not in NO_NAMES and word not in TITLES]


def fold(word: str) -> str:
    for one, other in SOUNDS:
        word = word.replace(one, other)
    return REPEATED.sub(r"\1", word)


def _compare(told: list[str], known: list[str]) -> Same:
    if not told or not known or not (_is_latin(told) and _is_latin(known)):
        return Same.UNKNOWN
    # Names run together, or split, in either order.
    if "".join(told) in ("".join(known), "".join(known[::-1])):
        return Same.YES
    rest, found = list(known), 0
    for word in sorted(told, key=len, reverse=True):
        match = next((other for other in rest if _alike(word, other)), None)
        if match is not None:
            rest.remove(match)
            found += 1
    # Both have two words: two must agree. A second name or a maiden name may be left out.
    return Same.YES if found >= min(2, len(told), len(known)) else Same.NO


def _is_latin(words: list[str]) -> bool:
    return all(word.isascii() for word in words)


def _alike(word: str, other: str) -> bool:
    """The same but for a slip: one letter in four, none in very short words; an initial counts."""
    if min(len(word), len(other)) == 1:
        return word[0] == other[0]
    allowed = min(len(word), len(other)) // 4
    return OSA.distance(word, other, score_cutoff=allowed) <= allowed


def same_day(told: str, known: str) -> Same:
    """Both as YYYYMMDD. What no calendar has, and what machines fill in, tells nothing."""
    is_day = "1890" <= told[:4] and "01" <= told[4:6] <= "12" and "01" <= told[6:] <= "31"
    if not known or not is_day or told in FILLED_IN:
        return Same.UNKNOWN
    return Same.YES if told == known else Same.NO


def same_sex(told: str, known: str) -> Same:
    letters = {"female": "F", "male": "M"}
    if told not in ("F", "M") or known not in letters:
        return Same.UNKNOWN
    return Same.YES if told == letters[known] else Same.NO
