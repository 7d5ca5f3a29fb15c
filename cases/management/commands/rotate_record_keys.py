"""`manage.py rotate_record_keys`: wrap the keys of all cases with the ring's first key."""

from django.core.management.base import BaseCommand, CommandError

from cases.actions import rewrap_case_keys
from cases.records.crypto import KeyUnknownError


class Command(BaseCommand):
    help = "After a new key was put first into RECORD_KEYS. May be run again at any time."

    def handle(self, **options):
        try:
            changed = rewrap_case_keys(by=None)
        except KeyUnknownError as missing:
            raise CommandError(f"RECORD_KEYS lacks the key '{missing}', which is in use.") from None
        self.stdout.write(f"{changed} keys wrapped anew; former keys may be taken out now.")
