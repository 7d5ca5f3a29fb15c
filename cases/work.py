"""Proof of work, and its slow twin for browsers without scripts. A leaf: imports no model.

A challenge is a sum that a browser needs a second for and we check in microseconds (after
ALTCHA): find the number below `size` whose SHA-256 with the salt is the target. Whoever cannot
run scripts waits instead: a ticket is ripe after some seconds. Both are signed, so nothing is
kept until one is used; each works once (see `throttle`) and for one purpose.
"""

import hashlib
import hmac
import secrets
import time

from django.conf import settings

# Numbers to try: on average half of them. A slow phone does about 60,000 a second.
EASY, HARD = 50_000, 500_000
LIFE = 2 * 3600  # seconds: as long as a page may lie open
_SEPARATOR = "."


def new_challenge(purpose: str, size: int = EASY) -> str:
    """salt.expires.size.target.signature, to be answered with the same text and the number."""
    salt, expires = secrets.token_hex(16), int(time.time()) + LIFE
    target = _sum(salt, secrets.randbelow(size))
    return _signed(purpose, salt, str(expires), str(size), target)


def is_solved(purpose: str, answer: str, size: int = EASY) -> bool:
    """Whether this is a living challenge of at least this size with its number."""
    challenge, _dot, number = answer[:400].rpartition(_SEPARATOR)
    parts = _verified(purpose, challenge, count=4)
    if not parts or not number.isascii() or not number.isdecimal() or len(number) > 9:
        return False
    salt, expires, asked, target = parts
    is_living = time.time() < int(expires) and int(asked) >= size
    return is_living and hmac.compare_digest(_sum(salt, int(number)), target)


def solve(challenge: str) -> str:
    """What the browser's script does; for tests, and for scripts that are honest."""
    salt, _expires, size, target, _signature = challenge.split(_SEPARATOR)
    number = next(n for n in range(int(size)) if _sum(salt, n) == target)
    return f"{challenge}{_SEPARATOR}{number}"


def new_ticket(purpose: str, seconds: int) -> str:
    """salt.ripe-from.signature."""
    return _signed(purpose, secrets.token_hex(16), str(int(time.time()) + seconds))


def seconds_until_ripe(purpose: str, ticket: str) -> int | None:
    """0 when the wait is over; None for a ticket that is none, or too old."""
    parts = _verified(purpose, ticket[:400], count=2)
    if not parts:
        return None
    left = int(parts[1]) - int(time.time())
    return None if left < -LIFE else max(0, left)


def salt_of(text: str) -> str:
    """What is remembered of a challenge or a ticket once it was used."""
    return text[:400].partition(_SEPARATOR)[0]


def _sum(salt: str, number: int) -> str:
    return hashlib.sha256(f"{salt}{_SEPARATOR}{number}".encode()).hexdigest()


def _signed(purpose: str, *parts: str) -> str:
    return _SEPARATOR.join([*parts, _signature(purpose, parts)])


def _verified(purpose: str, text: str, count: int) -> list[str] | None:
    *parts, signature = text.split(_SEPARATOR)
    expected = _signature(purpose, parts)
    is_ours = len(parts) == count and hmac.compare_digest(expected.encode(), signature.encode())
    return parts if is_ours else None


def _signature(purpose: str, parts) -> str:
    key, text = settings.SECRET_KEY.encode(), _SEPARATOR.join([purpose, *parts])
    return hmac.new(key, f"work:{text}".encode(), hashlib.sha256).hexdigest()
