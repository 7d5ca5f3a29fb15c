"""The list of papers on the desk: where each stands, what the family told, what a file is."""

import re

import pytest
from django.urls import reverse

from cases import actions
from cases.models import Case, ChecklistItem
from cases.tests.test_desk import address
from cases.workflow import Stage, WaitingOn
from hospitals.choices import ClaimKind
from hospitals.tests.claims import make_claim, make_source
from portal.tests.fixtures import (
    make_case,
    make_hospital,
    make_listing,
    make_record,
    sign_in_staff,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.RECORDS_DIR = tmp_path / "records"


@pytest.fixture
def desk(coordinator):
    return sign_in_staff(coordinator)


@pytest.fixture
def record(case):
    actions.refresh_checklist(case=case)
    return make_record(case)


def tick(desk, case, **fields):
    case.refresh_from_db()
    data = {f"checklist-{name}": value for name, value in fields.items()}
    url = reverse("office:cases_case_checklist", args=[case.pk])
    return desk.post(url, {"checklist-version": case.version} | data, follow=True)


def sort(desk, record, *codes, version=None):
    url = reverse("office:cases_case_paper_sort", args=[record.case_id, record.pk])
    version = version or Case.objects.get(pk=record.case_id).version
    data = {f"{record.pk}-version": version, f"{record.pk}-items": list(codes)}
    return desk.post(url, data, follow=True)


def codes(record) -> list[str]:
    return sorted(record.items.values_list("code", flat=True))


def settle(case) -> None:
    actions.refresh_checklist(case=case)
    for item in case.checklist.needed():
        item.case = case
        actions.answer_item(by=case.owner, item=item, said="not_had")


def test_the_desk_shows_the_list_with_what_is_here(desk, case, record):
    item = case.checklist.get(code="lab")
    actions.assign_paper(by=case.owner, record=record, items=[item])
    page = desk.get(address(case))
    states = {one.row.code: one.state for one in page.context["checklist"].items}
    assert (states["lab"], states["summary"]) == ("fine", "missing")
    assert [row["served"] for row in page.context["papers"]] == [["Laboratory results"]]


def test_after_a_consent_is_withdrawn_the_desk_shows_no_words_of_the_family_P1(
    desk, case, record, monkeypatch
):
    item = case.checklist.get(code="lab")
    actions.answer_item(by=case.owner, item=item, said="not_had", words="Burnt with the archive.")
    actions.assign_paper(by=case.owner, record=record, items=[item])
    assert "Burnt with the archive." in desk.get(address(case)).text
    monkeypatch.setattr(Case, "is_reading_stopped", True)
    page = desk.get(address(case))
    assert "Burnt with the archive." not in page.text
    shown = next(one for one in page.context["checklist"].items if one.row == item)
    # What a file is stays ticked, or saving the form would undo it.
    assert (shown.files, shown.record_ids) == ([], {record.pk})


def test_staff_tick_what_the_family_told_on_the_phone(desk, case, record):
    page = tick(desk, case, has=["lab", "growth"], not_had=["summary"])
    assert "Noted, with your name." in page.text
    told = case.checklist.exclude(said="").values_list("code", "said")
    assert dict(told) == {"lab": "has", "growth": "has", "summary": "not_had"}
    ticked = re.findall(
        r'name="checklist-(\w+)" value="(\w+)" checked', desk.get(address(case)).text
    )
    assert sorted(ticked) == [("has", "growth"), ("has", "lab"), ("not_had", "summary")]


def test_a_paper_cannot_be_there_and_out_of_reach(desk, case, record):
    page = tick(desk, case, has=["lab"], not_had=["lab"])
    assert "A paper cannot be both there and out of reach." in page.text
    assert not case.checklist.exclude(said="").exists()


def test_ticks_on_an_old_page_end_in_the_conflict_page_R4(desk, case, record, lead):
    version = case.version
    actions.mark_read(by=lead, case=case)
    url = reverse("office:cases_case_checklist", args=[case.pk])
    answer = desk.post(url, {"checklist-version": version, "checklist-has": ["lab"]})
    assert answer.status_code == 409
    assert not case.checklist.exclude(said="").exists()


def test_staff_say_what_a_file_is(desk, case, record):
    page = sort(desk, record, "lab", "growth")
    assert "Noted, with your name." in page.text
    assert codes(record) == ["growth", "lab"]
    sort(desk, record, "lab")
    assert codes(record) == ["lab"]


def test_an_old_page_sorts_nothing_R4(desk, case, record, lead):
    version = case.version
    actions.mark_read(by=lead, case=case)
    page = sort(desk, record, "lab", version=version)
    assert "The case was changed meanwhile." in page.text
    assert codes(record) == []


def test_cases_of_others_are_not_there_Z2(case, record, coordinator, other_coordinator):
    Case.objects.filter(pk=case.pk).update(assigned_to=coordinator)
    other = sign_in_staff(other_coordinator)
    assert sort(other, record, "lab").status_code == 404
    assert tick(other, case, has=["lab"]).status_code == 404
    assert codes(record) == []


def test_an_ended_case_shows_its_list_and_no_form(desk, case, record):
    ended = {"stage": Stage.WITHDRAWN, "waiting_on": WaitingOn.NOBODY, "next_due_at": None}
    Case.objects.filter(pk=case.pk).update(**ended)
    page = desk.get(address(case)).text
    assert "Papers that the doctors need" in page and 'name="checklist-has"' not in page
    tick(desk, case, has=["lab"])
    sort(desk, record, "lab")
    assert not case.checklist.exclude(said="").exists()
    assert codes(record) == []


def test_the_queue_finds_cases_whose_papers_are_complete(desk, case, record):
    lacking, held = make_case(code="PQRS-TVWX-YZ23"), make_case(held_for="fast")
    for one in (case, held):
        settle(one)
    actions.refresh_checklist(case=lacking)
    page = desk.get(reverse("office:cases_case_changelist"), {"queue": "papers"})
    assert [row.pk for row in page.context["cl"].result_list] == [case.pk]
    queues = desk.get(reverse("office:index"))
    assert re.search(r'queue=papers"[^>]*>.*?1', queues.text, re.S)


def test_a_case_that_nobody_listed_papers_for_is_not_complete(desk, case):
    page = desk.get(reverse("office:cases_case_changelist"), {"queue": "papers"})
    assert list(page.context["cl"].result_list) == []
    assert not ChecklistItem.objects.exists()


OURS = "Our own list. No hospital has confirmed it."


def test_the_desk_says_that_the_list_is_ours(desk, case):
    page = desk.get(address(case))
    assert OURS in page.text and "asks for:" not in page.text
    assert case.checklist.exists()


def test_the_desk_says_which_listing_the_list_is_from(desk, case):
    hospital = make_hospital("scmc", type="paediatric")
    listing = make_listing(hospital, "liver-transplantation-in-children")
    make_claim(listing, ClaimKind.RECORDS, codes=["lab", "imaging"], source=make_source())
    Case.objects.filter(pk=case.pk).update(hospital=hospital)
    page = desk.get(address(case))
    assert f"What {hospital.name} asks for: {listing.title}." in page.text
    assert OURS not in page.text
    assert [item.row.code for item in page.context["checklist"].items] == ["lab", "imaging"]


def test_nothing_is_said_of_a_list_that_is_no_longer_kept_up_to_date(
    desk, case, record, monkeypatch
):
    assert OURS in desk.get(address(case)).text
    monkeypatch.setattr(Case, "is_reading_stopped", True)
    page = desk.get(address(case))
    assert OURS not in page.text and "Papers that the doctors need" in page.text
