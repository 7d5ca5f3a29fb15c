"""Names for log-ins that come from the command line."""

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from portal.models import User


def refuse_bad_name(username: str) -> None:
    """Raises CommandError for a name that no log-in can have, or that is taken."""
    try:
        User.username_validator(username)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    if User.objects.filter(username=username).exists():
        raise CommandError(f"There is a user '{username}' already.")
