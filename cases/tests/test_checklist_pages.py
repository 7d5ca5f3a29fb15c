"""The family's list of papers, saying what a file is, and the ways that lead there."""

import html
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import actions
from cases.models import Case, ChecklistItem, FamilyMember, Record
from cases.tests.family import case_url, signed_in
from cases.tests.papers import Tus, encode, make_pdf
from hospitals.choices import ClaimKind
from hospitals.tests.claims import make_claim, make_source
from portal.tests.cast import sign_in_family
from portal.tests.fixtures import HEALTH_CANARY, make_listing, make_record

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
PDF = make_pdf()


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.RECORDS_DIR = tmp_path / "records"


@pytest.fixture
def client(case):
    return signed_in(case)


@pytest.fixture
def url(case):
    return case_url(case, "checklist")


@pytest.fixture
def item(case):
    """One of our own list."""
    actions.refresh_checklist(case=case)
    return case.checklist.get(code="lab")


def codes(record) -> list[str]:
    return sorted(record.items.values_list("code", flat=True))


def reader_of(case) -> Client:
    case.owner = FamilyMember.objects.create(
        case=case, is_owner=False, can_write=False, name="B", relation="relative", language="en"
    )
    return sign_in_family(case)


# --- the page ---


def test_the_list_says_what_why_and_how(client, case, url):
    page = client.get(url)
    assert page.status_code == 200
    checklist = page.context["checklist"]
    assert [item.row.code for item in checklist.needed] == ["summary", "lab", "medicines"]
    text = html.unescape(page.text)
    for item in checklist.items:
        assert [word in text for word in (item.name, item.why, item.how)] == [True] * 3
    assert "0 of 3 papers are settled." in page.text
    assert "No hospital has confirmed it." in page.text


def test_neither_address_nor_title_says_anything_of_health(client, url):
    page = client.get(url).text
    assert "<title>My list" in page
    words = "summary|pathology|imaging|lab|medicines|growth|vaccines|surgery|allergies"
    addresses = re.findall(r'(?:href|action|id)="([^"]*)"', page)
    assert [one for one in addresses if re.search(rf"\b({words})\b", one)] == []


def test_a_hospitals_own_list_is_named_with_its_source(client, case, scmc, url):
    claim = make_claim(
        make_listing(scmc), ClaimKind.RECORDS, codes=["slides"], text_en="Colour copies, please.",
        source=make_source(), source_date="2024-05",
    )  # fmt: skip
    Case.objects.filter(pk=case.pk).update(hospital=scmc)
    page = client.get(url)
    assert [item.row.code for item in page.context["checklist"].items] == ["slides"]
    assert page.context["claims"][0]["row"] == claim
    assert "What Shanghai Children&#x27;s Medical Center asks for" in page.text
    assert "Colour copies, please." in page.text and "A yearbook" in page.text
    assert "not yet confirmed by the hospital" in page.text
    assert "No hospital has confirmed it." not in page.text


def test_when_all_that_is_needed_is_settled_the_page_is_calm(client, case, url, item):
    for one in case.checklist.needed():
        one.case = case
        actions.answer_item(by=case.owner, item=one, said="not_had")
    page = client.get(url).text
    assert "Everything that is needed is here." in page
    assert "You need not do anything now." in page
    assert "Everything that is needed is here." in client.get(case_url(case)).text


def test_an_unreadable_paper_says_why_and_the_task_leads_there(client, case, url, item, lead):
    record = make_record(case)
    actions.assign_paper(by=case.owner, record=record, items=[item])
    actions.mark_unreadable(by=lead, record=record, reason="blurred")
    page = client.get(url)
    shown = next(one for one in page.context["checklist"].items if one.row == item)
    assert shown.state == "unreadable"
    assert "Take the photo again, near and in daylight." in page.text
    place = f"{url}#item-{shown.number}"
    tasks = client.get(case_url(case)).context["tasks"]
    assert [[one.row.code for one in task["about"]] for task in tasks] == [["lab"]]
    assert f'href="{place}"' in client.get(case_url(case)).text
    assert f'id="item-{shown.number}"' in page.text


def test_a_task_about_a_paper_leads_to_its_place(client, case, item, lead):
    actions.ask_for_information(by=lead, case=case, reasons=["lab", "contact"])
    tasks = client.get(case_url(case)).context["tasks"]
    assert {task["code"]: [one.row.code for one in task["about"]] for task in tasks} == {
        "lab": ["lab"],
        "contact": [],
    }


def test_the_page_costs_the_same_with_one_and_with_many_papers(client, case, url, item):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        return len(queries)

    actions.assign_paper(by=case.owner, record=make_record(case), items=[item])
    client.get(url)
    one = count()
    for _number in range(3):
        actions.assign_paper(by=case.owner, record=make_record(case), items=case.checklist.all())
    assert count() == one


# --- answers ---


def answer(client, case, **data):
    return client.post(case_url(case, "answer-item"), data, follow=True)


def test_the_family_says_that_a_paper_cannot_be_had_and_takes_it_back(client, case, item):
    page = answer(client, case, item=item.pk, said="not_had", words="The archive burnt down.")
    assert "Thank you. We have noted it." in page.text
    assert "The archive burnt down." in page.text
    assert "We can get it after all" in page.text
    answer(client, case, item=item.pk, said="")
    assert ChecklistItem.objects.get(pk=item.pk).said == ""


@pytest.mark.parametrize("data", [{}, {"item": "x"}, {"item": "\0"}, {"said": "maybe"}])
def test_an_answer_that_makes_no_sense_changes_nothing(client, case, item, data):
    page = answer(client, case, **({"item": str(item.pk)} | data if "said" in data else data))
    assert "That did not work." in page.text
    assert not case.checklist.exclude(said="").exists()


def test_words_that_are_too_long_are_refused(client, case, item):
    assert (
        "That did not work."
        in answer(client, case, item=item.pk, said="not_had", words="x" * 501).text
    )


def test_the_list_of_another_case_is_not_answered_Z2(case, other_case, item):
    stranger = signed_in(other_case, "PQRS-TVWX-YZ23")
    own = case_url(other_case, "answer-item")
    stranger.post(own, {"item": item.pk, "said": "not_had"})
    assert stranger.post(case_url(case, "answer-item"), {"item": item.pk}).status_code == 404
    assert stranger.get(case_url(case, "checklist")).status_code == 404
    assert ChecklistItem.objects.get(pk=item.pk).said == ""


def test_whoever_may_only_read_sees_the_list_and_no_form(case, url, item):
    reader = reader_of(case)
    page = reader.get(url)
    assert page.status_code == 200 and not page.context["can_change"]
    assert "We cannot get this" not in page.text and "Add this paper" not in page.text
    answered = answer(reader, case, item=item.pk, said="not_had")
    assert "You can no longer change the papers of this case." in answered.text
    assert ChecklistItem.objects.get(pk=item.pk).said == ""


# --- what a file is ---


def test_a_file_of_the_plain_form_is_put_to_its_item(client, case, item):
    data = {"item": str(item.pk), "files": [SimpleUploadedFile("a.pdf", PDF)]}
    client.post(case_url(case, "papers"), data)
    assert codes(Record.objects.get()) == ["lab"]


def test_a_file_sent_piece_by_piece_is_put_to_its_item(client, case, item):
    tus = Tus(case, client)
    metadata = encode(filename="a.pdf", item=str(item.pk))
    location = tus.begin(len(PDF), upload_metadata=metadata)["Location"]
    assert tus.patch(location, 0, PDF).status_code == 204
    assert codes(Record.objects.get()) == ["lab"]


def test_a_repeated_begin_does_not_undo_what_was_sorted_since_R3(client, case, item):
    tus, submission = Tus(case, client), "6f1c0b0e-5d0a-4c56-9a58-0e4a3b0f2d11"
    metadata = encode(filename="a.pdf", item=str(item.pk), submission=submission)
    tus.begin(len(PDF), upload_metadata=metadata)
    record = Record.objects.get()
    actions.assign_paper(by=case.owner, record=record, items=[case.checklist.get(code="growth")])
    tus.begin(len(PDF), upload_metadata=metadata)
    assert codes(record) == ["growth"]


@pytest.mark.parametrize("value", ["", "x", "6f1c0b0e-5d0a-4c56-9a58-0e4a3b0f2d11", "foreign"])
def test_a_file_for_an_unknown_item_is_kept_all_the_same(client, case, other_case, value):
    foreign = ChecklistItem.objects.create(case=other_case, code="lab")
    value = str(foreign.pk) if value == "foreign" else value
    client.post(
        case_url(case, "papers"), {"item": value, "files": [SimpleUploadedFile("a.pdf", PDF)]}
    )
    assert codes(Record.objects.get()) == []


def sort_url(record) -> str:
    return reverse("case:sort-paper", args=[record.case.reference, record.pk])


def test_a_file_is_put_to_other_items_later(client, case, item):
    record = make_record(case)
    growth = case.checklist.get(code="growth")
    page = client.post(sort_url(record), {"items": [item.pk, growth.pk]}, follow=True)
    assert codes(record) == ["growth", "lab"]
    assert "Noted what this paper is." in page.text
    assert page.context["papers"][0]["served"] == [
        item.get_code_display(), growth.get_code_display(),
    ]  # fmt: skip
    client.post(sort_url(record), {})
    assert codes(record) == []


def test_a_file_is_not_put_to_the_item_of_another_case_Z2(client, case, other_case, item):
    foreign = ChecklistItem.objects.create(case=other_case, code="lab")
    record = make_record(case)
    page = client.post(sort_url(record), {"items": [foreign.pk]}, follow=True)
    assert "That did not work." in page.text
    assert codes(record) == []
    theirs = make_record(other_case)
    answer = client.post(
        reverse("case:sort-paper", args=[case.reference, theirs.pk]), {"items": [item.pk]}
    )
    assert answer.status_code == 404


def test_whoever_may_only_read_puts_no_file_anywhere(case, item):
    record = make_record(case)
    reader_of(case).post(sort_url(record), {"items": [item.pk]})
    assert codes(record) == []


# --- the ways that lead there ---


def test_the_item_is_chosen_already_when_its_link_was_followed(client, case, url, item):
    link = f"{case_url(case, 'papers')}?item={item.pk}"
    assert link in client.get(url).text
    page = client.get(link).text
    assert re.findall(r'<option value="([^"]*)" selected', page) == [str(item.pk)]


def test_case_and_papers_lead_to_the_list(client, case, url):
    for name in ("detail", "papers"):
        assert f'href="{url}"' in client.get(case_url(case, name)).text
    assert "0 of 3 papers are settled." in client.get(case_url(case)).text


def test_a_case_without_its_key_still_shows_its_list(client, case, url, item):
    actions.assign_paper(by=case.owner, record=make_record(case), items=[item])
    actions.destroy_case_key(case=case, by=None)
    page = client.get(url)
    assert page.status_code == 200
    assert HEALTH_CANARY not in page.text


def test_letter_has_the_date_of_where_the_family_is(case, time_machine):
    """Past midnight in Shanghai it is still yesterday in Warsaw."""
    time_machine.move_to("2026-11-23 17:00:00+00:00", tick=False)
    client = signed_in(case)
    assert client.get(case_url(case, "letter")).context["letters"][0].day.startswith("23 ")


def test_list_tells_of_files_that_are_on_none_of_its_lines(case):
    client, url = signed_in(case), case_url(case, "checklist")
    assert "on no line of this list" not in client.get(url).text
    first, second = (make_record(case, name=f"{name}.pdf") for name in ("first", "second"))
    assert "2 files that you sent are on no line of this list." in client.get(url).text
    item = case.checklist.first()
    actions.assign_paper(by=case.owner, record=first, items=[item])
    assert "1 file that you sent is on no line of this list." in client.get(url).text
    actions.assign_paper(by=case.owner, record=second, items=[item])
    assert "on no line of this list" not in client.get(url).text
