"""An inquiry that is not sent yet; kept 30 days, page by page."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.clocks import DRAFT_UNTOUCHED_KEPT
from cases.models.case import Case
from cases.models.key import SealedJSONField, SealedTextField
from cases.records import crypto

# Of one page of an inquiry: four times what its longest texts may hold.
PAGE_BYTES = 64 * 1024
# Of all pages together as they are sealed; there are fewer than sixteen.
ANSWERS_BYTES = 16 * PAGE_BYTES


class Channel(models.TextChoices):
    """How the family asked. All but the first are typed in by the office."""

    ONLINE = "online", pgettext_lazy("how an inquiry came", "on this site")
    PHONE = "phone", pgettext_lazy("how an inquiry came", "by phone")
    PAPER = "paper", pgettext_lazy("how an inquiry came", "on paper")


class DraftQuerySet(models.QuerySet):
    def open(self):
        """Not sent and not too old."""
        return self.filter(case=None, expires_at__gt=timezone.now())

    def abandoned(self):
        """Begun on this site a day ago and never typed into: by a slip, or by a machine."""
        before = timezone.now() - timedelta(days=DRAFT_UNTOUCHED_KEPT)
        untouched = self.filter(case=None, channel=Channel.ONLINE, version=1)
        # Nobody is reminded of it: the partial index finds these rows.
        return untouched.filter(created_at__lt=before, reminded_at=None, code_hash="", email=b"")


class Draft(models.Model):
    """Answers as typed, per page. It becomes the case with the same reference and code.

    Read by the browser that began it, and by whoever has the reference and the code.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(_("reference"), max_length=12, unique=True)
    # SHA-256 of the session's secret: a copy of the database does not open drafts.
    secret_hash = models.CharField(max_length=64, editable=False)
    # Empty until somebody asked for the code: it is made of the secret, and kept nowhere (row A1).
    code_hash = models.CharField(max_length=256, blank=True, editable=False)
    # Raised with each new code: browsers that carry an older number are out (row A5).
    access_version = models.PositiveIntegerField(default=1, editable=False)
    # From the page about contact: where a link back is mailed to.
    email = SealedTextField(_("e-mail"), blank=True)
    email_confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=10)
    answers = SealedJSONField(blank=True)
    # Of its own until it is sent; then it is the case's, and the draft has none.
    ring_key = models.CharField(max_length=32, blank=True, db_index=True, editable=False)
    wrapped = models.BinaryField(default=bytes)
    channel = models.CharField(
        _("how it came"), max_length=8, choices=Channel.choices, default=Channel.ONLINE
    )
    typed_by = models.ForeignKey(
        # People of the office are disabled, never deleted.
        settings.AUTH_USER_MODEL,
        verbose_name=_("typed by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(_("begun"), default=timezone.now)
    expires_at = models.DateTimeField(_("kept until"), db_index=True)
    version = models.PositiveIntegerField(default=1)
    # One inquiry makes one case, however often it is sent (row R3).
    case = models.OneToOneField(
        Case, on_delete=models.CASCADE, null=True, blank=True, related_name="draft"
    )

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [
            models.CheckConstraint(
                condition=Q(typed_by__isnull=True) | ~Q(channel="online"),
                name="draft_online_typed_by_family",
            ),
            # Whatever way they come: drafts wait for weeks, and nobody types so much (row R6).
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("answers"), ANSWERS_BYTES),
                name="draft_answers_are_small",
            ),
        ]
        indexes = [
            # The reminder of day 7.
            models.Index(
                fields=["created_at"],
                condition=Q(case__isnull=True, reminded_at__isnull=True),
                name="draft_reminder_idx",
            ),
        ]

    def __str__(self):
        return self.reference

    def save(self, *args, **kwargs):
        if self._state.adding and not self.ring_key:
            self.wrap(crypto.new_key())
        super().save(*args, **kwargs)

    @property
    def about(self) -> str:
        return f"draft-key:{self.pk}"

    def wrap(self, key: bytes) -> None:
        """With the ring's first key. The row is not saved by it."""
        self.ring_key, self.wrapped = crypto.key_ring().wrap(key, self.about)

    def sealing_key(self) -> bytes:
        """Raises KeyDestroyedError once it is sent: the case has it."""
        if not self.ring_key:
            raise crypto.KeyDestroyedError
        return crypto.key_ring().unwrap(self.ring_key, self.wrapped, self.about)

    @property
    def is_untouched(self) -> bool:
        """Nothing was typed and no way back was asked for."""
        is_ours = self.channel == Channel.ONLINE and self.case_id is None
        return is_ours and self.version == 1 and not self.has_way_back

    @property
    def kept_until(self) -> datetime:
        if self.is_untouched:
            return self.created_at + timedelta(days=DRAFT_UNTOUCHED_KEPT)
        return self.expires_at

    @property
    def has_way_back(self) -> bool:
        """Whether another browser can reach it: by the code, or by a mailed link."""
        return bool(self.code_hash or self.email)
