"""The rows of sessions hold nothing that can be read, and open with former keys too."""

import base64

import pytest
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.test import override_settings

from portal.sealed_sessions import SessionStore
from portal.tests.fixtures import HEALTH_CANARY

pytestmark = pytest.mark.django_db
WORDS = {"kept_words": {"body": f"{HEALTH_CANARY} 癌"}}


def make_session(**content) -> SessionStore:
    session = SessionStore()
    session.update(content or WORDS)
    session.save()
    return session


def reopened(session) -> dict:
    return dict(SessionStore(session.session_key).items())


def test_u5_row_of_a_session_says_nothing():
    session = make_session()
    row = Session.objects.get(pk=session.session_key)
    assert HEALTH_CANARY.encode() not in base64.b64decode(row.session_data)
    assert db.SessionStore().decode(row.session_data) == {}
    assert reopened(session) == WORDS


def test_u5_sessions_of_browsers_are_sealed(client, coordinator):
    client.force_login(coordinator, backend="django.contrib.auth.backends.ModelBackend")
    row = Session.objects.get()
    assert SessionStore().decode(row.session_data)["_auth_user_id"] == str(coordinator.pk)
    # As Django's own, which sign and do not seal.
    assert db.SessionStore().decode(row.session_data) == {}


def test_u5_same_session_is_never_sealed_alike():
    store = SessionStore()
    assert store.encode(WORDS) != store.encode(WORDS)


def test_d2_former_key_opens_and_a_foreign_one_does_not():
    session = make_session()
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[]):
        assert reopened(session) == {}
    former = SessionStore().encode(WORDS)
    from django.conf import settings

    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        assert SessionStore().decode(former) == WORDS


@pytest.mark.parametrize("changed", ["", "x", "AAAA", "é", "A" * 400])
def test_changed_row_is_an_empty_session(changed):
    assert SessionStore().decode(changed) == {}


def test_every_changed_byte_is_found():
    sealed = bytearray(base64.b64decode(SessionStore().encode(WORDS)))
    for place in range(0, len(sealed), 7):
        sealed[place] ^= 1
        assert SessionStore().decode(base64.b64encode(bytes(sealed)).decode()) == {}
        sealed[place] ^= 1


def test_session_of_the_time_before_still_opens():
    plain = db.SessionStore()
    plain.update(WORDS)
    plain.save()
    assert reopened(plain) == WORDS
