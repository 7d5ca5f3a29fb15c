"""The list of papers as the family's pages and the desk show it."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch

from cases import actions, wording
from cases.checklist.papers import HELP, SETTLED, ItemState, PaperCode, Said
from cases.models import Case, ChecklistItem, ItemPaper, Record
from cases.models.checklist import state_of
from cases.permissions import can_read_health
from cases.records.crypto import KeyDestroyedError
from cases.records.kinds import Status


@dataclass(frozen=True)
class Item:
    """One paper of the list in the reader's words. `number` is its place on the page."""

    row: ChecklistItem
    number: int
    state: ItemState
    record_ids: frozenset[UUID]
    # Empty, as the words are, for who may not read them.
    files: list[dict]
    is_readable: bool

    @property
    def name(self) -> str:
        return self.row.get_code_display()

    @property
    def why(self) -> str:
        return str(HELP[PaperCode(self.row.code)].why)

    @property
    def how(self) -> str:
        return str(HELP[PaperCode(self.row.code)].how)

    @property
    def words(self) -> str:
        """Why it cannot be had, for who may read it."""
        return self.row.words if self.is_readable else ""

    @property
    def is_settled(self) -> bool:
        return self.state in SETTLED

    @property
    def is_said_to_be_there(self) -> bool:
        return self.row.said == Said.HAS and self.state == ItemState.MISSING

    @property
    def is_said_out_of_reach(self) -> bool:
        return self.row.said == Said.NOT_HAD


@dataclass(frozen=True)
class Checklist:
    items: list[Item]

    @property
    def needed(self) -> list[Item]:
        return [item for item in self.items if item.row.is_needed]

    @property
    def helpful(self) -> list[Item]:
        return [item for item in self.items if not item.row.is_needed]

    @property
    def settled(self) -> int:
        return sum(item.is_settled for item in self.needed)

    @property
    def is_complete(self) -> bool:
        return bool(self.needed) and self.settled == len(self.needed)

    @property
    def to_ask_for(self) -> list[Item]:
        """What a letter asks for: not here, or not to be read."""
        return [i for i in self.items if i.state in (ItemState.MISSING, ItemState.UNREADABLE)]

    @property
    def unreadable(self) -> list[Item]:
        return [item for item in self.items if item.state == ItemState.UNREADABLE]


def read_checklist(case: Case, who=None) -> Checklist:
    """Made when somebody looks for the first time. Words and names only for who may read them."""
    serving = Prefetch("papers", ItemPaper.objects.select_related("record"))
    rows = list(case.checklist.prefetch_related(serving))
    if not rows and not case.has_ended:
        actions.refresh_checklist(case=case)
        rows = list(case.checklist.prefetch_related(serving))
    key = _key(case) if can_read_health(who, case) else None
    return Checklist([_item(case, row, place, key) for place, row in enumerate(rows, 1)])


def _key(case: Case) -> bytes | None:
    try:
        return actions.case_key(case)
    except KeyDestroyedError:
        return None


def _item(case: Case, row: ChecklistItem, number: int, key: bytes | None) -> Item:
    row.case = case
    papers = list(row.papers.all())
    files = [_file(paper.record, key) for paper in papers] if key else []
    ids = frozenset(paper.record_id for paper in papers)
    return Item(row, number, state_of(row, papers), ids, files, key is not None)


def _file(record: Record, key: bytes) -> dict:
    is_plain = record.status == Status.FINE
    return {
        "name": record.name(key),
        "state": record.get_status_display(),
        "words": "" if is_plain else wording.paper_words(record),
    }


def items_named(case: Case, *values: str) -> list[ChecklistItem]:
    """Of this case; what is no key of an item is passed over, for the file matters more."""
    keys = [key for value in values if (key := _uuid(value))]
    return list(case.checklist.filter(pk__in=keys)) if keys else []


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def task_rows(case: Case, checklist: Checklist) -> list[dict]:
    """The family's tasks; one about a paper leads to its place on the list."""
    return [wording.task_words(task) | _place(task, checklist) for task in case.tasks.all()]


def _place(task, checklist: Checklist) -> dict:
    if task.code == "paper_again":
        about = checklist.unreadable
    else:
        about = [item for item in checklist.items if item.row.code == task.code]
    return {"about": about}
