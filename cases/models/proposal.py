"""A hospital that the office proposes to a family; the family answers, nobody else."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.models.case import Case
from cases.models.key import SealedTextField, sealing_key
from hospitals.models import Hospital


class Proposal(models.Model):
    """One question to the family: may this hospital see the case? It shares nothing by itself."""

    class State(models.TextChoices):
        OPEN = "open", _("waits for the family")
        AGREED = "agreed", _("the family agreed")
        DECLINED = "declined", pgettext_lazy("a hospital", "the family does not want it")
        TAKEN_BACK = "taken_back", pgettext_lazy("a proposal", "taken back")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A question means nothing without its case.
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="proposals")
    # What was asked must stay known.
    hospital = models.ForeignKey(Hospital, on_delete=models.PROTECT, related_name="+")
    reason = SealedTextField(_("why this hospital"))
    language = models.CharField(_("language"), max_length=10)
    proposed_at = models.DateTimeField(_("proposed"), default=timezone.now)
    proposed_by = models.ForeignKey(
        # People of the office are disabled, never deleted.
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    # Why not, if the family wants to say so.
    words = SealedTextField(_("in their own words"), blank=True)

    class Meta:
        verbose_name = _("proposed hospital")
        verbose_name_plural = _("proposed hospitals")
        ordering = ["proposed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "hospital"], condition=Q(state="open"), name="proposal_open_once"
            ),
            models.CheckConstraint(
                condition=Q(state="open", answered_at__isnull=True)
                | (~Q(state="open") & Q(answered_at__isnull=False)),
                name="proposal_answered_with_time",
            ),
        ]

    def __str__(self):
        return str(self.pk)

    def sealing_key(self) -> bytes:
        return sealing_key(self.case)
