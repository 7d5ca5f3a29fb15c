"""Outgoing mail: rendering, the outbox and the two backends.

A template knows a reference and a link, nothing else: no mail can carry a
health word (row M2). One recipient a message (row M3).
"""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.filebased import EmailBackend as FileBackend
from django.core.mail.backends.smtp import EmailBackend as DjangoSmtpBackend
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override

from portal.models import MailStatus, OutgoingMail

# Minutes until the next try; after the last one the mail counts as failed.
BACK_OFF_MINUTES = (1, 5, 15, 60, 240, 720)


class TooManyRecipientsError(ValueError):
    """A message may have one recipient: addresses of families never meet."""


def refuse_several_recipients(messages) -> None:
    """Raises TooManyRecipientsError for a second recipient, cc or bcc."""
    for message in messages:
        if len(message.to) != 1 or message.cc or message.bcc:
            raise TooManyRecipientsError("one recipient a message, no cc, no bcc")


class SmtpBackend(DjangoSmtpBackend):
    """SMTP, one recipient a message."""

    def send_messages(self, email_messages):
        refuse_several_recipients(email_messages)
        return super().send_messages(email_messages)


class MailboxBackend(BaseEmailBackend):
    """Files in a folder that the mailbox page of a demo shows."""

    def send_messages(self, email_messages):
        refuse_several_recipients(email_messages)
        settings.MAILBOX_DIR.mkdir(parents=True, exist_ok=True)
        return FileBackend(file_path=str(settings.MAILBOX_DIR)).send_messages(email_messages)


def queue_mail(*, template: str, language: str, recipient: str, about: str = "", link: str = ""):
    """Write a row of the outbox. Call it inside the transaction of its cause.

    Whoever calls it enqueues the job that sends the row (see portal.outbox).
    """
    return OutgoingMail.objects.create(
        template=template, language=language, recipient=recipient, about=about, link=link
    )


def render_mail(mail: OutgoingMail) -> EmailMessage:
    """The message in its reader's language, with a Message-ID that each retry repeats."""
    context = {
        "reference": mail.about,
        "link": f"{settings.PUBLIC_URL}{mail.link}",
        "operator": settings.OPERATOR,
    }
    with override(mail.language):
        subject = render_to_string(f"{mail.template}_subject.txt", context)
        body = render_to_string(f"{mail.template}_body.txt", context)
    return EmailMessage(
        subject=" ".join(subject.split()),
        body=body.strip() + "\n",
        to=[mail.recipient],
        headers={"Message-ID": message_id(mail), "Auto-Submitted": "auto-generated"},
    )


def message_id(mail: OutgoingMail) -> str:
    host = settings.PUBLIC_URL.split("://")[-1].split(":")[0].split("/")[0] or "localhost"
    return f"<{hashlib.sha256(mail.pk.bytes).hexdigest()[:32]}@{host}>"


def deliver(mail: OutgoingMail) -> MailStatus:
    """Try once. Returns the state afterwards; WAITING has a new `next_attempt_at`.

    Marks the row by compare-and-set, so two workers do not both send it.
    """
    attempt = mail.attempts + 1
    now = timezone.now()
    taken = OutgoingMail.objects.filter(
        pk=mail.pk, status=MailStatus.WAITING, attempts=mail.attempts
    ).update(attempts=attempt, next_attempt_at=now + _pause_after(attempt))
    if not taken:
        return _status_of(mail)
    try:
        render_mail(mail).send()
    except Exception as error:  # noqa: BLE001  any failure of a mail server is a retry
        return _mark_failure(mail, attempt, error)
    # Stopped meanwhile or not: it did leave, and the row says what happened.
    OutgoingMail.objects.filter(pk=mail.pk).update(
        status=MailStatus.SENT, sent_at=timezone.now(), error=""
    )
    return MailStatus.SENT


def _pause_after(attempt: int) -> timedelta:
    return timedelta(minutes=BACK_OFF_MINUTES[min(attempt, len(BACK_OFF_MINUTES)) - 1])


def _mark_failure(mail, attempt, error) -> MailStatus:
    status = MailStatus.FAILED if attempt > len(BACK_OFF_MINUTES) else MailStatus.WAITING
    # The class alone: a server's answer can quote the address.
    marked = OutgoingMail.objects.filter(pk=mail.pk, status=MailStatus.WAITING).update(
        status=status, error=type(error).__name__
    )
    # Stopped while the server was asked, after a death for one: it is not tried again.
    return status if marked else _status_of(mail)


def _status_of(mail) -> MailStatus:
    return MailStatus(OutgoingMail.objects.values_list("status", flat=True).get(pk=mail.pk))
