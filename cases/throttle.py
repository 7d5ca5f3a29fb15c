"""Slows down guessing: so many tries an hour for one reference from one address.

Nobody is locked out by a stranger: another address has tries of its own (row A2).
"""

import hashlib
import hmac
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from cases.models import SignInAttempt

TRIES_AN_HOUR = 10
WINDOW = timedelta(hours=1)
KEPT = timedelta(days=1)


def attempt_key(purpose: str, reference: str, address: str) -> str:
    """Who tried what, as a keyed hash: the table holds no address."""
    text = f"{purpose}|{reference}|{address}"
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def seconds_to_wait(key: str) -> int:
    """Counts one try. 0 when it may go on, else the seconds until the next one may.

    A refused try is not counted, or whoever goes on trying would wait for ever.
    """
    now = timezone.now()
    SignInAttempt.objects.filter(at__lt=now - KEPT).delete()
    attempt = SignInAttempt.objects.create(key=key, at=now)
    tries = SignInAttempt.objects.filter(key=key, at__gt=now - WINDOW).order_by("-at", "-pk")
    if tries.count() <= TRIES_AN_HOUR:
        return 0
    attempt.delete()
    # The oldest of those that count has to leave the window.
    oldest = tries[TRIES_AN_HOUR - 1]
    return max(1, round((oldest.at + WINDOW - now).total_seconds()))


def forgive(key: str) -> None:
    """The right code: earlier slips of this person no longer count."""
    SignInAttempt.objects.filter(key=key).delete()
