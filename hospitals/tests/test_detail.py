import html

import pytest
from django.utils import timezone

from hospitals.actions import propose_revision
from hospitals.cards import by_area, by_subject, with_map_link
from hospitals.choices import Area
from hospitals.models import Campus, Fact, Hospital, Listing, Source, Specialty, Story
from hospitals.tests.claims import days_ago, make_claim, make_condition, make_source, name_condition
from hospitals.views.detail import render_preview
from portal.tests.fixtures import make_hospital, make_listing

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture
def source():
    return Source.objects.create(key="news", title="A newspaper", url="https://example.org/a")


def read(client, slug="scmc", language="en"):
    page = client.get(f"/{language}/hospitals/{slug}/")
    assert page.status_code == 200
    return html.unescape(page.text)


def make_fact(hospital, kind="beds", value="100", **fields):
    key = fields.pop("key", kind.replace("_", "-"))
    return Fact.objects.create(hospital=hospital, key=key, kind=kind, value_en=value, **fields)


def fill(number):
    hospital = make_hospital("full")
    source = Source.objects.create(key="s", title="Source")
    for index in range(number):
        listing = make_listing(hospital, f"specialty-{index}", source=source)
        make_claim(listing, "price", low=1, currency="CNY", source=source)
        name_condition(listing, make_condition(f"c{index}"), source=source)
        make_fact(hospital, key=f"fact-{index}", source=source)
        key = f"campus-{index}"
        Campus.objects.create(hospital=hospital, key=key, district="xuhui", source=source)
        Story.objects.create(hospital=hospital, key=f"story-{index}", country="PL", source=source)


@pytest.mark.parametrize("number", [1, 30])
def test_detail_asks_at_most_ten_questions(client, number, django_assert_num_queries):
    fill(number)
    with django_assert_num_queries(9):
        client.get("/en/hospitals/full/")


def test_unknown_hospital_is_not_found(client, scmc):
    assert client.get("/en/hospitals/nowhere/").status_code == 404


def test_hidden_hospital_is_not_found(client, scmc):
    Hospital.objects.update(is_public=False)
    assert client.get("/en/hospitals/scmc/").status_code == 404


def test_listings_stand_under_their_area(client, scmc):
    heart = make_listing(scmc, "heart", position=2)
    heart.specialty.area = Area.HEART
    brain = make_listing(scmc, "brain", position=1)
    assert by_area([brain, heart]) == [
        ("Heart and vessels", [heart]),
        ("Brain and nerves", [brain]),
    ]


def test_hidden_listing_is_not_shown(client, scmc):
    make_listing(scmc, title_en="Hidden thing", is_public=False)
    assert "Hidden thing" not in read(client)


def test_fact_shows_source_and_date(client, scmc, source):
    make_fact(scmc, source=source, source_date="2024-03")
    page = read(client)
    assert "A newspaper" in page
    assert "March 2024" in page


def test_confirmed_listing_shows_the_day(client, scmc, editor):
    when = timezone.make_aware(timezone.datetime(2026, 5, 4))
    make_listing(scmc, confirmed_at=when, confirmed_by=editor)
    assert "Confirmed by the hospital on 4 May 2026" in read(client)


def test_confirmation_is_not_lent_to_a_sentence_of_the_press(client, scmc, editor, source):
    when = timezone.make_aware(timezone.datetime(2026, 5, 4))
    make_listing(scmc, source=source, confirmed_at=when, confirmed_by=editor)
    page = read(client)
    press, hospital = page.index("A newspaper"), page.index("Confirmed by the hospital on")
    assert "not yet confirmed by the hospital" in page[press:hospital]


def test_source_that_may_not_be_linked_is_only_named(client, scmc, source):
    Source.objects.update(is_linkable=False)
    make_fact(scmc, source=source)
    page = read(client)
    assert "A newspaper" in page
    assert "https://example.org/a" not in page


def test_withheld_fact_is_not_shown(client, scmc):
    make_fact(scmc, value="Withheld thing", is_withheld=True)
    assert "Withheld thing" not in read(client)


def test_facts_are_grouped_by_subject(scmc):
    beds, phone = make_fact(scmc), make_fact(scmc, "main_phone", "+86 21 1")
    claim, seal = make_fact(scmc, "claim", "First"), make_fact(scmc, "accreditation", "JCI")
    assert by_subject([beds, phone, claim, seal]) == {
        "general": [beds],
        "contact": [phone],
        "known_for": [claim],
        "accreditation": [seal],
    }


@pytest.mark.parametrize(
    ("kind", "value", "href"),
    [
        ("website", "https://a.example", "https://a.example"),
        ("website", "javascript:alert(1)", ""),
        ("main_phone", "+86-21-6248 3986", "tel:+862162483986"),
        ("main_phone", "+86 21 1; +86 21 2", ""),
        ("main_email", "a@b.example", "mailto:a@b.example"),
        ("main_email", "ask at the desk", ""),
        ("beds", "https://a.example", ""),
    ],
)
def test_fact_leads_only_where_it_safely_can(kind, value, href):
    assert Fact(kind=kind, value_en=value).href == href


def test_map_link_asks_for_the_chinese_address(scmc):
    campus = Campus(district="pudong", address_zh_hans="东方路1678号")
    link = with_map_link(campus, scmc).map_link
    assert link.startswith("https://www.openstreetmap.org/search?query=%E4%B8%8A%E6%B5%B7+")


def test_map_link_of_a_withheld_address_asks_for_the_hospital():
    hospital = Hospital(name_zh_hans="甲")
    campus = Campus(address_zh_hans="乙路", address_en="Y road", is_withheld=True, is_main=True)
    assert with_map_link(campus, hospital).map_link.endswith("?query=%E7%94%B2")
    assert (campus.address_en, campus.address_zh_hans) == ("", "")


def test_campus_without_address_has_no_map_link(scmc):
    assert with_map_link(Campus(name_en="North"), scmc).map_link == ""


def test_story_has_source_and_no_name(client, scmc, source):
    Story.objects.create(
        hospital=scmc,
        key="boy",
        country="PL",
        patient_en="boy, 2",
        condition_en="a tumour",
        summary_en="He went home.",
        source=source,
    )
    page = read(client)
    assert "He went home." in page
    assert "A newspaper" in page


def test_listing_shows_its_claims(client, scmc, editor):
    listing = make_listing(scmc, min_age_years=0, max_age_years=14)
    make_claim(listing, "price", low=12000, high=20000, currency="CNY", text_zh_hans="不含药费")
    make_claim(listing, "languages", codes=["zh-hans", "ar"])
    name_condition(listing, make_condition("gout", name_en="Gout"))
    page = read(client)
    assert "<span>ages 0 to 14</span>" in page
    assert "<bdi>12,000 to 20,000 CNY</bdi>" in page
    assert (
        '<span lang="zh-hans" dir="ltr">不含药费</span> <small class="muted">(in Chinese)' in page
    )
    assert "<p>Chinese, Arabic</p>" in page
    assert '<a href="/en/conditions/gout/">Gout</a>' in page


def test_listing_without_claims_has_no_empty_list_of_them(client, scmc):
    make_listing(scmc)
    assert '<dl class="claims">' not in read(client)


@pytest.mark.parametrize(("days", "is_faded"), [(30, False), (400, True)])
def test_old_confirmation_is_shown_with_caution(client, scmc, editor, days, is_faded):
    make_fact(scmc, confirmed_at=days_ago(days), confirmed_by=editor)
    Hospital.objects.update(accepting="yes", accepting_confirmed_at=days_ago(days))
    caution = "more than a year ago: ask before you rely on it"
    assert read(client).count(caution) == 2 * is_faded


def test_listing_can_be_reached_by_its_specialty(client, scmc):
    make_listing(scmc, "hands")
    assert 'id="listing-hands"' in read(client)


def test_text_of_a_hospital_is_escaped(client, scmc):
    evil = "<script>alert(1)</script>"
    listing = make_listing(scmc, title_en=evil, description_en=evil)
    make_claim(listing, "exclusions", text_en=evil)
    page = client.get("/en/hospitals/scmc/").text
    assert evil not in page
    assert page.count(html.escape(evil)) >= 3


# ---- The preview ----


def preview(rf, hospital):
    request = rf.get("/partners/preview/")
    return html.unescape(render_preview(request, hospital).text)


def propose(editor, hospital, changes, **target):
    listing = target.get("listing")
    version = listing.version if listing else 0 if target else hospital.version
    return propose_revision(
        by=editor, hospital=hospital, changes=changes, base_version=version, **target
    )


def test_preview_lays_what_waits_over_the_page(rf, scmc, editor):
    listing = make_listing(scmc, title_en="Old title")
    price = {"low": 5000, "currency": "CNY"}
    propose(editor, scmc, {"title_en": "New title", "claim_price": price}, listing=listing)
    propose(editor, scmc, {"description_en": "We are new", "accepting": "yes"})
    page = preview(rf, scmc)
    assert "Old title" not in page
    assert "New title" in page
    assert "from 5,000 CNY" in page
    assert "proposed, not public yet" in page
    assert '<p class="is-proposed">We are new' in page
    assert "accepting accepting--yes is-proposed" in page
    assert '<meta name="robots" content="noindex, nofollow">' in page


def test_preview_shows_a_new_listing_and_not_one_that_goes(rf, scmc, editor):
    going = make_listing(scmc, "hands", title_en="Going away")
    propose(editor, scmc, {"is_public": False}, listing=going)
    specialty = Specialty.objects.create(slug="feet", name_en="Feet", area="bones")
    propose(editor, scmc, {"title_en": "Feet of children"}, specialty=specialty)
    page = preview(rf, scmc)
    assert "Going away" not in page
    assert "Feet of children" in page
    assert "New, not public yet" in page


def test_preview_changes_nothing_for_the_public(rf, client, scmc, editor):
    listing = make_listing(scmc, title_en="Old title")
    propose(editor, scmc, {"title_en": "New title"}, listing=listing)
    preview(rf, scmc)
    page = read(client)
    assert "Old title" in page
    assert "New title" not in page
    assert Listing.objects.get().title_en == "Old title"


def test_public_page_marks_nothing(client, scmc):
    make_claim(make_listing(scmc), "price", low=1, currency="CNY", source=make_source())
    assert "proposed" not in read(client)
