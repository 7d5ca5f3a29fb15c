"""An answer that breaks while it is sent: one short line, nothing of what was in it (L1)."""

import ast
import errno
import json

import pytest
from django.test import RequestFactory
from django.urls import resolve

from portal import alerts
from portal.logs import JsonFormatter
from portal.streams import pieces_or_cut
from portal.tests.fixtures import HEALTH_CANARY
from portal.tests.test_layers import TREES
from portal.troubles import StorageDownError


@pytest.fixture
def asked():
    request = RequestFactory().get(f"/en/about/?q={HEALTH_CANARY}")
    request.resolver_match = resolve("/en/about/")
    return request


def breaking(error):
    yield b"one"
    raise error


def cut_by(error, asked, caplog) -> dict:
    """The only line of the log, after the first piece has left."""
    pieces = pieces_or_cut(asked, breaking(error))
    assert next(pieces) == b"one"
    with pytest.raises(ConnectionResetError) as cut:
        next(pieces)
    # The server is silent about readers who leave, and knows them by this number.
    assert cut.value.errno == errno.ECONNRESET
    (record,) = caplog.records
    text = JsonFormatter().format(record)
    assert HEALTH_CANARY not in text and "\n" not in text and len(text) < 300
    return json.loads(text)


def test_what_breaks_is_one_line_without_a_word_of_it_L1(asked, caplog):
    line = cut_by(ValueError(HEALTH_CANARY), asked, caplog)
    assert (line["message"], line["error"]) == ("answer cut while it was sent", "ValueError")
    assert line["route"] == "about" and line["where"].startswith("breaking:")


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (OSError(errno.EIO, HEALTH_CANARY), alerts.DISK_BROKEN),
        (StorageDownError(HEALTH_CANARY), alerts.STORAGE_DOWN),
    ],
)
def test_trouble_of_the_machine_is_told_to_the_operator(asked, caplog, error, trouble):
    assert cut_by(error, asked, caplog)["message"] == trouble


def test_whole_answer_and_reader_who_leaves_are_no_trouble(asked, caplog):
    assert list(pieces_or_cut(asked, [b"a", b"b"])) == [b"a", b"b"]
    left = pieces_or_cut(asked, breaking(ValueError()))
    next(left)
    left.close()
    assert caplog.records == []


def test_every_answer_in_pieces_is_guarded():
    """Else the web server writes many lines, and the path."""
    streaming = {
        module
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == "StreamingHttpResponse"
    }
    guarded = {
        module
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "pieces_or_cut"
    }
    assert streaming and streaming == guarded
