"""Consents: each its own row, with the very words that were shown."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Coalesce, Concat, Replace
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.access import FamilyMember
from cases.models.case import Case
from cases.models.draft import Channel
from hospitals.models import Hospital


def _hex(column: str):
    """A key as 32 letters, whatever the database makes of a UUID."""
    text = Cast(F(column), models.CharField())
    return Coalesce(Replace(text, Value("-"), Value("")), Value(""))


def key_in_database(kind, hospital="hospital_id"):
    """What `living_key` has to be, as the database reckons it from the row's own columns."""
    parts = [kind, Value(":"), _hex("case_id"), Value(":")]
    return Concat(
        *parts, _hex(hospital) if hospital else Value(""), output_field=models.CharField()
    )


class Consent(models.Model):
    """Given by whom, for whom, when, in which words (FHIR: Consent)."""

    class Kind(models.TextChoices):
        HEALTH_DATA = "health_data", _("handling of health data")
        TRANSFER_CHINA = "transfer_china", _("transfer of data to China")
        SHARE_HOSPITAL = "share_hospital", _("sharing with a hospital")
        NEWS = "news", _("news by e-mail")
        # A parent or guardian decides for a minor; of a child under 14 by name (see consents.py).
        GUARDIAN = "guardian", _("declaration of the parent or guardian")
        CHILD = "child", _("data of a child under 14")

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
    # What the person is to the patient for whom it was given.
    capacity = models.CharField(
        _("given as"), max_length=12, choices=FamilyMember.Relation.choices, blank=True
    )
    # By name, where the law asks for that.
    signed_name = models.CharField(_("signed by name"), max_length=120, blank=True)
    channel = models.CharField(
        _("how it was given"), max_length=8, choices=Channel.choices, default=Channel.ONLINE
    )
    recorded_by = models.ForeignKey(
        # People of the office are disabled, never deleted.
        settings.AUTH_USER_MODEL,
        verbose_name=_("recorded by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    # "kind:case:hospital" while it holds, nothing once withdrawn. A referral points here, so
    # the database itself lets none stand without its consent (row P1).
    living_key = models.CharField(max_length=90, unique=True, null=True, blank=True, editable=False)

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
            models.CheckConstraint(
                condition=Q(
                    withdrawn_at__isnull=True,
                    living_key__isnull=False,
                    living_key=key_in_database(F("kind")),
                )
                | Q(withdrawn_at__isnull=False, living_key__isnull=True),
                name="consent_key_while_it_holds",
            ),
            models.CheckConstraint(
                condition=Q(channel="online") | Q(recorded_by__isnull=False),
                name="consent_typed_in_names_who",
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

    def save(self, *args, **kwargs):
        self.living_key = None if self.withdrawn_at else self.key
        super().save(*args, **kwargs)

    @property
    def key(self) -> str:
        """The same as `key_in_database`."""
        hospital = self.hospital_id.hex if self.hospital_id else ""
        return f"{self.kind}:{self.case_id.hex}:{hospital}"
