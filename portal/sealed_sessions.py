"""Sessions in the database, sealed: what waits in one may be a family's words or its secret.

A copy of the database, or a backup, so opens no inquiry and shows no word (row U5). The key is
made of SECRET_KEY, which the database does not hold; former keys still open (row D2).
"""

import base64
import hashlib
import secrets
from binascii import Error as NotBase64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.contrib.sessions.backends import db

ABOUT = b"session"
NONCE_BYTES = 12


class SessionStore(db.SessionStore):
    def encode(self, session_dict) -> str:
        nonce = secrets.token_bytes(NONCE_BYTES)
        text = self.serializer().dumps(session_dict)
        return base64.b64encode(
            nonce + _cipher(settings.SECRET_KEY).encrypt(nonce, text, ABOUT)
        ).decode()

    def decode(self, session_data) -> dict:
        """Nothing for what was changed, or sealed by a key that is gone."""
        try:
            sealed = base64.b64decode(session_data, validate=True)
        except (NotBase64, ValueError):
            # Of the time before sessions were sealed.
            return super().decode(session_data)
        nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
            try:
                return self.serializer().loads(_cipher(key).decrypt(nonce, text, ABOUT))
            except (InvalidTag, ValueError):
                continue
        return {}


def _cipher(key: str) -> AESGCM:
    return AESGCM(hashlib.sha256(b"session:" + key.encode()).digest())
