"""Who in a family may open a case: by reference and private code, without an account."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from cases.models.case import Case


class FamilyMemberQuerySet(models.QuerySet):
    def of_reference(self, reference: str):
        """Who may come in by it; one of a case that was joined leads to the other case."""
        joined = Case.objects.filter(joined__reference=reference)
        return self.filter(Q(case__reference=reference) | Q(case__in=joined), ended_at=None)


class FamilyMember(models.Model):
    """The adult who asked (the owner), or a second one whom the owner let in.

    Each has a code of their own, kept as an Argon2id hash alone (row A1).
    """

    class Relation(models.TextChoices):
        PARENT = "parent", _("I am the mother or father")
        GUARDIAN = "guardian", _("I am the legal guardian")
        PATIENT = "patient", _("I am the patient")
        RELATIVE = "relative", _("I am a relative")
        OTHER = "other", _("I help the family in another way")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Access to a case means nothing without it.
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="family")
    is_owner = models.BooleanField(_("owner"), default=True)
    # What the owner granted to a second adult: to read, or to write as well.
    can_write = models.BooleanField(_("may write"), default=True)
    # When the owner took the access away.
    ended_at = models.DateTimeField(_("access ended"), null=True, blank=True, editable=False)
    relation = models.CharField(_("to the patient"), max_length=12, choices=Relation.choices)
    name = models.CharField(_("name"), max_length=120)
    # Empty of whoever was typed in by the office, or got the code by hand.
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    # Somebody used a link that went to this address: only then is a second mail sent (row M3).
    email_confirmed_at = models.DateTimeField(
        _("e-mail confirmed"), null=True, blank=True, editable=False
    )
    phone = PhoneNumberField(_("phone"), blank=True)
    messenger = models.CharField(_("WeChat or WhatsApp"), max_length=100, blank=True)
    languages = models.CharField(_("languages spoken"), max_length=200, blank=True)
    best_time = models.CharField(_("best time to call"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=10)
    code_hash = models.CharField(max_length=256, editable=False)
    # Raised with each new code: sessions that carry an older number are dead (row A5).
    access_version = models.PositiveIntegerField(default=1, editable=False)

    objects = FamilyMemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("family member")
        verbose_name_plural = _("family members")
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(is_owner=True), name="family_one_owner"
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(is_owner=False, ended_at__isnull=True),
                name="family_one_second_adult",
                violation_error_message=_("A second adult has access already."),
            ),
            models.CheckConstraint(
                condition=Q(is_owner=False) | Q(ended_at__isnull=True, can_write=True),
                name="family_owner_may_all",
            ),
        ]

    def __str__(self):
        return self.name


class IdentityCheck(models.Model):
    """How the office made sure who it speaks with; two of different kinds make one decision.

    Without them nobody of the office can move a case to an address of their own choice.
    """

    class Kind(models.TextChoices):
        CALLED_BACK = "called_back", _("We called back on the number in the case")
        MESSENGER = "messenger", _("They wrote from the WeChat or WhatsApp account in the case")
        QUESTIONS = "questions", _("They answered two questions about what they had written")
        DOCUMENT = "document", _("We saw an identity document in a video call")
        OTHER_ADULT = "other_adult", _("The other adult of the case confirmed it")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A check means nothing without its case; the audit trail keeps that it was made.
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="checks")
    kind = models.CharField(_("how"), max_length=12, choices=Kind.choices)
    at = models.DateTimeField(_("when"), default=timezone.now)
    # People of the office are disabled, never deleted.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    used_at = models.DateTimeField(_("used"), null=True, blank=True)

    class Meta:
        verbose_name = _("check of a person")
        verbose_name_plural = _("checks of persons")
        ordering = ["at"]

    def __str__(self):
        return self.get_kind_display()


class SignInAttempt(models.Model):
    """A try with a code, counted in three ways; slows, never locks (rows A1, A2).

    References and addresses are kept as keyed hashes and swept after a day.
    """

    # Of reference and address together, of each alone.
    key = models.CharField(max_length=64)
    reference_key = models.CharField(max_length=64, default="")
    address_key = models.CharField(max_length=64, default="")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["key", "at"], name="attempt_key_idx"),
            models.Index(fields=["reference_key", "at"], name="attempt_reference_idx"),
            models.Index(fields=["address_key", "at"], name="attempt_address_idx"),
        ]

    def __str__(self):
        return self.key


class FamilyMail(models.Model):
    """That a mail of a kind was written to an address, so that nobody is flooded through us.

    Holds a keyed hash instead of the address, and outlives the draft or case that it was about.
    """

    key = models.CharField(max_length=64, editable=False)
    template = models.CharField(max_length=64, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("mail to a family")
        verbose_name_plural = _("mails to families")
        # What the gate counts: of one address since a time.
        indexes = [models.Index(fields=["key", "at"], name="family_mail_idx")]

    def __str__(self):
        return f"{self.template} {self.at:%Y-%m-%d}"


class SpentWork(models.Model):
    """A proof of work, or a wait, that was used: each counts once. Swept after a day."""

    salt = models.CharField(max_length=32, unique=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self):
        return self.salt
