"""Where the sealed files lie: on the disk while they arrive, then in the bucket if there is one."""

import logging
import time
from collections.abc import Iterable
from datetime import timedelta
from itertools import islice

from django.apps import apps
from django.conf import settings

from cases.models import Record
from cases.records import s3, store
from cases.records.kinds import Status
from portal.troubles import StorageDownError

# Longer than any request: a file of the plain form has no row before its request ends.
ORPHAN_AFTER = timedelta(hours=1)
# Names that one query asks for.
AT_ONCE = 500
# A run of the job gives way to others after this.
SECONDS_A_RUN = 30
log = logging.getLogger("portal.records")


def names_with_row(names: Iterable[str]) -> set[str]:
    """Which of these files belong to something."""
    found = set()
    for model in _models_with_files():
        rows = model.objects.filter(storage_name__in=names)
        found.update(rows.values_list("storage_name", flat=True))
    return found


def _models_with_files():
    """Whoever adds a model with files need not remember that they would be swept."""
    for model in apps.get_app_config("cases").get_models():
        if any(field.name == "storage_name" for field in model._meta.concrete_fields):
            yield model


def sweep_orphans() -> int:
    """Files without a row, left behind by a kill between the two (row U8)."""
    return _sweep(store.names_older_than(ORPHAN_AFTER.total_seconds()))


def sweep_bucket() -> int:
    """The same in the bucket, and parts of files that were cut off. Nothing while it is down."""
    if settings.RECORDS_STORAGE is None:
        return 0
    seconds = ORPHAN_AFTER.total_seconds()
    try:
        return _sweep(store.bucket_names_older_than(seconds)) + s3.forget_parts_older_than(seconds)
    except StorageDownError:
        log.warning("bucket not looked through: it does not answer")
        return 0


def _sweep(names: Iterable[str]) -> int:
    removed = 0
    for some in _by_hundreds(names):
        orphans = set(some) - names_with_row(some)
        for name in orphans:
            store.remove(name)
        removed += len(orphans)
    return removed


def _by_hundreds(names: Iterable[str]):
    rest = iter(names)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def hand_over_files() -> bool:
    """Moves what was checked from the disk into the bucket; whether some is left for another run.

    Files that are arriving or being checked stay: both want them near. Not to be called within a
    transaction.
    """
    if settings.RECORDS_STORAGE is None:
        return False
    until = time.monotonic() + SECONDS_A_RUN
    for some in _by_hundreds(store.names_older_than(-1)):
        for name in names_with_row(some) - _unsettled(some):
            if time.monotonic() > until:
                return True
            if not _hand_over(name):
                return False
    return False


def _unsettled(names: list[str]) -> set[str]:
    rows = Record.objects.filter(storage_name__in=names)
    waiting = rows.filter(status__in=[Status.UPLOADING, Status.CHECKING])
    return set(waiting.values_list("storage_name", flat=True))


def _hand_over(name: str) -> bool:
    """False when it is no use to go on now: the file is safe where it is."""
    try:
        store.hand_over(name)
    except (store.BusyError, store.FileLostError):
        return True
    except StorageDownError as error:
        # The code of the answer, such as AccessDenied: no name, no address.
        log.error("bucket does not answer", extra={"fields": {"said": str(error)}})
        return False
    return True
