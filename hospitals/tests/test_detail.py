import html

import pytest
from django.utils import timezone

from hospitals.cards import by_area, by_subject, with_map_link
from hospitals.choices import Area
from hospitals.models import Campus, Fact, Hospital, Source, Story
from portal.tests.fixtures import make_hospital, make_listing

pytestmark = pytest.mark.django_db


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
        make_listing(hospital, f"specialty-{index}", source=source)
        make_fact(hospital, key=f"fact-{index}", source=source)
        key = f"campus-{index}"
        Campus.objects.create(hospital=hospital, key=key, district="xuhui", source=source)
        Story.objects.create(hospital=hospital, key=f"story-{index}", country="PL", source=source)


@pytest.mark.parametrize("number", [1, 30])
def test_detail_asks_at_most_ten_questions(client, number, django_assert_num_queries):
    fill(number)
    with django_assert_num_queries(6):
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
