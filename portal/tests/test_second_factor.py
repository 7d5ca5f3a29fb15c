"""The second factor below its pages: used once, costing the same, forgotten as a whole (S1)."""

import time

import pytest
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from portal import actions, second_factor
from portal.actions import RefusedError
from portal.second_factor import find_device, new_key, new_recovery_codes

pytestmark = pytest.mark.django_db


def code_of(key: str) -> str:
    return f"{totp(bytes.fromhex(key)):06d}"


def test_second_window_sets_up_no_other_phone_S1(coordinator):
    first, second = new_key(), new_key()
    actions.enrol(by=coordinator, key=first, code=code_of(first))
    with pytest.raises(RefusedError):
        actions.enrol(by=coordinator, key=second, code=code_of(second))
    assert TOTPDevice.objects.get().key == first


def test_code_that_set_up_a_phone_logs_nobody_in_S1(coordinator):
    key = new_key()
    code = code_of(key)
    device, _codes = actions.enrol(by=coordinator, key=key, code=code)
    device.refresh_from_db()
    assert device.last_t >= time.time() // device.step - 1
    assert find_device(coordinator, code) is None


def test_new_password_and_reset_forget_phone_and_recovery_codes_S1(auditor, administrator):
    for forget in (actions.replace_password, actions.reset_second_factor):
        device = TOTPDevice.objects.create(user=auditor, name="phone", confirmed=True)
        codes = new_recovery_codes(auditor)
        forget(by=administrator, user=auditor)
        assert not TOTPDevice.objects.filter(pk=device.pk).exists()
        assert find_device(auditor, codes[0]) is None


def hashed(monkeypatch, act) -> int:
    """How often a secret was hashed or compared meanwhile."""
    done = []

    def counting(function):
        return lambda *args, **kwargs: done.append(function) or function(*args, **kwargs)

    for name in ("make_password", "check_password"):
        monkeypatch.setattr(second_factor, name, counting(getattr(second_factor, name)))
    act()
    monkeypatch.undo()
    return len(done)


def test_recovery_code_costs_one_hash_whatever_was_wrong_S2(monkeypatch, coordinator):
    """So that the time of an answer does not say whether the password was right."""
    code = new_recovery_codes(coordinator)[0]
    public = "22" if not code.startswith("22") else "33"
    for user, typed in (
        (coordinator, code[:-1] + ("A" if code[-1] != "A" else "B")),
        (coordinator, public + code[2:]),
        (None, code),
        (coordinator, code),
    ):
        assert hashed(monkeypatch, lambda: find_device(user, typed)) == 1  # noqa: B023
