"""The list of a case: where each paper stands, who may say what, files put to items."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from cases import actions
from cases.actions import ActionRefusedError, ChangedMeanwhileError
from cases.actions.checklist import move_checklist, serve_the_same
from cases.admin.filters import with_papers_complete
from cases.checklist.papers import ItemState, Said
from cases.models import Case, CaseEvent, ChecklistItem, FamilyMember, FamilyTask, Record
from cases.models.checklist import state_of
from cases.records.kinds import Reason, Status
from portal.models import AuditEvent
from portal.tests.fixtures import HEALTH_CANARY, make_record

pytestmark = pytest.mark.django_db
ITEMS = ("pathology", "imaging")


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.RECORDS_DIR = tmp_path / "records"


@pytest.fixture
def items(case):
    return make_items(case)


def make_items(case, *codes):
    return [
        ChecklistItem.objects.create(case=case, code=code, position=place)
        for place, code in enumerate(codes or ITEMS)
    ]


def put(record, *items, by=None):
    actions.assign_paper(by=by or record.case.owner, record=record, items=items)


def paper(case, **fields):
    record = make_record(case, **fields)
    record.case = case
    return record


def state(item) -> ItemState:
    item = ChecklistItem.objects.get(pk=item.pk)
    return state_of(item, list(item.papers.select_related("record")))


def lacking(case) -> list[str]:
    return list(case.checklist.lacking().values_list("code", flat=True))


def end(case):
    case.stage, case.waiting_on, case.next_due_at = "withdrawn", "nobody", None
    case.save()


def second_adult(case, **fields):
    values = {"name": "B", "relation": "relative", "language": "en", "can_write": False}
    return FamilyMember.objects.create(case=case, is_owner=False, **(values | fields))


# --- states ---

TROUBLE = {"reason": Reason.BROKEN}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (None, ItemState.MISSING),
        ({"status": Status.UPLOADING, "completed_at": None}, ItemState.MISSING),
        ({"status": Status.CHECKING}, ItemState.CHECKING),
        ({"status": Status.FINE}, ItemState.FINE),
        ({"status": Status.UNREADABLE, **TROUBLE}, ItemState.UNREADABLE),
        ({"status": Status.REFUSED, **TROUBLE}, ItemState.UNREADABLE),
        ({"status": Status.QUARANTINED, **TROUBLE}, ItemState.UNREADABLE),
    ],
)
def test_an_item_stands_where_its_paper_stands(case, items, fields, expected):
    if fields is not None:
        put(paper(case, **fields), items[0])
    assert state(items[0]) == expected
    assert ("pathology" in lacking(case)) == (expected != ItemState.FINE)


def test_one_paper_serves_several_items_and_an_item_takes_several_papers(case, items):
    first, second = paper(case), paper(case, status=Status.CHECKING)
    put(first, *items)
    put(second, items[1])
    assert [state(item) for item in items] == [ItemState.FINE] * 2
    assert items[1].papers.count() == 2
    put(first, items[0])
    assert [state(item) for item in items] == [ItemState.FINE, ItemState.CHECKING]


def test_what_cannot_be_had_is_settled_until_it_comes(case, items):
    actions.answer_item(by=case.owner, item=items[0], said="not_had")
    assert state(items[0]) == ItemState.NOT_HAD
    put(paper(case), items[0])
    assert state(items[0]) == ItemState.FINE


@pytest.mark.parametrize("said", ["", *Said])
@pytest.mark.parametrize("status", [None, *Status])
@pytest.mark.parametrize("marked", [False, True])
def test_the_query_and_the_page_agree(case, items, said, status, marked):
    """`lacking` for the queue and `state_of` for the pages say the same."""
    if status:
        is_bad = status in ("unreadable", "refused", "quarantined")
        fields = {"status": status, "reason": Reason.BROKEN if is_bad else ""}
        fields |= {"completed_at": None} if status == Status.UPLOADING else {}
        put(paper(case, **fields), items[0])
    now = timezone.now()
    ChecklistItem.objects.filter(pk=items[0].pk).update(
        said=said, said_at=now if said else None, unreadable_at=now if marked else None
    )
    settled = state(items[0]) in (ItemState.FINE, ItemState.NOT_HAD)
    assert settled == ("pathology" not in lacking(case))


# --- unreadable ---


def mark(record, by, reason=Reason.BLURRED):
    actions.mark_unreadable(by=by, record=record, reason=reason)


def test_an_unreadable_paper_reopens_its_item_until_a_new_one_comes(case, items, coordinator):
    first, page_two = paper(case), paper(case)
    put(first, items[0])
    put(page_two, items[0])
    mark(first, coordinator)
    # The other page had come before: it does not stand for what was asked again.
    assert state(items[0]) == ItemState.UNREADABLE
    assert "pathology" in lacking(case)
    assert FamilyTask.objects.get(case=case).code == "paper_again"
    put(paper(case), items[0])
    assert state(items[0]) == ItemState.FINE


def test_a_mark_that_is_taken_back_settles_the_item_again(case, items, coordinator):
    first, second = paper(case), paper(case)
    for record in (first, second):
        put(record, items[0])
        mark(record, coordinator)
    actions.mark_readable(by=coordinator, record=Record.objects.get(pk=first.pk))
    assert state(items[0]) == ItemState.UNREADABLE
    actions.mark_readable(by=coordinator, record=Record.objects.get(pk=second.pk))
    assert state(items[0]) == ItemState.FINE


def test_a_mark_touches_no_other_item(case, items, coordinator):
    first, second = paper(case), paper(case)
    put(first, items[0])
    put(second, items[1])
    mark(first, coordinator)
    assert state(items[1]) == ItemState.FINE


def test_a_paper_that_is_removed_is_missing_again(case, items):
    record = paper(case)
    put(record, items[0])
    actions.remove_record(by=case.owner, record=record)
    assert state(items[0]) == ItemState.MISSING


# --- who may ---


def test_the_family_and_its_second_adult_who_may_write_say_what_a_paper_is(case, items):
    record = paper(case)
    put(record, items[0], by=second_adult(case, can_write=True))
    assert state(items[0]) == ItemState.FINE
    assert AuditEvent.objects.filter(action="record.assigned").count() == 1


@pytest.mark.parametrize("who", ["reader", "stranger", "other_coordinator", "auditor", "nobody"])
def test_nobody_else_changes_the_list_Z2(case, other_case, items, who, request):
    case.assigned_to = request.getfixturevalue("coordinator")
    case.save()
    by = {
        "reader": lambda: second_adult(case),
        "stranger": lambda: other_case.owner,
        "nobody": lambda: None,
    }.get(who, lambda: request.getfixturevalue(who))()
    record = paper(case)
    items[0].case = case
    with pytest.raises(ActionRefusedError):
        actions.assign_paper(by=by, record=record, items=[items[0]])
    with pytest.raises(ActionRefusedError):
        actions.answer_item(by=by, item=items[0], said="has")
    with pytest.raises(ActionRefusedError):
        actions.tick_items(by=by, case=case, has=["imaging"], not_had=[])
    assert [state(item) for item in items] == [ItemState.MISSING] * 2
    assert not case.checklist.exclude(said="").exists()


def test_a_withdrawn_case_is_changed_by_nobody(case, items, coordinator):
    record = paper(case)
    end(case)
    for by in (case.owner, coordinator):
        with pytest.raises(ActionRefusedError):
            put(record, items[0], by=by)
        with pytest.raises(ActionRefusedError):
            actions.answer_item(by=by, item=items[0], said="not_had")
    with pytest.raises(ActionRefusedError):
        actions.tick_items(by=coordinator, case=case, has=[], not_had=["imaging"])
    assert lacking(case) == list(ITEMS)


def test_a_paper_serves_no_item_of_another_case_Z2(case, other_case, items):
    (foreign,) = make_items(other_case, "lab")
    with pytest.raises(ActionRefusedError):
        put(paper(case), items[0], foreign)
    assert not items[0].papers.exists()


def test_staff_sort_a_paper_as_they_saw_the_case_R4(case, items, coordinator):
    record = paper(case)
    version = case.version
    actions.assign_paper(by=coordinator, record=record, items=[items[1]], version=version)
    assert state(items[1]) == ItemState.FINE
    record.case = Case.objects.get(pk=case.pk)
    with pytest.raises(ChangedMeanwhileError):
        actions.assign_paper(by=coordinator, record=record, items=[items[0]], version=version)
    assert state(items[0]) == ItemState.MISSING


# --- what was told ---


def test_a_paper_that_cannot_be_had_is_told_to_the_office_once(case, items):
    Case.objects.filter(pk=case.pk).update(has_new_words=False)
    items[0].case = Case.objects.get(pk=case.pk)
    for _click in range(2):
        actions.answer_item(by=case.owner, item=items[0], said="not_had", words=" burnt down ")
    assert Case.objects.get(pk=case.pk).has_new_words
    assert CaseEvent.objects.filter(kind="paper_not_had").count() == 1
    assert ChecklistItem.objects.get(pk=items[0].pk).words == "burnt down"


def test_the_familys_words_about_a_paper_are_sealed_U5(case, items):
    actions.answer_item(by=case.owner, item=items[0], said="not_had", words=HEALTH_CANARY)
    raw = ChecklistItem.objects.filter(pk=items[0].pk).values_list("words", flat=True).get()
    assert HEALTH_CANARY.encode() not in bytes(raw)
    assert not AuditEvent.objects.filter(data__icontains=HEALTH_CANARY).exists()
    actions.destroy_case_key(case=case, by=None)
    assert ChecklistItem.objects.get(pk=items[0].pk).words == ""


def test_a_word_is_taken_back(case, items):
    actions.answer_item(by=case.owner, item=items[0], said="not_had", words="burnt")
    actions.answer_item(by=case.owner, item=items[0], said="")
    item = ChecklistItem.objects.get(pk=items[0].pk)
    assert (item.said, item.said_at, item.words) == ("", None, "")


def test_an_answer_that_is_none_is_refused(case, items):
    with pytest.raises(ActionRefusedError):
        actions.answer_item(by=case.owner, item=items[0], said="maybe")


def test_staff_tick_what_they_were_told_and_keep_the_familys_words(case, items, coordinator):
    actions.answer_item(by=case.owner, item=items[0], said="not_had", words="burnt")
    actions.tick_items(by=coordinator, case=case, has=["imaging"], not_had=["pathology"])
    told = {item.code: (item.said, item.words) for item in case.checklist.all()}
    assert told == {"pathology": ("not_had", "burnt"), "imaging": ("has", "")}
    case.refresh_from_db()
    actions.tick_items(by=coordinator, case=case, has=[], not_had=[])
    assert {item.said for item in case.checklist.all()} == {""}
    with pytest.raises(ActionRefusedError):
        actions.tick_items(by=coordinator, case=case, has=["lab"], not_had=["lab"])


def test_ticks_on_an_old_page_are_refused_R4(case, items, coordinator):
    version = case.version
    actions.mark_read(by=coordinator, case=case)
    with pytest.raises(ChangedMeanwhileError):
        actions.tick_items(by=coordinator, case=case, has=["imaging"], not_had=[], version=version)
    assert {item.said for item in case.checklist.all()} == {""}


# --- complete ---


def complete() -> list:
    return list(with_papers_complete(Case.objects.all()))


def test_papers_are_complete_when_all_that_is_needed_is_settled(case, other_case, items):
    ChecklistItem.objects.create(case=case, code="slides", is_needed=False, position=9)
    assert complete() == []
    put(paper(case), items[0])
    assert complete() == []
    actions.answer_item(by=case.owner, item=items[1], said="not_had")
    assert complete() == [case]


def test_a_paper_that_they_have_but_did_not_send_is_not_complete(case, coordinator):
    make_items(case, "lab")
    actions.tick_items(by=coordinator, case=case, has=["lab"], not_had=[])
    assert complete() == []


# --- the database ---


def test_the_database_holds_each_paper_once(case, items):
    with pytest.raises(IntegrityError), transaction.atomic():
        ChecklistItem.objects.create(case=case, code="imaging")
    with pytest.raises(IntegrityError), transaction.atomic():
        ChecklistItem.objects.filter(pk=items[0].pk).update(said="has")


# --- for others ---


def test_a_document_of_several_photos_serves_what_they_serve(case, other_case, items):
    photos, document = [paper(case), paper(case)], paper(case)
    put(photos[0], items[0])
    put(photos[1], *items)
    for _again in range(2):
        serve_the_same(record=document, of=photos)
    assert {item.code for item in document.items.all()} == set(ITEMS)


def test_papers_of_a_joined_case_keep_their_place(case, other_case, items):
    (lab, imaging) = make_items(other_case, "lab", "imaging")
    record = paper(other_case)
    put(record, lab, imaging)
    Record.objects.filter(pk=record.pk).update(case=case)
    for _again in range(2):
        move_checklist(source=other_case, target=case)
    assert {(item.code, item.case_id) for item in record.items.all()} == {
        ("lab", case.pk),
        ("imaging", case.pk),
    }
    assert not lab.papers.exists()
    assert case.checklist.get(code="lab").is_needed is False
