"""The papers that doctors want for a case, and which of the family's files serve which."""

import uuid

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.checklist.papers import ItemState, PaperCode, Said
from cases.models.case import Case
from cases.models.key import SealedTextField, sealing_key
from cases.models.record import Record
from cases.records.kinds import Status

# Nobody has said yet whether these can be read.
_ON_THE_WAY = frozenset({Status.CHECKING})
_USELESS = frozenset({Status.UNREADABLE, Status.REFUSED, Status.QUARANTINED})


class ChecklistQuerySet(models.QuerySet):
    def needed(self):
        return self.filter(is_needed=True)

    def lacking(self):
        """Needed, not fine, and not said to be out of reach: `state_of` says the same."""
        return self.needed().exclude(said=Said.NOT_HAD).exclude(Exists(fine_papers()))


def fine_papers():
    """Of the outer item: files that serve it, and came after what staff could not read."""
    serving = ItemPaper.objects.filter(item=OuterRef("pk"), record__status=Status.FINE)
    return serving.filter(
        Q(item__unreadable_at__isnull=True) | Q(added_at__gt=F("item__unreadable_at"))
    )


class ChecklistItem(models.Model):
    """One paper of the list of a case, by code, so that each language has its words."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The list means nothing without its case.
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="checklist")
    code = models.CharField(_("paper"), max_length=16, choices=PaperCode.choices)
    is_needed = models.BooleanField(_("needed"), default=True)
    position = models.PositiveSmallIntegerField(default=0)
    said = models.CharField(
        _("what the family told"), max_length=8, choices=Said.choices, blank=True
    )
    said_at = models.DateTimeField(_("told"), null=True, blank=True)
    # Why it cannot be had, as the family wrote it.
    words = SealedTextField(_("in their own words"), blank=True)
    # Staff could not read a paper of this item: what came before does not settle it any more.
    unreadable_at = models.DateTimeField(null=True, blank=True)
    records = models.ManyToManyField(Record, through="ItemPaper", related_name="items")

    objects = ChecklistQuerySet.as_manager()

    class Meta:
        verbose_name = _("paper of the list")
        verbose_name_plural = _("papers of the list")
        ordering = ["-is_needed", "position"]
        constraints = [
            models.UniqueConstraint(fields=["case", "code"], name="checklist_code_once"),
            models.CheckConstraint(
                condition=Q(said="", said_at__isnull=True) | Q(said__gt="", said_at__isnull=False),
                name="checklist_said_with_time",
            ),
        ]
        indexes = [
            # The queue of complete papers: what a case still lacks.
            models.Index(fields=["case"], condition=Q(is_needed=True), name="checklist_needed_idx"),
        ]

    def __str__(self):
        return self.get_code_display()

    def sealing_key(self) -> bytes:
        return sealing_key(self.case)


class ItemPaper(models.Model):
    """This file serves this item; a file may serve several, an item may need several files."""

    # Says nothing without either.
    item = models.ForeignKey(ChecklistItem, on_delete=models.CASCADE, related_name="papers")
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="served")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("paper for the list")
        verbose_name_plural = _("papers for the list")
        ordering = ["added_at"]
        constraints = [
            models.UniqueConstraint(fields=["item", "record"], name="item_paper_once"),
        ]

    def __str__(self):
        return f"{self.item_id} {self.record_id}"


def state_of(item: ChecklistItem, papers: list[ItemPaper]) -> ItemState:
    """Of the files that serve it and of what was told; the newest word of staff counts."""
    statuses = {paper.record.status for paper in papers}
    if any(_serves(item, paper) for paper in papers):
        return ItemState.FINE
    if item.said == Said.NOT_HAD:
        return ItemState.NOT_HAD
    if statuses & _ON_THE_WAY:
        return ItemState.CHECKING
    return ItemState.UNREADABLE if statuses & _USELESS else ItemState.MISSING


def _serves(item: ChecklistItem, paper: ItemPaper) -> bool:
    is_newer = item.unreadable_at is None or paper.added_at > item.unreadable_at
    return paper.record.status == Status.FINE and is_newer
