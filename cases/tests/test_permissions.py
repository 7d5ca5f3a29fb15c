"""Each question by itself: where several are asked in a row, one hides that another is gone."""

import pytest
from django.utils import timezone

from cases import actions
from cases.actions import ActionRefusedError
from cases.permissions import can_read_referral, can_view, can_work
from cases.tests.hospitals import share

pytestmark = pytest.mark.django_db


def test_adult_whose_access_ended_sees_nothing_A5(case):
    assert can_view(case.owner, case)
    case.owner.ended_at = timezone.now()
    assert not can_view(case.owner, case)


def test_disabled_person_of_the_office_sees_no_case(case, coordinator):
    assert can_view(coordinator, case)
    coordinator.is_active = False
    assert not can_view(coordinator, case)
    assert not can_work(coordinator, case)


def test_hospital_reads_nothing_once_its_share_ended_Z4(case, scmc, lead, reviewer):
    referral = share(case, scmc, lead)
    assert can_read_referral(reviewer, referral)
    referral.ended_at = timezone.now()
    assert not can_read_referral(reviewer, referral)


def test_hospital_reads_nothing_while_a_consent_is_missing_P1(case, scmc, lead, reviewer):
    """Also where the share itself was left standing."""
    referral = share(case, scmc, lead)
    referral.case.is_reading_stopped = True
    assert not can_read_referral(reviewer, referral)


def test_disabled_reviewer_reads_nothing_Z4(case, scmc, lead, reviewer):
    referral = share(case, scmc, lead)
    reviewer.is_active = False
    assert not can_read_referral(reviewer, referral)


def test_second_adult_withdraws_no_consent_P1(case):
    adult, _code = actions.invite_adult(
        by=case.owner, case=case, name="Jan", relation="parent", language="en", can_write=True
    )
    for consent in case.consents.all():
        with pytest.raises(ActionRefusedError):
            actions.withdraw_consent(by=adult, consent=consent)
    assert case.consents.filter(withdrawn_at=None).count() == 2
