"""Mailed links: to a new code of a case or a draft, or to say that an address is one's own."""

import hashlib
import uuid
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.links import link_token, token_row
from cases.models.access import FamilyMember
from cases.models.draft import Draft
from cases.workflow import Stage


class Purpose(models.TextChoices):
    SIGN_IN = "sign_in", _("new code")
    CONFIRM = "confirm", _("confirm the address")
    INVITE = "invite", _("invitation of a second adult")


# Purposes of links that make a code.
MAKES_CODE = frozenset({Purpose.SIGN_IN, Purpose.INVITE})


# How long a link works. The second kind opens nothing, so it may wait for its reader; the third
# opens only to whoever names the reference too, which its mail does not say.
LIFE = {
    Purpose.SIGN_IN: timedelta(minutes=10),
    Purpose.CONFIRM: timedelta(days=30),
    Purpose.INVITE: timedelta(days=3),
}


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class FamilyTokenQuerySet(models.QuerySet):
    def make(self, whom: FamilyMember | Draft, purpose: Purpose) -> "FamilyToken":
        now = timezone.now()
        owner = {"draft" if isinstance(whom, Draft) else "member": whom}
        row = self.model(purpose=purpose, created_at=now, **owner)
        row.expires_at = now + LIFE[purpose]
        row.token_hash = hash_token(link_token(row.pk))
        row.save()
        return row

    def living(self):
        """Not too old and not void; nobody comes back to a withdrawn case."""
        now = timezone.now()
        of_case = Q(draft=None, member__ended_at=None) & ~Q(member__case__stage=Stage.WITHDRAWN)
        of_draft = Q(member=None, draft__case=None, draft__expires_at__gt=now)
        return self.filter(of_case | of_draft, expires_at__gt=now)

    def of(self, token: str):
        """The row of this token, if it is one. Reading it uses nothing up."""
        return self.filter(pk=token_row(token), token_hash=hash_token(token))

    def make_void(self) -> int:
        """From now on none of these links works, used or not."""
        now = timezone.now()
        return self.filter(expires_at__gt=now).update(expires_at=now)


class FamilyToken(models.Model):
    """A mailed link. The token itself is kept nowhere (row A4)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A way in means nothing without whoever comes in.
    member = models.ForeignKey(
        FamilyMember, on_delete=models.CASCADE, null=True, blank=True, related_name="tokens"
    )
    # Erased with the draft that it leads back to.
    draft = models.ForeignKey(
        Draft, on_delete=models.CASCADE, null=True, blank=True, related_name="tokens"
    )
    purpose = models.CharField(
        _("purpose"), max_length=8, choices=Purpose.choices, default=Purpose.SIGN_IN
    )
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    objects = FamilyTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("mailed link")
        verbose_name_plural = _("mailed links")
        constraints = [
            models.CheckConstraint(
                condition=Q(member__isnull=False, draft__isnull=True)
                | Q(member__isnull=True, draft__isnull=False),
                name="token_opens_one_thing",
            ),
        ]

    def __str__(self):
        return str(self.pk)

    @property
    def reference(self) -> str:
        """What a browser that did not ask for the link has to name."""
        return self.draft.reference if self.draft_id else self.member.case.reference

    @property
    def references(self) -> set[str]:
        """With those of cases that were joined with it: that may be the one somebody knows."""
        joined = (
            [] if self.draft_id else self.member.case.joined.values_list("reference", flat=True)
        )
        return {self.reference, *joined}
