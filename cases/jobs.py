"""Background jobs, run by the worker."""


from django_tasks import task

from portal.mail import deliver
from portal.models import MailStatus, OutgoingMail



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
        _tell_the_case(mail)
    return str(status)


def _tell_the_case(mail: OutgoingMail) -> None:
    from cases.actions import record_mail_failure

    record_mail_failure(reference=mail.about, template=mail.template)
