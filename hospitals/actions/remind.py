"""Asks the editors of a hospital whether what it once confirmed is still right."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from hospitals.confirmations import due_for_reminder, editors_of
from hospitals.models import Hospital
from portal import audit
from portal.languages import PARTNER_LANGUAGE
from portal.outbox import post_mail

REMINDER = "hospitals/email/reminder"


@transaction.atomic
def remind_editors(*, hospital: Hospital, now: datetime) -> int:
    """One mail to each editor, unless somebody was faster or nothing is due any more.

    Compare-and-set on `reminded_at`, so that two workers send it once. Returns how many
    mails were queued; a hospital whose editors have no address is asked another day.
    """
    editors = editors_of(hospital)
    if not editors:
        return 0
    due = due_for_reminder(now).filter(pk=hospital.pk, reminded_at=hospital.reminded_at)
    if not due.update(reminded_at=now):
        return 0
    for editor in editors:
        post_mail(
            template=REMINDER,
            language=editor.language or PARTNER_LANGUAGE,
            recipient=editor.email,
            about=hospital.slug,
            link=reverse("partners:index"),
        )
    audit.record(by=None, action="hospital.reminded", obj=hospital, label=hospital.slug)
    return len(editors)
