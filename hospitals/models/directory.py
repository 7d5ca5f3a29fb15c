"""The version of everything public, so that pages can be kept until it changes."""

from django.db import connection, models
from django.db.models import F
from django.utils import timezone

CURRENT = "SELECT number FROM hospitals_directoryversion WHERE id = 1"


class DirectoryVersion(models.Model):
    """One row. Every action that changes a public claim raises it in its transaction."""

    number = models.PositiveBigIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self):
        return str(self.number)

    @classmethod
    def current(cls) -> int:
        """The version now; 0 before the first claim is loaded.

        Asked for every public page, and the query costs less than building it would.
        """
        with connection.cursor() as cursor:
            cursor.execute(CURRENT)
            row = cursor.fetchone()
        return row[0] if row else 0

    @classmethod
    def raise_number(cls) -> None:
        now = timezone.now()
        # An update leaves auto_now alone.
        if not cls.objects.filter(pk=1).update(number=F("number") + 1, changed_at=now):
            cls.objects.create(pk=1)
