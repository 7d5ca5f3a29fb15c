"""What happened to a case, in codes; what was written; what the family owes."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.access import FamilyMember
from cases.models.case import Case
from cases.models.key import SealedTextField, sealing_key
from cases.workflow import InfoReason


class EventKind(models.TextChoices):
    """Events of the timeline; the family's words for each are in `cases.wording`."""

    RECEIVED = "received", _("Inquiry received")
    STAGE = "stage", _("Stage changed")
    ASSIGNED = "assigned", _("Coordinator assigned")
    FAMILY_MESSAGE = "family_message", _("Message from the family")
    STAFF_MESSAGE = "staff_message", _("Message from the coordinator")
    TASK_DONE = "task_done", _("Task done by the family")
    CODE_REPLACED = "code_replaced", _("Private code replaced")
    MAIL_FAILED = "mail_failed", _("A mail could not be delivered")
    SIGNED_IN = "signed_in", _("The family signed in")
    DUE_EXTENDED = "due_extended", _("New date")
    EMAIL_CHANGED = "email_changed", _("E-mail address corrected")
    EMAIL_CONFIRMED = "email_confirmed", _("E-mail address confirmed by the family")
    CONSENT_WITHDRAWN = "consent_withdrawn", _("Consent withdrawn by the family")
    CONSENT_GIVEN = "consent_given", _("Consent given by the family")
    ADULT_INVITED = "adult_invited", _("A second adult was let in")
    ADULT_ENDED = "adult_ended", _("The access of the second adult was ended")
    PROPOSED = "proposed", _("A hospital was proposed to the family")
    PROPOSAL_DECLINED = "proposal_declined", _("The family does not want a proposed hospital")
    PROPOSAL_ENDED = "proposal_ended", _("A proposed hospital was taken back")
    REFERRED = "referred", _("Shared with a hospital")
    REFERRAL_ENDED = "referral_ended", _("No longer shared with a hospital")
    MARKED_READ = "marked_read", _("Marked as read, needs no answer")
    PAPERS_ADDED = "papers_added", _("Papers added by the family")
    PAPER_NOT_USABLE = "paper_not_usable", _("A paper did not pass the checks")
    PAPER_LOCKED_AWAY = "paper_locked_away", _("A paper was locked away: a virus was found")
    PAPER_UNREADABLE = "paper_unreadable", _("A paper marked as unreadable")
    PAPER_NOT_HAD = "paper_not_had", _("The family cannot get a paper of the list")
    DUPLICATE_FOUND = "duplicate_found", _("Perhaps the same patient as in another case")
    TOLD_APART = "told_apart", _("Not the same patient as in another case")
    MERGE_AGREED = "merge_agreed", _("The family agrees that two cases are joined")
    MERGED = "merged", _("Another case was joined with this one")
    RELEASED = "released", _("Held inquiry was let into the queue")
    IDENTITY_CHECKED = "identity_checked", _("The office checked who it speaks with")


class ActorKind(models.TextChoices):
    FAMILY = "family", _("family")
    STAFF = "staff", _("staff")
    SYSTEM = "system", _("system")


# The office alone sees these.
STAFF_ONLY_KINDS = frozenset(
    {
        EventKind.MAIL_FAILED,
        EventKind.SIGNED_IN,
        EventKind.MARKED_READ,
        EventKind.PAPER_LOCKED_AWAY,
        EventKind.IDENTITY_CHECKED,
        EventKind.RELEASED,
        # Neither family is told of the other before both have agreed.
        EventKind.DUPLICATE_FOUND,
        EventKind.TOLD_APART,
        EventKind.MERGE_AGREED,
    }
)


class CaseEvent(models.Model):
    """One row a change, written by the action that made it; never updated."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The trail belongs to its case.
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(_("what"), max_length=20, choices=EventKind.choices)
    at = models.DateTimeField(_("when"), default=timezone.now)
    actor_kind = models.CharField(_("by"), max_length=8, choices=ActorKind.choices)
    by = models.ForeignKey(
        # People of the office are disabled, never deleted.
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    # Codes only: stage, reasons, template. No words of anybody.
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-at"]
        indexes = [models.Index(fields=["case", "-at"], name="event_case_idx")]

    def __str__(self):
        return f"{self.get_kind_display()}"


class Message(models.Model):
    """Words between the family and the office, kept as written, sealed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Words belong to their case and go with it.
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="messages")
    body = SealedTextField(_("message"))
    language = models.CharField(_("language"), max_length=10)
    created_at = models.DateTimeField(_("sent"), default=timezone.now)
    from_family = models.ForeignKey(
        FamilyMember, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    from_staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Made by the page that showed the form: a double click makes one message (row R3).
    submission = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["created_at"]
        indexes = [models.Index(fields=["case", "created_at"], name="message_case_idx")]
        constraints = [
            models.CheckConstraint(
                condition=Q(from_family__isnull=False, from_staff__isnull=True)
                | Q(from_family__isnull=True, from_staff__isnull=False),
                name="message_has_one_author",
            ),
        ]

    def __str__(self):
        return str(self.pk)

    def sealing_key(self) -> bytes:
        return sealing_key(self.case)


class FamilyTask(models.Model):
    """Something the family is asked for, by code, so that each language has its words."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A task means nothing without its case.
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="tasks")
    code = models.CharField(_("what is needed"), max_length=16, choices=InfoReason.choices)
    created_at = models.DateTimeField(_("asked"), default=timezone.now)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta:
        verbose_name = _("task of the family")
        verbose_name_plural = _("tasks of the family")
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "code"], condition=Q(done_at__isnull=True), name="task_open_once"
            ),
        ]

    def __str__(self):
        return self.get_code_display()
