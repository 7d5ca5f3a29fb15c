"""`manage.py verify_restore`: every key unwraps and every file opens to its last byte."""

from collections.abc import Iterator

from django.core.management.base import BaseCommand, CommandError

from cases.models import CaseKey, DerivedFile, Draft, Record
from cases.records import store
from cases.records.crypto import KeyUnknownError, SealBrokenError
from cases.records.kinds import Status
from cases.records.sealed import pieces_of

# So many are named; the rest is counted.
SHOWN = 20


class Command(BaseCommand):
    help = "Open all that is sealed, after a restore or at any time. Changes nothing."

    def add_arguments(self, parser):
        parser.add_argument(
            "--files-in-bucket",
            action="store_true",
            help="A file that is not in RECORDS_DIR counts as in the bucket, which is not asked.",
        )

    def handle(self, *, files_in_bucket, **options):
        self.wrong, self.elsewhere = [], 0
        self.files_in_bucket = files_in_bucket
        keys = self.count(self.keys(), "keys")
        files = self.count(self.files(), "files")
        if self.elsewhere:
            self.stdout.write(f"   files not looked at, in the bucket: {self.elsewhere}")
        if self.wrong:
            raise CommandError(f"{len(self.wrong)} of {keys + files} do not open.")

    def count(self, answers: Iterator[str], what: str) -> int:
        """Each answer is empty, or says what does not open."""
        total, wrong = 0, []
        for answer in answers:
            total += 1
            wrong += [answer] if answer else []
        self.stdout.write(f"   {what}: {total - len(wrong)} of {total} open")
        for line in wrong[:SHOWN]:
            self.stderr.write(f"   {line}")
        self.wrong += wrong
        return total

    def keys(self) -> Iterator[str]:
        for row in CaseKey.objects.filter(destroyed_at=None).iterator():
            yield _trouble(row.open, f"key of case {row.pk}")
        for row in Draft.objects.exclude(ring_key="").iterator():
            yield _trouble(row.sealing_key, f"key of draft {row.pk}")

    def files(self) -> Iterator[str]:
        living = {"case__record_key__destroyed_at": None}
        rows = [
            *Record.objects.filter(**living).values_list(
                "pk", "storage_name", "status", "received"
            ),
            *DerivedFile.objects.filter(storage_name__isnull=False, **living).values_list(
                "pk", "storage_name"
            ),
        ]
        keys = dict(Record.objects.values_list("pk", "case_id"))
        keys |= dict(DerivedFile.objects.values_list("pk", "case_id"))
        for pk, name, *arriving in rows:
            is_arriving = arriving and arriving[0] == Status.UPLOADING
            received = arriving[1] if is_arriving else None
            if self.files_in_bucket and not store.path_of(name).exists():
                self.elsewhere += 1
                continue
            yield _trouble(lambda one=(keys[pk], name, received): _read(*one), f"file {name}")


def _read(case_id, name: str, received: int | None) -> None:
    key = CaseKey.objects.get(pk=case_id).open()
    with store.reading(name) as file:
        for _piece in pieces_of(file, key, name, received):
            pass


def _trouble(opening, label: str) -> str:
    """What does not open and why; empty when it does. No reference, no name."""
    try:
        opening()
    except (
        KeyUnknownError,
        SealBrokenError,
        store.FileLostError,
        store.StorageDownError,
        CaseKey.DoesNotExist,
        OSError,
    ) as error:
        return f"{label}: {type(error).__name__}"
    return ""
