"""The map of the public pages: complete, true, the same work at any size."""

import re
import xml.etree.ElementTree as ET

import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hospitals import sitemap
from hospitals.models import Change, Condition, DirectoryVersion, Hospital
from hospitals.tests.loaded import lay_directory
from portal.tests.fixtures import make_hospital

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
MAP = "/sitemap.xml"
LANGUAGES = [code for code, _name in django_settings.LANGUAGES]
SPACE = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
FIXED = len(sitemap.DIRECTORY_PAGES) + len(sitemap.OTHER_PAGES)


@pytest.fixture(autouse=True)
def _connection_stays_open(db, monkeypatch):
    """The end of an answer would close the test's own connection."""
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)


@pytest.fixture
def directory(db):
    lay_directory(with_conditions=True)


def tree(client, path: str = MAP) -> ET.Element:
    response = client.get(path)
    assert response.status_code == 200, path
    # Our own text, not a stranger's.
    return ET.fromstring(b"".join(response.streaming_content))  # noqa: S314


def urls(client, path: str = MAP) -> dict:
    """Address -> lastmod and addresses of the translations."""
    found = {}
    for entry in tree(client, path).findall("s:url", SPACE):
        links = {link.get("hreflang"): link.get("href") for link in entry.findall("x:link", SPACE)}
        found[entry.findtext("s:loc", None, SPACE)] = (
            entry.findtext("s:lastmod", None, SPACE), links,
        )  # fmt: skip
    return found


def of(path: str) -> str:
    return f"http://testserver{path}"


def test_map_names_every_public_page_in_every_language(client, directory):
    found = urls(client)
    hospitals, conditions = Hospital.objects.public().count(), Condition.objects.count()
    assert len(found) == (FIXED + hospitals + conditions) * len(LANGUAGES)
    for code in LANGUAGES:
        for path in ("", "hospitals/", "hospitals/scmc/", "conditions/", "about/", "inquiry/",
                     "conditions/hepatoblastoma/", "open-data/", "compare/"):  # fmt: skip
            assert of(f"/{code}/{path}") in found


def test_every_address_of_the_map_may_be_indexed(client, directory):
    """Every tenth page: it answers, is its own canonical address, and asks for no secrecy."""
    for url in list(urls(client))[::40]:
        page = client.get(url.removeprefix("http://testserver"))
        assert page.status_code == 200, url
        assert f'<link rel="canonical" href="{url}">' in page.text, url
        assert 'name="robots"' not in page.text, url


def test_every_entry_names_all_its_translations(client, scmc):
    found = urls(client)
    assert found[of("/pl/hospitals/scmc/")][1] == {
        "en": of("/en/hospitals/scmc/"),
        "zh-Hans": of("/zh-hans/hospitals/scmc/"),
        "pl": of("/pl/hospitals/scmc/"),
        "ar": of("/ar/hospitals/scmc/"),
        "x-default": of("/en/hospitals/scmc/"),
    }
    for _changed, links in found.values():
        assert set(links.values()) <= set(found)


def test_hidden_hospital_is_not_on_the_map(client, scmc, renji):
    Hospital.objects.filter(pk=renji.pk).update(is_public=False)
    assert [url for url in urls(client) if "renji" in url] == []


def test_private_pages_are_not_on_the_map(client, directory):
    private = re.compile(r"/(office|partners|case|mailbox|suggest|icd-10)/|/inquiry/.|\?")
    assert [url for url in urls(client) if private.search(url)] == []


def test_date_of_a_hospital_is_that_of_its_last_public_change(client, scmc, renji, lead):
    for day in (3, 5, 4):
        at = timezone.make_aware(timezone.datetime(2026, 5, day, 9))
        Change.objects.create(hospital=scmc, field="title_en", origin="data", at=at)
    found = urls(client)
    assert found[of("/en/hospitals/scmc/")][0] == "2026-05-05T09:00:00+08:00"
    assert found[of("/en/hospitals/renji/")][0] is None


def test_date_of_the_list_is_that_of_the_directory(client, scmc):
    with time_machine.travel("2026-05-01T12:00+08:00", tick=False):
        DirectoryVersion.raise_number()
    found = urls(client)
    for path in ("/en/", "/en/hospitals/", "/en/open-data/"):
        assert found[of(path)][0] == "2026-05-01T12:00:00+08:00"
    assert found[of("/en/about/")][0] is None


def test_addresses_are_the_portals_not_the_hosts(client, scmc, settings):
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "https://portal.example", ["*"]
    text = b"".join(client.get(MAP, headers={"host": "evil.example"}).streaming_content)
    assert b"https://portal.example/en/hospitals/scmc/" in text
    assert b"evil.example" not in text and b"testserver" not in text


def test_map_is_for_caches(client, scmc):
    DirectoryVersion.raise_number()
    first = client.get(MAP, headers={"accept-language": "ar"})
    assert first.headers["Content-Type"] == "application/xml; charset=utf-8"
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert "Vary" not in first.headers and not first.cookies
    assert "Content-Language" not in first.headers
    with CaptureQueriesContext(connection) as queries:
        again = client.get(MAP, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, len(queries)) == (304, 1)
    DirectoryVersion.raise_number()
    changed = client.get(MAP, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    for response in (first, changed):
        response.close()


def count(client, path: str = MAP) -> int:
    with CaptureQueriesContext(connection) as queries:
        tree(client, path)
    return len(queries)


def test_queries_do_not_grow_with_the_pages(client, db):
    make_hospital("a")
    Condition.objects.create(slug="a", name_en="A")
    one = count(client)
    for slug in ("b", "c", "d"):
        make_hospital(slug)
        Condition.objects.create(slug=slug, name_en=slug)
    assert count(client) == one <= 5


# ---- More pages than one map may hold ----


@pytest.fixture
def many(db, monkeypatch):
    """Parts of three pages: the limit falls inside each kind of page."""
    monkeypatch.setattr(sitemap, "PAGES_A_PART", 3)
    for number in range(4):
        make_hospital(f"h{number}")
        Condition.objects.create(slug=f"c{number}", name_en=str(number))
    return -(-(FIXED + 8) // 3)


def test_large_map_is_an_index_of_parts(client, many):
    found = [node.text for node in tree(client).findall("s:sitemap/s:loc", SPACE)]
    assert found == [of(f"/sitemap-{part}.xml") for part in range(1, many + 1)]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 100])
def test_every_page_is_in_one_part(client, many, monkeypatch, size):
    monkeypatch.setattr(sitemap, "PAGES_A_PART", size)
    parts = sitemap.count_pages().parts
    found = [url for part in range(1, parts + 1) for url in urls(client, f"/sitemap-{part}.xml")]
    assert len(found) == len(set(found)) == (FIXED + 8) * len(LANGUAGES)


@pytest.mark.parametrize("part", [0, 99, 10**30])
def test_part_that_does_not_exist_is_not_found(client, many, part):
    assert client.get(f"/sitemap-{part}.xml").status_code == 404


def test_part_stays_below_what_the_format_allows():
    assert sitemap.PAGES_A_PART * len(LANGUAGES) <= 50_000
    longest = sitemap.Entry({code: "/" + "x" * 120 for code in LANGUAGES}, timezone.now())
    assert len(sitemap.write_entry(longest)) * sitemap.PAGES_A_PART <= 50_000_000


# ---- Robots ----


def test_robots_are_told_where_the_map_is_and_what_is_private(client, db, settings):
    settings.PUBLIC_URL = "https://portal.example"
    page = client.get("/robots.txt")
    assert page.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "Sitemap: https://portal.example/sitemap.xml" in page.text.splitlines()
    assert "Vary" not in page.headers and not page.cookies


def rules(client) -> list[re.Pattern]:
    """The lines that forbid, as RFC 9309 reads them: from the start, with * for anything."""
    found = re.findall(r"^Disallow: (.*)$", client.get("/robots.txt").text, re.MULTILINE)
    return [re.compile(re.escape(rule).replace(r"\*", ".*")) for rule in found]


@pytest.mark.parametrize(
    ("path", "is_open"),
    [
        ("/en/", True),
        ("/pl/hospitals/scmc/", True),
        ("/en/hospitals/?q=x", True),
        ("/en/inquiry/", True),
        ("/en/case/", True),
        ("/open-data/hospitals.json", True),
        ("/office/", False),
        ("/partners/login/", False),
        ("/zh-hans/inquiry/you/", False),
        ("/en/case/SH-2222-3333/", False),
        ("/en/case/link/abc/", False),
    ],
)
def test_robots_stay_out_of_what_is_private(client, db, path, is_open):
    assert any(rule.match(path) for rule in rules(client)) is not is_open


def test_map_and_robots_contradict_each_other_nowhere(client, directory):
    forbidden = rules(client)
    paths = [url.removeprefix("http://testserver") for url in urls(client)]
    assert [path for path in paths if any(rule.match(path) for rule in forbidden)] == []


def test_map_is_found_by_its_name(db):
    assert (reverse("sitemap"), reverse("sitemap-part", args=[2])) == (MAP, "/sitemap-2.xml")
