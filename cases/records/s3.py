"""Sealed files in a bucket that speaks S3. Its owner sees sizes, dates and random names.

Written in parts, each with its checksum, and read in ranges: no file is in
memory whole. The library is loaded only where a bucket is configured.
"""

import base64
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.utils import timezone

from cases.records.positioned import Positioned
from portal.environment import Bucket
from portal.troubles import StorageDownError

MB = 1024 * 1024
# At least 5 MB each and at most 10,000 of them, says the protocol.
PART = 8 * MB
# Of one look into a file: little where somebody jumps, more while it is read in order.
FIRST, MOST = MB // 4, 8 * MB
# Names in one answer.
PAGE = 1000
SECONDS_TO_CONNECT, SECONDS_TO_ANSWER = 3, 20


class FileLostError(Exception):
    """A row names a file that is not there."""


@cache
def client(bucket: Bucket):
    """May be shared by threads."""
    from botocore.config import Config
    from botocore.session import Session

    config = Config(
        s3={"addressing_style": bucket.style},
        connect_timeout=SECONDS_TO_CONNECT,
        read_timeout=SECONDS_TO_ANSWER,
        retries={"mode": "standard", "total_max_attempts": 2},
        # Others than the first vendor do not know the newer sums; each part has its MD5.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return Session().create_client(
        "s3",
        region_name=bucket.region,
        endpoint_url=bucket.endpoint,
        aws_access_key_id=bucket.key,
        aws_secret_access_key=bucket.secret,
        config=config,
    )


@contextmanager
def _asking(name: str = ""):
    """The client and where: raises FileLostError for an unknown name, else StorageDownError."""
    from botocore.exceptions import BotoCoreError, ClientError

    bucket = settings.RECORDS_STORAGE
    where = {"Bucket": bucket.name} | ({"Key": key_of(name)} if name else {})
    try:
        yield client(bucket), where
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            raise FileLostError from error
        raise StorageDownError(error.response["Error"]["Code"]) from error
    except BotoCoreError as error:
        raise StorageDownError(type(error).__name__) from error


def key_of(name: str) -> str:
    return f"{name[:2]}/{name}"


def put(name: str, file) -> None:
    """All of it, from its beginning. Nothing is there before everything is."""
    file.seek(0)
    part = file.read(PART)
    if len(part) < PART:
        with _asking(name) as (ask, where):
            ask.put_object(**where, **_body(part))
    else:
        _put_parts(name, file, part)


def _put_parts(name: str, file, part: bytes) -> None:
    done = []
    with _asking(name) as (ask, where):
        upload = where | {"UploadId": ask.create_multipart_upload(**where)["UploadId"]}
        try:
            while part:
                number = len(done) + 1
                sent = ask.upload_part(**upload, PartNumber=number, **_body(part))
                done.append({"PartNumber": number, "ETag": sent["ETag"]})
                part = file.read(PART)
            ask.complete_multipart_upload(**upload, MultipartUpload={"Parts": done})
        except BaseException:
            _forget(upload)
            raise


def _forget(upload: dict) -> None:
    """Parts of a file that will not be; what stays behind is forgotten later."""
    try:
        with _asking() as (ask, _where):
            ask.abort_multipart_upload(**upload)
    except (StorageDownError, FileLostError):
        return


def _body(part: bytes) -> dict:
    """With the sum that makes the server refuse bytes that changed on their way."""
    # Asked for by the protocol against accidents, not against anybody.
    digest = hashlib.md5(part, usedforsecurity=False).digest()
    return {"Body": part, "ContentMD5": base64.b64encode(digest).decode()}


def digest_of(name: str) -> str:
    """SHA-256 of what the bucket gives back. Raises FileLostError or StorageDownError."""
    digest = hashlib.sha256()
    with _asking(name) as (ask, where):
        for part in ask.get_object(**where)["Body"].iter_chunks(MB):
            digest.update(part)
    return digest.hexdigest()


def remove(name: str) -> None:
    """Also fine when it was never there."""
    with _asking(name) as (ask, where):
        ask.delete_object(**where)


def names() -> Iterator[tuple[str, datetime]]:
    """What lies there and since when, a page at a time."""
    with _asking() as (ask, where):
        for page in ask.get_paginator("list_objects_v2").paginate(**where, MaxKeys=PAGE):
            for found in page.get("Contents", ()):
                yield found["Key"].rpartition("/")[2], found["LastModified"]


def forget_parts_older_than(seconds: float) -> int:
    """Of uploads that a kill cut off: they cost money and nobody sees them."""
    limit, forgotten = timezone.now() - timedelta(seconds=seconds), 0
    with _asking() as (ask, where):
        for page in ask.get_paginator("list_multipart_uploads").paginate(**where):
            for found in page.get("Uploads", ()):
                if found["Initiated"] < limit:
                    _forget(where | {"Key": found["Key"], "UploadId": found["UploadId"]})
                    forgotten += 1
    return forgotten


class RangeFile(Positioned):
    """A file of the bucket, read from any place. Raises FileLostError or StorageDownError."""

    def __init__(self, name: str):
        self._name, self._position, self._copy = name, 0, None
        self._window, self._held_from, self._held = FIRST, 0, b""
        self._fetch()

    def read(self, size: int = -1) -> bytes:
        """Everything that was asked for: short only at the end of the file."""
        end = self.size if size is None or size < 0 else min(self._position + size, self.size)
        parts = []
        while self._position < end:
            parts.append(self._part(end - self._position))
        return b"".join(parts)

    def _part(self, most: int) -> bytes:
        start = self._position - self._held_from
        if not 0 <= start < len(self._held):
            is_next = start == len(self._held)
            self._window = min(2 * self._window, MOST) if is_next else FIRST
            self._fetch()
            start = 0
        part = self._held[start : start + most]
        self._position += len(part)
        return part

    def _fetch(self) -> None:
        # Let go of what was held before there is more.
        self._held, self._held_from = b"", self._position
        span = f"bytes={self._position}-{self._position + self._window - 1}"
        with _asking(self._name) as (ask, where):
            got = ask.get_object(**where, Range=span)
            self._held = got["Body"].read()
        if not self._held:
            raise StorageDownError("empty answer")
        self.size = int(got["ContentRange"].rpartition("/")[2])

    def fileno(self) -> int:
        """Of a copy of the sealed bytes without a name, for a child that reads it by itself."""
        if self._copy is None:
            settings.RECORDS_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._copy = tempfile.TemporaryFile(dir=settings.RECORDS_DIR)
            here, self._position = self._position, 0
            while part := self.read(MOST):
                self._copy.write(part)
            self._copy.seek(0)
            self._position = here
        return self._copy.fileno()

    def close(self) -> None:
        self._held = b""
        if self._copy is not None:
            self._copy.close()
        super().close()
