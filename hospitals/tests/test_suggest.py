"""What the search boxes suggest, and what a box does with it in a browser."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from hospitals import urls
from hospitals.finding.indexing import Name, add
from hospitals.models import Condition, DirectoryVersion, Hospital, ImportedName
from hospitals.models.hospital import RESERVED_SLUGS
from hospitals.tests.finding import index_curated, index_directory
from hospitals.tests.loaded import lay_directory
from portal.tests.fixtures import make_hospital, make_listing

SUGGEST = "/en/hospitals/suggest/"


def suggested(client, words, language="en"):
    answer = client.get(f"/{language}/hospitals/suggest/", {"q": words})
    assert answer.status_code == 200
    return json.loads(answer.content)["suggestions"]


def labels(client, words, language="en"):
    return [one["label"] for one in suggested(client, words, language)]


@pytest.fixture
def leukaemia(db):
    row = Condition.objects.create(
        slug="leukaemia", name_en="Leukaemia", name_pl="Białaczka", name_zh_hans="白血病"
    )
    add(
        [
            Name("condition", "leukaemia", "en", "Leukaemia", 10),
            Name("condition", "leukaemia", "pl", "Białaczka", 10),
            Name("condition", "leukaemia", "zh-hans", "白血病", 10),
        ]
    )
    return row


@pytest.mark.parametrize(
    "typed", ["le", "leuk", "leuka", "leukemia", "LEUKAEMIA", "leukamia", "biał", "白"]
)
def test_typed_letters_bring_the_name_of_the_condition(client, leukaemia, typed):
    assert labels(client, typed) == ["Leukaemia"]


def test_label_is_in_the_language_of_the_page(client, leukaemia):
    assert labels(client, "leuk", "pl") == ["Białaczka"]
    assert labels(client, "leuk", "ar") == ["Leukaemia"]


def test_names_that_begin_like_that_come_first(client, db):
    for slug, name in (("a", "Cancer of the liver"), ("b", "Liver")):
        Condition.objects.create(slug=slug, name_en=name)
        add([Name("condition", slug, "en", name, 10 if slug == "a" else 4)])
    assert labels(client, "liv") == ["Liver", "Cancer of the liver"]


def test_every_kind_leads_to_its_page(client, db):
    scmc = make_hospital("scmc", name_en="Lunar Hospital")
    make_listing(scmc, "lungs", title_en="Lung care")
    Condition.objects.create(slug="lung-cancer", name_en="Lung cancer")
    index_directory()
    add(
        [
            Name("condition", "lung-cancer", "en", "Lung cancer", 10),
            Name("code", "C34", "", "C34", 10),
            Name("code", "C34", "en", "Malignant neoplasm of bronchus and lung", 4),
        ]
    )
    found = {one["label"]: one["url"] for one in suggested(client, "lun")}
    assert found["Lunar Hospital"] == "/en/hospitals/scmc/"
    assert found["Lungs"] == "/en/hospitals/?specialty=lungs"
    assert found["Lung cancer"] == "/en/conditions/lung-cancer/"
    assert suggested(client, "C34") == [
        {
            "label": "C34 Malignant neoplasm of bronchus and lung",
            "kind": "ICD-10 code",
            "url": "/en/conditions/icd-10/C34/",
        }
    ]


def test_title_of_a_code_is_the_imported_one_where_there_is_one(client, db):
    ImportedName.objects.create(code="C34", language="pl", text="Nowotwór złośliwy oskrzela")
    add([Name("code", "C34", "", "C34", 10)])
    assert labels(client, "C34", "pl") == ["C34 Nowotwór złośliwy oskrzela"]


def test_at_most_eight_are_suggested_each_name_once(client, db):
    for number in range(12):
        slug = f"c{number}"
        Condition.objects.create(slug=slug, name_en=f"Heart {min(number, 9)}")
        add([Name("condition", slug, "en", f"Heart {number}", 10)])
    found = labels(client, "heart")
    assert len(found) == len(set(found)) == 8


def test_word_that_hurts_finds_but_is_not_shown(client, db):
    lay_directory(with_conditions=True)
    index_curated()
    found = suggested(client, "harelip")
    assert found[0]["url"] == "/en/conditions/cleft-lip-and-palate/"
    assert "harelip" not in json.dumps(found).casefold()


def test_hospital_that_is_no_longer_public_is_not_suggested(client, db):
    make_hospital("hidden", name_en="Hidden Hospital")
    index_directory()
    Hospital.objects.update(is_public=False)
    assert labels(client, "hidden") == []


@pytest.mark.parametrize(
    "typed", ["", " ", "...!?", "😀", "\u200b\u200b", "'", "%", "<b>", "x" * 201]
)
def test_nothing_to_suggest_is_an_empty_list(client, leukaemia, typed):
    assert suggested(client, typed) == []


def test_missing_parameter_is_an_empty_list(client, db):
    assert json.loads(client.get(SUGGEST).content) == {"suggestions": []}


def test_zero_bytes_and_letters_of_another_code_are_no_error(client, leukaemia):
    assert client.get(f"{SUGGEST}?q=leuk%00").status_code in (200, 400)
    assert client.get(f"{SUGGEST}?q=%ff%fe").status_code == 200


def test_answer_may_be_kept_by_everybody(client, leukaemia):
    answer = client.get(SUGGEST, {"q": "leuk"})
    assert answer["Cache-Control"] == "public, max-age=300"
    assert answer["Content-Type"] == "application/json"
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")
    again = client.get(SUGGEST, {"q": "leuk"}, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_suggestions_ask_as_often_for_many_names(client, db, django_assert_max_num_queries):
    for number in range(40):
        Condition.objects.create(slug=f"c{number}", name_en=f"Heart {number}")
        add([Name("condition", f"c{number}", "en", f"Heart {number}", 10)])
    with django_assert_max_num_queries(7):
        assert len(labels(client, "heart")) == 8


def test_no_hospital_takes_an_address_of_the_portal(db):
    fixed = {str(route.pattern).split("/")[0] for route in urls.urlpatterns} - {"", "<slug:slug>"}
    assert fixed == set(RESERVED_SLUGS)
    for slug in RESERVED_SLUGS:
        with pytest.raises(IntegrityError), transaction.atomic():
            make_hospital(slug)
        with pytest.raises(ValidationError):
            Hospital(slug=slug, name_en="X", short_name_en="X", type="general").full_clean()


# ---- In a browser ----


@pytest.fixture
def conditions(transactional_db):
    lay_directory(with_conditions=True)
    index_curated()
    DirectoryVersion.raise_number()


def typed_into(page, selector, words):
    page.locator(selector).press_sequentially(words)
    page.wait_for_selector(".suggestions > li")


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/en/", "/en/hospitals/"])
def test_keys_lead_from_the_box_to_the_condition(live, conditions, path):
    page = live.open(path)
    box = page.locator("input[name=q]")
    assert box.get_attribute("role") == "combobox"
    typed_into(page, "input[name=q]", "hepato")
    assert box.get_attribute("aria-expanded") == "true"
    box.press("ArrowDown")
    chosen = box.get_attribute("aria-activedescendant")
    assert page.locator(f"#{chosen}").get_attribute("aria-selected") == "true"
    assert "Hepatoblastoma" in page.locator(f"#{chosen}").inner_text()
    box.press("Enter")
    page.wait_for_url("**/en/conditions/hepatoblastoma/")
    assert live.problems == []


@pytest.mark.browser
def test_escape_closes_and_enter_searches(live, conditions):
    page = live.open("/en/hospitals/")
    box = page.locator("input[name=q]")
    typed_into(page, "input[name=q]", "hepatob")
    box.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"
    assert page.locator(".suggestions").is_hidden()
    assert box.input_value() == "hepatob"
    box.press("Enter")
    page.wait_for_url("**/en/hospitals/?q=hepatob*")
    assert live.problems == []


@pytest.mark.browser
def test_arrows_go_round_and_a_click_follows(live, conditions):
    page = live.open("/en/")
    box = page.locator("input[name=q]")
    typed_into(page, "input[name=q]", "leuka")
    number = page.locator(".suggestions > li").count()
    box.press("ArrowUp")
    assert box.get_attribute("aria-activedescendant").endswith(f"-{number - 1}")
    box.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") is None
    page.locator(".suggestions > li").first.click()
    page.wait_for_url("**/en/conditions/*/")
    assert live.problems == []


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "ar"])
def test_popup_fits_a_phone_in_both_directions(live, conditions, language):
    page = live.new_page(viewport={"width": 360, "height": 700})
    page.goto(f"/{language}/")
    typed_into(page, "input[name=q]", "heart")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    popup, box = (page.locator(name).bounding_box() for name in (".suggestions", ".suggest-box"))
    assert (popup["x"], popup["width"]) == (box["x"], box["width"])
    assert popup["y"] >= box["y"] + box["height"]
    # Nothing cuts it off: what lies at its lower edge is the popup itself.
    last = page.locator(".suggestions > li").last
    last.scroll_into_view_if_needed()
    last.click(trial=True)
    assert live.problems == []


@pytest.mark.browser
def test_without_scripts_the_form_finds_the_same(live, conditions):
    page = live.new_page(java_script_enabled=False)
    page.goto("/en/")
    page.locator("input[name=q]").fill("hepatoblastoma")
    assert page.locator(".suggestions").count() == 0
    page.get_by_role("button", name="Search").click()
    assert page.locator(".card-title").count() > 0
    assert "q=hepatoblastoma" in page.url


@pytest.mark.browser
def test_box_survives_an_answer_that_fails(live, conditions):
    page = live.open("/en/")
    page.route("**/hospitals/suggest/**", lambda route: route.fulfill(status=500, body="x"))
    box = page.locator("input[name=q]")
    with page.expect_response("**/hospitals/suggest/**"):
        box.press_sequentially("heart")
    assert page.locator(".suggestions").is_hidden()
    box.press("Enter")
    page.wait_for_url("**/en/hospitals/?q=heart*")
