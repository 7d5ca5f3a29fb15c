"""Background jobs, run by the worker. Each may run twice or not at all: rows say what is due."""

from datetime import timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from portal.mail import deliver
from portal.models import MailStatus, OutgoingMail

HOUSEKEEPING_EVERY = timedelta(minutes=5)
# A mail whose next try is this long overdue has lost its job: the worker was killed.
LOST_AFTER = timedelta(minutes=3)
# No job of ours runs an hour; such a row belongs to a worker that is gone.
DEAD_AFTER = timedelta(hours=1)
ATTEMPTS_KEPT = timedelta(days=1)
LOGS_KEPT = timedelta(days=30)
RESULTS_KEPT = timedelta(days=7)


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


@task()
def mail_sign_in_link(member_id: str) -> str:
    """For a member or a draft; empty when none matched: all cost the asking page the same."""
    from cases.actions import send_sign_in_link
    from cases.models import Draft, FamilyMember

    key = member_id or None
    member = FamilyMember.objects.select_related("case").filter(pk=key).first()
    whom = member or Draft.objects.open().filter(pk=key).first()
    if whom is None:
        return "nobody"
    send_sign_in_link(member=whom)
    return "done"


@task()
def housekeeping() -> str:
    """Every five minutes: mails whose job was lost, and everything that has expired."""
    _queue_next_housekeeping()
    found = _requeue_lost_mail() + _requeue_lost_links()
    _erase_expired()
    _remind_families()
    return f"{found} mails queued again"


def ensure_housekeeping() -> None:
    """The chain runs when exactly one row waits; the worker calls this at its start."""
    if not _waiting_housekeeping().exists():
        housekeeping.enqueue()


@transaction.atomic
def _queue_next_housekeeping() -> None:
    """Two chains, however they came about, become one here."""
    _waiting_housekeeping().delete()
    housekeeping.using(run_after=timezone.now() + HOUSEKEEPING_EVERY).enqueue()


def _waiting_housekeeping():
    return DBTaskResult.objects.filter(
        task_path=housekeeping.module_path, status=TaskResultStatus.READY
    )


def _requeue_lost_mail() -> int:
    lost = OutgoingMail.objects.filter(
        status=MailStatus.WAITING, next_attempt_at__lt=timezone.now() - LOST_AFTER
    ).values_list("pk", flat=True)
    queued = _mail_ids_with_jobs()
    keys = [str(pk) for pk in lost if str(pk) not in queued]
    for key in keys:
        send_mail.enqueue(key)
    return len(keys)


@transaction.atomic
def _requeue_lost_links() -> int:
    """A worker was killed while it made a link, which takes no time: somebody waits for it."""
    lost = DBTaskResult.objects.select_for_update().filter(
        task_path=mail_sign_in_link.module_path,
        status=TaskResultStatus.RUNNING,
        started_at__lt=timezone.now() - LOST_AFTER,
    )
    jobs = list(lost)
    for job in jobs:
        job.delete()
        mail_sign_in_link.enqueue(*job.args_kwargs["args"])
    return len(jobs)


def _mail_ids_with_jobs() -> set[str]:
    """A worker that is merely behind has their jobs still."""
    waiting = DBTaskResult.objects.filter(
        task_path=send_mail.module_path, status=TaskResultStatus.READY
    )
    return {job["args"][0] for job in waiting.values_list("args_kwargs", flat=True)}


def _remind_families() -> None:
    from cases.actions import remind_of_drafts

    remind_of_drafts()


def _erase_expired() -> None:
    from cases.actions import erase_expired_drafts
    from cases.models import SignInAttempt, SpentWork

    now = timezone.now()
    erase_expired_drafts()
    SignInAttempt.objects.filter(at__lt=now - ATTEMPTS_KEPT).delete()
    SpentWork.objects.filter(at__lt=now - ATTEMPTS_KEPT).delete()
    AccessAttempt.objects.filter(attempt_time__lt=now - ATTEMPTS_KEPT).delete()
    AccessFailureLog.objects.filter(attempt_time__lt=now - LOGS_KEPT).delete()
    AccessLog.objects.filter(attempt_time__lt=now - LOGS_KEPT).delete()
    Session.objects.filter(expire_date__lt=now).delete()
    finished = DBTaskResult.objects.filter(finished_at__lt=now - RESULTS_KEPT)
    finished.exclude(status=TaskResultStatus.READY).delete()
    running = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING)
    running.filter(started_at__lt=now - DEAD_AFTER).delete()
