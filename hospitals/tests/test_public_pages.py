"""What search engines and caches see of every public page, in every language."""

import html
import re
from collections import defaultdict

import pytest
from django.conf import settings as django_settings
from django.urls import reverse
from django.utils import translation

from hospitals.models import Condition, Hospital
from hospitals.tests.loaded import lay_directory
from portal.addresses import full_address, in_each_language, language_tag
from portal.tests.fixtures import make_listing

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
LANGUAGES = [code for code, _name in django_settings.LANGUAGES]
# Names of pages without an argument; the inquiry's first page may know a draft of this browser.
STATIC = ("how-it-works", "about", "privacy")
KEPT = ("home", "hospitals:list", "conditions:list", "compare", "open-data")
# In letters; a name that is longer by itself is cut by the search engine, not by us.
SHOWN_TITLE, LONGEST_NAME, LONGEST_DESCRIPTION = 65, 130, 230


def address(name: str, *arguments: str, language: str = "en") -> str:
    with translation.override(language):
        return reverse(name, args=arguments)


def sample(language: str) -> list[str]:
    """One page of every kind, and several where only the contents differ."""
    hospitals = Hospital.objects.public().values_list("slug", flat=True)
    conditions = Condition.objects.order_by("slug").values_list("slug", flat=True)[::100]
    listed = address("hospitals:list", language=language)
    return [
        *(address(name, language=language) for name in (*STATIC, *KEPT)),
        *(address("hospitals:detail", slug, language=language) for slug in hospitals),
        *(address("hospitals:history", slug, language=language) for slug in hospitals[:2]),
        *(address("conditions:detail", slug, language=language) for slug in conditions),
        *(address("conditions:code", code, language=language) for code in ("C22", "C22.2")),
        f"{listed}?specialty=neurosurgery",
        f"{listed}?district=pudong",
    ]


def head(text: str) -> dict:
    """Title, description and the links that name the page."""
    return {
        "title": html.unescape(re.search(r"<title>(.*?)</title>", text, re.DOTALL)[1]),
        "description": html.unescape(
            re.search(r'<meta name="description" content="([^"]*)"', text)[1]
        ),
        "canonical": [
            html.unescape(url) for url in re.findall(r'rel="canonical" href="(.*?)"', text)
        ],
        "languages": {
            tag: html.unescape(url)
            for tag, url in re.findall(r'rel="alternate" hreflang="(.*?)" href="(.*?)"', text)
        },
        "robots": re.findall(r'<meta name="robots" content="(.*?)"', text),
    }


@pytest.fixture
def directory(db):
    lay_directory(with_conditions=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_has_a_title_and_a_description_of_its_own(client, directory, language):
    titles, descriptions = defaultdict(list), defaultdict(list)
    for path in sample(language):
        found = head(client.get(path).text)
        titles[found["title"]].append(path)
        descriptions[found["description"]].append(path)
    assert [paths for paths in titles.values() if len(paths) > 1] == []
    assert [paths for paths in descriptions.values() if len(paths) > 1] == []
    with translation.override(language):
        site = f" - {translation.gettext('Treatment in Shanghai')}"
    assert [text for text in titles if text.endswith(site) and len(text) > SHOWN_TITLE] == []
    assert [text for text in titles if not 5 <= len(text) <= LONGEST_NAME] == []
    assert [text for text in descriptions if not 20 <= len(text) <= LONGEST_DESCRIPTION] == []


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_names_itself_and_its_translations(client, directory, language):
    for path in sample(language):
        found = head(client.get(path).text)
        plain, _mark, query = path.partition("?")
        assert found["canonical"] == [f"http://testserver{path}"], path
        assert found["languages"] == in_each_language(plain, query), path
        assert found["languages"]["zh-Hans"].startswith("http://testserver/zh-hans/")
        assert found["languages"]["x-default"] == found["languages"]["en"]
        assert found["robots"] == [], path


@pytest.mark.parametrize(
    "path",
    [
        "/en/hospitals/?q=scmc",
        "/en/hospitals/?q=zzzz",
        "/en/hospitals/?specialty=neurosurgery&district=pudong",
        "/en/hospitals/?accepting=yes",
        "/en/hospitals/?language=en",
    ],
)
def test_endless_combinations_are_kept_out_of_search_engines(client, directory, path):
    found = head(client.get(path).text)
    assert found["robots"] == ["noindex, follow"]
    assert (found["canonical"], found["languages"]) == ([], {})


def test_list_with_one_filter_is_a_page_of_its_own(client, directory):
    found = head(client.get("/en/hospitals/?district=pudong").text)
    assert found["title"] == "Pudong: hospitals in Shanghai - Treatment in Shanghai"
    plain = head(client.get("/en/hospitals/").text)
    assert plain["title"] == "Hospitals - Treatment in Shanghai"
    assert found["description"].startswith("Pudong: ")


@pytest.mark.parametrize(("code", "is_listed"), [("C22.2", True), ("C22", True), ("Z99", False)])
def test_code_without_an_answer_is_kept_out_of_search_engines(client, directory, code, is_listed):
    found = head(client.get(f"/en/conditions/icd-10/{code}/").text)
    assert (found["robots"] == []) is is_listed


@pytest.mark.parametrize(
    ("asked", "own"),
    [
        ("?district=pudong&q=", "?district=pudong"),
        ("?utm_source=x&district=pudong", "?district=pudong"),
        ("?district=nowhere", ""),
        ("?page=1", ""),
        ("?utm_source=x", ""),
    ],
)
def test_page_has_one_address_whatever_is_added_to_it(client, directory, asked, own):
    found = head(client.get(f"/en/hospitals/{asked}").text)
    assert found["canonical"] == [f"http://testserver/en/hospitals/{own}"]


def test_address_of_a_page_is_not_the_hosts(client, scmc, settings):
    """A name that somebody put into the request is never repeated."""
    settings.PUBLIC_URL = "https://portal.example"
    settings.ALLOWED_HOSTS = ["*"]
    text = client.get("/en/hospitals/scmc/", headers={"host": "evil.example"}).text
    assert head(text)["canonical"] == ["https://portal.example/en/hospitals/scmc/"]
    assert "evil.example" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_reader_who_has_a_page_gets_304_and_nobody_a_cookie(client, directory, language):
    for path in sample(language):
        first = client.get(path)
        assert first.status_code == 200, path
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b""), path
        for answer in (first, again):
            assert not answer.cookies, path
            cached = sorted(answer.headers["Cache-Control"].split(", "))
            assert cached == ["no-cache", "public"], path


def test_answer_depends_on_nothing_but_the_encoding(client, directory):
    for path in sample("en"):
        vary = client.get(path).headers.get("Vary", "")
        is_static = any(path == address(name) for name in STATIC)
        assert vary == ("" if is_static else "Accept-Encoding"), path


def test_page_is_the_same_for_whoever_is_logged_in(client, directory, lead):
    from portal.tests.fixtures import sign_in_staff

    office = sign_in_staff(lead)
    for path in ("/en/", "/en/hospitals/scmc/", "/en/about/", "/en/open-data/", "/en/compare/"):
        assert office.get(path).content == client.get(path).content, path


@pytest.mark.parametrize("name", STATIC)
def test_etag_of_a_static_page_changes_with_its_words(client, db, settings, name):
    first = client.get(address(name)).headers["ETag"]
    settings.OPERATOR = settings.OPERATOR | {"name": "Canary Office Ltd"}
    assert client.get(address(name)).headers["ETag"] != first


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("A & B", "A & B - Treatment in Shanghai"),
        ("<b>", "<b> - Treatment in Shanghai"),
        ("x" * 41, f"{'x' * 41} - Treatment in Shanghai"),
        ("x" * 42, "x" * 42),
    ],
)
def test_name_of_the_site_follows_where_there_is_room(client, scmc, name, title):
    Hospital.objects.update(name_en=name)
    text = client.get("/en/hospitals/scmc/").text
    assert head(text)["title"] == title
    assert f"<title>{html.escape(title)}</title>" in text


# ---- Addresses ----


@pytest.mark.parametrize(
    ("code", "tag"), [("en", "en"), ("zh-hans", "zh-Hans"), ("pt-br", "pt-br"), ("ar", "ar")]
)
def test_tag_of_a_language(code, tag):
    assert language_tag(code) == tag


@pytest.mark.parametrize("language", LANGUAGES)
def test_full_address_in_a_language_leaves_the_readers_alone(language):
    with translation.override("pl"):
        found = full_address("hospitals:detail", "scmc", language=language)
        assert translation.get_language() == "pl"
        assert full_address("home") == "http://testserver/pl/"
    assert found == f"http://testserver/{language}/hospitals/scmc/"


def test_every_language_has_its_page(client, scmc):
    make_listing(scmc)
    for url in in_each_language("/en/hospitals/scmc/").values():
        assert client.get(url.removeprefix("http://testserver")).status_code == 200
