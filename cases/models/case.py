"""A case: where the journey stands. What the family wrote is in `Inquiry`."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from cases.querysets import CaseQuerySet
from cases.workflow import ENDED_STAGES, CloseReason, HeldFor, Stage, WaitingOn
from hospitals.models import Hospital

# Kinds of consent (see consent.py, which imports this module).
TO_READ = {"health_data", "transfer_china"}


class Case(models.Model):
    """Three separate facts: `stage`, `waiting_on` (whose turn) and `next_due_at`.

    Only `cases.actions` writes them. Holds no health data, so lists and
    queues can be read without opening what the family wrote.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(_("reference"), max_length=12, unique=True)
    stage = models.CharField(_("stage"), max_length=16, choices=Stage.choices)
    waiting_on = models.CharField(_("whose turn"), max_length=12, choices=WaitingOn.choices)
    turn_since = models.DateTimeField(_("since"), default=timezone.now)
    next_due_at = models.DateTimeField(_("due"), null=True, blank=True)
    # Two clocks: the first human answer, and the next step (product.md).
    first_answer_due_at = models.DateTimeField(_("first answer promised by"))
    first_answered_at = models.DateTimeField(_("first answered"), null=True, blank=True)
    has_new_words = models.BooleanField(_("new words from the family"), default=True)
    language = models.CharField(_("language"), max_length=10)
    country = CountryField(_("country"))
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    is_urgent = models.BooleanField(_("urgent"), default=False)
    hospital = models.ForeignKey(
        # The wish of the family must not vanish with a directory entry.
        Hospital,
        verbose_name=_("hospital wished"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    assigned_to = models.ForeignKey(
        # A person who leaves is disabled, not deleted; their cases stay.
        settings.AUTH_USER_MODEL,
        verbose_name=_("coordinator"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    close_reason = models.CharField(
        _("why closed"), max_length=20, choices=CloseReason.choices, blank=True
    )
    held_for = models.CharField(
        _("held because"), max_length=12, choices=HeldFor.choices, blank=True
    )
    # Files of it that cost too much to look into, one after the other, and when the last was.
    costly_checks = models.PositiveSmallIntegerField(db_default=0, default=0, editable=False)
    costly_at = models.DateTimeField(null=True, editable=False)
    # The case that this one was joined with; its reference and codes lead there.
    merged_into = models.ForeignKey(
        # Erased with it: it is of the same patient.
        "self",
        verbose_name=_("joined with"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="joined",
    )
    created_at = models.DateTimeField(_("received"), default=timezone.now)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(stage=Stage.CLOSED, close_reason__gt="")
                | (~Q(stage=Stage.CLOSED) & Q(close_reason="")),
                name="case_closed_has_reason",
                violation_error_message=_("A closed case needs a reason."),
            ),
            models.CheckConstraint(
                condition=Q(stage__in=Stage.values) & Q(waiting_on__in=WaitingOn.values),
                name="case_stage_known",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=sorted(ENDED_STAGES))
                | Q(waiting_on=WaitingOn.NOBODY, next_due_at__isnull=True),
                name="case_ended_waits_on_nobody",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(close_reason=CloseReason.DUPLICATE),
                name="case_joined_is_closed",
            ),
        ]
        indexes = [
            # The queue: open cases, the most overdue first.
            models.Index(
                fields=["next_due_at"],
                condition=~Q(stage__in=sorted(ENDED_STAGES)),
                name="case_open_due_idx",
            ),
            # "Mine", and "unassigned".
            models.Index(fields=["assigned_to", "next_due_at"], name="case_assigned_idx"),
            models.Index(fields=["-created_at"], name="case_created_idx"),
            # The queue of what the office looks at first.
            models.Index(fields=["-created_at"], condition=~Q(held_for=""), name="case_held_idx"),
        ]

    def __str__(self):
        return self.reference

    @property
    def has_ended(self) -> bool:
        return self.stage in ENDED_STAGES

    @property
    def is_overdue(self) -> bool:
        return self.next_due_at is not None and self.next_due_at < timezone.now()

    @cached_property
    def is_reading_stopped(self) -> bool:
        """Whether a consent is missing without which nobody of the office may read on.

        Closed by default: one that was never given is as missing as one that was taken back. Of a
        case that was joined the other is asked, where the family's consents are now. Asked once
        by each instance: a request has its own.
        """
        consents = self.consents.model.objects.filter(case=self.merged_into_id or self.pk)
        living = consents.filter(kind__in=TO_READ, withdrawn_at=None)
        return set(living.values_list("kind", flat=True)) != TO_READ
