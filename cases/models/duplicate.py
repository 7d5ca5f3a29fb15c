"""The same patient asked for twice: found by keyed traces, decided by people."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.case import Case


class PatientTrace(models.Model):
    """A word of a patient's name with the birth date, as a keyed hash: it finds, and tells nothing.

    Works while names are encrypted, too.
    """

    # A trace means nothing without its case.
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="traces")
    key = models.CharField(max_length=64, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "key"], name="trace_once"),
        ]

    def __str__(self):
        return self.key


class DuplicateHint(models.Model):
    """Two cases that may be of one patient. The office alone sees it; no family is ever told."""

    class State(models.TextChoices):
        OPEN = "open", _("to be looked at")
        DIFFERENT = "different", _("different patients")
        MERGED = "merged", _("joined")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A hint means nothing without both of its cases.
    older = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    newer = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        # People of the office are disabled, never deleted.
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["older", "newer"], name="duplicate_pair_once"),
            models.CheckConstraint(condition=~Q(older=F("newer")), name="duplicate_of_another"),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True, decided_by__isnull=True)
                | Q(~Q(state="open"), decided_at__isnull=False, decided_by__isnull=False),
                name="duplicate_decided_by_somebody",
            ),
        ]

    def __str__(self):
        return str(self.pk)

    def other(self, case: Case) -> Case:
        return self.newer if case.pk == self.older_id else self.older


class MergeAgreement(models.Model):
    """The owner of one of the two cases agrees that they are joined; in a code how."""

    class How(models.TextChoices):
        PHONE = "phone", _("They said so on the phone")
        MESSAGE = "message", _("They wrote it in the messages of their case")
        PAPER = "paper", _("They signed it on paper")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    hint = models.ForeignKey(DuplicateHint, on_delete=models.CASCADE, related_name="agreements")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    how = models.CharField(_("how"), max_length=8, choices=How.choices)
    at = models.DateTimeField(default=timezone.now)
    # People of the office are disabled, never deleted.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hint", "case"], name="merge_agreed_once"),
        ]

    def __str__(self):
        return self.get_how_display()
