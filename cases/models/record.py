"""Files of a family, sealed with the key of their case (FHIR: DocumentReference)."""

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.access import FamilyMember
from cases.models.case import Case
from cases.records import crypto, sealed
from cases.records.kinds import Kind, Reason, Status

# Longer than a disk that is mounted late, or a restore, takes.
COMES_BACK_WITHIN = timedelta(days=1)


class RecordQuerySet(models.QuerySet):
    def of(self, case: Case):
        return self.filter(case=case)

    def unfinished(self):
        return self.filter(status=Status.UPLOADING)

    def living(self):
        """Not those whose time to be finished is over."""
        return self.exclude(status=Status.UPLOADING, expires_at__lte=timezone.now())


class Record(models.Model):
    """One file from its first byte on: while it arrives, while it is checked, and afterwards.

    Names are health data ("biopsy.pdf") and sealed like the contents.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Papers belong to their case and go with it.
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="records")
    uploaded_by = models.ForeignKey(FamilyMember, on_delete=models.CASCADE, related_name="+")
    # Made by the page that sends: a repeated request makes one row (row R3).
    submission = models.UUIDField(default=uuid.uuid4, editable=False)
    sealed_name = models.BinaryField()
    # As the client sent it; the protocol wants it back word for word.
    sealed_metadata = models.BinaryField(default=bytes)
    storage_name = models.CharField(max_length=40, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    size = models.BigIntegerField(_("size in bytes"))
    # Acknowledged to the sender: on the disk, but for a last part that is shorter than a piece.
    received = models.BigIntegerField(default=0)
    sealed_tail = models.BinaryField(default=bytes)
    status = models.CharField(
        _("state"), max_length=12, choices=Status.choices, default=Status.UPLOADING
    )
    reason = models.CharField(_("why"), max_length=16, choices=Reason.choices, blank=True)
    # What doctors should know before they open it, as codes: "script", "attachment".
    flags = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(_("begun"), default=timezone.now)
    expires_at = models.DateTimeField(_("to be finished by"))
    completed_at = models.DateTimeField(_("arrived"), null=True, blank=True)
    checked_at = models.DateTimeField(_("checked"), null=True, blank=True)
    # Came with a case that was joined with this one.
    moved_at = models.DateTimeField(_("moved here"), null=True, blank=True, editable=False)
    # It had passed the checks when somebody of the office could not read it.
    is_marked_by_staff = models.BooleanField(default=False)
    # When the checks are tried next; a job that is lost is found by it.
    next_check_at = models.DateTimeField(null=True, blank=True)

    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("paper")
        verbose_name_plural = _("papers")
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["case", "submission"], name="record_submitted_once"),
            models.CheckConstraint(
                condition=Q(received__gte=0, received__lte=F("size"), size__gt=0),
                name="record_received_within_size",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.UPLOADING, completed_at__isnull=True)
                | (~Q(status=Status.UPLOADING) & Q(completed_at__isnull=False, received=F("size"))),
                name="record_complete_once_arrived",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["uploading", "checking", "fine"], reason="")
                | Q(status__in=["unreadable", "refused", "quarantined"], reason__gt=""),
                name="record_reason_unless_fine",
            ),
        ]
        indexes = [
            models.Index(fields=["case", "created_at"], name="record_case_idx"),
            # The sweep: unfinished ones whose time is over.
            models.Index(
                fields=["expires_at"], condition=Q(status="uploading"), name="record_expiry_idx"
            ),
            # The search for lost checks.
            models.Index(
                fields=["next_check_at"], condition=Q(status="checking"), name="record_check_idx"
            ),
        ]

    def __str__(self):
        return str(self.pk)

    @property
    def may_come_back(self) -> bool:
        """Whether a file that is not there may be on its way: a disk that is mounted late, or a
        restore that goes on. An older one is lost.
        """
        return self.created_at > timezone.now() - COMES_BACK_WITHIN

    @property
    def is_expired(self) -> bool:
        return self.status == Status.UPLOADING and self.expires_at <= timezone.now()

    @property
    def is_readable(self) -> bool:
        """Passed every check. A paper that staff call unreadable may still be looked at."""
        by_person = self.status == Status.UNREADABLE and self.is_marked_by_staff
        return self.status == Status.FINE or by_person

    @property
    def is_anothers(self) -> bool:
        """Whether staff saw that it belongs to another person than the patient."""
        return self.status == Status.UNREADABLE and self.reason == Reason.OTHER_PERSON

    def about(self, part: str) -> str:
        return f"record-{part}:{self.pk}"

    def name(self, key: bytes) -> str:
        return crypto.unseal_text(key, self.sealed_name, self.about("name"))

    def metadata(self, key: bytes) -> str:
        if not self.sealed_metadata:
            return ""
        return crypto.unseal_text(key, self.sealed_metadata, self.about("metadata"))

    def tail(self, key: bytes) -> bytes:
        """Acknowledged bytes that do not fill a piece yet."""
        if not self.received % sealed.PIECE:
            return b""
        return crypto.unseal(key, self.sealed_tail, self.about(f"tail-{self.received}"))
