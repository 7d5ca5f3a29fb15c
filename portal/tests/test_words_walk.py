"""One walk over every address for whoever lost their right: no word of a family, no byte of a file.

Rows P1 and Z4. A new view that forgets to ask is found here, for the addresses come from the
resolver.
"""

import pytest

from cases import actions
from cases.models import Consent, Record
from cases.records.kinds import Reason, Status
from hospitals.models import Membership
from portal.models import User
from portal.roles import Role
from portal.tests.cast import Stage
from portal.tests.fixtures import HEALTH_CANARY
from portal.tests.routes import all_routes, staff_routes

pytestmark = pytest.mark.any_engine


def given_out(client, stage, routes) -> set[str]:
    """The addresses that answer with a family's words or with a file of theirs."""
    found = set()
    for route in routes:
        answer = client.get(stage.path(route))
        body = b"".join(answer)
        # A hospital's own table and the open directory are nobody's papers.
        is_open = "csv" in answer.get("Content-Type", "") or "public" in answer.get(
            "Cache-Control", ""
        )
        is_file = answer.streaming and not is_open
        if HEALTH_CANARY.encode() in body or is_file:
            found.add(route.pattern)
    return found


@pytest.fixture
def stage(db):
    return Stage()


def test_walk_finds_what_is_given_out(stage):
    """Or the walks below would find nothing whatever the views did."""
    for who, least in (("coordinator", 3), ("lead", 3), ("reviewer", 2)):
        assert len(given_out(stage.client(who), stage, staff_routes())) >= least


@pytest.mark.parametrize("kind", ["health_data", "transfer_china"])
def test_nothing_is_given_out_once_a_consent_is_withdrawn_P1_Z4(stage, kind):
    clients = [stage.client(who) for who in ("coordinator", "lead", "reviewer")]
    for consent in Consent.objects.filter(kind=kind, withdrawn_at=None):
        actions.withdraw_consent(by=consent.case.family.get(is_owner=True), consent=consent)
    for client in clients:
        assert given_out(client, stage, staff_routes()) == set()


def test_hospital_gets_no_file_of_another_person_Z4(stage):
    client = stage.client("reviewer")
    reason = {"status": Status.UNREADABLE, "reason": Reason.OTHER_PERSON}
    Record.objects.update(**reason, is_marked_by_staff=True)
    found = given_out(client, stage, staff_routes())
    assert not [pattern for pattern in found if "scans" in pattern]


@pytest.mark.parametrize("lost", ["membership", "role", "log_in"])
def test_reviewer_who_lost_their_right_gets_nothing_H1(stage, lost):
    client = stage.client("reviewer")
    people = User.objects.filter(username="reviewer")
    if lost == "membership":
        Membership.objects.filter(user__in=people).delete()
    if lost == "role":
        people.update(role=Role.HOSPITAL_EDITOR)
    if lost == "log_in":
        people.update(is_active=False)
    assert given_out(client, stage, staff_routes()) == set()


def test_family_that_was_signed_out_gets_nothing_A5(stage):
    client = stage.client("family")
    assert len(given_out(client, stage, all_routes())) >= 3
    stage.case.family.update(access_version=2)
    assert given_out(client, stage, all_routes()) == set()
