"""Which hospital a person of a hospital works for."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from hospitals.models.hospital import Hospital


class Membership(models.Model):
    """One person, one hospital: what they may do there is their role."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(
        # A membership is nothing without its person; what they did stays in the audit trail.
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="membership",
    )
    hospital = models.ForeignKey(
        # A hospital with people is not deleted by accident.
        Hospital,
        verbose_name=_("hospital"),
        on_delete=models.PROTECT,
        related_name="memberships",
    )

    class Meta:
        verbose_name = _("member of a hospital")
        verbose_name_plural = _("members of hospitals")

    def __str__(self):
        return f"{self.user} - {self.hospital}"
