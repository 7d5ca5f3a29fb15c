"""Jobs that come back: each run queues the next, so exactly one row waits. And lost ones."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult


def ensure_chain(task) -> None:
    """The worker calls this at its start; whoever calls it twice starts one chain."""
    if not _waiting(task).exists():
        task.enqueue()


@transaction.atomic
def queue_next(task, every: timedelta) -> None:
    """Two chains, however they came about, become one here."""
    _waiting(task).delete()
    task.using(run_after=timezone.now() + every).enqueue()


def _waiting(task):
    return DBTaskResult.objects.filter(task_path=task.module_path, status=TaskResultStatus.READY)


def arguments_with_jobs(*paths: str) -> set[str]:
    """First arguments of the jobs that wait: a worker that is merely behind has them still."""
    waiting = DBTaskResult.objects.filter(task_path__in=paths, status=TaskResultStatus.READY)
    return {job["args"][0] for job in waiting.values_list("args_kwargs", flat=True)}
