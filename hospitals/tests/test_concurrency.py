"""Two people at once, on real connections, on whichever database the run uses."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from hospitals.actions import (
    AlreadyWaitingError,
    ChangedMeanwhileError,
    approve_revision,
    propose_revision,
    refuse_revision,
    withdraw_revision,
)
from hospitals.models import DirectoryVersion, Listing, Revision
from portal.roles import Role
from portal.tests.fixtures import make_listing, make_user

pytestmark = pytest.mark.django_db(transaction=True)
REFUSED = (AlreadyWaitingError, ChangedMeanwhileError)


def at_once(*calls) -> list[str]:
    """The names of what each call raised, or "done", sorted."""
    barrier = Barrier(len(calls))

    def run(call):
        try:
            barrier.wait(timeout=10)
            call()
            return "done"
        except REFUSED as refusal:
            return type(refusal).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(run, calls))


@pytest.fixture
def listing(scmc):
    return make_listing(scmc, title_en="Old")


def proposal(editor, listing, title):
    return lambda: propose_revision(
        by=editor,
        hospital=listing.hospital,
        listing=listing,
        changes={"title_en": title},
        base_version=1,
    )


def test_two_approvals_at_once_have_one_winner(editor, lead, listing):
    revision = proposal(editor, listing, "New")()
    leads = [lead, make_user("lead2", Role.LEAD)]
    outcome = at_once(
        *[
            lambda who=who: approve_revision(by=who, revision=Revision.objects.get(pk=revision.pk))
            for who in leads
        ]
    )
    assert outcome == ["ChangedMeanwhileError", "done"]
    assert (Listing.objects.get().version, DirectoryVersion.current()) == (2, 1)


def test_approval_and_refusal_at_once_have_one_winner(editor, lead, listing):
    revision = proposal(editor, listing, "New")()
    other = make_user("lead2", Role.LEAD)
    outcome = at_once(
        lambda: approve_revision(by=lead, revision=Revision.objects.get(pk=revision.pk)),
        lambda: refuse_revision(
            by=other, revision=Revision.objects.get(pk=revision.pk), reason="No"
        ),
    )
    assert outcome == ["ChangedMeanwhileError", "done"]
    approved = Revision.objects.get().status == "approved"
    assert (Listing.objects.get().title_en == "New") == approved


def test_approval_and_withdrawal_at_once_have_one_winner(editor, lead, listing):
    revision = proposal(editor, listing, "New")()
    outcome = at_once(
        lambda: approve_revision(by=lead, revision=Revision.objects.get(pk=revision.pk)),
        lambda: withdraw_revision(by=editor, revision=Revision.objects.get(pk=revision.pk)),
    )
    assert outcome == ["ChangedMeanwhileError", "done"]


def test_two_proposals_at_once_have_one_winner(scmc, editor, listing):
    other = make_user("editor2", Role.HOSPITAL_EDITOR, scmc)
    outcome = at_once(proposal(editor, listing, "A"), proposal(other, listing, "B"))
    assert outcome == ["AlreadyWaitingError", "done"]
    assert Revision.objects.pending().count() == 1


def test_many_versions_at_once_are_all_counted(db):
    DirectoryVersion.raise_number()
    at_once(*[DirectoryVersion.raise_number] * 8)
    assert DirectoryVersion.current() == 9
