"""References and private codes. A leaf: imports no model.

Alphabet: digits and capitals without 0, 1, I, L, O, which are misread on paper
and over the phone; 31 letters, U left out as well so that no words appear: 30.
A code of 12 has 58.9 bits (security row A1).
"""

import hashlib
import hmac
import secrets

from django.conf import settings

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12
REFERENCE_PREFIX = "SH"
REFERENCE_LENGTH = 8
_SEPARATORS = str.maketrans("", "", " -‐‑‒–—_.\t\r\n  ")


def new_reference() -> str:
    """Random, not sequential, and no secret: SH-7K3F-9Q2M."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(REFERENCE_LENGTH))
    return f"{REFERENCE_PREFIX}-{letters[:4]}-{letters[4:]}"


def new_code() -> str:
    """A private code as it is shown: 4-4-4."""
    return group("".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)))


def code_from_secret(secret: str, draft_id) -> str:
    """The code of an inquiry, the same for each of its parallel submits.

    Made from a secret that only the family's browser session holds and from
    SECRET_KEY, so that the code itself is kept nowhere and a double click
    still shows the right one.
    """
    digest = hmac.new(
        settings.SECRET_KEY.encode(), f"case-code:{draft_id}:{secret}".encode(), hashlib.sha512
    ).digest()
    number = int.from_bytes(digest, "big")
    letters = []
    for _ in range(CODE_LENGTH):
        number, index = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[index])
    return group("".join(letters))


def group(letters: str) -> str:
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def normalise_code(typed: str) -> str:
    """Capitals without dashes or spaces; empty when it cannot be a code."""
    letters = typed[:100].upper().translate(_SEPARATORS)
    is_code = len(letters) == CODE_LENGTH and set(letters) <= set(ALPHABET)
    return letters if is_code else ""


def normalise_reference(typed: str) -> str:
    """SH-XXXX-XXXX from whatever was typed; empty when it cannot be a reference."""
    letters = typed[:100].upper().translate(_SEPARATORS).removeprefix(REFERENCE_PREFIX)
    if len(letters) != REFERENCE_LENGTH or not set(letters) <= set(ALPHABET):
        return ""
    return f"{REFERENCE_PREFIX}-{group(letters)}"
