"""The version of everything public, so that pages can be kept until it changes."""

from django.db import models
from django.db.models import F


class DirectoryVersion(models.Model):
    """One row. Every action that changes a public claim raises it in its transaction."""

    number = models.PositiveBigIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self):
        return str(self.number)

    @classmethod
    def current(cls) -> int:
        """The version now; 0 before the first claim is loaded. One query."""
        return cls.objects.values_list("number", flat=True).filter(pk=1).first() or 0

    @classmethod
    def raise_number(cls) -> None:
        if not cls.objects.filter(pk=1).update(number=F("number") + 1):
            cls.objects.create(pk=1)
