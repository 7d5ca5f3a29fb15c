"""The roles, read as a table: who may do what, and who may nothing."""

import pytest

from portal.roles import CASE_WORKERS, OFFICE_ROLES, PARTNER_ROLES, PERMISSIONS, Role
from portal.tests.fixtures import make_user


def test_every_role_has_its_permissions():
    assert set(PERMISSIONS) == set(Role)


def test_office_and_partners_share_no_role():
    assert OFFICE_ROLES | PARTNER_ROLES == set(Role)
    assert OFFICE_ROLES & PARTNER_ROLES == frozenset()


@pytest.mark.parametrize("role", sorted(PARTNER_ROLES))
def test_no_partner_touches_a_case_or_decides(role):
    # A reviewer reads what a family agreed to show to their hospital, and nothing else of it.
    shared = ["cases.view_referral"] if role == Role.HOSPITAL_REVIEWER else []
    assert [perm for perm in PERMISSIONS[role] if perm.startswith("cases.")] == shared
    assert "hospitals.decide_revision" not in PERMISSIONS[role]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_who_watches_or_administers_reads_no_case(role):
    assert role not in CASE_WORKERS
    assert [perm for perm in PERMISSIONS[role] if perm.startswith("cases.")] == []


def test_only_the_lead_decides_about_public_claims():
    deciders = [role for role in Role if "hospitals.decide_revision" in PERMISSIONS[role]]
    assert deciders == [Role.LEAD]


def test_whoever_proposes_does_not_decide():
    for permissions in PERMISSIONS.values():
        assert not {"hospitals.propose_revision", "hospitals.decide_revision"} <= permissions


def test_superuser_flag_gives_nothing(db):
    user = make_user("nobody", "")
    user.is_superuser = True
    assert user.get_all_permissions() == set()
    assert user.has_perm("cases.view_case") is False


def test_disabled_user_has_no_permission(coordinator):
    coordinator.is_active = False
    assert coordinator.has_perm("cases.view_case") is False
    assert coordinator.works_in_office is False


def test_partner_cannot_be_staff(editor):
    from django.db import IntegrityError, transaction

    editor.is_staff = True
    with pytest.raises(IntegrityError), transaction.atomic():
        editor.save()
