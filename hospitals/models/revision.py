"""A change that a hospital proposes; public only after the office has approved it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hospitals.choices import RevisionStatus
from hospitals.models.hospital import Hospital, Specialty
from hospitals.models.listing import Listing
from hospitals.querysets import RevisionQuerySet


class Revision(models.Model):
    """What was, what shall be, who asked, who decided. Kept for good.

    `listing` is empty for a change of the hospital itself or for a new listing;
    a new listing names its `specialty`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The history of a public claim outlives neither hospital nor listing by accident: PROTECT.
    hospital = models.ForeignKey(
        Hospital,
        verbose_name=_("hospital"),
        on_delete=models.PROTECT,
        related_name="revisions",
    )
    listing = models.ForeignKey(
        Listing,
        verbose_name=_("specialty of a hospital"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="revisions",
    )
    specialty = models.ForeignKey(
        Specialty,
        verbose_name=_("new specialty"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    # Field -> the reason why it was refused; the other fields of an approved change are public.
    refused = models.JSONField(_("refused"), default=dict, blank=True)
    base_version = models.PositiveIntegerField(default=0)
    status = models.CharField(
        _("state"),
        max_length=12,
        choices=RevisionStatus.choices,
        default=RevisionStatus.PENDING,
    )
    created_at = models.DateTimeField(_("proposed"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("proposed by"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposed change")
        verbose_name_plural = _("proposed changes")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_by__isnull=True, status="pending")
                | (Q(decided_at__isnull=False, decided_by__isnull=False) & ~Q(status="pending")),
                name="revision_decided_pair",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | ~Q(status__in=["approved", "partly", "refused"])
                | ~Q(decided_by=F("created_by")),
                name="revision_not_decided_by_author",
                violation_error_message=_("Another person must decide about your change."),
            ),
            # One waiting change for each target: a second one replaces the first knowingly.
            models.UniqueConstraint(
                fields=["listing"],
                condition=Q(status="pending", listing__isnull=False),
                name="revision_one_pending_a_listing",
            ),
            models.UniqueConstraint(
                fields=["hospital", "specialty"],
                condition=Q(status="pending", listing__isnull=True, specialty__isnull=False),
                name="revision_one_pending_new_listing",
            ),
            models.UniqueConstraint(
                fields=["hospital"],
                condition=Q(status="pending", listing__isnull=True, specialty__isnull=True),
                name="revision_one_pending_a_hospital",
            ),
        ]
        indexes = [
            # The approval queue of the office.
            models.Index(
                fields=["created_at"], condition=Q(status="pending"), name="revision_pending_idx"
            ),
        ]

    def __str__(self):
        return f"{self.hospital.slug} {self.created_at:%Y-%m-%d}"

    @property
    def target(self):
        """What would change: a listing, or the hospital; None for a new listing."""
        if self.listing_id:
            return self.listing
        return None if self.specialty_id else self.hospital

    @property
    def is_pending(self) -> bool:
        return self.status == RevisionStatus.PENDING
