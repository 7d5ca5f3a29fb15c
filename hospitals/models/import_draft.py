"""A spreadsheet that a hospital has uploaded and not yet sent for approval."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hospitals.models.hospital import Hospital

KEPT = timedelta(days=1)


class ImportDraftQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The drafts of one's own hospital, as long as they are kept; the office has none."""
        if not user.works_at_partner:
            return self.none()
        own = Hospital.objects.visible_to(user)
        return self.filter(hospital__in=own, created_at__gt=timezone.now() - KEPT)

    def expired(self):
        return self.filter(created_at__lte=timezone.now() - KEPT)


class ImportDraft(models.Model):
    """What was read of the file, not the file: headers and cells as texts.

    `rows`: [{"number": 2, "cells": ["..."], "bad": [["column", "kind", "cell"]]}]; what they
    would change is worked out anew at each look, against what is public then.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # An unfinished upload means nothing without its hospital.
    hospital = models.ForeignKey(Hospital, on_delete=models.CASCADE, related_name="+")
    # ... nor without whoever uploaded it; what was sent is kept as revisions.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    created_at = models.DateTimeField(_("uploaded"), default=timezone.now, db_index=True)
    encoding = models.CharField(max_length=20, blank=True)
    header = models.JSONField(default=list)
    rows = models.JSONField(default=list)

    objects = ImportDraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("uploaded file")
        verbose_name_plural = _("uploaded files")
        ordering = ["-created_at"]

    def __str__(self):
        return f"{self.hospital.slug} {self.created_at:%Y-%m-%d}"
