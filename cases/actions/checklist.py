"""The list of papers of a case: kept up to date, told about, and files put to its items."""

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.actions.core import ActionRefusedError, change_case, leave_event
from cases.actions.messages import hand_to_coordinator
from cases.checklist.papers import Said
from cases.models import Case, ChecklistItem, ItemPaper, Record
from cases.models.event import EventKind
from cases.permissions import can_send_records, can_work, is_family
from cases.wanted import Wanted, wanted_for
from portal import audit

WORDS_LENGTH = 500


def refresh_checklist(*, case: Case) -> Wanted:
    """Bring the rows in line with what is wanted now. By nobody: whoever looks finds them so."""
    wanted = wanted_for(case)
    is_frozen = case.has_ended or case.is_reading_stopped
    if not is_frozen and _rows_of(case) != _wanted_rows(wanted):
        _write_rows(case, wanted)
    return wanted


def _wanted_rows(wanted: Wanted) -> list[tuple]:
    needed, helpful = wanted.papers.needed, wanted.papers.helpful
    return [(str(code), True) for code in needed] + [(str(code), False) for code in helpful]


def _rows_of(case: Case) -> list[tuple]:
    """Without those that are kept only for what the family did about them."""
    return list(_current(case).order_by("position").values_list("code", "is_needed"))


def _current(case: Case):
    return ChecklistItem.objects.filter(case=case, position__lt=KEPT)


# Positions from here on: no longer wanted, but told about or sent.
KEPT = 1000


@transaction.atomic
def _write_rows(case: Case, wanted: Wanted) -> None:
    # One after the other for each case, or two readers write two lists.
    Case.objects.select_for_update().get(pk=case.pk)
    rows = {item.code: item for item in ChecklistItem.objects.filter(case=case)}
    items = []
    for position, (code, is_needed) in enumerate(_wanted_rows(wanted)):
        item = rows.get(code) or ChecklistItem(case=case, code=code)
        item.is_needed, item.position = is_needed, position
        items.append(item)
    ChecklistItem.objects.bulk_create([item for item in items if item.code not in rows])
    known = [item for item in items if item.code in rows]
    ChecklistItem.objects.bulk_update(known, ["is_needed", "position"])
    dropped = ChecklistItem.objects.filter(case=case).exclude(pk__in=[item.pk for item in items])
    is_used = Q(papers__isnull=False) | ~Q(said="")
    used = list(dropped.filter(is_used).values_list("pk", flat=True))
    dropped.filter(pk__in=used, position__lt=KEPT).update(
        is_needed=False, position=F("position") + KEPT
    )
    dropped.exclude(pk__in=used).delete()
    audit.record(by=None, action="checklist.changed", obj=case, label=case.reference)


@transaction.atomic
def assign_paper(*, by, record: Record, items, version: int | None = None) -> None:
    """This file serves exactly these items of its case from now on; by the family or by staff."""
    _refuse_strangers(by, record.case)
    # Locked: two clicks at once end as one of them, not as half of each.
    Record.objects.select_for_update().get(pk=record.pk)
    chosen = {item.pk for item in items}
    if ChecklistItem.objects.filter(pk__in=chosen).exclude(case=record.case_id).exists():
        raise ActionRefusedError(_("This is not a paper of this case."))
    if not is_family(by):
        change_case(record.case, version=version)
    serving = ItemPaper.objects.filter(record=record)
    known = set(serving.values_list("item", flat=True))
    serving.exclude(item__in=chosen).delete()
    ItemPaper.objects.bulk_create([ItemPaper(item_id=pk, record=record) for pk in chosen - known])
    audit.record(by=by, action="record.assigned", obj=record, count=len(chosen))


def _refuse_strangers(by, case: Case) -> None:
    may = can_send_records(by, case) or (can_work(by, case) and not case.has_ended)
    if not may:
        raise ActionRefusedError(_("You can no longer change the papers of this case."))


@transaction.atomic
def answer_item(*, by, item: ChecklistItem, said: str, words: str = "") -> None:
    """The family has a paper, or cannot get it; an empty word takes it back."""
    _refuse_strangers(by, item.case)
    if not _say(by, item, said, words.strip()[:WORDS_LENGTH]):
        return
    if said == Said.NOT_HAD:
        leave_event(item.case, EventKind.PAPER_NOT_HAD, by=by)
        hand_to_coordinator(item.case, keep_turn=True)


@transaction.atomic
def tick_items(*, by, case: Case, has, not_had, version: int | None = None) -> None:
    """What a family told the office on the phone or on paper, for the whole list."""
    if not can_work(by, case) or case.has_ended:
        raise ActionRefusedError(_("This case is not yours to work on."))
    if set(has) & set(not_had):
        raise ActionRefusedError(_("A paper cannot be both there and out of reach."))
    change_case(case, version=version)
    for item in ChecklistItem.objects.filter(case=case):
        told = Said.HAS if item.code in has else Said.NOT_HAD if item.code in not_had else ""
        item.case = case
        _say(by, item, told, item.words if told == item.said else "")


def _say(by, item: ChecklistItem, said: str, words: str) -> bool:
    """Whether that is news."""
    if said not in ("", *Said.values):
        raise ActionRefusedError(_("Choose one of the answers."))
    if (item.said, item.words) == (said, words):
        return False
    item.said, item.words, item.said_at = said, words, timezone.now() if said else None
    item.save(update_fields=["said", "words", "said_at"])
    audit.record(by=by, action="checklist.answered", obj=item, said=str(said))
    return True


def note_unreadable(record: Record) -> None:
    """Staff could not read a file: what came before it settles its items no longer."""
    ChecklistItem.objects.filter(papers__record=record).update(unreadable_at=timezone.now())


def note_readable(record: Record) -> None:
    """Taken back; unless staff could not read another file of the same item either."""
    others = Record.objects.filter(is_marked_by_staff=True).exclude(pk=record.pk)
    items = ChecklistItem.objects.filter(papers__record=record)
    still_bad = ItemPaper.objects.filter(record__in=others, item__in=items).values("item")
    items.exclude(pk__in=still_bad).update(unreadable_at=None)


@transaction.atomic
def serve_the_same(*, record: Record, of) -> None:
    """One document made of several photos serves what the photos serve."""
    items = ItemPaper.objects.filter(record__in=of, item__case=record.case_id).values("item")
    known = ItemPaper.objects.filter(record=record).values("item")
    new = ChecklistItem.objects.filter(pk__in=items).exclude(pk__in=known)
    ItemPaper.objects.bulk_create([ItemPaper(item=item, record=record) for item in new])


@transaction.atomic
def move_checklist(*, source: Case, target: Case) -> None:
    """After two cases were joined: files that moved serve the items of their new case."""
    for paper in ItemPaper.objects.filter(record__case=target, item__case=source):
        item, _is_new = ChecklistItem.objects.get_or_create(
            case=target, code=paper.item.code, defaults={"is_needed": False, "position": KEPT}
        )
        ItemPaper.objects.get_or_create(
            item=item, record=paper.record, defaults={"added_at": paper.added_at}
        )
        paper.delete()
