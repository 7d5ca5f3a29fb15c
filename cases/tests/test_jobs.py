"""The jobs of the worker: mail with back-off, and what tidies up behind everything (row M4)."""

from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.core import mail as outbox
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from cases import actions, jobs
from cases.models import CaseEvent, Draft, SignInAttempt
from cases.models.event import EventKind
from portal.mail import BACK_OFF_MINUTES, message_id
from portal.models import MailStatus, OutgoingMail
from portal.outbox import send_mail
from portal.tests.fixtures import make_case


class BrokenBackend:
    """A mail server that refuses everything, and says more than we keep."""

    def __init__(self, *args, **kwargs):
        pass

    def send_messages(self, messages):
        raise ConnectionError("550 family@example.org is not known here")


@pytest.fixture
def broken(settings):
    settings.EMAIL_BACKEND = "cases.tests.test_jobs.BrokenBackend"


@pytest.fixture
def waiting(lead, case):
    actions.start_triage(by=lead, case=case)
    return OutgoingMail.objects.get()


def run_jobs(path="portal.outbox.send_mail"):
    """What the worker would do with the rows that are due."""
    for row in DBTaskResult.objects.ready().filter(task_path=path):
        DBTaskResult.objects.filter(pk=row.pk).update(
            status=TaskResultStatus.SUCCESSFUL, finished_at=timezone.now()
        )
        import_string(path).func(*row.args_kwargs["args"])


def test_send_mail_sends_once_M4(waiting, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert jobs.send_mail.func(str(waiting.pk)) == "sent"
    assert jobs.send_mail.func(str(waiting.pk)) == "nothing to send"
    assert len(outbox.outbox) == 1
    assert outbox.outbox[0].extra_headers["Message-ID"] == message_id(waiting)


def test_send_mail_backs_off_then_tells_the_case_M4(waiting, broken, case):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        for minutes in BACK_OFF_MINUTES:
            run_jobs()
            assert OutgoingMail.objects.get().status == MailStatus.WAITING
            clock.shift(timedelta(minutes=minutes, seconds=1))
        run_jobs()
    mail = OutgoingMail.objects.get()
    # Seventeen hours after the first try: a mail server that is down overnight costs none.
    assert (mail.status, mail.attempts, mail.error) == ("failed", 7, "ConnectionError")
    event = CaseEvent.objects.get(kind=EventKind.MAIL_FAILED)
    assert event.data == {"template": "cases/email/status_changed"}
    assert not DBTaskResult.objects.filter(status=TaskResultStatus.READY).exists()


def test_send_mail_keeps_its_message_id_over_the_tries_M4(waiting, broken):
    before = message_id(waiting)
    jobs.send_mail.func(str(waiting.pk))
    assert message_id(OutgoingMail.objects.get()) == before


def test_housekeeping_queues_a_mail_whose_job_was_lost_M4(waiting):
    DBTaskResult.objects.all().delete()
    assert jobs.housekeeping.func() == "0 jobs queued again"
    with time_machine.travel(timezone.now() + timedelta(minutes=4)):
        assert jobs.housekeeping.func() == "1 jobs queued again"
        assert jobs.housekeeping.func() == "0 jobs queued again"


def test_housekeeping_leaves_a_worker_that_is_behind_alone(waiting):
    with time_machine.travel(timezone.now() + timedelta(minutes=30)):
        assert jobs.housekeeping.func() == "0 jobs queued again"


def test_job_queued_under_its_former_name_is_still_one_M4(waiting):
    """Rows that an older release left behind: they run, and are not queued a second time."""
    DBTaskResult.objects.update(task_path="cases.jobs.send_mail")
    with time_machine.travel(timezone.now() + timedelta(minutes=30)):
        assert jobs.housekeeping.func() == "0 jobs queued again"
    assert import_string("cases.jobs.send_mail") is send_mail


def test_housekeeping_follows_a_worker_killed_in_its_work_M4(waiting):
    """The row stays RUNNING for ever; its attempt was counted, its mail still waits."""
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, started_at=timezone.now())
    OutgoingMail.objects.update(attempts=1, next_attempt_at=timezone.now() + timedelta(minutes=1))
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert jobs.housekeeping.func() == "1 jobs queued again"
    assert not DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING).exists()


def housekeeping_rows():
    return DBTaskResult.objects.filter(task_path="cases.jobs.housekeeping")


def test_ensure_housekeeping_queues_exactly_one(db):
    for _start in range(3):
        jobs.ensure_housekeeping()
    assert housekeeping_rows().count() == 1
    row = housekeeping_rows().get()
    housekeeping_rows().update(status=TaskResultStatus.RUNNING)
    jobs.housekeeping.func()
    after = housekeeping_rows().exclude(pk=row.pk).get()
    assert timedelta(minutes=4) < after.run_after - timezone.now() <= timedelta(minutes=5)


def test_housekeeping_joins_two_chains(db):
    jobs.housekeeping.enqueue()
    jobs.housekeeping.enqueue()
    jobs.housekeeping.func()
    assert housekeeping_rows().count() == 1


def test_housekeeping_erases_what_has_expired_and_nothing_else(db):
    now = timezone.now()
    for days in (-1, 1):
        expires = now + timedelta(days=days)
        Draft.objects.create(reference=f"x{days}", language="en", expires_at=expires)
        SignInAttempt.objects.create(key="k", at=now + timedelta(days=2 * days))
        Session.objects.create(session_key=f"s{days}", session_data="", expire_date=expires)
        attempt = AccessAttempt.objects.create(
            username="u", ip_address="127.0.0.1", failures_since_start=1, user_agent=str(days)
        )
        AccessAttempt.objects.filter(pk=attempt.pk).update(
            attempt_time=now + timedelta(days=2 * days)
        )
    sent = Draft.objects.create(
        reference="y", language="en", expires_at=now - timedelta(days=1), case=make_case()
    )
    jobs.housekeeping.func()
    assert Draft.objects.filter(pk=sent.pk).exists()
    left = [model.objects.count() for model in (Draft, SignInAttempt, Session, AccessAttempt)]
    assert left == [2, 1, 1, 1]


def test_housekeeping_drops_results_after_a_week(waiting):
    DBTaskResult.objects.update(
        status=TaskResultStatus.SUCCESSFUL, finished_at=timezone.now() - timedelta(days=8)
    )
    jobs.housekeeping.func()
    assert not DBTaskResult.objects.filter(task_path="portal.outbox.send_mail").exists()


def test_housekeeping_makes_the_link_that_a_killed_worker_did_not(case):
    """Somebody lost the code, and the worker died over it: the row stays RUNNING for ever."""
    jobs.mail_sign_in_link.enqueue(str(case.owner.pk))
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, started_at=timezone.now())
    assert jobs.housekeeping.func() == "0 jobs queued again"
    with time_machine.travel(timezone.now() + timedelta(minutes=4)):
        assert jobs.housekeeping.func() == "1 jobs queued again"
        assert jobs.housekeeping.func() == "0 jobs queued again"
        run_jobs("cases.jobs.mail_sign_in_link")
    assert OutgoingMail.objects.get().template == "cases/email/sign_in_link"
    assert not DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING).exists()
