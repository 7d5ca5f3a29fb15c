"""The words of the tus 1.0 protocol: its headers read and written. Knows no request and no row.

Core with the extensions creation, expiration, checksum and termination. Not
taken: concatenation, deferred length, creation with upload.
"""

import base64
import binascii
import hashlib
import re
import uuid

from django.utils.http import http_date

from cases.records.kinds import IMAGING_MAX

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,checksum,termination"
ALGORITHMS = ("sha1", "sha256", "sha512")
CHUNK_TYPE = "application/offset+octet-stream"
METHODS = "POST, HEAD, PATCH, DELETE, OPTIONS"
CHECKSUM_MISMATCH = 460
METADATA_MAX = 4096
NUMBER = re.compile(r"[0-9]{1,18}")
KEY = re.compile(r"[\x21-\x2b\x2d-\x7e]+")


class BadHeaderError(Exception):
    """A header that the protocol asks for is missing or malformed; 400."""


def discovery() -> dict[str, str]:
    return {
        "Tus-Resumable": VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(IMAGING_MAX),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }


def read_number(headers, name: str) -> int:
    """A size or an offset, zero or more. Raises BadHeaderError."""
    text = headers.get(name, "")
    if not NUMBER.fullmatch(text):
        raise BadHeaderError(name)
    return int(text)


def read_metadata(text: str) -> dict[str, bytes]:
    """Keys and their values, decoded. Raises BadHeaderError."""
    if len(text) > METADATA_MAX:
        raise BadHeaderError("Upload-Metadata")
    found = {}
    for pair in text.split(",") if text else ():
        key, _space, value = pair.strip(" ").partition(" ")
        if not KEY.fullmatch(key) or key in found:
            raise BadHeaderError("Upload-Metadata")
        found[key] = _decode(value.strip(" "), "Upload-Metadata")
    return found


def _decode(text: str, header: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadHeaderError(header) from error


def file_name(metadata: dict[str, bytes]) -> str:
    """Clients call it "filename", some "name". Raises BadHeaderError without one."""
    raw = metadata.get("filename") or metadata.get("name")
    if not raw:
        raise BadHeaderError("Upload-Metadata")
    return raw.decode(errors="replace")


def submission(metadata: dict[str, bytes]) -> uuid.UUID | None:
    """Ours: the same for each attempt to begin the same upload."""
    try:
        return uuid.UUID(metadata.get("submission", b"").decode("ascii", "replace"))
    except ValueError:
        return None


def read_checksum(text: str):
    """A hash to be fed, and the digest promised; None without the header.

    Raises BadHeaderError for an algorithm that we do not have.
    """
    if not text:
        return None
    name, _space, digest = text.partition(" ")
    if name not in ALGORITHMS:
        raise BadHeaderError("Upload-Checksum")
    return hashlib.new(name, usedforsecurity=False), _decode(digest, "Upload-Checksum")


def expires(moment) -> dict[str, str]:
    return {"Upload-Expires": http_date(moment.timestamp())}
