"""What the other two apps share: the person who logs in, the audit trail, outgoing mail."""

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device

from portal.roles import OFFICE_ROLES, PARTNER_ROLES, Role, role_permissions


class User(AbstractUser):
    """A member of staff or of a hospital. Families have no account (see cases)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    role = models.CharField(_("role"), max_length=24, choices=Role.choices, blank=True)
    # Empty: as the site speaks, Chinese to hospitals and English in the office.
    language = models.CharField(_("language"), max_length=10, blank=True, default="")
    # The first password was made by an administrator: the set-up page asks for an own one.
    must_choose_password = models.BooleanField(_("must choose a password"), default=False)

    class Meta(AbstractUser.Meta):
        constraints = [
            # The admin's own is_staff means "office": a hospital's person never has it.
            models.CheckConstraint(
                condition=Q(is_staff=False) | ~Q(role__in=sorted(PARTNER_ROLES)),
                name="user_hospital_people_are_not_staff",
                violation_error_message=_("People of a hospital do not work in the office."),
            ),
        ]

    @property
    def works_in_office(self) -> bool:
        return self.is_active and self.role in OFFICE_ROLES

    @property
    def works_at_partner(self) -> bool:
        return self.is_active and self.role in PARTNER_ROLES

    def get_all_permissions(self, obj=None):
        return set(role_permissions(self.role)) if self.is_active else set()

    def has_perm(self, perm, obj=None):
        """Roles alone decide; a superuser flag gives nothing (nobody works as superuser)."""
        return self.is_active and perm in role_permissions(self.role)

    def has_perms(self, perm_list, obj=None):
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label):
        return any(perm.startswith(f"{app_label}.") for perm in self.get_all_permissions())

    def display_name(self) -> str:
        return self.get_full_name() or self.get_username()


class RecoveryDevice(Device):
    """Single-use codes for whoever lost the phone; only Argon2 hashes are kept (row S1)."""

    code_hashes = models.JSONField(default=list)

    def verify_token(self, token):
        from portal.second_factor import use_recovery_code

        return use_recovery_code(self, token)


class AccessKind(models.TextChoices):
    """What one person may not give alone to an account that reads cases."""

    LOG_IN = "log_in", _("may log in")
    ROLE = "role", _("another role")
    PASSWORD = "password", _("a new password")
    SECOND_FACTOR = "second_factor", _("the second factor set up anew")


class AccessStatus(models.TextChoices):
    WAITING = "waiting", _("waits for a lead")
    APPROVED = "approved", _("agreed")
    REFUSED = "refused", _("refused")
    # By whoever asked, or because they asked anew.
    WITHDRAWN = "withdrawn", _("withdrawn")


class AccessRequest(models.Model):
    """One person asks for somebody's access to cases, another one decides (row S1)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        User, models.PROTECT, related_name="access_requests", verbose_name=_("person")
    )
    kind = models.CharField(_("what is asked for"), max_length=16, choices=AccessKind.choices)
    # The role that the person has or gets: what the lead agrees to.
    role = models.CharField(_("role"), max_length=24, choices=Role.choices)
    # The hash of a new password until it is decided.
    password = models.CharField(max_length=128, blank=True)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    expires_at = models.DateTimeField(_("ends"))
    status = models.CharField(
        _("status"), max_length=16, choices=AccessStatus.choices, default=AccessStatus.WAITING
    )
    # None for the command line of an office without a second lead.
    decided_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True)

    class Meta:
        verbose_name = _("request for access")
        verbose_name_plural = _("requests for access")
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None)
                | (~Q(decided_by=models.F("asked_by")) & ~Q(decided_by=models.F("user"))),
                name="access_decided_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(status="waiting", decided_at=None, decided_by=None)
                | (~Q(status="waiting") & Q(decided_at__isnull=False, password="")),
                name="access_decided_has_time_and_no_password",
            ),
            models.UniqueConstraint(
                fields=["user", "kind"],
                condition=Q(status="waiting"),
                name="access_one_waits_of_a_kind",
            ),
        ]

    def __str__(self):
        return f"{self.user.get_username()}: {self.get_kind_display()}"

    @property
    def is_open(self) -> bool:
        return self.status == AccessStatus.WAITING and self.expires_at > timezone.now()


class AuditEvent(models.Model):
    """Who did what to which object, without foreign keys so that no deletion reaches it.

    Holds names of fields and codes, never their contents.
    """

    at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)
    actor_kind = models.CharField(_("kind of actor"), max_length=16)
    actor_id = models.CharField(_("actor"), max_length=64, blank=True)
    actor_label = models.CharField(_("name of actor"), max_length=150, blank=True)
    action = models.CharField(_("action"), max_length=64)
    object_type = models.CharField(_("type of object"), max_length=64)
    object_id = models.CharField(_("object"), max_length=64)
    object_label = models.CharField(_("name of object"), max_length=150, blank=True)
    data = models.JSONField(_("data"), default=dict, blank=True)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["-at", "-pk"]
        indexes = [
            # The history of one object on its admin page.
            models.Index(fields=["object_type", "object_id", "-at"], name="audit_object_idx"),
            # Who opened what of a case: all its rows carry its reference.
            models.Index(fields=["object_label", "-at"], name="audit_label_idx"),
        ]

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"


class MailStatus(models.TextChoices):
    WAITING = "waiting", _("waiting to be sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("could not be sent")
    # The patient died, or the address was wrong: nobody waits for this mail any more.
    STOPPED = "stopped", _("stopped")


class OutgoingMail(models.Model):
    """The outbox: a row is written in the transaction that caused it (row M4).

    `about` is the reference of what the mail is about (a case's reference);
    the template gets nothing else, so a mail cannot carry health data (row M2).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    template = models.CharField(_("template"), max_length=64)
    language = models.CharField(_("language"), max_length=10)
    recipient = models.EmailField(_("recipient"), max_length=254)
    about = models.CharField(_("about"), max_length=64, blank=True, db_index=True)
    link = models.CharField(_("link"), max_length=200, blank=True)
    status = models.CharField(
        _("status"), max_length=16, choices=MailStatus.choices, default=MailStatus.WAITING
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.CharField(_("last error"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mail")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False)
                | (~Q(status="sent") & Q(sent_at__isnull=True)),
                name="mail_sent_has_time",
            ),
        ]
        indexes = [
            # What the sweep looks for: waiting and due.
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status="waiting"),
                name="mail_waiting_idx",
            ),
        ]

    def __str__(self):
        return f"{self.template} {self.about}".strip()


class JobTurn(models.Model):
    """Who was served last by the heavy queue, and which job holds the turn now."""

    # A case's id, or the name of a job that concerns no case.
    group = models.CharField(primary_key=True, max_length=100)
    started_at = models.DateTimeField()
    # Without a key to the job's row: that is removed once it is old.
    job = models.UUIDField(null=True)
    alive_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return self.group
