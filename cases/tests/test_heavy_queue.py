"""Two queues: no mail waits for a file, and each case gets its turn (row M1, R9)."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from cases import actions, jobs
from cases.tests.papers import Tus, make_pdf
from cases.turns import HEAVY_JOBS, groups_of
from portal import queues
from portal.management.commands.worker import Worker
from portal.models import JobTurn, OutgoingMail
from portal.queues import DEFAULT, GONE_AFTER, HEAVY, claim_in_turn, due_jobs, holding_turn
from portal.tests.fixtures import make_case

PATHS = list(HEAVY_JOBS)
CHECK = jobs.check_record.module_path


def send(case, count: int = 1) -> list:
    line = Tus(case)
    return [line.send(make_pdf(), f"{number}.pdf") for number in range(count)]


def claim(worker_id: str = "one"):
    return claim_in_turn(due_jobs(HEAVY, PATHS), worker_id, groups_of)


def case_of(job) -> str:
    return JobTurn.objects.get(job=job.pk).group


def finish(job) -> None:
    with holding_turn(job):
        job.set_successful("done")


def work_off(*names: str) -> None:
    worker = Worker(list(names), batch=True)
    while worker.run_one():
        pass


@pytest.fixture
def crowd(case):
    """One family that sent six files, then another that sent one."""
    other = make_case()
    send(case, 6)
    send(other)
    return str(case.pk), str(other.pk)


def test_mail_leaves_while_heavy_jobs_wait_and_run_M1(case, crowd, lead, mailoutbox):
    claim()
    actions.start_triage(by=lead, case=case)
    work_off(DEFAULT)
    assert OutgoingMail.objects.get().sent_at
    assert len(mailoutbox) == 1
    heavy = DBTaskResult.objects.filter(queue_name=HEAVY)
    assert sorted(heavy.values_list("status", flat=True)) == ["READY"] * 6 + ["RUNNING"]


def test_link_is_made_while_heavy_jobs_wait_M1(case, crowd, mailoutbox):
    jobs.mail_sign_in_link.enqueue(str(case.owner.pk))
    work_off(DEFAULT)
    assert len(mailoutbox) == 1
    assert not DBTaskResult.objects.filter(task_path=CHECK).exclude(status="READY").exists()


def test_one_process_for_both_queues_sends_mail_first(case, crowd, lead, mailoutbox):
    actions.start_triage(by=lead, case=case)
    Worker([DEFAULT, HEAVY], batch=True).run_one()
    assert len(mailoutbox) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("queue", [DEFAULT, HEAVY, None])
def test_command_runs_its_queue_and_ends(case, crowd, lead, mailoutbox, monkeypatch, queue):
    monkeypatch.setattr(Worker, "configure_signals", lambda self: None)
    actions.start_triage(by=lead, case=case)
    call_command("worker", queue=queue, batch=True, quiet=True)
    assert bool(mailoutbox) == (queue != HEAVY)
    done = DBTaskResult.objects.filter(queue_name=HEAVY, status="SUCCESSFUL").count()
    assert done == (0 if queue == DEFAULT else 7)


def test_every_job_that_reads_files_is_heavy():
    names = {path.rpartition(".")[2] for path in PATHS}
    assert names == {
        "check_record", "hand_over_files", "tidy_bucket", "make_viewing_copies",
        "make_photo_document", "read_scans", "make_shared_copy", "move_papers",
    }  # fmt: skip


def test_one_job_of_a_case_runs_at_a_time(crowd):
    first, second = claim(), claim("two")
    assert (case_of(first), case_of(second)) == crowd
    assert claim("three") is None
    finish(first)
    assert case_of(claim("one")) == crowd[0]


def test_case_that_was_served_longest_ago_comes_next(case, crowd):
    """Six files were sent before the one of another family, and it is the second."""
    order = []
    for _turn in range(7):
        job = claim()
        order.append(case_of(job))
        finish(job)
    assert order == [crowd[0], crowd[1], *[crowd[0]] * 5]
    send(case)
    send(make_case(), 1)
    assert case_of(claim()) not in crowd


def test_turn_of_a_killed_worker_ends_after_a_minute(crowd):
    for _worker in range(2):
        claim()
    assert claim() is None
    with time_machine.travel(timezone.now() + GONE_AFTER + timedelta(seconds=1)):
        assert case_of(claim()) == crowd[0]
        # The other case's job was its only one, and died with its worker.
        assert claim() is None


@pytest.mark.django_db(transaction=True)
def test_turn_of_a_long_job_is_kept_alive(crowd, monkeypatch):
    monkeypatch.setattr(queues, "ALIVE_EVERY", 0.01)
    job = claim()
    long_ago = timezone.now() - timedelta(hours=1)
    JobTurn.objects.filter(job=job.pk).update(alive_at=long_ago)
    with holding_turn(job):
        for _try in range(1000):
            if JobTurn.objects.get(job=job.pk).alive_at > long_ago:
                break
            threading.Event().wait(0.01)
        assert JobTurn.objects.get(job=job.pk).alive_at > long_ago
    assert JobTurn.objects.filter(job=None, group=crowd[0]).exists()


@pytest.mark.django_db(transaction=True)
def test_two_heavy_workers_never_hold_one_case(crowd):
    """At the same moment, each with its own connection."""
    start, taken = threading.Barrier(4), []

    def work():
        start.wait()
        job = claim(threading.current_thread().name)
        taken.append(job and str(job.pk))
        connection.close()

    threads = [threading.Thread(target=work) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = [job for job in taken if job]
    assert len(set(held)) == len(held) == 2
    assert set(JobTurn.objects.filter(job__isnull=False).values_list("group", flat=True)) == {
        *crowd
    }


def test_jobs_queued_under_the_former_queue_still_run(crowd):
    DBTaskResult.objects.update(queue_name=DEFAULT)
    assert not due_jobs(DEFAULT, PATHS).exists()
    job = claim()
    assert job.task_path == CHECK
    assert queues.move_to_heavy(PATHS) == 6
    assert set(
        DBTaskResult.objects.filter(status="READY").values_list("queue_name", flat=True)
    ) == {HEAVY}


def test_jobs_know_their_case(case):
    record = send(case)[0]
    keys = [
        (1, CHECK, str(record.pk)),
        (2, jobs.read_scans.module_path, str(case.pk)),
        (3, jobs.hand_over_files.module_path, ""),
        # Removed meanwhile: it ends at once, alone.
        (4, CHECK, str(case.pk)),
    ]
    mine = str(case.pk)
    assert groups_of(keys) == {1: mine, 2: mine, 3: "cases.jobs.hand_over_files", 4: mine}


def test_claim_asks_the_database_as_often_for_one_job_as_for_many(
    case, django_assert_max_num_queries
):
    send(case)
    finish(claim())
    send(case, 5)
    with django_assert_max_num_queries(13):
        claim()


def test_turns_are_swept_and_those_in_use_stay(crowd):
    finish(claim())
    claim()
    assert queues.sweep_turns() == 0
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        JobTurn.objects.filter(job__isnull=False).update(alive_at=timezone.now())
        jobs._erase_expired()
        assert JobTurn.objects.exclude(group=queues.CLAIMS).get().group == crowd[1]


def age_jobs() -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    DBTaskResult.objects.filter(status=TaskResultStatus.READY).update(enqueued_at=long_ago)


def test_readyz_stays_well_while_files_wait_their_turn_R9(client, crowd):
    finish(claim())
    age_jobs()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["files"]) == (200, True)


def test_readyz_names_files_that_nobody_works_on_R9(client, crowd):
    """And traffic goes on: the portal itself is well."""
    finish(claim())
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        age_jobs()
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["files"]) == (200, False)


def test_readyz_stays_well_during_one_long_job_R9(client, crowd):
    claim()
    with time_machine.travel(timezone.now() + timedelta(minutes=30)):
        age_jobs()
        JobTurn.objects.update(alive_at=timezone.now())
        assert client.get("/readyz").json()["checks"]["files"] is True


def test_readyz_turns_when_mail_waits_R9(client, case, lead):
    actions.start_triage(by=lead, case=case)
    age_jobs()
    assert client.get("/readyz").status_code == 503
