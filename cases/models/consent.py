"""Consents: each its own row, with the very words that were shown."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.access import FamilyMember
from cases.models.case import Case
from hospitals.models import Hospital


class Consent(models.Model):
    """Given by whom, for whom, when, in which words (FHIR: Consent)."""

    class Kind(models.TextChoices):
        HEALTH_DATA = "health_data", _("handling of health data")
        TRANSFER_CHINA = "transfer_china", _("transfer of data to China")
        SHARE_HOSPITAL = "share_hospital", _("sharing with a hospital")
        NEWS = "news", _("news by e-mail")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Consents go with the case; proof that outlives it is the audit trail's hash.
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="consents")
    kind = models.CharField(_("what for"), max_length=16, choices=Kind.choices)
    hospital = models.ForeignKey(
        Hospital, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    version = models.CharField(_("version of the text"), max_length=16)
    language = models.CharField(_("language"), max_length=10)
    text_hash = models.CharField(_("SHA-256 of the text shown"), max_length=64)
    given_at = models.DateTimeField(_("given"), default=timezone.now)
    given_by = models.ForeignKey(FamilyMember, on_delete=models.CASCADE, related_name="+")
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["given_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="share_hospital", hospital__isnull=False)
                | (~Q(kind="share_hospital") & Q(hospital__isnull=True)),
                name="consent_share_names_hospital",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("given_at")),
                name="consent_withdrawn_after_given",
            ),
            models.UniqueConstraint(
                fields=["case", "kind"],
                condition=Q(withdrawn_at__isnull=True, hospital__isnull=True),
                name="consent_given_once",
            ),
            models.UniqueConstraint(
                fields=["case", "hospital"],
                condition=Q(withdrawn_at__isnull=True, hospital__isnull=False),
                name="consent_given_once_per_hospital",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.version}"
