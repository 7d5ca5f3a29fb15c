"""Old confirmations are asked about: once a month at most, in the editor's language."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import mail as outbox
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from cases.models import CaseEvent
from hospitals import jobs
from hospitals.actions import confirm_page, page_fingerprint, remind_editors
from hospitals.confirmations import due_for_reminder
from hospitals.models import Campus, Claim, Fact, Hospital, Listing
from portal.mail import render_mail
from portal.management.commands import worker
from portal.models import AuditEvent, OutgoingMail
from portal.outbox import send_mail
from portal.roles import Role
from portal.tests.fixtures import make_hospital, make_listing, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
OLD = NOW - timedelta(days=400)


@pytest.fixture
def listing(scmc, editor):
    editor.email = "editor@hospital.example"
    editor.save()
    return make_listing(scmc, confirmed_at=OLD, confirmed_by=editor)


def run(at=NOW) -> str:
    with time_machine.travel(at, tick=False):
        return jobs.remind_hospitals.func()


def test_old_confirmation_brings_one_mail(listing, scmc):
    assert run() == "1 mails queued"
    mail = OutgoingMail.objects.get()
    assert (mail.recipient, mail.template, mail.about, mail.link) == (
        "editor@hospital.example",
        "hospitals/email/reminder",
        "scmc",
        "/partners/",
    )
    scmc.refresh_from_db()
    assert scmc.reminded_at == NOW
    assert AuditEvent.objects.get().action == "hospital.reminded"


def test_second_run_sends_nothing(listing):
    run()
    assert run() == "0 mails queued"
    assert OutgoingMail.objects.count() == 1


@pytest.mark.parametrize(("days", "mails"), [(29, 1), (30, 2)])
def test_next_mail_comes_after_a_month(listing, days, mails):
    run()
    run(NOW + timedelta(days=days))
    assert OutgoingMail.objects.count() == mails


def test_two_workers_send_it_once(listing, scmc):
    """Both have read the hospital; the second finds it reminded."""
    first, second = Hospital.objects.get(), Hospital.objects.get()
    assert remind_editors(hospital=first, now=NOW) == 1
    assert remind_editors(hospital=second, now=NOW) == 0
    assert OutgoingMail.objects.count() == 1


def test_confirming_ends_it(listing, scmc, editor):
    with time_machine.travel(NOW, tick=False):
        confirm_page(by=editor, hospital=scmc, seen=page_fingerprint(scmc))
    assert run() == "0 mails queued"


@pytest.mark.parametrize(
    ("days_ago", "is_due"), [(10, False), (364, False), (365, False), (366, True)]
)
def test_due_after_a_year(listing, days_ago, is_due):
    Listing.objects.update(confirmed_at=NOW - timedelta(days=days_ago))
    assert due_for_reminder(NOW).exists() is is_due


@pytest.mark.parametrize(
    ("accepting", "until", "is_due"),
    [
        ("yes", date(2026, 12, 7), True),
        ("yes", date(2026, 12, 8), False),
        ("yes", date(2026, 11, 1), True),
        ("no", date(2026, 11, 1), False),
        ("yes", None, False),
    ],
)
def test_due_when_a_day_is_near_or_over(listing, accepting, until, is_due):
    Listing.objects.update(confirmed_at=NOW, accepting=accepting, accepting_until=until)
    assert due_for_reminder(NOW).exists() is is_due


def make_old(kind, listing, editor):
    said = {"confirmed_at": OLD, "confirmed_by": editor}
    if kind == "claim":
        Claim.objects.create(listing=listing, kind="waiting", low=3, **said)
    elif kind == "fact":
        Fact.objects.create(hospital=listing.hospital, key="beds", kind="beds", **said)
    elif kind == "campus":
        Campus.objects.create(hospital=listing.hospital, key="main", district="pudong", **said)
    else:
        Hospital.objects.update(accepting="yes", accepting_confirmed_at=OLD)


@pytest.mark.parametrize("kind", ["claim", "fact", "campus", "hospital"])
def test_due_for_any_kind_of_claim(listing, editor, kind):
    Listing.objects.update(confirmed_at=NOW)
    assert not due_for_reminder(NOW).exists()
    make_old(kind, listing, editor)
    assert due_for_reminder(NOW).count() == 1


def test_what_is_not_public_is_not_asked_about(listing):
    Listing.objects.update(is_public=False)
    assert not due_for_reminder(NOW).exists()


def test_hospital_that_is_not_public_is_not_asked(listing):
    Hospital.objects.update(is_public=False)
    assert not due_for_reminder(NOW).exists()


def test_hospital_that_confirmed_nothing_is_not_asked(listing):
    Listing.objects.update(confirmed_at=None, confirmed_by=None)
    assert not due_for_reminder(NOW).exists()


def test_only_editors_with_an_address_are_asked(listing, scmc, reviewer):
    reviewer.email = "reviewer@hospital.example"
    reviewer.save()
    gone = make_user("gone", Role.HOSPITAL_EDITOR, scmc)
    gone.email, gone.is_active = "gone@hospital.example", False
    gone.save()
    make_user("silent", Role.HOSPITAL_EDITOR, scmc)
    other = make_user("other", Role.HOSPITAL_EDITOR, make_hospital("other"))
    other.email = "other@hospital.example"
    other.save()
    run()
    assert [mail.recipient for mail in OutgoingMail.objects.all()] == ["editor@hospital.example"]


def test_hospital_without_an_editor_s_address_is_asked_another_day(listing, scmc, editor):
    type(editor).objects.update(email="")
    assert run() == "0 mails queued"
    scmc.refresh_from_db()
    assert scmc.reminded_at is None


@pytest.mark.parametrize(("chosen", "language"), [("", "zh-hans"), ("en", "en"), ("pl", "pl")])
def test_mail_speaks_the_editor_s_language(listing, editor, chosen, language):
    editor.language = chosen
    editor.save()
    run()
    assert OutgoingMail.objects.get().language == language


def test_mail_says_where_to_go_and_names_nothing(listing):
    run()
    message = render_mail(OutgoingMail.objects.get())
    assert message.subject == "Is your hospital’s page still right?"
    assert "http://testserver/partners/" in message.body
    assert listing.title_en not in message.body


def test_mail_is_sent_by_its_job(listing, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    run()
    row = DBTaskResult.objects.get(task_path=send_mail.module_path)
    assert send_mail.func(*row.args_kwargs["args"]) == "sent"
    assert [message.to for message in outbox.outbox] == [["editor@hospital.example"]]


def test_mail_that_cannot_be_sent_is_no_case_s_event(listing, settings):
    settings.EMAIL_BACKEND = "cases.tests.test_jobs.BrokenBackend"
    run()
    OutgoingMail.objects.update(attempts=6)
    assert send_mail.func(str(OutgoingMail.objects.get().pk)) == "failed"
    assert CaseEvent.objects.count() == 0


def chain():
    return DBTaskResult.objects.filter(
        task_path=jobs.remind_hospitals.module_path, status=TaskResultStatus.READY
    )


def test_job_queues_its_successor(db):
    for _start in range(2):
        jobs.ensure_reminders()
    assert chain().count() == 1
    run()
    assert chain().get().run_after == NOW + jobs.REMINDERS_EVERY


def test_worker_starts_the_chain(db, monkeypatch):
    monkeypatch.setattr(worker.Worker, "run_one", lambda self: False)
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    monkeypatch.setattr(worker.Worker, "configure_signals", lambda self: None)
    worker.Command().handle(queue=None, batch=True, quiet=False)
    assert chain().count() == 1
