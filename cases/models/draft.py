"""An inquiry that is not sent yet; kept 30 days, page by page."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.case import Case


class Draft(models.Model):
    """Answers as typed, per page. Only the browser that holds the secret reads it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # SHA-256 of the session's secret: a copy of the database does not open drafts.
    secret_hash = models.CharField(max_length=64, editable=False)
    language = models.CharField(_("language"), max_length=10)
    answers = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("begun"), default=timezone.now)
    expires_at = models.DateTimeField(_("kept until"), db_index=True)
    version = models.PositiveIntegerField(default=1)
    # One inquiry makes one case, however often it is sent (row R3).
    case = models.OneToOneField(
        Case, on_delete=models.CASCADE, null=True, blank=True, related_name="draft"
    )

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")

    def __str__(self):
        return str(self.pk)
