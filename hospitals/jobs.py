"""Background jobs of the directory, run by the worker."""

from datetime import timedelta

from django.utils import timezone
from django_tasks import task

from hospitals.actions import remind_editors
from hospitals.confirmations import due_for_reminder
from portal.chains import ensure_chain, queue_next

REMINDERS_EVERY = timedelta(hours=6)


@task()
def remind_hospitals() -> str:
    """Hospitals whose confirmations have faded, or that say a day that is near or over."""
    queue_next(remind_hospitals, REMINDERS_EVERY)
    now = timezone.now()
    mails = sum(
        remind_editors(hospital=hospital, now=now) for hospital in due_for_reminder(now).iterator()
    )
    return f"{mails} mails queued"


def ensure_reminders() -> None:
    ensure_chain(remind_hospitals)
