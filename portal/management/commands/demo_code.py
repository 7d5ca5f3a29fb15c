"""`manage.py demo_code USER`: the second-factor code that the log-in page accepts now."""

import math
import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django_otp.oath import hotp
from django_otp.plugins.otp_totp.models import TOTPDevice


class Command(BaseCommand):
    help = "Print a demo user's current second-factor code. Demo and development only."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("username", nargs="?", default="coordinator")

    def handle(self, *, username, **options):
        if not settings.IS_LOCAL:
            raise CommandError("Codes are printed in the demo and in development only.")
        device = TOTPDevice.objects.filter(user__username=username, confirmed=True).first()
        if device is None:
            raise CommandError(f"{username} has no second factor. Run `make run` first.")
        seconds = seconds_locked(device) or seconds_until_next_code(device, time.time())
        if seconds:
            raise CommandError(f"No code is accepted right now: wait {seconds} seconds.")
        self.stdout.write(current_code(device, time.time()))


def seconds_locked(device: TOTPDevice) -> int:
    """After wrong codes the device refuses right ones too, for a while."""
    allowed, why = device.verify_is_allowed()
    if allowed:
        return 0
    return max(1, math.ceil((why["locked_until"] - timezone.now()).total_seconds()))


def seconds_until_next_code(device: TOTPDevice, now: float) -> int:
    """0 when the device accepts some step now; a used code is refused as a replay."""
    if acceptable_steps(device, now):
        return 0
    first = device.last_t + 1 - device.tolerance - device.drift
    return math.ceil(device.t0 + first * device.step - now)


def current_code(device: TOTPDevice, now: float) -> str:
    """The code nearest to the true time, so that the device's drift does not creep away."""
    true = true_step(device, now)
    step = min(acceptable_steps(device, now), key=lambda step: abs(step - true))
    return f"{hotp(device.bin_key, step, digits=device.digits):0{device.digits}d}"


def acceptable_steps(device: TOTPDevice, now: float) -> range:
    middle = true_step(device, now) + device.drift
    first = max(middle - device.tolerance, device.last_t + 1)
    return range(first, middle + device.tolerance + 1)


def true_step(device: TOTPDevice, now: float) -> int:
    return (int(now) - device.t0) // device.step
