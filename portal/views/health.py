"""For load balancers and the operator's monitoring; they say yes or no and nothing else."""

from datetime import timedelta

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_tasks_db.models import DBTaskResult

from portal import alerts, disks
from portal.queues import HEAVY, is_serving_turns

# A mail that waits longer than this means that no worker runs.
MAX_QUEUE_AGE = timedelta(minutes=10)
# Reading all migrations is dear, a line of the log is too, and anybody may ask.
KNOWN_FOR = 5


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"ok": True})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Database reachable, migrations applied, jobs not stuck.

    A disk that is nearly full is named and told to the operator, and traffic goes on: to take
    the machine out would close the portal before the disk does. So are files that nobody checks.
    """
    checks = {"database": _database_answers()}
    checks["migrations"] = checks["database"] and cache.get_or_set(
        "migrations-applied", _migrations_applied, KNOWN_FOR
    )
    checks["jobs"] = checks["migrations"] and _jobs_move()
    ok = all(checks.values())
    checks["files"] = checks["migrations"] and _files_move()
    checks["room"] = cache.get_or_set("room-on-disks", _has_room, KNOWN_FOR)
    return JsonResponse({"ok": ok, "checks": checks}, status=200 if ok else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _migrations_applied() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _jobs_move() -> bool:
    """No mail, link or clock is due for long."""
    return not _long_due().exclude(queue_name=HEAVY).exists()


def _files_move() -> bool:
    """Somebody works on files, however many wait."""
    waits = _long_due().filter(queue_name=HEAVY).exists()
    return not waits or is_serving_turns(timezone.now() - MAX_QUEUE_AGE)


def _long_due():
    """Jobs without a time of their own have one far in the future."""
    now = timezone.now()
    due, asked = Q(run_after__lt=now - MAX_QUEUE_AGE), Q(run_after__gt=now)
    old = due | (asked & Q(enqueued_at__lt=now - MAX_QUEUE_AGE))
    return DBTaskResult.objects.ready().filter(old)


def _has_room() -> bool:
    """Else the operator is told."""
    has_room = disks.has_room()
    if not has_room:
        alerts.tell_operator(alerts.LITTLE_ROOM, "readyz")
    return has_room
