"""Clients that nobody here wrote: tuspy, against a real server."""

import io

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from cases import actions
from cases.models import Record
from cases.records import store
from cases.records.sealed import PIECE, open_sealed
from cases.tests.papers import pattern
from portal.tests.cast import sign_in_family
from portal.tests.fixtures import make_case

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "a" * 32


@pytest.fixture
def case():
    return make_case()


@pytest.fixture
def client(live_server, case):
    session = sign_in_family(case).cookies["session"].value
    return TusClient(
        f"{live_server.url}/uploads/{case.reference}/",
        headers={"Cookie": f"session={session}; csrf={TOKEN}", "X-CSRFToken": TOKEN},
    )


def uploader(client, data, **options):
    options = {"chunk_size": 100_000, "metadata": {"filename": "scan.dcm"}} | options
    return client.uploader(file_stream=io.BytesIO(data), **options)


def contents(record: Record) -> bytes:
    with store.reading(record.storage_name) as file:
        return b"".join(
            open_sealed(file, actions.case_key(record.case), record.storage_name).pieces()
        )


@pytest.mark.parametrize("chunk", [1000, PIECE, 10**9])
def test_tuspy_sends_a_file(client, chunk):
    data = pattern(20 * 1000 if chunk == 1000 else 5 * PIECE + 3)
    uploader(client, data, chunk_size=chunk).upload()
    record = Record.objects.get()
    assert (record.status, contents(record)) == ("checking", data)


def test_tuspy_sends_checksums(client):
    data = pattern(250_000)
    uploader(client, data, upload_checksum=True).upload()
    assert contents(Record.objects.get()) == data


def test_tuspy_goes_on_where_it_stopped(client):
    data = pattern(450_000)
    first = uploader(client, data)
    first.upload_chunk()
    first.upload_chunk()
    second = uploader(client, data, url=first.url)
    assert second.offset == 200_000
    second.upload()
    assert contents(Record.objects.get()) == data


def test_tuspy_is_told_what_is_refused(client):
    with pytest.raises(TusCommunicationError) as refused:
        uploader(client, b"MZ", metadata={"filename": "a.exe"}).upload()
    assert refused.value.status_code == 422
    assert b"cannot take this kind" in refused.value.response_content
