"""The letter that asks a doctor or a hospital for papers: its language, its words, who gets it."""

import re
from datetime import date

import pytest
from django.conf import settings
from django.test import Client
from django.utils.translation import override

from cases import actions
from cases.checklist.letter import LANGUAGE_OF_COUNTRY, language_for, write_letter
from cases.checklist.papers import PaperCode
from cases.models import Case, ChecklistItem, FamilyMember
from cases.tests.family import case_url, sign_in, signed_in
from portal.tests.cast import sign_in_family
from portal.tests.fixtures import HEALTH_CANARY, NAME_CANARY, make_record

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
LANGUAGES = [code for code, _name in settings.LANGUAGES]
DAY = date(2026, 11, 23)
P = PaperCode


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.RECORDS_DIR = tmp_path / "records"


@pytest.fixture
def client(case):
    return signed_in(case)


@pytest.fixture
def item(case):
    return ChecklistItem.objects.create(case=case, code="pathology")


def letters(client, case, query=""):
    return client.get(case_url(case, "letter") + query).context["letters"]


def in_country(case, country):
    Case.objects.filter(pk=case.pk).update(country=country)


@pytest.mark.parametrize(
    ("country", "language"),
    [("PL", "pl"), ("EG", "ar"), ("SA", "ar"), ("CN", "zh-hans"), ("GB", "en"), ("DE", "en")],
)
def test_the_letter_is_in_the_language_of_the_country(client, case, item, country, language):
    in_country(case, country)
    assert letters(client, case)[0].language == language


def test_the_family_may_choose_the_language(client, case, item):
    assert letters(client, case, "?language=ar")[0].language == "ar"
    assert letters(client, case, "?language=xx")[0].language == "pl"


def test_every_mapped_language_is_one_of_ours():
    assert set(LANGUAGE_OF_COUNTRY.values()) <= set(LANGUAGES)
    assert all(len(country) == 2 for country in LANGUAGE_OF_COUNTRY)
    assert language_for("", "") == "en"


def test_the_familys_own_language_stands_beneath(client, case, item):
    page = client.get(case_url(case, "letter"))
    assert [letter.language for letter in page.context["letters"]] == ["pl", "en"]
    sections = re.findall(r'<section class="(letter[^"]*)" lang="(\w+)"', page.text)
    assert sections == [("letter", "pl"), ("letter letter--beneath", "en")]


def test_one_language_is_enough_when_both_are_the_same(client, case, item):
    in_country(case, "GB")
    assert [letter.language for letter in letters(client, case)] == ["en"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_its_direction_and_its_words(language):
    with override("en"):
        letter = write_letter(language, [P.PATHOLOGY, P.IMAGING], DAY)
    assert letter.direction == ("rtl" if language == "ar" else "ltr")
    with override(language):
        assert letter.papers == (str(P.PATHOLOGY.label), str(P.IMAGING.label))
    assert "2026" in letter.day or "٢٠٢٦" in letter.day
    assert (len(letter.body), len(letter.lines)) == (2, 4)


def test_images_are_asked_for_as_files_only_when_images_are_missing():
    assert len(write_letter("en", [P.PATHOLOGY], DAY).body) == 1
    assert "DICOM" in write_letter("en", [P.IMAGING], DAY).body[1]


def test_an_arabic_letter_reads_from_the_right_on_an_english_page(client, case, item):
    in_country(case, "EG")
    page = client.get(case_url(case, "letter")).text
    assert '<html lang="en" dir="ltr"' in page
    assert '<section class="letter" lang="ar" dir="rtl">' in page


def test_it_asks_for_what_is_missing_or_unreadable_alone(client, case, coordinator):
    codes = ("summary", "pathology", "imaging", "lab", "surgery")
    items = {code: ChecklistItem.objects.create(case=case, code=code) for code in codes}
    for code in ("summary", "pathology"):
        record = make_record(case)
        actions.assign_paper(by=case.owner, record=record, items=[items[code]])
    actions.mark_unreadable(by=coordinator, record=record, reason="blurred")
    actions.answer_item(by=case.owner, item=items["lab"], said="not_had")
    asked = letters(client, case, "?language=en")[0].papers
    assert set(asked) == {str(P(code).label) for code in ("pathology", "imaging", "surgery")}


def test_nobody_is_asked_for_photos_that_the_family_takes_itself(client, case, item):
    ChecklistItem.objects.create(case=case, code="photos", position=1)
    assert letters(client, case, "?language=en")[0].papers == ("Pathology report",)


def test_nothing_missing_is_no_letter(client, case, item):
    actions.answer_item(by=case.owner, item=item, said="not_had")
    page = client.get(case_url(case, "letter"))
    assert page.context["letters"] == []
    assert "Nothing is missing" in page.text


def test_it_names_no_illness_and_no_person(client, case, item):
    page = client.get(case_url(case, "letter"))
    assert HEALTH_CANARY not in page.text and NAME_CANARY not in page.text
    assert "<title>My letter" in page.text
    assert page["Cache-Control"] == "no-store, private"


def test_only_the_letter_itself_is_printed(client, case, item):
    page = client.get(case_url(case, "letter")).text
    before = page[page.index("<main") : page.index('<section class="letter"')]
    # Whatever stands before it on the page is left out on paper.
    assert before.count('<p class="') + before.count("<h1") + before.count("<form") == 4
    assert before.count("no-print") == 4


def test_the_second_adult_who_reads_may_print_it(case, item):
    reader = FamilyMember.objects.create(
        case=case, is_owner=False, can_write=False, name="B", relation="relative", language="en"
    )
    case.owner = reader
    assert sign_in_family(case).get(case_url(case, "letter")).status_code == 200


def test_strangers_get_the_answer_of_a_case_that_does_not_exist_Z2(case, other_case, item):
    assert Client().get(case_url(case, "letter")).status_code == 302
    stranger = Client()
    sign_in(stranger, other_case, "PQRS-TVWX-YZ23")
    assert stranger.get(case_url(case, "letter")).status_code == 404
