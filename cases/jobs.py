"""Background jobs, run by the worker. Each may run twice or not at all: rows say what is due."""

from datetime import timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from portal.chains import arguments_with_jobs, ensure_chain, queue_next
from portal.models import OutgoingMail

# Rows that wait since before it moved still call the job by this module's name.
from portal.outbox import requeue_lost_mail, send_mail
from portal.queues import HEAVY, sweep_turns

__all__ = ["check_record", "ensure_housekeeping", "housekeeping", "mail_sign_in_link", "send_mail"]

HOUSEKEEPING_EVERY = timedelta(minutes=5)
ORPHANS_EVERY = timedelta(hours=1)
HANDED_OVER_AFTER = timedelta(minutes=1)
# A paper of a joined case that is being sent or checked is looked at again.
MOVED_AGAIN_AFTER = timedelta(seconds=30)
# A mail whose next try is this long overdue has lost its job: the worker was killed.
LOST_AFTER = timedelta(minutes=3)
# No job of ours runs an hour; such a row belongs to a worker that is gone.
DEAD_AFTER = timedelta(hours=1)
ATTEMPTS_KEPT = timedelta(days=1)
# Longer than any limit of mails looks back.
MAILS_COUNTED = timedelta(days=8)
LOGS_KEPT = timedelta(days=30)
RESULTS_KEPT = timedelta(days=7)


def tell_the_case(mail: OutgoingMail) -> None:
    """A mail could not be sent; mails that are about no case end here."""
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


@task(queue_name=HEAVY)
def check_record(record_id: str) -> str:
    """Look at a file that arrived; a scanner that is down is asked again at the row's time."""
    from cases import actions
    from cases.models import Record

    rows = Record.objects.select_related("case", "uploaded_by")
    record = rows.filter(pk=record_id, status="checking").first()
    if record is None:
        return "nothing to check"
    status = actions.check_record(record=record)
    if status == "checking":
        check_record.using(run_after=record.next_check_at).enqueue(record_id)
    else:
        _queue_hand_over()
    return str(status)


@task(queue_name=HEAVY)
def hand_over_files() -> str:
    """Files that were checked go from the disk into the bucket."""
    from cases import actions

    if actions.hand_over_files():
        _queue_hand_over()
        return "more to come"
    return "done"


def _queue_hand_over() -> None:
    """One waits at most. Not at once: what follows a check reads the file, and here it is near."""
    waiting = DBTaskResult.objects.filter(
        task_path=hand_over_files.module_path, status=TaskResultStatus.READY
    )
    if settings.RECORDS_STORAGE is not None and not waiting.exists():
        hand_over_files.using(run_after=timezone.now() + HANDED_OVER_AFTER).enqueue()


@task(queue_name=HEAVY)
def tidy_bucket() -> str:
    """Every hour: a bucket is looked through page by page, which costs more than a folder."""
    from cases import actions

    queue_next(tidy_bucket, ORPHANS_EVERY)
    return f"{actions.sweep_bucket()} removed"


@task(queue_name=HEAVY)
def make_viewing_copies(record_id: str) -> str:
    """Of a picture that passed its checks; one whose job is lost is found by its missing row."""
    from cases import actions
    from cases.models import Record

    record = Record.objects.select_related("case").filter(pk=record_id).first()
    if record is None:
        return "removed"
    return "made" if actions.make_viewing_copies(record=record) else "none"


@task(queue_name=HEAVY)
def make_photo_document(document_id: str) -> str:
    """One PDF of several photos."""
    from cases import actions
    from cases.models import PhotoDocument

    documents = PhotoDocument.objects.select_related("case", "asked_by")
    document = documents.filter(pk=document_id).first()
    if document is None:
        return "taken back"
    return "made" if actions.make_document(document=document) else "none"


@task(queue_name=HEAVY)
def read_scans(case_id: str) -> str:
    """What is on the discs of a case, and a picture of each series."""
    from cases import actions
    from cases.models import Case

    case = Case.objects.filter(pk=case_id).first()
    if case is None:
        return "removed"
    return f"{actions.read_scans(case=case)} read"


@task(queue_name=HEAVY)
def make_shared_copy(record_id: str) -> str:
    """Of a scan, for a hospital; whoever shares asks again while it is not there."""
    from cases import actions
    from cases.models import Record

    record = Record.objects.select_related("case").filter(pk=record_id).first()
    if record is None:
        return "removed"
    return "made" if actions.make_shared_copy(record=record) else "none"


@task(queue_name=HEAVY)
def move_papers(case_id: str) -> str:
    """Papers of a case that was joined with another; tried again while one is sent or checked."""
    from cases import actions
    from cases.models import Case

    left = Case.objects.select_related("merged_into").filter(pk=case_id).first()
    if left is None or left.merged_into is None:
        return "nothing to move"
    try:
        return f"{actions.move_papers(left=left)} moved"
    except actions.NotYetError:
        move_papers.using(run_after=timezone.now() + MOVED_AGAIN_AFTER).enqueue(case_id)
        return "later"


@task()
def housekeeping() -> str:
    """Every five minutes: mails whose job was lost, and everything that has expired."""
    queue_next(housekeeping, HOUSEKEEPING_EVERY)
    found = requeue_lost_mail(timezone.now() - LOST_AFTER) + _requeue_lost_links()
    found += _requeue_lost_checks() + _requeue_lost_copies() + _requeue_lost_moves()
    _erase_expired()
    _queue_hand_over()
    _remind_families()
    return f"{found} jobs queued again"


def ensure_housekeeping() -> None:
    ensure_chain(housekeeping)
    if settings.RECORDS_STORAGE is not None:
        ensure_chain(tidy_bucket)


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


def _requeue_lost_checks() -> int:
    from cases.models import Record

    lost = Record.objects.filter(
        status="checking", next_check_at__lt=timezone.now() - LOST_AFTER
    ).values_list("pk", flat=True)
    queued = arguments_with_jobs(check_record.module_path)
    keys = [str(pk) for pk in lost if str(pk) not in queued]
    for key in keys:
        check_record.enqueue(key)
    return len(keys)


def _requeue_lost_copies() -> int:
    from cases.actions import queue_missed_copies, queue_missed_documents, queue_missed_scans

    return queue_missed_copies() + queue_missed_documents() + queue_missed_scans()


def _requeue_lost_moves() -> int:
    from cases.actions import cases_with_papers_to_move

    queued = arguments_with_jobs(move_papers.module_path)
    lost = [str(pk) for pk in cases_with_papers_to_move() if str(pk) not in queued]
    for key in lost:
        move_papers.enqueue(key)
    return len(lost)


def _remind_families() -> None:
    from cases.actions import remind_of_drafts

    remind_of_drafts()


def _erase_expired() -> None:
    from cases.actions import erase_expired_drafts, sweep_orphans, sweep_uploads
    from cases.models import FamilyMail, SignInAttempt, SpentWork
    from hospitals.actions.exchange import sweep_drafts

    now = timezone.now()
    erase_expired_drafts()
    sweep_drafts()
    sweep_uploads()
    sweep_orphans()
    sweep_turns()
    SignInAttempt.objects.filter(at__lt=now - ATTEMPTS_KEPT).delete()
    FamilyMail.objects.filter(at__lt=now - MAILS_COUNTED).delete()
    SpentWork.objects.filter(at__lt=now - ATTEMPTS_KEPT).delete()
    AccessAttempt.objects.filter(attempt_time__lt=now - ATTEMPTS_KEPT).delete()
    AccessFailureLog.objects.filter(attempt_time__lt=now - ATTEMPTS_KEPT).delete()
    AccessLog.objects.filter(attempt_time__lt=now - LOGS_KEPT).delete()
    Session.objects.filter(expire_date__lt=now).delete()
    finished = DBTaskResult.objects.filter(finished_at__lt=now - RESULTS_KEPT)
    finished.exclude(status=TaskResultStatus.READY).delete()
    running = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING)
    running.filter(started_at__lt=now - DEAD_AFTER).delete()
