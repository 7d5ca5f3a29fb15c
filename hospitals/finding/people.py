"""Whom a question is about: "toddler", "2 years old", "noworodek", "2岁". A leaf.

What is recognised becomes a filter for age and leaves the search words.
"""

import re
from dataclasses import dataclass

from hospitals.choices import Audience
from hospitals.finding.normalise import fold

ADULT_AGE = 18
_CHILD_WORDS = (
    # English
    r"child(?:ren|s|hood)?", r"kid(?:s|do)?", r"toddlers?", r"bab(?:y|ies)", r"infants?",
    r"newborns?", r"neonat\w*", r"p(?:a?e)diatric\w*", r"teen(?:ager)?s?", r"son", r"daughter",
    r"boy", r"girl",
    # Polish
    r"dzieck\w*", r"dzieci\w*", r"dziecie\w*", r"niemowl\w*", r"noworod\w*", r"maluch\w*",
    r"nastolat\w*", r"syn(?:a|ek|ka|em)?", r"cork\w*", r"chlop(?:iec|ca|czyk\w*)",
    r"dziewczyn\w*", r"pediatr\w*",
)  # fmt: skip
_HAN_CHILD = ("小儿", "儿童", "孩子", "婴儿", "婴幼儿", "幼儿", "新生儿", "宝宝", "小孩", "儿子",
              "女儿", "青少年", "患儿")  # fmt: skip
_ARABIC_CHILD = (
    r"(?:ال|لل|بال)?(?:اطفال|طفل(?:ي|تي|ه|ين|هم)?|رضيع\w*|رضع|مولود\w*|مواليد|ابني|ابنتي|ولدي|بنتي)",
)
_ADULT_WORDS = (
    r"adults?", r"elderly", r"dorosl\w*", r"mother", r"father", r"husband", r"wife",
    r"(?:ال|لل)?(?:بالغ\w*|كبار)",
)  # fmt: skip
_HAN_ADULT = ("成人", "成年", "老人", "老年")
# Never two runs of spaces side by side: they would be tried in every division (`\s*-?\s*`).
_YEARS = re.compile(
    r"(\d{1,3})\s*(?:-\s*)?(?:years?|yrs?|yo|y/o|lat(?:a|ka|ek)?|rok\w*|roczn\w*|letni\w*|岁|سنه|سنوات|سنين|عام|اعوام)"
    r"(?:\s*(?:-\s*)?old)?"
)
_MONTHS = re.compile(
    r"(\d{1,2})\s*(?:-\s*)?(?:months?|mies\w*|个月|月龄|شهر|اشهر|شهور|weeks?|tygod\w*|周)"
    r"(?:\s*(?:-\s*)?old)?"
)
_ARABIC_TWO_YEARS = re.compile(
    r"(?:عمره|عمرها|بعمر)\s*(?:سنتان|سنتين|عامان|عامين)|سنتان|سنتين|عامين"
)
_CHILD = re.compile(
    r"\b(?:" + "|".join((*_CHILD_WORDS, *_ARABIC_CHILD)) + r")\b|" + "|".join(_HAN_CHILD)
)
_ADULT = re.compile(r"\b(?:" + "|".join(_ADULT_WORDS) + r")\b|" + "|".join(_HAN_ADULT))
_FILLERS = re.compile(r"(?:عمره|عمرها|بعمر|عند|old|aged?|w wieku)")


@dataclass(frozen=True)
class Person:
    """`audience` is empty when the question says nothing about age."""

    audience: str = ""
    age_years: int | None = None


def recognise(question: str) -> tuple[Person, str]:
    """Whom it is about, and the folded question without those words.

    A question of nothing but such words keeps them: "child" alone is a search.
    """
    text = fold(question)
    age, rest = _take_age(text)
    is_child, rest = _take(_CHILD, rest)
    is_adult, rest = _take(_ADULT, rest)
    rest = _FILLERS.sub(" ", rest) if age is not None else rest
    if age is not None:
        audience = Audience.CHILDREN if age < ADULT_AGE else Audience.ADULTS
    else:
        audience = Audience.CHILDREN if is_child else Audience.ADULTS if is_adult else ""
    return Person(str(audience), age), rest.strip() or text


def _take_age(text: str) -> tuple[int | None, str]:
    if match := _MONTHS.search(text):
        return 0, _cut(text, match)
    if match := _YEARS.search(text):
        return int(match[1]), _cut(text, match)
    if match := _ARABIC_TWO_YEARS.search(text):
        return 2, _cut(text, match)
    return None, text


def _take(pattern, text: str) -> tuple[bool, str]:
    rest, count = pattern.subn(" ", text)
    return bool(count), rest


def _cut(text: str, match) -> str:
    return f"{text[: match.start()]} {text[match.end() :]}"
