"""Which case a heavy job works for: the heavy queue serves one case after the other."""

from collections.abc import Sequence

from django_tasks.base import Task

from cases import jobs
from cases.models import PhotoDocument, Record
from portal.queues import HEAVY

HEAVY_JOBS = {
    task.module_path: task
    for task in vars(jobs).values()
    if isinstance(task, Task) and task.queue_name == HEAVY
}
# What the first argument of a job is the id of; of all others it is the case itself.
_OF_RECORD = {
    jobs.check_record.module_path,
    jobs.make_viewing_copies.module_path,
    jobs.make_shared_copy.module_path,
}
_OF_DOCUMENT = {jobs.make_photo_document.module_path}


def groups_of(waiting: Sequence[tuple]) -> dict:
    """For each job's id its case; jobs about no case are a group of their own name."""
    records = _cases(Record, [key for _pk, path, key in waiting if path in _OF_RECORD])
    documents = _cases(PhotoDocument, [key for _pk, path, key in waiting if path in _OF_DOCUMENT])
    known = records | documents
    return {pk: known.get(key, key) or path for pk, path, key in waiting}


def _cases(model, keys: list[str]) -> dict[str, str]:
    rows = model.objects.filter(pk__in=keys).values_list("pk", "case_id") if keys else []
    return {str(pk): str(case) for pk, case in rows}
