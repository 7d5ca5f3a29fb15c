"""Which folder of files belongs to this database."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class RecordsFolder(models.Model):
    """One row: the mark that the folder of files carries too.

    Two machines on one database must reach the same files. One with a folder of its own would
    lose uploads half way and call the other's papers damaged.
    """

    ONLY = 1
    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    mark = models.CharField(max_length=40)
    claimed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="records_folder_is_one"),
        ]

    def __str__(self):
        return self.mark
