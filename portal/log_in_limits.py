"""Slows guessing at the staff's door: many names from one line, one name from many lines.

Beside them axes locks one name from one line after five tries. Both limits here let one more
try through when a quarter of an hour has passed since the last that counted; a try that was
refused does not count. A name that does not exist counts like one that does.
"""

from datetime import timedelta

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessFailureLog, AccessLog
from django.conf import settings
from django.db.models import Count
from django.utils import timezone
from django.utils.crypto import salted_hmac

WINDOW = timedelta(hours=1)
# From one line, and at one name.
FAILURES_AN_HOUR = 25
# Of one name, towards the limit of its line: eight people of an office, however often each
# mistypes, stay below it.
MISTYPES = 3


class LogInHandler(AxesDatabaseHandler):
    """What axes asks before a try and tells after it."""

    def is_locked(self, request, credentials=None) -> bool:
        if super().is_locked(request, credentials):
            return True
        name, line = get_client_username(request, credentials) or "", request.axes_ip_address
        return is_line_slowed(line) or is_name_slowed(name, line)

    def user_login_failed(self, sender, credentials, request=None, **kwargs):
        is_refused = request is not None and self.is_locked(request, credentials)
        super().user_login_failed(sender, credentials, request=request, **kwargs)
        if request is None:
            return
        if not is_refused:
            _count(get_client_username(request, credentials) or "", request.axes_ip_address)
        # The middleware answers 429 at the try that reaches a limit, as axes does.
        request.axes_locked_out = request.axes_locked_out or self.is_locked(request, credentials)

    def user_logged_in(self, sender, request, user, **kwargs):
        """Take back the slips of somebody who then came in."""
        super().user_logged_in(sender, request=request, user=user, **kwargs)
        key, line = _key(user.get_username()), request.axes_ip_address
        AccessFailureLog.objects.filter(username=key, ip_address=line).delete()


def is_line_slowed(line: str) -> bool:
    failures = AccessFailureLog.objects.filter(ip_address=line, attempt_time__gt=_hour_ago())
    tries = failures.order_by().values_list("username").annotate(Count("pk"))
    counted = sum(min(number, MISTYPES) for _name, number in tries)
    return counted >= FAILURES_AN_HOUR and _is_fresh(failures)


def is_name_slowed(name: str, line: str) -> bool:
    """Whoever came in from this line lately still may: nobody is locked out of their office."""
    failures = AccessFailureLog.objects.filter(username=_key(name), attempt_time__gt=_hour_ago())
    if failures.count() < FAILURES_AN_HOUR or not _is_fresh(failures):
        return False
    return not AccessLog.objects.filter(username=name, ip_address=line).exists()


def _is_fresh(failures) -> bool:
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    return failures.filter(attempt_time__gt=since).exists()


def _hour_ago():
    return timezone.now() - WINDOW


def _count(name: str, line: str) -> None:
    AccessFailureLog.objects.create(username=_key(name), ip_address=line)


def _key(name: str) -> str:
    """A keyed hash: people type passwords into the field of the name."""
    words = name.strip().casefold()
    return salted_hmac("portal.log_in_limits", words, algorithm="sha256").hexdigest()
