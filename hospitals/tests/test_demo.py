import pytest
from django.contrib.auth.hashers import check_password
from django_otp.plugins.otp_totp.models import TOTPDevice

from hospitals.demo import create_demo_partners
from hospitals.models import Membership
from portal.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "a demo password of some length"


def roles():
    return list(
        Membership.objects.order_by("user__username").values_list(
            "user__username", "user__role", "hospital__slug"
        )
    )


def test_demo_people_have_their_hospitals(scmc, renji):
    create_demo_partners(PASSWORD)
    assert roles() == [
        ("renji-editor", "hospital_editor", "renji"),
        ("scmc-editor", "hospital_editor", "scmc"),
        ("scmc-reviewer", "hospital_reviewer", "scmc"),
    ]


def test_demo_people_can_log_in(scmc, renji):
    for user in create_demo_partners(PASSWORD):
        assert check_password(PASSWORD, user.password)
        assert user.is_staff is False
        assert TOTPDevice.objects.filter(user=user, confirmed=True).count() == 1


def test_second_time_changes_nothing(scmc, renji):
    create_demo_partners(PASSWORD)
    before = list(User.objects.order_by("pk").values()), list(TOTPDevice.objects.values())
    create_demo_partners(PASSWORD)
    assert before == (list(User.objects.order_by("pk").values()), list(TOTPDevice.objects.values()))
