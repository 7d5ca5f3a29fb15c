"""A bucket for the tests: a real server, started once for each process of the tests."""

import pytest

from portal.environment import _read_bucket
from tools import seaweed
from tools.seaweed import SeaweedMissing


@pytest.fixture(scope="session")
def s3_server():
    try:
        with seaweed.seaweed() as address:
            yield address
    except SeaweedMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def bucket(s3_server, settings, tmp_path):
    """An empty one, and a folder of this test's own."""
    settings.RECORDS_DIR = tmp_path / "records"
    settings.RECORDS_STORAGE = _read_bucket(s3_server)
    look = Look(settings.RECORDS_STORAGE)
    look.empty()
    return look


class Look:
    """Into the bucket from outside, not through the portal's own code."""

    def __init__(self, place):
        self.name, self.ask = place.name, seaweed.client(place.endpoint)

    def keys(self) -> list[str]:
        found = self.ask.list_objects_v2(Bucket=self.name).get("Contents", ())
        return sorted(each["Key"] for each in found)

    def bytes_of(self, key: str) -> bytes:
        return self.ask.get_object(Bucket=self.name, Key=key)["Body"].read()

    def put(self, key: str, data: bytes) -> None:
        self.ask.put_object(Bucket=self.name, Key=key, Body=data)

    def begin(self, key: str) -> str:
        return self.ask.create_multipart_upload(Bucket=self.name, Key=key)["UploadId"]

    def unfinished(self) -> list[str]:
        found = self.ask.list_multipart_uploads(Bucket=self.name).get("Uploads", ())
        return [each["Key"] for each in found]

    def empty(self) -> None:
        for key in self.keys():
            self.ask.delete_object(Bucket=self.name, Key=key)
        for each in self.ask.list_multipart_uploads(Bucket=self.name).get("Uploads", ()):
            ids = {"Key": each["Key"], "UploadId": each["UploadId"]}
            self.ask.abort_multipart_upload(Bucket=self.name, **ids)
