"""The history of public claims: what was said before, who changed it, who approved."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hospitals.choices import ChangeOrigin
from hospitals.models.hospital import Hospital
from hospitals.models.listing import Listing
from hospitals.models.revision import Revision


class Change(models.Model):
    """One public claim became another. Written in the transaction of the change; kept for good.

    `subject` says what of the hospital it is about where that is no listing: the key of a
    fact, a campus or a story. An empty `field` confirms everything that was public.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # History outlives neither hospital nor listing by accident: PROTECT.
    hospital = models.ForeignKey(
        Hospital, verbose_name=_("hospital"), on_delete=models.PROTECT, related_name="changes"
    )
    listing = models.ForeignKey(
        Listing, on_delete=models.PROTECT, null=True, blank=True, related_name="changes"
    )
    subject = models.CharField(max_length=100, blank=True)
    field = models.CharField(max_length=60, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    origin = models.CharField(_("origin"), max_length=12, choices=ChangeOrigin.choices)
    at = models.DateTimeField(_("when"), default=timezone.now)
    # Of the project's own data nobody is the author; people stay named for good.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    revision = models.ForeignKey(
        Revision, on_delete=models.PROTECT, null=True, related_name="changes"
    )

    class Meta:
        verbose_name = _("change of a public claim")
        verbose_name_plural = _("changes of public claims")
        ordering = ["-at"]
        indexes = [
            # The public history of a hospital, newest first.
            models.Index(fields=["hospital", "-at"], name="change_history_idx"),
        ]

    def __str__(self):
        return f"{self.hospital_id} {self.field}"
