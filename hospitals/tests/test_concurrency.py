"""Two people at once, on real connections, on whichever database the run uses."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from hospitals.actions import (
    AlreadyWaitingError,
    ChangedMeanwhileError,
    approve_revision,
    confirm_page,
    page_fingerprint,
    propose_revision,
    refuse_revision,
    remind_editors,
    withdraw_revision,
)
from hospitals.models import (
    Change,
    Claim,
    Condition,
    DirectoryVersion,
    Hospital,
    Listing,
    Revision,
)
from portal.models import OutgoingMail
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


VOLUME = {"period_from": "2023", "period_to": "2024", "source_title": "Annual report"}


def claim_proposal(editor, listing, low):
    return lambda: propose_revision(
        by=editor,
        hospital=listing.hospital,
        listing=listing,
        changes={"claim_volume": {**VOLUME, "low": low}, "conditions": ["moyamoya"]},
        base_version=1,
    )


def test_two_claims_at_once_have_one_winner(scmc, editor, listing):
    Condition.objects.create(slug="moyamoya", name_en="Moyamoya")
    other = make_user("editor2", Role.HOSPITAL_EDITOR, scmc)
    outcome = at_once(claim_proposal(editor, listing, 1), claim_proposal(other, listing, 2))
    assert outcome == ["AlreadyWaitingError", "done"]
    assert Revision.objects.pending().count() == 1


def test_two_approvals_of_a_claim_write_it_once(editor, lead, listing):
    Condition.objects.create(slug="moyamoya", name_en="Moyamoya")
    revision = claim_proposal(editor, listing, 1)()
    leads = [lead, make_user("lead2", Role.LEAD)]
    outcome = at_once(
        lambda: approve_revision(by=leads[0], revision=Revision.objects.get(pk=revision.pk)),
        lambda: approve_revision(
            by=leads[1],
            revision=Revision.objects.get(pk=revision.pk),
            refused={"conditions": "Which?"},
        ),
    )
    assert outcome == ["ChangedMeanwhileError", "done"]
    status, fields = Revision.objects.get().status, Change.objects.count()
    assert (status, fields) in [("approved", 2), ("partly", 1)]
    assert Claim.objects.get().low == 1


def test_confirmation_never_covers_what_was_approved_meanwhile(editor, lead, listing):
    """Either the click came first, or it finds another page and confirms nothing."""
    revision = proposal(editor, listing, "New")()
    seen = page_fingerprint(listing.hospital)
    outcome = at_once(
        lambda: confirm_page(by=editor, hospital=listing.hospital, seen=seen),
        lambda: approve_revision(by=lead, revision=Revision.objects.get(pk=revision.pk)),
    )
    confirmed = Change.objects.filter(origin="confirmation").count()
    assert Listing.objects.get().title_en == "New"
    assert (outcome, confirmed) in [(["done", "done"], 1), (["ChangedMeanwhileError", "done"], 0)]


def test_two_workers_at_once_send_one_reminder(editor, listing):
    type(editor).objects.update(email="editor@hospital.example")
    Listing.objects.update(confirmed_at=timezone.now() - timedelta(days=400), confirmed_by=editor)
    now = timezone.now()
    at_once(*[lambda: remind_editors(hospital=Hospital.objects.get(), now=now)] * 2)
    assert OutgoingMail.objects.count() == 1


def test_many_versions_at_once_are_all_counted(db):
    DirectoryVersion.raise_number()
    at_once(*[DirectoryVersion.raise_number] * 8)
    assert DirectoryVersion.current() == 9
