"""Keys and sealed texts: a key for each case, wrapped by the key ring of the environment.

Everything is AES-256-GCM with a random nonce. `about` names the place that a
sealed value belongs to; it opens nowhere else, so rows cannot be swapped.
"""

import base64
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from portal.troubles import WrongKeysError

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16


class SealBrokenError(Exception):
    """Changed, cut short, moved, or sealed with another key."""


class KeyUnknownError(WrongKeysError):
    """The ring does not hold the key that this was wrapped with, or another one of its name.

    Nobody may conclude from it that a file is damaged: with the right ring it opens.
    """


class KeyDestroyedError(Exception):
    """The case was erased: nothing of it can be opened any more."""


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, data: bytes, about: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, about.encode())


def unseal(key: bytes, sealed: bytes, about: str) -> bytes:
    """Raises SealBrokenError."""
    sealed = bytes(sealed)
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise SealBrokenError(about)
    nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, rest, about.encode())
    except InvalidTag as error:
        raise SealBrokenError(about) from error


def seal_text(key: bytes, text: str, about: str) -> bytes:
    """For free-text health fields: a BinaryField holds the result."""
    return seal(key, text.encode(), about)


def unseal_text(key: bytes, sealed: bytes, about: str) -> str:
    return unseal(key, sealed, about).decode()


@dataclass(frozen=True)
class KeyRing:
    """Names and keys; the first wraps, all unwrap."""

    keys: tuple[tuple[str, bytes], ...]

    @property
    def current(self) -> str:
        return self.keys[0][0]

    def wrap(self, key: bytes, about: str) -> tuple[str, bytes]:
        """The name of the ring's key, and what to keep beside it."""
        name, ring_key = self.keys[0]
        return name, seal(ring_key, key, about)

    def unwrap(self, name: str, wrapped: bytes, about: str) -> bytes:
        """Raises KeyUnknownError."""
        ring_key = dict(self.keys).get(name)
        if ring_key is None:
            raise KeyUnknownError(name)
        try:
            return unseal(ring_key, wrapped, about)
        except SealBrokenError as error:
            raise KeyUnknownError(name) from error


def key_ring() -> KeyRing:
    """As the settings say now."""
    return KeyRing(tuple((name, decode_key(text)) for name, text in settings.RECORD_KEYS))


def decode_key(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.replace("+", "-").replace("/", "_"))
