"""Slows down guessing, and never locks a family out (row A2).

For one reference from one address: ten tries an hour. From one address: sixty an hour. For one
reference from anywhere: after twenty in a day each try costs some work of the browser, or a
minute of waiting; after a hundred, ten times as much. A stranger can so make it slower for the
family, but not close the door. What was never a reference is counted alike (row A3).

Inquiries begun: thirty an hour from one address are free, then each costs the same work or
waiting; nobody is refused (row M1). An address of IPv6 is its network: a line at home has 2^64.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from cases import work
from cases.models import SignInAttempt, SpentWork
from portal.networks import network_of

TRIES_AN_HOUR = 10
TRIES_OF_ADDRESS = 60
WINDOW = timedelta(hours=1)
# Of one reference in a day, from anywhere.
FREE_A_DAY, EASY_A_DAY = 20, 100
KEPT = timedelta(days=1)
# Seconds that a browser without scripts waits instead of the work of this size.
WAITS = {work.EASY: 60, work.HARD: 600}
PURPOSE = "sign-in"
# Inquiries begun from one address within the hour, before each costs a little, and more.
FREE_TO_BEGIN, EASY_TO_BEGIN = 30, 100
BEGIN = "begin"


@dataclass(frozen=True)
class Gate:
    """`seconds` until this address may try again; else the size of the work asked for first."""

    seconds: int = 0
    size: int = 0


def knock(purpose: str, reference: str, address: str, *, proof=None, ticket="") -> Gate:
    """Counts one try, unless it is refused: whoever goes on trying does not wait for ever.

    `proof` is the work that was done, or "" where some may be asked for; None: none is.
    """
    now = timezone.now()
    SignInAttempt.objects.filter(at__lt=now - KEPT).delete()
    attempt = SignInAttempt.objects.create(at=now, **_keys(purpose, reference, address))
    gate = _judge(attempt, now, proof, ticket)
    if gate != Gate():
        attempt.delete()
    return gate


def forgive(purpose: str, reference: str, address: str) -> None:
    """The right code: earlier slips of this person no longer count."""
    keys = _keys(purpose, reference, address)
    SignInAttempt.objects.filter(key=keys["key"]).delete()


def _keys(purpose: str, reference: str, address: str) -> dict[str, str]:
    """Who tried what, as keyed hashes: the table holds no address."""
    address = network_of(address)
    return {
        "key": _hash(purpose, reference, address),
        "reference_key": _hash(purpose, reference),
        "address_key": _hash(purpose, "", address),
    }


def _hash(*words: str) -> str:
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, "|".join(words).encode(), hashlib.sha256).hexdigest()


def _judge(attempt: SignInAttempt, now, proof: str | None, ticket: str) -> Gate:
    limits = (("key", TRIES_AN_HOUR), ("address_key", TRIES_OF_ADDRESS))
    waits = [_seconds(name, getattr(attempt, name), limit, now) for name, limit in limits]
    if any(waits):
        return Gate(seconds=max(waits))
    size = _size(attempt.reference_key) if proof is not None else 0
    return Gate() if not size or has_paid(PURPOSE, size, proof, ticket) else Gate(size=size)


def _seconds(name: str, key: str, limit: int, now) -> int:
    """Until the oldest of the tries that count has left the window."""
    tries = SignInAttempt.objects.filter(**{name: key}, at__gt=now - WINDOW)
    newest = tries.order_by("-at", "-pk").values_list("at", flat=True)[: limit + 1]
    if len(newest) <= limit:
        return 0
    return max(1, round((newest[limit] + WINDOW - now).total_seconds()))


def _size(reference_key: str) -> int:
    tries = SignInAttempt.objects.filter(reference_key=reference_key)[: EASY_A_DAY + 1].count()
    if tries <= FREE_A_DAY:
        return 0
    return work.EASY if tries <= EASY_A_DAY else work.HARD


def count(purpose: str, what: str, address: str) -> int:
    """How many different ones came from this address within the hour, this one included."""
    now, keys = timezone.now(), _keys(purpose, what, address)
    SignInAttempt.objects.create(at=now, **keys)
    same = SignInAttempt.objects.filter(address_key=keys["address_key"], at__gt=now - WINDOW)
    return same.values("reference_key").distinct().count()


def cost_of_beginning(address: str, proof: str, ticket: str) -> int:
    """Size of the work that one more inquiry costs first. 0: it may begin, and is counted."""
    now, keys = timezone.now(), _keys(BEGIN, secrets.token_hex(8), address)
    same = SignInAttempt.objects.filter(address_key=keys["address_key"], at__gt=now - WINDOW)
    begun = same[:EASY_TO_BEGIN].count()
    size = work.HARD if begun >= EASY_TO_BEGIN else work.EASY
    if begun >= FREE_TO_BEGIN and not has_paid(BEGIN, size, proof, ticket):
        return size
    SignInAttempt.objects.create(at=now, **keys)
    return 0


def has_paid(purpose: str, size: int, proof: str, ticket: str = "") -> bool:
    """By work, or by waiting; each counts once."""
    if work.is_solved(purpose, proof, size):
        return spend(proof)
    is_ripe = bool(ticket) and work.seconds_until_ripe(f"{purpose}:{size}", ticket) == 0
    return is_ripe and spend(ticket)


def new_ticket(purpose: str, size: int) -> str:
    return work.new_ticket(f"{purpose}:{size}", WAITS[size])


def spend(text: str) -> bool:
    """False for a challenge or a ticket that was used already."""
    _row, is_new = SpentWork.objects.get_or_create(salt=work.salt_of(text)[:32])
    return is_new
