"""The job that sends the rows of the outbox, and what to do about one that cannot be sent."""

from django.db import transaction
from django_tasks import task

from portal import audit
from portal.chains import arguments_with_jobs
from portal.mail import deliver, queue_mail
from portal.models import MailStatus, OutgoingMail

# Functions of a mail that cannot be sent; an app that must know adds its own.
on_failure: list = []


def post_mail(**mail) -> OutgoingMail:
    """A row of the outbox and its job (see `queue_mail`), in the transaction of their cause."""
    row = queue_mail(**mail)
    send_mail.enqueue(str(row.pk))
    return row


@task()
def send_mail(mail_id: str) -> str:
    """Send one row of the outbox; a failure enqueues the next try at its time."""
    mail = OutgoingMail.objects.filter(pk=mail_id, status=MailStatus.WAITING).first()
    if mail is None:
        return "nothing to send"
    status = deliver(mail)
    mail.refresh_from_db()
    if status == MailStatus.WAITING:
        send_mail.using(run_after=mail.next_attempt_at).enqueue(mail_id)
    elif status == MailStatus.FAILED:
        for tell in on_failure:
            tell(mail)
    return str(status)


@transaction.atomic
def stop_waiting_mail() -> int:
    """Of a restored copy: what waited when it was made has left long ago, or nobody expects it."""
    waiting = OutgoingMail.objects.select_for_update().filter(status=MailStatus.WAITING)
    mails = list(waiting)
    for mail in mails:
        audit.record(by=None, action="mail.stopped", obj=mail, label=mail.about)
    OutgoingMail.objects.filter(pk__in=[mail.pk for mail in mails]).update(
        status=MailStatus.STOPPED
    )
    return len(mails)


def requeue_lost_mail(before) -> int:
    """Jobs for mails that should have left before that time and have none: a worker was killed."""
    lost = OutgoingMail.objects.filter(
        status=MailStatus.WAITING, next_attempt_at__lt=before
    ).values_list("pk", flat=True)
    # Rows from before this module existed carry the job's former name.
    queued = arguments_with_jobs(send_mail.module_path, "cases.jobs.send_mail")
    keys = [str(pk) for pk in lost if str(pk) not in queued]
    for key in keys:
        send_mail.enqueue(key)
    return len(keys)
