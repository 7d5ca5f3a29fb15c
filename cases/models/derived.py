"""Files that we made ourselves from a family's papers, sealed with the key of the case."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.access import FamilyMember
from cases.models.case import Case
from cases.models.record import Record
from cases.records import crypto
from cases.records.kinds import Kind


class Purpose(models.TextChoices):
    # A picture made new, upright, without place and device: shown in the page.
    VIEWING = "viewing", "viewing"
    # The same, as small as a stamp.
    SMALL = "small", "small"
    # A look at one series of a scan.
    SERIES = "series", "series"
    # What leaves for a hospital, under a pseudonym.
    SHARED = "shared", "shared"


class DerivedFile(models.Model):
    """One file made from a paper, or the word that none can be made.

    Never given out unless its paper may be read. It can be made again at any time.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Goes with the case and with the paper that it was made from.
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="derived")
    record = models.ForeignKey(
        # None: made from several papers.
        Record,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="derived",
    )
    purpose = models.CharField(_("what for"), max_length=8, choices=Purpose.choices)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    # None: it was tried and cannot be made, so that nobody tries for ever.
    storage_name = models.CharField(
        max_length=40, unique=True, null=True, blank=True, editable=False
    )
    size = models.BigIntegerField(_("size in bytes"), default=0)
    # Among several of the same purpose.
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(_("made"), default=timezone.now)

    class Meta:
        verbose_name = _("file made from a paper")
        verbose_name_plural = _("files made from papers")
        ordering = ["purpose", "position"]
        constraints = [
            # Two workers that make the same: one of them has it.
            models.UniqueConstraint(
                fields=["record", "purpose", "position"], name="derived_made_once"
            ),
            models.CheckConstraint(
                condition=Q(storage_name__isnull=True, size=0)
                | Q(storage_name__isnull=False, size__gt=0),
                name="derived_has_file_or_none",
            ),
        ]
        indexes = [models.Index(fields=["case", "purpose"], name="derived_case_idx")]

    def __str__(self):
        return str(self.pk)


class PhotoDocument(models.Model):
    """Photos that become one readable PDF: asked for by the family, made by a job.

    The PDF is a paper like any other. Removing it undoes this; the photos stay.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="photo_documents")
    asked_by = models.ForeignKey(FamilyMember, on_delete=models.CASCADE, related_name="+")
    # Made by the page that asks: a repeated request makes one document (row R3).
    submission = models.UUIDField(default=uuid.uuid4, editable=False)
    sealed_name = models.BinaryField()
    # As asked for: a photo that is removed before the PDF is made is then missed.
    page_count = models.PositiveSmallIntegerField()
    # The PDF once it is made.
    record = models.OneToOneField(
        Record, on_delete=models.CASCADE, null=True, blank=True, related_name="photo_document"
    )
    # It was tried and did not work; the photos are as they were.
    failed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(_("asked for"), default=timezone.now)

    class Meta:
        verbose_name = _("document of photos")
        verbose_name_plural = _("documents of photos")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "submission"], name="photo_document_asked_once"
            ),
            models.CheckConstraint(
                condition=Q(record__isnull=True) | Q(failed_at__isnull=True),
                name="photo_document_made_or_failed",
            ),
        ]

    def __str__(self):
        return str(self.pk)

    @property
    def about(self) -> str:
        return f"photo-document-name:{self.pk}"

    def name(self, key: bytes) -> str:
        return crypto.unseal_text(key, self.sealed_name, self.about)


class PhotoPage(models.Model):
    """One photo as a page of a document."""

    document = models.ForeignKey(PhotoDocument, on_delete=models.CASCADE, related_name="pages")
    # A photo that is removed leaves the page in the PDF, and this row goes.
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="photo_pages")
    position = models.PositiveIntegerField()
    # Clockwise quarters, beyond upright as the camera said it.
    turns = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("page of a document of photos")
        verbose_name_plural = _("pages of documents of photos")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "position"], name="photo_page_has_one_place"
            ),
            models.UniqueConstraint(fields=["document", "record"], name="photo_page_once"),
            models.CheckConstraint(condition=Q(turns__lt=4), name="photo_page_turns_quarters"),
        ]

    def __str__(self):
        return f"{self.document_id} {self.position}"
