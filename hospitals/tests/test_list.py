import html
import re

import brotli
import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from hospitals.actions import approve_revision, propose_revision
from hospitals.loader import load_directory
from hospitals.models import Campus, DirectoryVersion, Hospital, Listing
from hospitals.tests.finding import index_directory
from portal.tests.fixtures import make_hospital, make_listing, sign_in_staff

pytestmark = pytest.mark.django_db
LIST = "/en/hospitals/"


@pytest.fixture
def directory(db):
    load_directory()


def found(client, **filters):
    """Slugs on the list, in its order."""
    page = client.get(LIST, filters)
    assert page.status_code == 200
    return re.findall(r'class="card-title"><a href="/en/hospitals/([\w-]+)/"', page.text)


def text_of(response):
    return html.unescape(response.text)


def fill(number):
    for index in range(number):
        hospital = make_hospital(f"h{index}")
        make_listing(hospital, f"specialty-{index}")
        Campus.objects.create(hospital=hospital, key="main", district="xuhui", name_en="Main")


def test_list_shows_all_thirteen(client, directory):
    assert len(found(client)) == 13


def test_list_keeps_the_order_of_the_data(client, directory):
    assert found(client) == list(Hospital.objects.values_list("slug", flat=True))


def test_list_leaves_out_what_is_not_public(client, scmc, renji):
    Hospital.objects.filter(pk=renji.pk).update(is_public=False)
    assert found(client) == ["scmc"]


@pytest.mark.parametrize(
    ("q", "slug"),
    [
        ("huashan", "huashan"),
        ("HUASHAN", "huashan"),
        ("华山医院", "huashan"),
        ("هواشان", "huashan"),
        ("Szpital Huashan", "huashan"),
        ("children's medical", "scmc"),
        ("proton", "sphic"),
    ],
)
def test_search_finds_names_in_every_language(client, directory, q, slug):
    index_directory()
    assert {slug} & set(found(client, q=q)) == {slug}


def test_search_finds_a_listing_by_title(client, scmc, renji):
    make_listing(scmc, title_en="Care of a rare tumour")
    make_listing(renji, "heart", title_en="Valves")
    index_directory()
    assert found(client, q="rare tumor") == ["scmc"]


def test_search_finds_a_specialty_by_name(client, scmc, renji):
    make_listing(scmc, "plastic-surgery", title_en="Burns")
    index_directory()
    assert found(client, q="plastic") == ["scmc"]


def test_search_puts_the_fuller_match_first(client, scmc, renji):
    make_listing(scmc, "liver", title_en="Liver surgery")
    make_listing(renji, "heart", title_en="Heart surgery")
    index_directory()
    assert found(client, q="surgery liver")[0] == "scmc"


def test_search_knows_capital_letters_beyond_a_to_z(client, scmc, renji):
    make_listing(scmc, title_pl="Żywienie dzieci")
    index_directory()
    assert found(client, q="żywienie") == ["scmc"]


def test_search_says_what_was_understood(client, scmc):
    make_listing(scmc, "liver-surgery")
    index_directory()
    page = text_of(client.get(LIST, {"q": "liver surgry child"}))
    assert "We looked for:" in page
    assert "(for a child)" in page
    assert "For your search: Liver Surgery" in page


def test_unknown_words_offer_the_nearest_names(client, scmc):
    make_listing(scmc, "liver-surgery")
    index_directory()
    page = text_of(client.get(LIST, {"q": "surgery qqqq wwww eeee rrrr tttt yyyy uuuu"}))
    assert "We do not know these words." in page
    assert 'href="?q=Liver%20Surgery"' in page


def test_search_leaves_out_a_hidden_listing(client, scmc):
    make_listing(scmc, title_en="Liver surgery", is_public=False)
    index_directory()
    assert found(client, q="liver") == []


def test_filter_by_specialty(client, scmc, renji):
    make_listing(scmc, "neurosurgery")
    make_listing(renji, "heart")
    assert found(client, specialty="heart") == ["renji"]


def test_filter_by_children(client, scmc, renji):
    make_listing(renji, audience="adults")
    assert found(client, audience="children") == ["scmc"]


def test_filter_by_adults(client, scmc, renji):
    assert found(client, audience="adults") == ["renji"]


def test_filter_by_type(client, directory):
    assert found(client, type="paediatric") == ["scmc", "chfu"]


def test_filter_by_district_finds_every_campus(client, scmc, renji):
    for key, district in (("main", "pudong"), ("west", "xuhui")):
        Campus.objects.create(hospital=renji, key=key, district=district, name_en=key)
    assert found(client, district="xuhui") == ["renji"]
    assert found(client, district="pudong") == ["renji"]


def test_filters_combine(client, directory):
    everywhere = set(found(client, district="pudong"))
    general = set(found(client, type="general"))
    assert set(found(client, district="pudong", type="general")) == everywhere & general


def test_nothing_found_offers_a_way_out(client, directory):
    page = client.get(LIST, {"q": "zzzz"})
    assert "No hospital matches all of this" in page.text
    assert 'href="?"' in page.text


@pytest.mark.parametrize("name", ["specialty", "audience", "type", "district"])
def test_unknown_filter_is_told_and_left_out(client, directory, name):
    page = client.get(LIST, {name: "no-such-value"})
    assert "“no-such-value” was left out" in text_of(page)
    assert len(found(client, **{name: "no-such-value"})) == 13


def test_unknown_filter_keeps_the_others(client, directory):
    assert found(client, type="nonsense", district="xuhui") == found(client, district="xuhui")


def test_unknown_value_is_escaped(client, directory):
    page = client.get(LIST, {"type": "<script>alert(1)</script>"})
    assert "<script>alert" not in page.text


@pytest.mark.parametrize("q", ["x" * 201, "x" * 10_000, "a\x00b"])
def test_bad_search_is_told_and_left_out(client, directory, q):
    page = client.get(LIST, {"q": q})
    assert page.status_code == 200
    assert "Your search was left out." in text_of(page)
    assert len(found(client, q=q)) == 13


@pytest.mark.parametrize("q", ["'; DROP TABLE --", "%", "_", "...", "😀", "\u202e", "\\"])
def test_odd_search_is_answered(client, directory, q):
    assert client.get(LIST, {"q": q}).status_code == 200


def test_percent_is_a_letter_like_any_other(client, scmc):
    assert found(client, q="%") == []


@pytest.mark.parametrize("query", ["%FF%FE", "=&&&", "q", "type=general&type=cancer"])
def test_odd_query_is_answered(client, directory, query):
    assert client.get(f"{LIST}?{query}").status_code == 200


def test_only_reading_is_allowed(client, directory):
    assert client.post(LIST).status_code == 405


@pytest.mark.parametrize("number", [1, 30])
def test_list_asks_at_most_eight_questions(client, number, django_assert_num_queries):
    fill(number)
    with django_assert_num_queries(5):
        client.get(LIST)


@pytest.mark.parametrize("number", [1, 30])
def test_search_asks_as_often_for_many_hospitals(client, number, django_assert_num_queries):
    fill(number)
    index_directory()
    with django_assert_num_queries(11):
        client.get(LIST, {"q": "hospital", "district": "xuhui", "audience": "adults"})


@pytest.mark.parametrize("path", ["/en/", LIST, "/en/hospitals/scmc/", f"{LIST}?type=general"])
def test_kept_page_asks_one_question(client, directory, path, django_assert_num_queries):
    client.get(path)
    with django_assert_num_queries(1):
        client.get(path)


@pytest.mark.parametrize("path", ["/en/", LIST, "/en/hospitals/scmc/", f"{LIST}?q=liver"])
def test_public_page_sets_no_cookie(client, directory, path):
    page = client.get(path)
    assert dict(page.cookies) == {}
    assert Session.objects.count() == 0


@pytest.mark.parametrize("path", ["/en/", LIST, "/en/hospitals/scmc/"])
def test_public_page_varies_on_nothing_about_the_reader(client, directory, path):
    page = client.get(path)
    assert page.headers["Vary"] == "Accept-Encoding"
    assert page["Cache-Control"] == "public, no-cache"


@pytest.mark.parametrize("path", ["/en/", LIST, "/en/hospitals/scmc/"])
def test_page_is_the_same_for_staff(client, directory, path, lead):
    assert sign_in_staff(lead).get(path).content == client.get(path).content


def test_empty_filters_are_the_plain_list(client, directory):
    plain = client.get(LIST).content
    assert client.get(f"{LIST}?q=&specialty=&audience=&type=&district=").content == plain


def test_languages_are_kept_apart(client, directory):
    pages = {client.get(f"/{code}/hospitals/").text for code in ("en", "zh-hans", "pl", "ar")}
    assert len(pages) == 4


def test_page_of_one_filter_is_not_another_s(client, directory):
    assert found(client, type="cancer") == ["sphic"]
    assert found(client, type="women") == ["obgyn-fudan"]


def test_change_is_seen_at_the_next_request(client, scmc, editor, lead):
    listing = make_listing(scmc, title_en="Old title")
    DirectoryVersion.raise_number()
    assert "Old title" in client.get(LIST).text
    revision = propose_revision(
        by=editor, hospital=scmc, listing=listing, changes={"title_en": "Fresh"}, base_version=1
    )
    assert "Old title" in client.get(LIST).text
    approve_revision(by=lead, revision=revision)
    assert "Fresh" in client.get(LIST).text
    assert "Fresh" in client.get("/en/hospitals/scmc/").text


def test_raised_version_is_seen_by_every_process(client, scmc):
    """Another process has another cache: all that both share is the version's row."""
    client.get(LIST)
    Hospital.objects.filter(pk=scmc.pk).update(name_en="Renamed")
    assert "Renamed" not in client.get(LIST).text
    DirectoryVersion.raise_number()
    assert "Renamed" in client.get(LIST).text


def test_reader_who_has_the_page_gets_304(client, directory):
    etag = client.get(LIST)["ETag"]
    again = client.get(LIST, headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)


def test_etag_changes_with_the_page(client, directory):
    etag = client.get(LIST)["ETag"]
    Listing.objects.update(title_en="Changed")
    DirectoryVersion.raise_number()
    assert client.get(LIST, headers={"If-None-Match": etag}).status_code == 200


def test_host_of_a_reader_is_in_no_kept_page(directory):
    page = Client(headers={"host": "localhost"}).get(LIST)
    assert "//localhost" not in page.text


def test_query_of_a_reader_is_in_no_kept_page(client, directory):
    client.get(f"{LIST}?utm=canary")
    assert "canary" not in client.get(LIST).text
    assert "canary" not in client.get(f"{LIST}?utm=canary").text


def test_home_shows_six_hospitals(client, directory):
    page = client.get("/en/")
    assert page.text.count('class="card-title"') == 6


def test_page_is_sent_compressed_to_readers_that_can(client, directory):
    plain = client.get(LIST)
    packed = client.get(LIST, headers={"Accept-Encoding": "gzip, br"})
    assert brotli.decompress(packed.content) == plain.content
    assert packed["Content-Encoding"] == "br"
    assert packed["ETag"] != plain["ETag"]
    assert plain.has_header("Content-Encoding") is False
    assert plain["Vary"] == packed["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("accepted", ["gzip", "br;q=0", "br;q=0.0", "abr", ""])
def test_page_is_sent_plain_to_readers_that_cannot(client, directory, accepted):
    answer = client.get(LIST, headers={"Accept-Encoding": accepted})
    assert answer.has_header("Content-Encoding") is False
