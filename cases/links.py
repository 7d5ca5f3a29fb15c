"""Tokens of mailed links, made from a row's id and SECRET_KEY, so that no table holds one.

A leaf: imports no model. 128 bits of the id and 256 of the signature (row A4).
"""

import hashlib
import hmac
import uuid

from django.conf import settings

_SEPARATOR = "-"


def link_token(row_id: uuid.UUID) -> str:
    """What stands in the mail."""
    key = settings.SECRET_KEY.encode()
    signature = hmac.new(key, f"sign-in-link:{row_id.hex}".encode(), hashlib.sha256).hexdigest()
    return f"{row_id.hex}{_SEPARATOR}{signature}"


def token_row(token: str) -> uuid.UUID | None:
    """The row that a token claims to belong to."""
    try:
        return uuid.UUID(hex=token.partition(_SEPARATOR)[0])
    except ValueError:
        return None


def with_token(address: str) -> str:
    """The address of the outbox, which ends with the row's id, as it is mailed.

    One that ends otherwise stays as it is.
    """
    start, _slash, row_id = address.rstrip("/").rpartition("/")
    row = token_row(row_id)
    return f"{start}/{link_token(row)}/" if row else address
