"""Two queues, so that no mail waits for a file: `default` and `heavy`.

Heavy jobs take turns: one at a time for each group (a case), and the group
that waited longest is served first. A turn is a row. Whoever holds it says
every few seconds that it lives, so the turn of a killed worker ends by itself.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError, connection
from django.db.models import Q
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from django_tasks_db.utils import exclusive_transaction

from portal.models import JobTurn

DEFAULT, HEAVY = "default", "heavy"
QUEUES = (DEFAULT, HEAVY)
ALIVE_EVERY, GONE_AFTER = 10, timedelta(seconds=60)
TURNS_KEPT = timedelta(days=1)
# The row that claims are made under, one after the other.
CLAIMS = "claims"
NEVER = datetime.min.replace(tzinfo=UTC)
# Of each waiting job its id, its task's path and its first argument: to its group.
Groups = Callable[[Sequence[tuple]], dict]


def due_jobs(queue: str, heavy_paths: Sequence[str]):
    """Jobs to be run now. Those that an older release queued know no queue but `default`."""
    is_heavy = Q(queue_name=HEAVY) | Q(task_path__in=heavy_paths)
    return DBTaskResult.objects.ready().filter(is_heavy if queue == HEAVY else ~is_heavy)


def move_to_heavy(heavy_paths: Sequence[str]) -> int:
    """What waits since before there were two queues, so that nobody counts it as mail."""
    waiting = DBTaskResult.objects.filter(status=TaskResultStatus.READY, queue_name=DEFAULT)
    return waiting.filter(task_path__in=heavy_paths).update(queue_name=HEAVY)


def claim_first(jobs, worker_id: str) -> DBTaskResult | None:
    """The oldest job, now running."""
    with exclusive_transaction():
        job = jobs.get_locked()
        if job is not None:
            job.claim(worker_id)
    return job


def claim_in_turn(jobs, worker_id: str, groups_of: Groups) -> DBTaskResult | None:
    """A job of the group that was served longest ago and has none running, now running."""
    with exclusive_transaction():
        JobTurn.objects.get_or_create(group=CLAIMS, defaults={"started_at": timezone.now()})
        JobTurn.objects.select_for_update().get(group=CLAIMS)
        waiting = [
            (pk, path, next(iter(args["args"]), ""))
            for pk, path, args in jobs.values_list("pk", "task_path", "args_kwargs")
        ]
        groups = groups_of(waiting) if waiting else {}
        turns = {turn.group: turn for turn in JobTurn.objects.all()} if waiting else {}
        free = [pk for pk, *_rest in waiting if not _is_taken(turns.get(groups[pk]))]
        if not free:
            return None
        pk = min(free, key=lambda pk: _served_at(turns.get(groups[pk])))
        job = DBTaskResult.objects.select_for_update().get(pk=pk)
        job.claim(worker_id)
        now = timezone.now()
        turn = {"job": job.pk, "started_at": now, "alive_at": now}
        JobTurn.objects.update_or_create(group=groups[pk], defaults=turn)
    return job


def _is_taken(turn: JobTurn | None) -> bool:
    return bool(turn and turn.job and turn.alive_at > timezone.now() - GONE_AFTER)


def _served_at(turn: JobTurn | None) -> datetime:
    return turn.started_at if turn else NEVER


@contextmanager
def holding_turn(job: DBTaskResult) -> Iterator[None]:
    """While the job runs its turn is kept alive; afterwards the group's next job may run."""
    ended = threading.Event()
    thread = threading.Thread(target=_keep_alive, args=[job.pk, ended], daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        JobTurn.objects.filter(job=job.pk).update(job=None)


def _keep_alive(job_id, ended: threading.Event) -> None:
    """In a thread with a connection of its own."""
    while not ended.wait(ALIVE_EVERY):
        try:
            JobTurn.objects.filter(job=job_id).update(alive_at=timezone.now())
        except DatabaseError:
            # It may answer again before the turn counts as given up.
            connection.close()
    connection.close()


def is_serving_turns(since: datetime) -> bool:
    """Whether some worker began a heavy job since then, or is still at one."""
    turns = JobTurn.objects.exclude(group=CLAIMS)
    alive = Q(job__isnull=False, alive_at__gt=timezone.now() - GONE_AFTER)
    return turns.filter(Q(started_at__gt=since) | alive).exists()


def sweep_turns() -> int:
    """Groups that wait for nothing; the next job of one comes first anyway."""
    old = JobTurn.objects.exclude(group=CLAIMS).filter(started_at__lt=timezone.now() - TURNS_KEPT)
    gone = Q(job=None) | Q(alive_at__lt=timezone.now() - GONE_AFTER)
    return old.filter(gone).delete()[0]
