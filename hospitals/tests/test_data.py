"""The data that the project carries, and how the pages show it."""

import html
import json

import pytest

from hospitals.choices import Area, Audience, District, FactKind, HospitalType, PilotStatus
from hospitals.loader import DATA_DIR, LANGUAGES, load_directory
from hospitals.models import Campus, Fact, Hospital
from hospitals.tests.loaded import lay_directory
from portal.partial_date import validate_partial_date

pytestmark = pytest.mark.django_db
UNCONFIRMED = ["ninth", "sixth", "xinhua"]


def read(name):
    return json.loads((DATA_DIR / f"{name}.json").read_text(encoding="utf-8"))


def claims():
    """Every claim of every hospital, under a name that says where it is."""
    for hospital in read("hospitals"):
        for part in ("campuses", "facts", "listings"):
            for row in hospital[part]:
                yield f"{hospital['slug']} {part} {row.get('key', row.get('specialty'))}", row
    for story in read("stories"):
        yield f"story {story['key']}", story


def texts_of(node, place=""):
    """Every object with languages, wherever it is."""
    if isinstance(node, dict):
        if "en" in node or "zh-hans" in node:
            yield place, node
        else:
            for key, value in node.items():
                yield from texts_of(value, f"{place} {key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from texts_of(value, f"{place} {index}")


def test_there_are_thirteen_hospitals():
    assert len({row["slug"] for row in read("hospitals")}) == 13


def test_exactly_three_are_not_confirmed_as_pilots():
    slugs = [row["slug"] for row in read("hospitals") if row["pilot_status"] != "confirmed"]
    assert sorted(slugs) == UNCONFIRMED


@pytest.mark.parametrize("name", ["hospitals", "specialties", "stories"])
def test_every_text_exists_in_four_languages(name):
    missing = [
        (place, text)
        for place, text in texts_of(read(name))
        if set(text) != set(LANGUAGES) or not all(value.strip() for value in text.values())
    ]
    assert missing == []


def test_every_source_is_described():
    known = set(read("sources"))
    wanted = {row["source"] for _place, row in claims() if row["source"]}
    for hospital in read("hospitals"):
        wanted |= {hospital[f"{name}_source"] for name in ("pilot", "name", "name_zh")} - {None}
    assert wanted - known == set()


def test_every_date_is_a_date():
    for _place, row in claims():
        if row["source_date"]:
            validate_partial_date(row["source_date"])


def test_every_specialty_is_described():
    known = {row["slug"] for row in read("specialties")}
    listed = {row["specialty"] for _place, row in claims() if "specialty" in row}
    assert listed - known == set()


def test_codes_are_known():
    hospitals = read("hospitals")
    facts = [fact for row in hospitals for fact in row["facts"]]
    campuses = [campus for row in hospitals for campus in row["campuses"]]
    listings = [listing for row in hospitals for listing in row["listings"]]
    assert {row["type"] for row in hospitals} <= set(HospitalType.values)
    assert {row["pilot_status"] for row in hospitals} <= set(PilotStatus.values)
    assert {row["kind"] for row in facts} <= set(FactKind.values)
    assert {row["district"] for row in campuses} <= set(District.values)
    assert {row["audience"] for row in listings} <= {*Audience.values, ""}
    assert {row["area"] for row in read("specialties")} <= set(Area.values)


def test_loaded_rows_satisfy_their_models():
    load_directory()
    for model in (Hospital, Campus, Fact):
        for row in model.objects.all():
            row.full_clean(exclude=["id"])


def test_every_hospital_has_one_main_campus():
    assert [sum(c["is_main"] for c in row["campuses"]) for row in read("hospitals")] == [1] * 13


@pytest.fixture
def pages(client):
    """The text of every detail page, by slug."""
    lay_directory()
    slugs = Hospital.objects.values_list("slug", flat=True)
    return {
        slug: html.unescape(client.get(f"/en/hospitals/{slug}/").content.decode()) for slug in slugs
    }


def test_withheld_facts_are_on_no_page(pages):
    withheld = Fact.objects.filter(is_withheld=True).select_related("hospital")
    assert len(withheld) == 12
    assert [f.value_en for f in withheld if f.value_en in pages[f.hospital.slug]] == []


def test_withheld_addresses_are_on_no_page(pages):
    withheld = Campus.objects.filter(is_withheld=True).select_related("hospital")
    assert len(withheld) == 3
    assert [c.address_en for c in withheld if c.address_en in pages[c.hospital.slug]] == []


def test_public_facts_are_on_their_page(pages):
    facts = Fact.objects.filter(is_withheld=False).select_related("hospital")
    assert [f.value_en for f in facts if f.value_en not in pages[f.hospital.slug]] == []


def test_every_source_is_named_under_its_fact(pages):
    facts = Fact.objects.filter(is_withheld=False, source__isnull=False)
    unnamed = [
        fact
        for fact in facts.select_related("hospital", "source")
        if fact.source.title not in pages[fact.hospital.slug]
    ]
    assert unnamed == []


def test_facts_without_source_say_that_nobody_confirmed_them(pages):
    """Nobody has confirmed anything yet: each claim on a page says so."""
    for slug, page in pages.items():
        hospital = Hospital.objects.get(slug=slug)
        claims = (
            hospital.facts.filter(is_withheld=False).count()
            + hospital.listings.count()
            + hospital.campuses.count()
            + hospital.stories.count()
        )
        assert page.lower().count("not yet confirmed by the hospital") == claims


def test_exactly_three_pages_say_that_the_pilot_is_not_confirmed(pages):
    unsure = [slug for slug, page in pages.items() if "first 13 pilot hospitals; not con" in page]
    unsure += [slug for slug, page in pages.items() if "Not confirmed as one of the" in page]
    assert sorted(unsure) == UNCONFIRMED


@pytest.mark.parametrize("language", LANGUAGES)
def test_detail_pages_are_in_their_language(client, language):
    lay_directory()
    for hospital in Hospital.objects.prefetch_related("listings"):
        page = client.get(f"/{language}/hospitals/{hospital.slug}/").content.decode()
        column = f"title_{language.replace('-', '_')}"
        titles = [getattr(listing, column) for listing in hospital.listings.all()]
        shown = [title in html.unescape(page) for title in titles]
        assert all(shown), hospital.slug
