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

# A mail that waits longer than this means that no worker runs.
MAX_QUEUE_AGE = timedelta(minutes=10)
# Reading all migrations is dear, and anybody may ask.
MIGRATIONS_KNOWN_FOR = 5


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"ok": True})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Database reachable, migrations applied, jobs not stuck."""
    checks = {"database": _database_answers()}
    checks["migrations"] = checks["database"] and cache.get_or_set(
        "migrations-applied", _migrations_applied, MIGRATIONS_KNOWN_FOR
    )
    checks["jobs"] = checks["migrations"] and _jobs_move()
    ok = all(checks.values())
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
    """No job is due for long. Jobs without a time of their own have one far in the future."""
    now = timezone.now()
    due, asked = Q(run_after__lt=now - MAX_QUEUE_AGE), Q(run_after__gt=now)
    old = due | (asked & Q(enqueued_at__lt=now - MAX_QUEUE_AGE))
    return not DBTaskResult.objects.ready().filter(old).exists()
