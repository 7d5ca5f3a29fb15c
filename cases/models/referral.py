"""One hospital's part in a case. None stands without the family's consent (row P1)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.case import Case
from cases.models.consent import Consent, key_in_database
from hospitals.models import Hospital

_SHARE = key_in_database(Value(Consent.Kind.SHARE_HOSPITAL.value))
_TRANSFER = key_in_database(Value(Consent.Kind.TRANSFER_CHINA.value), hospital=None)


class ReferralQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Of their own hospital, while it is shared (see `permissions.can_read_referral`)."""
        membership = getattr(user, "membership", None)
        if membership is None or not user.has_perm("cases.view_referral"):
            return self.none()
        return self.filter(hospital=membership.hospital_id, ended_at=None)


class Referral(models.Model):
    """The case is shown to a hospital while both consents hold: to this hospital, and to China.

    Both keys exist only while their consents do; withdrawing one without ending the referral
    is refused by the database, and so is a referral that names another case's consent.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A hospital's part means nothing without its case.
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="referrals")
    # Who was shown a case must stay known.
    hospital = models.ForeignKey(Hospital, on_delete=models.PROTECT, related_name="+")
    # RESTRICT: consent and referral go together with their case, and only so.
    share = models.ForeignKey(
        Consent, to_field="living_key", on_delete=models.RESTRICT, null=True, related_name="+"
    )
    transfer = models.ForeignKey(
        Consent, to_field="living_key", on_delete=models.RESTRICT, null=True, related_name="+"
    )
    sent_at = models.DateTimeField(_("shared"), default=timezone.now)
    sent_by = models.ForeignKey(
        # People of the office are disabled, never deleted.
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        verbose_name = _("referral")
        verbose_name_plural = _("referrals")
        ordering = ["sent_at"]
        constraints = [
            models.CheckConstraint(
                # In SQL an unknown is not a no: "is there" is asked apart from "is the right one".
                condition=Q(
                    ended_at__isnull=True,
                    share__isnull=False,
                    share_id=_SHARE,
                    transfer__isnull=False,
                    transfer_id=_TRANSFER,
                )
                | Q(ended_at__isnull=False, share__isnull=True, transfer__isnull=True),
                name="referral_has_its_consents",
            ),
            models.UniqueConstraint(
                fields=["case", "hospital"],
                condition=Q(ended_at__isnull=True),
                name="referral_open_once",
            ),
        ]

    def __str__(self):
        return str(self.pk)
