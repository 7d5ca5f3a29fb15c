"""The demo's codes are accepted by the device that they are for, and by no production portal."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django_otp.plugins.otp_totp.models import TOTPDevice
from time_machine import travel

from portal.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def device():
    user = User.objects.create_user("coordinator", role="coordinator", is_staff=True)
    return TOTPDevice.objects.create(user=user, confirmed=True)


def printed_code(username: str = "coordinator") -> str:
    out = StringIO()
    call_command("demo_code", username, stdout=out)
    return out.getvalue().strip()


def test_code_is_accepted(device):
    assert device.verify_token(printed_code())


def test_two_log_ins_within_one_step_get_two_codes(device):
    with travel("2026-11-01T12:00:01Z", tick=False):
        first = printed_code()
        assert device.verify_token(first)
        second = printed_code()
        assert second != first
        assert device.verify_token(second)


def test_nobody_waits_longer_than_until_the_next_step(device):
    with travel("2026-11-01T12:00:01Z", tick=False) as clock:
        waited = 0
        for _attempt in range(6):
            try:
                assert device.verify_token(printed_code())
            except CommandError as error:
                seconds = int("".join(filter(str.isdigit, str(error))))
                assert 0 < seconds <= 30
                clock.shift(seconds)
                waited += seconds
        assert waited <= 6 * 30


def test_drift_does_not_creep_away_from_the_true_time(device):
    with travel("2026-11-01T12:00:01Z", tick=False) as clock:
        for _day in range(5):
            assert device.verify_token(printed_code())
            assert device.verify_token(printed_code())
            clock.shift(86_400)
        assert device.verify_token(printed_code())
        assert device.drift == 0


def test_device_that_is_locked_says_how_long(device):
    device.verify_token("000000")
    with pytest.raises(CommandError, match=r"wait \d+ seconds"):
        printed_code()


def test_user_without_device_is_told():
    with pytest.raises(CommandError, match="nobody has no second factor"):
        printed_code("nobody")


def test_production_prints_no_code(device, settings):
    settings.IS_LOCAL = False
    with pytest.raises(CommandError, match="demo and in development only"):
        printed_code()
