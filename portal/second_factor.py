"""The second factor of staff and hospital people: codes of a phone, and recovery codes.

A recovery code is a public part of two letters, which finds its hash, and a
secret of ten, so that each try costs one Argon2 check whatever was typed.
"""

import secrets
import time
from base64 import b32encode

import segno
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from portal.models import RecoveryDevice

RECOVERY_CODES = 10
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12
PUBLIC_LENGTH = 2


def new_key() -> str:
    return random_hex(20)


def has_second_factor(user) -> bool:
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


def find_device(user, typed: str):
    """The device that accepts what was typed, or None; a code works once.

    Without a user it spends the same work and finds nothing, so that the time
    of an answer does not say whether the password was right.
    """
    code = normalise(typed)
    model = RecoveryDevice if is_recovery_code(code) else TOTPDevice
    with transaction.atomic():
        devices = model.objects.select_for_update().filter(user=user, confirmed=True)
        for device in devices if user else ():
            if device.verify_token(code):
                return device
        if not user and model is RecoveryDevice:
            make_password(code)
    return None


def normalise(typed: str) -> str:
    return "".join(typed[:50].upper().replace("-", "").split())


def is_recovery_code(code: str) -> bool:
    return len(code) == CODE_LENGTH and set(code) <= set(ALPHABET)


def use_recovery_code(device: RecoveryDevice, token: str) -> bool:
    """True once for each code. Call it with the device's row locked (see find_device)."""
    code = normalise(token)
    public, secret = code[:PUBLIC_LENGTH], code[PUBLIC_LENGTH:]
    kept = dict(device.code_hashes)
    if public not in kept:
        make_password(secret)
        return False
    if not check_password(secret, kept[public]):
        return False
    left = [pair for pair in device.code_hashes if pair[0] != public]
    device.code_hashes = left
    device.save(update_fields=["code_hashes"])
    return True


def new_recovery_codes(user) -> list[str]:
    """Ten codes, to be shown once; earlier ones are void."""
    codes = {}
    while len(codes) < RECOVERY_CODES:
        letters = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        codes[letters[:PUBLIC_LENGTH]] = letters
    RecoveryDevice.objects.filter(user=user).delete()
    hashes = [[public, make_password(code[PUBLIC_LENGTH:])] for public, code in codes.items()]
    RecoveryDevice.objects.create(user=user, name="recovery codes", code_hashes=hashes)
    return ["-".join(code[at : at + 4] for at in (0, 4, 8)) for code in codes.values()]


def forget_devices(user) -> None:
    """Phone and recovery codes; open sessions are worth nothing from the next request on."""
    TOTPDevice.objects.filter(user=user).delete()
    RecoveryDevice.objects.filter(user=user).delete()


def confirm_phone(user, key: str, typed: str) -> TOTPDevice | None:
    """The user's new device when the code belongs to the key; the code counts as used."""
    code = normalise(typed)
    device = TOTPDevice(user=user, name="phone", key=key, confirmed=True)
    clock = TOTP(device.bin_key, device.step, device.t0, device.digits)
    clock.time = time.time()
    if not (code.isdecimal() and clock.verify(int(code), device.tolerance)):
        return None
    device.last_t, device.drift = clock.t(), clock.drift
    device.save()
    return device


def qr_code(user, key: str) -> str:
    """A picture for the phone's camera, as a data address: no style, nothing inline."""
    address = TOTPDevice(user=user, key=key).config_url
    return segno.make(address, error="m").svg_data_uri(scale=5, border=2, omitsize=False)


def readable_key(key: str) -> str:
    """For typing it in by hand, in groups of four."""
    letters = b32encode(bytes.fromhex(key)).decode()
    return " ".join(letters[at : at + 4] for at in range(0, len(letters), 4))
