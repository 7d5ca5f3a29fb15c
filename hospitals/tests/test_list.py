import html
import re
from datetime import timedelta
from types import SimpleNamespace

import brotli
import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hospitals import pages, results
from hospitals.actions import approve_revision, propose_revision
from hospitals.finding import answer as finding
from hospitals.finding.indexing import rebuild
from hospitals.finding.names import curated_names
from hospitals.freshness import shanghai_today
from hospitals.models import (
    Campus,
    Claim,
    Condition,
    DirectoryVersion,
    EntryKind,
    Hospital,
    Listing,
    ListingCondition,
)
from hospitals.tests.finding import directory_names, index_curated, index_directory
from hospitals.tests.loaded import lay_directory
from portal.tests.fixtures import make_hospital, make_listing, sign_in_staff

pytestmark = pytest.mark.django_db
LIST = "/en/hospitals/"


@pytest.fixture
def directory(db):
    lay_directory()


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
    assert "<li><span>for a child</span></li>" in page
    assert "For your search: <strong>Liver Surgery</strong>" in page


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


def test_nothing_found_offers_a_way_out_and_keeps_the_words(client, directory):
    page = client.get(LIST, {"q": "zzzz & more"})
    assert "No hospital matches all of this" in page.text
    assert 'href="?"' in page.text
    assert 'href="/en/inquiry/"' in page.text
    assert "Your words go with you" in page.text


def test_words_of_a_search_are_in_no_link_to_the_inquiry_A6(client, directory):
    for words in ("children", "zzzz"):
        links = re.findall(r'href="([^"]*/inquiry/[^"]*)"', client.get(LIST, {"q": words}).text)
        assert links
        assert [link for link in links if words in link] == []


def test_ask_us_carries_no_words_without_a_question(client, directory):
    assert 'href="/en/inquiry/"' in client.get(LIST).text


FILTER_NAMES = [
    *("specialty", "audience", "type", "district"),
    *("language", "accepting", "confirmed", "page"),
]


@pytest.mark.parametrize("name", FILTER_NAMES)
def test_unknown_filter_is_told_and_left_out(client, directory, name):
    page = client.get(LIST, {name: "no-such-value"})
    assert "“no-such-value” was left out" in text_of(page)
    assert len(found(client, **{name: "no-such-value"})) == 13


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "999999999999999999999", "٢٢٢٢٢٢٢٢٢"])
def test_impossible_page_is_told_and_left_out(client, directory, number):
    page = text_of(client.get(LIST, {"page": number}))
    assert f"“{number}” was left out" in page
    assert len(found(client, page=number)) == 13


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
def test_list_reads_each_card_once(client, number, django_assert_num_queries):
    """Five read traits and specialties of all, three the cards, once after each change."""
    fill(number)
    with django_assert_num_queries(9):
        client.get(f"{LIST}?type=general")
    with django_assert_num_queries(1):
        shown = client.get(LIST)
    assert len(shown.context["cards"]) == min(number, 20)


def test_card_shows_what_was_approved_since_it_was_kept(client):
    fill(1)
    assert "Another name" not in client.get(LIST).text
    Hospital.objects.update(name="Another name", name_en="Another name")
    DirectoryVersion.raise_number()
    assert "Another name" in client.get(f"{LIST}?type=general").text


def test_search_asks_as_often_for_many_hospitals(client, scmc):
    question = {"q": "heart", "district": "xuhui", "audience": "adults"}
    asked = []
    for number in (1, 30):
        Hospital.objects.all().delete()
        fill(number)
        make_listing(Hospital.objects.first(), "heart")
        DirectoryVersion.raise_number()
        index_directory()
        assert len(found(client, **question)) == 1
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST, question)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 16


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


@pytest.mark.parametrize("accepted", ["br", "gzip,BR", "br ; q = 0.5", "gzip;q=1,br;q=1.000"])
def test_brotli_is_known_however_it_is_written(client, directory, accepted):
    answer = client.get(LIST, headers={"Accept-Encoding": accepted})
    assert answer["Content-Encoding"] == "br"


def test_no_more_than_two_hundred_letters_of_the_header_are_read_R8():
    """A search over the whole of it stalled every thread of a process for seconds."""

    class Header(str):
        def __getitem__(self, part):
            assert part == slice(None, 200)
            return str.__getitem__(self, part)

        def split(self, *_arguments):
            raise AssertionError("the whole header was read")

    request = SimpleNamespace(headers={"Accept-Encoding": Header("br;q=0." + "1" * 8000 + "x")})
    assert pages.takes_brotli(request) is True
    assert not hasattr(pages, "re")


BAD = ["gzip", "br;q=0", "br;q=0.0", "abr", "", "br;q=2", "br;q=nan", "br;q=x", "br;x=1", ";br"]


@pytest.mark.parametrize("accepted", BAD)
def test_page_is_sent_plain_to_readers_that_cannot(client, directory, accepted):
    answer = client.get(LIST, headers={"Accept-Encoding": accepted})
    assert answer.has_header("Content-Encoding") is False


def numbers(client, query=""):
    """What each choice of the filters says it would leave: value -> number."""
    page = client.get(f"{LIST}{query}").text
    return {
        html.unescape(value): int(number)
        for value, number in re.findall(r'<option value="([^"]+)"[^>]*>[^<]*\((\d+)\)', page)
    }


def test_choices_show_how_many_hospitals_they_would_leave(client, directory):
    shown = numbers(client)
    assert shown["paediatric"] == len(found(client, type="paediatric")) == 2
    assert shown["adults"] == len(found(client, audience="adults"))
    assert shown["pudong"] == len(found(client, district="pudong"))


def test_counts_are_those_beside_the_other_filters(client, directory):
    shown = numbers(client, "?district=pudong")
    assert shown["paediatric"] == len(found(client, type="paediatric", district="pudong")) == 1
    # The other districts are counted as if this one were not chosen.
    assert shown["xuhui"] == len(found(client, district="xuhui"))


def test_choice_that_would_leave_none_is_left_out(client, directory):
    assert "chongming" not in numbers(client)
    assert "cancer" not in numbers(client, "?district=xuhui")


def test_chosen_filter_stays_when_it_leaves_none(client, directory):
    assert numbers(client, "?type=cancer&district=xuhui")["cancer"] == 0


@pytest.mark.parametrize("question", ["neurosurgery", "huashan", "liver", "surgery for a child"])
def test_counts_of_an_answer_are_within_the_answer(client, directory, question):
    index_directory()
    everything = set(found(client, q=question))
    for name, value in (("type", "general"), ("type", "paediatric"), ("district", "pudong")):
        left = found(client, q=question, **{name: value})
        assert numbers(client, f"?q={question}").get(value, 0) == len(left)
        assert set(left) == everything & set(found(client, **{name: value}))


def test_question_that_nobody_understands_keeps_the_filters_without_counts(client, directory):
    index_directory()
    page = client.get(LIST, {"q": "zzzz"}).text
    assert '<option value="pudong">Pudong</option>' in page
    assert numbers(client, "?q=zzzz") == {}
    assert 'id="map"' not in page


def test_tick_that_would_leave_none_cannot_be_ticked(client, scmc):
    page = client.get(LIST).text
    assert re.findall(r'name="(\w+)" value="yes" disabled', page) == ["accepting", "confirmed"]


def test_filter_by_accepting_now(client, scmc, renji):
    make_listing(renji, accepting="yes")
    assert found(client, accepting="yes") == ["renji"]
    assert "Accepting new patients in some specialties" in client.get(LIST).text


def test_filter_by_language_spoken(client, scmc, renji):
    assert 'name="language"' not in client.get(LIST).text
    Claim.objects.create(listing=make_listing(renji), kind="languages", codes=["pl", "zh-hans"])
    DirectoryVersion.raise_number()
    assert found(client, language="pl") == ["renji"]
    assert found(client, language="ar") == []
    shown = re.findall(r'<option value="zh-hans">([^<]*)</option>', client.get(LIST).text)
    assert shown == ["Chinese (1)"]


def test_filter_by_confirmed_lately(client, scmc, renji, editor):
    now = timezone.now()
    for hospital, days in ((scmc, 400), (renji, 100)):
        confirmed = now - timedelta(days=days)
        make_listing(hospital, confirmed_at=confirmed, confirmed_by=editor)
    assert found(client, confirmed="yes") == ["renji"]


def test_more_filters_are_open_when_one_of_them_is_chosen(client, directory):
    closed = '<details class="fold filter-more">'
    assert closed in client.get(f"{LIST}?audience=children").text
    assert closed not in client.get(f"{LIST}?type=general").text


# ---- Addresses ----


def test_same_filters_have_one_address(client, directory):
    plain = client.get(f"{LIST}?type=general&district=pudong").content
    for query in ("district=pudong&type=general", "type=general&district=pudong&page=1&utm=x"):
        assert client.get(f"{LIST}?{query}").content == plain


def test_canonical_address_has_the_one_filter_and_the_page(client, short_pages):
    fill(3)
    page = client.get(f"{LIST}?page=2&type=general&utm=x").text
    assert (
        '<link rel="canonical" href="http://testserver/en/hospitals/?type=general&amp;page=2">'
        in page
    )


@pytest.mark.parametrize("query", ["q=liver", "type=general&district=xuhui"])
def test_endless_combinations_stay_out_of_search_engines(client, directory, query):
    page = client.get(f"{LIST}?{query}").text
    assert '<meta name="robots" content="noindex, follow">' in page


# ---- Pages ----


@pytest.fixture
def short_pages(monkeypatch):
    monkeypatch.setattr(results, "PAGE_SIZE", 2)


def test_page_has_twenty_hospitals(client):
    fill(45)
    pages = [found(client, page=number) for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [20, 20, 5]
    assert sum(pages, []) == [f"h{number}" for number in range(45)]


def test_pages_lead_to_each_other(client, short_pages):
    fill(5)
    page = client.get(f"{LIST}?type=general&page=2").text
    assert '<link rel="prev" href="?type=general">' in page
    assert '<link rel="next" href="?type=general&amp;page=3">' in page
    assert re.findall(r'aria-current="page" aria-label="(Page \d)"', page) == ["Page 2"]
    assert re.findall(r'<a href="([^"]*)"[^>]* aria-label="Page 3"', page) == [
        "?type=general&amp;page=3"
    ]


def test_short_list_has_no_pages(client, directory):
    assert 'class="pages"' not in client.get(LIST).text


def test_many_pages_are_shown_with_gaps(client, short_pages):
    fill(20)
    page = client.get(f"{LIST}?page=5").text
    assert re.findall(r'aria-label="Page (\d+)"', page) == ["1", "4", "5", "6", "10"]
    assert page.count('class="pages-gap"') == 2


def test_page_beyond_the_last_says_so_and_shows_the_last(client, short_pages):
    fill(3)
    page = client.get(f"{LIST}?page=99")
    assert "There is no page 99. This is page 2, the last one." in text_of(page)
    assert found(client, page=99) == ["h2"]
    # What is said about one address must not be kept for another.
    assert "There is no page" not in client.get(f"{LIST}?page=2").text


def test_answer_has_pages_too(client, short_pages):
    for number in range(5):
        make_listing(make_hospital(f"h{number}"), "heart")
    index_directory()
    pages = [found(client, q="heart", page=number) for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert len(set(sum(pages, []))) == 5


def test_answer_shows_the_best_and_says_so(client, monkeypatch):
    monkeypatch.setattr(finding, "MAX_HOSPITALS", 3)
    for number in range(5):
        make_listing(make_hospital(f"h{number}"), "heart")
    index_directory()
    page = text_of(client.get(LIST, {"q": "heart"}))
    assert "5 hospitals" in page
    assert "The best 3 are shown." in page
    assert numbers(client, "?q=heart")["general"] == 5


def test_every_hospital_of_a_named_condition_is_counted(client, scmc, renji):
    """A hospital may name an illness that none of its specialties stands for."""
    condition = Condition.objects.create(slug="rare", name_en="Rare plague", words={})
    ListingCondition.objects.create(listing=make_listing(renji, "eyes"), condition=condition)
    DirectoryVersion.raise_number()
    rebuild([*directory_names(), *curated_names(EntryKind.CONDITION, condition)])
    assert found(client, q="rare plague") == ["renji"]
    page = text_of(client.get(LIST, {"q": "rare plague"}))
    assert "The hospital says that it treats this: <strong>Eyes</strong>" in page
    assert numbers(client, "?q=rare plague")["general"] == 1


# ---- Kept pages ----


def test_page_is_kept_for_the_day_alone(client, scmc, time_machine):
    noon = timezone.now().replace(hour=4)
    time_machine.move_to(noon)
    make_listing(scmc, accepting="yes", accepting_until=shanghai_today())
    first = client.get(LIST)
    time_machine.move_to(noon + timedelta(days=1))
    later = client.get(LIST, headers={"If-None-Match": first["ETag"]})
    assert later.status_code == 200
    assert "Accepting new patients in some specialties" in first.text
    assert "Accepting new patients in some specialties" not in later.text


@pytest.mark.parametrize("encoding", ["br", "identity"])
@pytest.mark.parametrize("sent", ["{}", "W/{}", '"other", {}', "*"])
def test_reader_who_has_the_page_gets_304_however_it_is_asked(client, directory, encoding, sent):
    headers = {"Accept-Encoding": encoding}
    etag = client.get(LIST, headers=headers)["ETag"]
    again = client.get(LIST, headers=headers | {"If-None-Match": sent.format(etag)})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)


def test_etag_of_the_other_encoding_is_no_match(client, directory):
    plain = client.get(LIST)["ETag"]
    headers = {"Accept-Encoding": "br", "If-None-Match": plain}
    assert client.get(LIST, headers=headers).status_code == 200


@pytest.mark.parametrize("encoding", ["br", "identity"])
def test_page_whose_body_is_gone_is_made_again(client, directory, encoding):
    """The cache may drop any of a page's parts."""
    headers = {"Accept-Encoding": encoding}
    whole = client.get(LIST, headers=headers).content
    for key in [key.split(":", 2)[2] for key in cache._cache if key.endswith(("True", "False"))]:
        cache.delete(key)
    assert client.get(LIST, headers=headers).content == whole


def repeat(client, path=LIST, method="get", **headers):
    """A second visit of a reader who has the page."""
    etag = client.get(path)["ETag"]
    return getattr(client, method)(path, headers={"If-None-Match": etag} | headers)


@pytest.mark.parametrize("path", ["/en/", LIST, "/ar/hospitals/scmc/", f"{LIST}?type=general"])
def test_repeat_visit_asks_one_question_and_knows_nobody(
    client, directory, path, django_assert_num_queries
):
    etag = client.get(path)["ETag"]
    with django_assert_num_queries(1):
        again = client.get(path, headers={"If-None-Match": etag})
    assert again.status_code == 304
    assert dict(again.cookies) == {}
    assert again["Vary"] == "Accept-Encoding"
    assert again["Cache-Control"] == "public, no-cache"


def test_repeat_visit_has_the_headers_of_safety(client, directory):
    again = repeat(client)
    assert "default-src 'none'" in again["Content-Security-Policy"]
    assert again["X-Frame-Options"] == "DENY"


def test_repeat_visit_of_head_is_short_too(client, directory):
    assert repeat(client, method="head").status_code == 304


def test_repeat_visit_never_answers_a_form(client, directory):
    assert repeat(client, method="post").status_code == 405


def test_repeat_visit_of_another_host_is_refused(client, directory):
    assert repeat(client, Host="evil.example").status_code == 400


def test_page_of_one_language_is_no_other_s(client, directory):
    etag = client.get(LIST)["ETag"]
    other = client.get("/pl/hospitals/", headers={"If-None-Match": etag})
    assert other.status_code == 200


def test_what_was_understood_leads_to_its_page(client, scmc):
    Condition.objects.create(slug="hepatoblastoma", name_en="Hepatoblastoma", words={})
    index_curated()
    page = client.get("/en/hospitals/?q=hepatoblastoma").content.decode()
    assert page.count('<a href="/en/conditions/hepatoblastoma/"><bdi>Hepatoblastoma</bdi>') == 1
