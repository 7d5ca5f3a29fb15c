"""What a session and a link open, asked directly: pages ask several of these in a row (A4, A5)."""

import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from django.utils import timezone

from cases import actions, sessions
from cases.actions.access import living_token
from cases.actions.mail import living_confirmation
from cases.links import link_token
from cases.models import Draft, FamilyMember, FamilyToken
from cases.models.tokens import Purpose
from portal import staff_sessions
from portal.sealed_sessions import SessionStore

pytestmark = pytest.mark.django_db


def browser(user=None):
    """A request of a browser of its own, signed in with both factors where a user is given."""
    request = RequestFactory().get("/")
    request.session = SessionStore()
    request.session.create()
    request.user = user
    if user:
        user.otp_device = "phone"
        staff_sessions.begin(request.session)
    return request


@pytest.fixture
def desk(coordinator):
    """Somebody of the office who types for a family."""
    request = browser(coordinator)
    draft = actions.start_typing(by=coordinator, language="en")
    sessions.type_draft(request, draft)
    return request


def test_browser_in_which_the_office_types_becomes_no_family(desk, case):
    with pytest.raises(PermissionDenied):
        sessions.sign_in(desk, case.owner)
    assert sessions.current_member(desk) is None


def test_draft_that_was_sent_is_closed_to_its_typist(desk, case):
    draft = sessions.current_draft(desk)
    Draft.objects.filter(pk=draft.pk).update(case=case)
    assert sessions.current_draft(desk) is None


def test_draft_that_a_colleague_types_is_closed(desk, other_coordinator):
    Draft.objects.update(typed_by=other_coordinator)
    assert sessions.current_draft(desk) is None


def test_draft_opens_neither_by_another_secret_nor_after_a_new_code():
    draft, secret = actions.start_draft(language="en")
    request = browser()
    sessions.remember_draft(request, draft, "another")
    assert sessions.current_draft(request) is None
    sessions.remember_draft(request, draft, secret)
    assert sessions.current_draft(request) == draft
    Draft.objects.update(access_version=2)
    assert sessions.current_draft(request) is None


def test_draft_that_expired_is_closed():
    draft, secret = actions.start_draft(language="en")
    request = browser()
    sessions.remember_draft(request, draft, secret)
    Draft.objects.update(expires_at=timezone.now())
    assert sessions.current_draft(request) is None


@pytest.mark.parametrize(
    ("kept", "may"),
    [
        ({}, False),
        ({"secret": ""}, False),
        ({"secret": "a"}, True),
        ({"secret": "", "by_code": True}, True),
        ({"secret": "a", "typist": "1"}, False),
        ({"secret": "", "by_code": True, "typist": "1"}, False),
    ],
)
def test_browser_acts_as_family_by_its_secret_or_code_alone(kept, may):
    request = browser()
    request.session[sessions.DRAFT] = kept
    assert sessions.may_act_as_family(request) is may


def test_session_key_is_new_for_a_draft_and_for_a_case(case):
    request = browser()
    keys = [request.session.session_key]
    draft, secret = actions.start_draft(language="en")
    for enter in (
        lambda: sessions.remember_draft(request, draft, secret),
        lambda: sessions.enter_draft(request, draft),
        lambda: sessions.sign_in(request, case.owner),
    ):
        enter()
        assert request.session.session_key not in keys
        keys.append(request.session.session_key)


@pytest.mark.parametrize("change", ["access", "code"])
def test_session_asks_each_time_whether_the_access_goes_on(case, change):
    adult, _code = actions.invite_adult(
        by=case.owner, case=case, name="Jan", relation="parent", language="en", can_write=True
    )
    request = browser()
    sessions.sign_in(request, adult)
    assert sessions.current_member(request) == adult
    changes = {"access": {"ended_at": timezone.now()}, "code": {"access_version": 2}}
    FamilyMember.objects.filter(pk=adult.pk).update(**changes[change])
    assert sessions.current_member(request) is None


@pytest.mark.parametrize("forged", ["0" * 64, ""])
def test_link_needs_the_signature_of_its_row_A4(case, forged):
    for purpose, find in ((Purpose.SIGN_IN, living_token), (Purpose.CONFIRM, living_confirmation)):
        row = FamilyToken.objects.make(case.owner, purpose)
        token = link_token(row.pk)
        assert find(token) == row
        assert find(f"{row.pk.hex}-{forged}") is None
        assert find(row.pk.hex) is None
        # What the table holds opens nothing.
        assert find(row.token_hash) is None
