"""What two inquiries about one patient have in common, as keyed hashes. No model."""

import hashlib
import hmac
import re
from datetime import date

from django.conf import settings

from hospitals.finding.normalise import fold

_WORDS = re.compile(r"[^\W\d_]+")
# Words of a name that must be the same beside the birth date; of a single word, that one.
COMMON = 2


def keys_of(name: str, birth_date: date) -> set[str]:
    """One for each word of the name, in whatever order and with whatever marks it is written."""
    words = set(_WORDS.findall(fold(name)))
    # A date read from a form or from a fixture: the same text for both.
    return {_keyed(f"{word}|{birth_date!s:.10}") for word in words}


def _keyed(text: str) -> str:
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, f"patient:{text}".encode(), hashlib.sha256).hexdigest()
