"""Demo people of two hospitals. Called by the command that loads the demo."""

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django_otp.plugins.otp_totp.models import TOTPDevice

from hospitals.models import Hospital, Membership
from portal.models import User
from portal.roles import Role

# One of them reads English, so that both languages of the site can be seen.
DEMO_PARTNERS = (
    ("scmc-editor", "Editor", Role.HOSPITAL_EDITOR, "scmc", "zh-hans"),
    ("scmc-reviewer", "Reviewer", Role.HOSPITAL_REVIEWER, "scmc", "zh-hans"),
    ("renji-editor", "Editor", Role.HOSPITAL_EDITOR, "renji", "en"),
)


@transaction.atomic
def create_demo_partners(password: str) -> list[User]:
    """Idempotent. Each has a confirmed second factor; the hospitals must be loaded before."""
    return [_create(password, *row) for row in DEMO_PARTNERS]


def _create(password: str, username, last_name, role, slug, language) -> User:
    hospital = Hospital.objects.get(slug=slug)
    user, _created = User.objects.get_or_create(
        username=username,
        defaults={
            "role": role,
            "first_name": hospital.short_name_en,
            "last_name": last_name,
            "language": language,
            "email": f"{username}@example.org",
        },
    )
    if not check_password(password, user.password):
        user.password = make_password(password)
        user.save(update_fields=["password"])
    Membership.objects.get_or_create(user=user, defaults={"hospital": hospital})
    TOTPDevice.objects.get_or_create(user=user, name="phone", defaults={"confirmed": True})
    return user
