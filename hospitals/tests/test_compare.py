import html
import re

import pytest
from django.conf import settings
from django.utils.html import escape

from hospitals.models import Fact, Hospital, Listing
from hospitals.tests.claims import make_claim, make_condition, make_source, name_condition
from hospitals.views.compare import MAX_COMPARED
from portal.tests.fixtures import make_hospital, make_listing

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
COMPARE = "/en/compare/"


@pytest.fixture
def gout(scmc, renji):
    """`scmc` lists the specialty, `renji` names the condition itself."""
    make_listing(scmc, "joints")
    condition = make_condition("gout", "joints")
    name_condition(make_listing(renji, "feet"), condition)
    return condition


def read(client, path=COMPARE, **parameters):
    page = client.get(path, parameters)
    assert page.status_code == 200
    return html.unescape(page.text).partition("</head>")[2]


def heads(page) -> list[str]:
    """Slugs of the compared hospitals, in order."""
    (part,) = re.findall(r'<ul class="compare-heads">(.*?)</ul>', page, re.DOTALL)
    return re.findall(r'<h2><a href="/\w+/hospitals/([\w-]+)/"', part)


def cells(page, label) -> list[str]:
    """What each hospital says to one point, as a reader sees it."""
    part = page[page.index(f">{label}</h3>") :].partition("</section>")[0]
    rows = re.findall(r"<li[^>]*>\s*<p class=\"compare-who\">.*?</p>(.*?)</li>", part, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in rows]


def test_hospitals_stand_side_by_side_point_by_point(client, gout, scmc):
    make_claim(Listing.objects.get(hospital=scmc), "waiting", low=7, high=14)
    page = read(client, condition="gout", hospital=["renji", "scmc"])
    assert heads(page) == ["scmc", "renji"]
    assert cells(page, "Waiting time") == [
        "1 to 2 weeks Not yet confirmed by the hospital",
        "Not told yet",
    ]


def test_naming_it_and_covering_it_are_told_apart(client, gout):
    make_hospital("other")
    page = read(client, condition="gout", hospital=["scmc", "renji", "other"])
    covers, names, neither = cells(page, "Treats it")
    assert covers.startswith("Covers it with: Joints")
    assert names.startswith("Names exactly this")
    assert neither == "Lists neither it nor a specialty that covers it"
    assert re.findall(r"match match--(\w+)", page) == ["specialty", "exact", "none"]


@pytest.mark.parametrize("order", [["scmc", "renji"], ["renji", "scmc"], ["scmc", "renji", "scmc"]])
def test_order_and_repetition_do_not_matter(client, gout, order):
    first = client.get(COMPARE, {"condition": "gout", "hospital": ["scmc", "renji"]})
    again = client.get(COMPARE, {"hospital": order, "condition": "gout", "utm": "x"})
    assert again["ETag"] == first["ETag"]


def test_of_five_hospitals_the_first_four_stay(client, gout):
    slugs = [make_hospital(f"h{index}").slug for index in range(5)]
    page = read(client, hospital=slugs)
    assert heads(page) == slugs[:MAX_COMPARED]
    assert "You can compare up to four hospitals. These are the first four." in page


def test_fifty_hospitals_take_no_more_queries(client, gout, django_assert_num_queries):
    slugs = [make_hospital(f"h{index}").slug for index in range(60)]
    with django_assert_num_queries(5):
        page = client.get(COMPARE, {"hospital": slugs})
    assert heads(page.text) == slugs[:MAX_COMPARED]


def test_unknown_hospital_and_condition_are_told(client, gout):
    page = read(client, condition="nothing", hospital=["nowhere", "scmc"])
    assert "“nowhere” was left out: we know no such hospital." in page
    assert "“nothing” was left out: we know no such condition." in page
    assert heads(page) == ["scmc"]


def test_hidden_hospital_is_unknown(client, gout):
    Hospital.objects.filter(slug="renji").update(is_public=False)
    assert "“renji” was left out" in read(client, hospital=["renji"])


@pytest.mark.parametrize(
    "value", ["<script>alert(1)</script>", "' OR 1=1 --", "x" * 9000, "", "\t"]
)
def test_strange_values_are_told_escaped_and_shortened(client, gout, value):
    page = client.get(COMPARE, {"condition": value, "hospital": [value, "scmc"]})
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert page.text.count(escape(value[:80])) >= 1
    assert "x" * 81 not in page.text


def test_nothing_asked_is_a_page_that_explains(client, gout):
    page = read(client)
    assert "No hospital is chosen yet." in page
    assert 'href="?hospital=scmc"' in page


def test_hospitals_that_treat_it_can_be_added_and_removed(client, gout):
    page = read(client, condition="gout", hospital="scmc")
    assert 'href="?condition=gout&hospital=scmc&hospital=renji"' in page
    both = read(client, condition="gout", hospital=["scmc", "renji"])
    assert 'href="?condition=gout&hospital=renji"' in both
    assert 'href="?condition=gout&hospital=scmc"' in both


def test_without_condition_the_general_points_are_compared(client, gout, scmc):
    Fact.objects.create(
        hospital=scmc, key="jci", kind="accreditation", value_en="JCI", source=make_source()
    )
    page = read(client, hospital=["scmc", "renji"])
    assert "Treats it" not in page
    assert cells(page, "Kind of hospital") == ["Children's hospital", "General hospital"]
    accredited, unknown = cells(page, "Accreditation")
    assert accredited.startswith("JCI Source: A yearbook")
    assert unknown == "Not told yet"


def test_withheld_fact_is_unknown(client, gout, scmc):
    Fact.objects.create(
        hospital=scmc, key="jci", kind="accreditation", value_en="JCI", is_withheld=True
    )
    page = client.get(COMPARE, {"hospital": "scmc"})
    assert "JCI" not in page.text
    assert "Accreditation" in page.context["untold"]


def test_what_no_hospital_told_is_one_list_at_the_end(client, gout, scmc):
    Fact.objects.create(
        hospital=scmc, key="jci", kind="accreditation", value_en="JCI", source=make_source()
    )
    page = client.get(COMPARE, {"hospital": ["scmc", "renji"]})
    assert "Accreditation" not in page.context["untold"]
    assert page.context["untold"][:2] == ["New patients", "District"]
    assert page.text.count("Not told yet") == 2


def test_faded_claim_is_shown_with_caution(client, gout, scmc, editor):
    listing = Listing.objects.get(hospital=scmc)
    make_claim(listing, "waiting", low=7, high=14, by=editor, days=400)
    (cell,) = cells(read(client, condition="gout", hospital="scmc"), "Waiting time")
    assert cell.endswith("more than a year ago: ask before you rely on it")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "/en/compare/"),
        ({"hospital": "scmc"}, "/en/compare/"),
        ({"hospital": "scmc", "condition": "gout"}, "/en/conditions/gout/"),
    ],
)
def test_search_engines_are_led_to_the_page_of_the_condition(client, gout, asked, found):
    page = client.get(COMPARE, asked).text
    assert f'<link rel="canonical" href="{settings.PUBLIC_URL}{found}">' in page
    others = re.findall(r'hreflang="ar" href="([^"]+)"', page)
    assert others[0] == settings.PUBLIC_URL + found.replace("/en/", "/ar/")
    assert 'name="robots"' not in page


@pytest.mark.parametrize("number", [1, 4])
def test_comparison_takes_as_many_queries_for_four(client, gout, number, django_assert_num_queries):
    slugs = []
    for index in range(number):
        listing = make_listing(make_hospital(f"h{index}"), "joints", source=make_source())
        make_claim(listing, "waiting", low=1, source=make_source())
        slugs.append(listing.hospital.slug)
    # With four, no further hospital can be added; with one, the index of the list is read.
    client.get(COMPARE, {"condition": "gout", "hospital": "scmc"})
    expected = {1: 14, 4: 12}
    with django_assert_num_queries(expected[number]):
        client.get(COMPARE, {"condition": "gout", "hospital": slugs})


def test_page_is_kept_and_sets_no_cookie(client, gout, django_assert_num_queries):
    first = client.get(COMPARE, {"condition": "gout", "hospital": "scmc"})
    with django_assert_num_queries(1):
        again = client.get(
            COMPARE,
            {"condition": "gout", "hospital": "scmc"},
            headers={"If-None-Match": first["ETag"]},
        )
    assert again.status_code == 304
    assert not first.cookies
