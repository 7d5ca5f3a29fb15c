"""Which words of a text were taken away, and which came new."""

import difflib
import re
from typing import NamedTuple

# A Chinese text has no spaces: each of its characters counts as a word.
WORDS = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+|\s+|[^\w\s]")
# Beyond this the comparison would take too long, and nobody reads the marks.
MAX_WORDS = 3000


class Piece(NamedTuple):
    """Some words in a row; `is_marked` where the other text does not have them."""

    text: str
    is_marked: bool


def mark_differences(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces, to be escaped by the template."""
    old, new = WORDS.findall(before), WORDS.findall(after)
    if max(len(old), len(new)) > MAX_WORDS:
        return whole(before), whole(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    blocks = matcher.get_opcodes()
    left = [Piece("".join(old[a:b]), kind != "equal") for kind, a, b, _c, _d in blocks if b > a]
    right = [Piece("".join(new[c:d]), kind != "equal") for kind, _a, _b, c, d in blocks if d > c]
    return joined(left), joined(right)


def whole(text: str) -> list[Piece]:
    return [Piece(text, True)]


def joined(pieces: list[Piece]) -> list[Piece]:
    """A space between two marked words is marked with them, so that a phrase is one mark."""
    result: list[Piece] = []
    followers = [piece.is_marked for piece in pieces[1:]] + [False]
    for piece, is_followed in zip(pieces, followers, strict=True):
        is_marked = piece.is_marked or (is_followed and not piece.text.strip(" "))
        if result and result[-1].is_marked and is_marked:
            result[-1] = Piece(result[-1].text + piece.text, True)
        else:
            result.append(piece)
    return result
