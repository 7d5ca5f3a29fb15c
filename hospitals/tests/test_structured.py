"""What pages say in the words of schema.org: valid, true to the page, and harmless in it."""

import json
import re

import pytest
import time_machine
from django.conf import settings as django_settings
from django.template import Context, Template
from django.utils import translation

from hospitals import vocabulary
from hospitals.choices import Area
from hospitals.loader import DATA_DIR
from hospitals.models import (
    Campus,
    Condition,
    DirectoryVersion,
    Fact,
    Hospital,
    Listing,
    ListingTreatment,
    Treatment,
)
from hospitals.tests.loaded import lay_directory
from hospitals.tests.schema_org import MEDICAL_SPECIALTIES, problems
from portal.tests.fixtures import make_listing

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
LANGUAGES = [code for code, _name in django_settings.LANGUAGES]
BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
CANARY = "zqxcanary"


@pytest.fixture
def directory(db):
    lay_directory(with_conditions=True)


def said(client, path: str) -> dict:
    """The page's data; it stands there once."""
    page = client.get(path)
    assert page.status_code == 200, path
    (text,) = BLOCK.findall(page.text)
    return json.loads(text)


def node(data: dict, kind: str) -> dict:
    (found,) = [one for one in data["@graph"] if one["@type"] == kind]
    return found


def hospital(client, language: str = "en") -> dict:
    return node(said(client, f"/{language}/hospitals/scmc/"), "Hospital")


def fact(scmc, kind: str, value: str, **fields):
    return Fact.objects.create(
        hospital=scmc, key=fields.pop("key", kind), kind=kind, value_en=value, **fields
    )


# ---- Valid ----


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_public_page_says_what_schema_org_understands(client, directory, language):
    paths = ["", "hospitals/", "hospitals/?specialty=neurosurgery", "conditions/", "open-data/"]
    paths += [f"hospitals/{slug}/" for slug in Hospital.objects.values_list("slug", flat=True)]
    slugs = Condition.objects.order_by("slug").values_list("slug", flat=True)[::60]
    paths += [f"conditions/{slug}/" for slug in slugs]
    wrong = {}
    for path in paths:
        found = problems(said(client, f"/{language}/{path}"))
        if found:
            wrong[path] = found
    assert wrong == {}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"@type": "Spital"}, "Spital: unknown type Spital"),
        ({"beds": 12}, "Hospital.beds: unknown property"),
        ({"codeValue": "C22"}, "Hospital.codeValue: Hospital has no such property"),
        ({"isAcceptingNewPatients": "yes"}, "Hospital.isAcceptingNewPatients: 'yes' is none"),
        ({"medicalSpecialty": ["https://schema.org/Liver"]}, "Hospital.medicalSpecialty: 'https:"),
        ({"sameAs": "www.example"}, "Hospital.sameAs: 'www.example' is none of ['URL']"),
        ({"address": {"@type": "Place"}}, "Hospital.address: {'@type': 'Place'} is none"),
        ({"foundingDate": "about 1998"}, "Hospital.foundingDate: 'about 1998' is none"),
        ({"department": []}, "Hospital.department: empty"),
        ({"name": " "}, "Hospital.name: ' ' is none of ['Text']"),
    ],
)
def test_check_finds_what_is_not_in_the_vocabulary(change, found):
    """Or the test above would prove nothing."""
    data = {"@context": "https://schema.org", "@graph": [{"@type": "Hospital"} | change]}
    (problem,) = problems(data)
    assert problem.startswith(found)


def test_every_specialty_of_ours_has_a_decision():
    """A new one is looked up in the vocabulary: a member, or a reason for none."""
    rows = json.loads((DATA_DIR / "specialties.json").read_text(encoding="utf-8"))
    undecided = [
        row["slug"] for row in rows
        if row["slug"] not in vocabulary.OF_SPECIALTY and row["area"] not in vocabulary.OF_AREA
    ]  # fmt: skip
    # For eyes and for ultrasound the vocabulary has no word.
    assert undecided == ["eye-disease", "ultrasound"]
    assert set(vocabulary.OF_SPECIALTY) <= {row["slug"] for row in rows}


def test_every_member_is_one_of_the_vocabulary():
    members = [*vocabulary.OF_AREA.values(), *vocabulary.OF_SPECIALTY.values()]
    assert {name for names in members for name in names} <= MEDICAL_SPECIALTIES
    assert set(vocabulary.OF_AREA) <= set(Area)


# ---- True to the page ----


@pytest.mark.parametrize(("accepting", "known"), [("yes", True), ("no", False), ("unknown", None)])
def test_whether_it_takes_new_patients_is_said_only_where_it_is_known(
    client, scmc, accepting, known
):
    Hospital.objects.update(accepting=accepting)
    make_listing(scmc, "liver", accepting=accepting)
    found = hospital(client)
    assert found.get("isAcceptingNewPatients") is known
    assert found["department"][0].get("isAcceptingNewPatients") is known


def test_offer_that_has_ended_is_not_known_any_more(client, scmc):
    make_listing(scmc, "liver", accepting="yes", accepting_until="2026-05-01")
    with time_machine.travel("2026-05-01T23:00+08:00", tick=False):
        assert hospital(client)["department"][0]["isAcceptingNewPatients"] is True
    with time_machine.travel("2026-05-02T01:00+08:00", tick=False):
        assert "isAcceptingNewPatients" not in hospital(client)["department"][0]


def test_what_the_page_withholds_is_withheld_from_the_data(client, scmc):
    make_listing(scmc, "liver", title_en=CANARY, is_public=False)
    fact(scmc, "main_phone", "+86 21 1234", is_withheld=True)
    Campus.objects.create(
        hospital=scmc, key="main", name_en="Main", district="pudong", address_en=CANARY,
        is_withheld=True,
    )  # fmt: skip
    found = hospital(client)
    assert CANARY not in json.dumps(found)
    assert set(found) == {"@type", "@id", "name", "alternateName", "url"}


def test_each_place_has_its_address(client, scmc):
    for key, district in (("a", "pudong"), ("b", "xuhui")):
        Campus.objects.create(
            hospital=scmc, key=key, name_en=key, district=district, address_en=f"{key} Road 1"
        )
    assert [place["streetAddress"] for place in hospital(client)["address"]] == [
        "a Road 1", "b Road 1",
    ]  # fmt: skip
    assert hospital(client)["address"][0] == {
        "@type": "PostalAddress",
        "streetAddress": "a Road 1",
        "addressLocality": "Pudong",
        "addressRegion": "Shanghai",
        "addressCountry": "CN",
    }


def test_contacts_are_those_that_lead_somewhere(client, scmc):
    fact(scmc, "website", "https://www.scmc.example")
    fact(scmc, "website", "ask at the desk", key="desk")
    fact(scmc, "main_phone", "+86 21 3862 6161")
    fact(scmc, "main_email", "write by post")
    fact(scmc, "founded", "1998")
    found = hospital(client)
    assert found["sameAs"] == ["https://www.scmc.example"]
    assert (found["telephone"], found["foundingDate"]) == ("+86 21 3862 6161", "1998")
    assert "email" not in found


def test_year_that_is_no_year_is_left_out(client, scmc):
    fact(scmc, "founded", "1907, as a clinic")
    assert "foundingDate" not in hospital(client)


def test_treatments_are_those_that_the_hospital_names(client, scmc):
    listing, other = make_listing(scmc, "liver"), make_listing(scmc, "heart")
    treatment = Treatment.objects.create(slug="transplant", name_en="Transplant")
    for row in (listing, other):
        ListingTreatment.objects.create(listing=row, treatment=treatment)
    Treatment.objects.create(slug="other", name_en="Other")
    assert hospital(client)["availableService"] == [
        {"@type": "MedicalProcedure", "name": "Transplant"}
    ]


def test_names_in_other_languages_are_other_names(client, directory):
    found = hospital(client, "pl")
    row = Hospital.objects.get(slug="scmc")
    assert found["name"] == row.name_pl
    assert {row.name_en, row.name_zh_hans, row.name_ar, row.short_name_en} <= set(
        found["alternateName"]
    )
    assert row.name_pl not in found["alternateName"]
    assert found["url"] == "http://testserver/pl/hospitals/scmc/"


def test_condition_has_its_codes_its_other_names_and_its_hospitals(client, directory):
    page = client.get("/en/conditions/hepatoblastoma/").text
    data = json.loads(BLOCK.findall(page)[0])
    found = node(data, "MedicalCondition")
    assert found["code"] == [
        {"@type": "MedicalCode", "codeValue": "C22.2", "codingSystem": "ICD-10"}
    ]
    assert "https://schema.org/Oncologic" in found["relevantSpecialty"]
    assert found["alternateName"] and found["name"] not in found["alternateName"]
    listed = [row["url"] for row in node(data, "ItemList")["itemListElement"]]
    places = [page.find(f'href="{url.removeprefix("http://testserver")}') for url in listed]
    assert listed and places == sorted(places) and -1 not in places


def test_list_counts_its_hospitals_in_the_order_of_the_page(client, directory):
    rows = node(said(client, "/en/hospitals/"), "ItemList")["itemListElement"]
    order = Hospital.objects.public().values_list("slug", flat=True)
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["url"].split("/")[-2] for row in rows] == list(order)[: len(rows)]


@pytest.mark.parametrize(
    ("path", "way"),
    [
        ("/en/hospitals/", ["/en/", "/en/hospitals/"]),
        ("/en/hospitals/scmc/", ["/en/", "/en/hospitals/", "/en/hospitals/scmc/"]),
        ("/pl/conditions/hepatoblastoma/",
         ["/pl/", "/pl/conditions/", "/pl/conditions/hepatoblastoma/"]),
        ("/en/open-data/", ["/en/", "/en/open-data/"]),
    ],
)  # fmt: skip
def test_way_here_ends_at_the_page(client, directory, path, way):
    steps = node(said(client, path), "BreadcrumbList")["itemListElement"]
    assert [step["item"].removeprefix("http://testserver") for step in steps] == way
    assert [step["position"] for step in steps] == list(range(1, len(way) + 1))


def test_home_offers_the_search_in_the_readers_language(client, scmc):
    site = node(said(client, "/ar/"), "WebSite")
    template = site["potentialAction"]["target"]["urlTemplate"]
    assert site["inLanguage"] == "ar"
    path = template.removeprefix("http://testserver").replace("{words}", "scmc")
    assert client.get(path).status_code == 200


def test_operator_is_named_where_it_is_set(client, scmc, settings):
    assert "publisher" not in node(said(client, "/en/"), "WebSite")
    settings.OPERATOR = settings.OPERATOR | {"name": "Canary Office Ltd"}
    DirectoryVersion.raise_number()
    publisher = node(said(client, "/en/"), "WebSite")["publisher"]
    assert publisher == {"@type": "Organization", "name": "Canary Office Ltd"}


def test_data_set_names_its_licence_and_its_files(client, directory):
    found = node(said(client, "/en/open-data/"), "Dataset")
    assert found["license"] == "https://creativecommons.org/licenses/by/4.0/"
    files = {row["encodingFormat"]: row["contentUrl"] for row in found["distribution"]}
    assert files == {
        "application/json": "http://testserver/open-data/hospitals.json",
        "text/csv": "http://testserver/open-data/hospitals.csv",
    }


def test_answers_to_a_search_say_nothing(client, directory):
    """Such pages are kept out of search engines; there is nobody to say it to."""
    assert BLOCK.findall(client.get("/en/hospitals/", {"specialty": "x", "q": "scmc"}).text) == []


def test_data_asks_the_database_nothing(client, scmc, django_assert_num_queries):
    """What the page shows anyway is all it needs."""
    from hospitals import structured
    from hospitals.shown_listing import with_claims

    make_listing(scmc, "liver")
    row = Hospital.objects.get(slug="scmc")
    listings = list(with_claims(row.listings.public()))
    with django_assert_num_queries(0):
        structured.hospital_page(row, campuses=[], listings=listings, facts=[])


# ---- Harmless in the page ----


@pytest.mark.parametrize(
    "text",
    ["</script><script>alert(1)</script>", "<!--<script>", "]]>", "a & b", "\u2028\u2029", '"\\'],
)
def test_text_cannot_leave_its_block(client, scmc, text):
    Hospital.objects.update(name_en=text)
    page = client.get("/en/hospitals/scmc/").text
    (block,) = BLOCK.findall(page)
    assert not set("<>&\u2028\u2029") & set(block)
    assert node(json.loads(block), "Hospital")["name"] == text


def test_page_without_data_has_no_block(client, db):
    assert BLOCK.findall(client.get("/en/about/").text) == []


@pytest.mark.parametrize("value", [None, {}, []])
def test_tag_writes_nothing_for_nothing(value):
    template = Template("{% load portal_tags %}[{% structured_data %}]")
    assert template.render(Context({"structured": value})) == "[]"


@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_of_every_language_stay_readable(language):
    template = Template("{% load portal_tags %}{% structured_data %}")
    with translation.override(language):
        text = template.render(Context({"structured": {"name": "肝 ورم guz"}}))
    assert text == '<script type="application/ld+json">{"name":"肝 ورم guz"}</script>'


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_browser_takes_the_block_for_data_not_for_a_script(live):
    """No breach of the policy, no error, nothing run."""
    lay_directory()
    Listing.objects.filter(hospital__slug="scmc").update(title_en="</script><script>x=1</script>")
    page = live.new_page()
    page.add_init_script(
        "window.breaches = 0;"
        "addEventListener('securitypolicyviolation', () => { window.breaches += 1; });"
    )
    for path in ("/en/", "/en/hospitals/", "/ar/hospitals/scmc/", "/en/hospitals/scmc/"):
        page.goto(path)
        text = page.locator('script[type="application/ld+json"]').text_content()
        assert json.loads(text)["@context"] == "https://schema.org"
        assert page.evaluate("[window.breaches, typeof x]") == [0, "undefined"]
    assert live.problems == []
