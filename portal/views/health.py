"""For load balancers and the operator's monitoring; they say yes or no and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
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
from portal.models import MailStatus, OutgoingMail
from portal.queues import HEAVY, is_serving_turns

# A mail that waits longer than this means that no worker runs.
MAX_QUEUE_AGE = timedelta(minutes=10)
# Reading all migrations is dear, a line of the log is too, and anybody may ask.
KNOWN_FOR = 5
# Says nothing of the mail server: this address does not exist, or takes no mail now.
OF_ONE_RECIPIENT = ("SMTPRecipientsRefused", "SMTPDataError")


@dataclass(frozen=True)
class Question:
    """One check of `/readyz`: false is told to the operator, and may end the traffic."""

    is_well: Callable[[], bool]
    trouble: str
    ends_traffic: bool = False
    # Seconds that an answer is kept, for dear questions.
    known_for: int = KNOWN_FOR


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"ok": True})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Database reachable, migrations applied, jobs not stuck, and what the apps ask.

    What traffic cannot mend is named and told to the operator while traffic goes on: a disk that
    is nearly full, files that nobody checks, mails that the mail server does not take.
    """
    checks = {"database": _database_answers()}
    checks["migrations"] = checks["database"] and cache.get_or_set(
        "migrations-applied", _migrations_applied, KNOWN_FOR
    )
    for name, question in questions.items():
        checks[name] = checks["migrations"] and _answer(name, question)
    checks["room"] = cache.get_or_set("room-on-disks", _has_room, KNOWN_FOR)
    must = ["database", "migrations", *(n for n, one in questions.items() if one.ends_traffic)]
    ok = all(checks[name] for name in must)
    return JsonResponse({"ok": ok, "checks": checks}, status=200 if ok else 503)


def troubles() -> list[str]:
    """What is not well, for the office's desk; the database answers there."""
    wrong = [one.trouble for name, one in questions.items() if not _answer(name, one)]
    if not cache.get_or_set("room-on-disks", _has_room, KNOWN_FOR):
        wrong.append(alerts.LITTLE_ROOM)
    return wrong


def _answer(name: str, question: Question) -> bool:
    key = f"well-{name}"
    known = cache.get(key)
    if known is None:
        known = _told(question.is_well(), question.trouble)
        cache.set(key, known, question.known_for if known else KNOWN_FOR)
    return known


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


def _mail_leaves() -> bool:
    """No mail waits for long because the mail server is away or takes none of ours."""
    waiting = OutgoingMail.objects.filter(status=MailStatus.WAITING, attempts__gt=0)
    old = waiting.filter(created_at__lt=timezone.now() - MAX_QUEUE_AGE)
    return not old.exclude(error__in=OF_ONE_RECIPIENT).exists()


def _has_room() -> bool:
    return _told(disks.has_room(), alerts.LITTLE_ROOM)


def _told(is_well: bool, trouble: str) -> bool:
    """Tell the operator what is not well, however often somebody asks."""
    if not is_well and cache.add(f"told-{trouble.replace(' ', '-')}", True, KNOWN_FOR):
        alerts.tell_operator(trouble, "readyz")
    return is_well


# By the name that `/readyz` shows; an app adds its own.
questions = {
    "jobs": Question(_jobs_move, alerts.NO_WORKER, ends_traffic=True),
    "files": Question(_files_move, alerts.NO_HEAVY_WORKER),
    "mail": Question(_mail_leaves, alerts.MAIL_WAITS),
}
