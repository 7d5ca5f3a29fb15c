"""The whole directory as files: complete, public things only, written piece by piece."""

import csv
import gc
import json
import re
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hospitals import streams
from hospitals.models import (
    Campus,
    Claim,
    Condition,
    ConditionCode,
    DirectoryVersion,
    Fact,
    Hospital,
    Listing,
    ListingCondition,
    ListingTreatment,
    Source,
    Specialty,
    Story,
    Treatment,
)
from hospitals.opendata import LICENCE_URL, rows
from hospitals.opendata.document import UNITS
from hospitals.opendata.table import COLUMNS, safe_cell
from hospitals.tests.loaded import lay_directory
from portal.tests.fixtures import make_hospital, make_listing

pytestmark = pytest.mark.django_db
JSON, CSV = "/open-data/hospitals.json", "/open-data/hospitals.csv"
CANARY = "zqxcanary"
DOCUMENTATION = Path(django_settings.BASE_DIR) / "docs" / "open-data.md"
LANGUAGES = ("en", "zh_hans", "pl", "ar")


def body(response) -> str:
    """Read to the end; the test client closes it then."""
    return b"".join(response.streaming_content).decode()


@pytest.fixture(autouse=True)
def _connection_stays_open(db, monkeypatch):
    """The end of an answer would close the test's own connection."""
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)


def document(client) -> dict:
    return json.loads(body(client.get(JSON)))


def table(client) -> list[dict]:
    return list(csv.DictReader(StringIO(body(client.get(CSV)))))


@pytest.fixture
def count_queries():
    def count(work) -> int:
        with CaptureQueriesContext(connection) as found:
            work()
        return len(found)

    return count


def only(found: list):
    (one,) = found
    return one


@pytest.fixture
def directory(db):
    lay_directory(with_conditions=True)


@pytest.fixture
def listing(scmc):
    DirectoryVersion.raise_number()
    return make_listing(scmc, "liver")


@pytest.fixture
def source(db):
    return Source.objects.create(
        key="paper", title="A paper", publisher="Press", url="https://press.example/1"
    )


def claim(listing, kind, **fields):
    return Claim.objects.create(listing=listing, kind=kind, **fields)


# ---- What is in it ----


def test_document_holds_the_whole_public_directory(client, directory):
    found = document(client)
    public = Listing.objects.public().filter(hospital__is_public=True)
    listings = [row for hospital in found["hospitals"] for row in hospital["listings"]]
    assert [row["slug"] for row in found["hospitals"]] == sorted(
        Hospital.objects.public().values_list("slug", flat=True)
    )
    assert len(listings) == public.count()
    assert len(found["specialties"]) == Specialty.objects.count()
    assert len(found["conditions"]) == Condition.objects.count()
    assert len(found["treatments"]) == Treatment.objects.count()
    facts = [fact for hospital in found["hospitals"] for fact in hospital["facts"]]
    assert len(facts) == Fact.objects.public().count()
    stories = [story for hospital in found["hospitals"] for story in hospital["stories"]]
    assert len(stories) == Story.objects.count()


def test_document_says_its_licence_its_version_and_its_dates(client, listing):
    found = document(client)
    version = DirectoryVersion.objects.get()
    assert found["licence"] == {"name": "CC BY 4.0", "url": LICENCE_URL}
    assert found["attribution"] == "Treatment in Shanghai, http://testserver"
    assert found["documentation"] == "http://testserver/en/open-data/"
    assert (found["format"], found["is_demo"]) == (1, True)
    assert (found["version"], found["version_at_end"]) == (version.number, version.number)
    today = timezone.localdate(timezone=timezone.get_default_timezone()).isoformat()
    assert (found["updated"], found["as_of"]) == (today, today)
    assert found["languages"] == ["en", "zh-Hans", "pl", "ar"]


def test_empty_directory_is_a_whole_document_too(client, db):
    found = document(client)
    assert (found["hospitals"], found["updated"], found["version"]) == ([], None, 0)
    assert table(client) == []


def test_every_hospital_has_a_line_of_its_own(client, directory):
    lines = body(client.get(JSON)).splitlines()
    start = lines.index('"hospitals":[')
    entries = [line for line in lines[start + 1 :] if line.startswith("{")]
    assert len(entries) == Hospital.objects.public().count()
    assert {json.loads(line.rstrip(","))["slug"] for line in entries} == set(
        Hospital.objects.public().values_list("slug", flat=True)
    )


def test_texts_are_given_in_the_languages_that_have_them(client, listing):
    Hospital.objects.update(name_en="Name", name_zh_hans="名", name_pl="", name_ar=None)
    assert only(document(client)["hospitals"])["name"] == {"en": "Name", "zh-Hans": "名"}


def test_claim_carries_its_unit_its_period_and_its_evidence(client, listing, source, lead):
    confirmed = timezone.make_aware(timezone.datetime(2026, 3, 1, 0, 30))
    claim(
        listing, "volume", low=40, high=60, period_from="2025", period_to="2025", source=source,
        source_date="2026-01", confirmed_at=confirmed, confirmed_by=lead, text_en="Children only",
    )  # fmt: skip
    found = only(only(only(document(client)["hospitals"])["listings"])["claims"])
    assert found == {
        "kind": "volume",
        "text": {"en": "Children only"},
        "codes": [],
        "low": 40,
        "high": 60,
        "unit": "patients a year",
        "currency": "",
        "period_from": "2025",
        "period_to": "2025",
        "source": {
            "title": "A paper",
            "publisher": "Press",
            "url": "https://press.example/1",
            "date": "2026-01",
            "is_unofficial": False,
        },
        "confirmed_on": "2026-03-01",
    }


def test_kinds_with_numbers_have_a_unit():
    assert set(UNITS) == {"volume", "outcome", "price", "waiting"}


def test_conditions_and_treatments_that_a_hospital_names_come_with_codes(client, listing, source):
    condition = Condition.objects.create(slug="tumour", name_en="Tumour", words={"en": ["lump"]})
    ConditionCode.objects.create(condition=condition, code="C22.2")
    other = Condition.objects.create(slug="other", name_en="Other")
    ConditionCode.objects.create(condition=other, code="D81.3")
    ListingCondition.objects.create(listing=listing, condition=condition, source=source)
    treatment = Treatment.objects.create(slug="transplant", name_en="Transplant")
    ListingTreatment.objects.create(listing=listing, treatment=treatment)
    found = only(only(document(client)["hospitals"])["listings"])
    named = only(found["conditions"])
    assert (named["condition"], named["icd10"]) == ("tumour", ["C22.2"])
    assert named["source"]["title"] == "A paper"
    assert only(found["treatments"])["treatment"] == "transplant"
    row = only(table(client))
    assert (row["conditions"], row["icd10"], row["treatments"]) == (
        "tumour", "C22.2", "transplant",
    )  # fmt: skip


def test_condition_names_its_specialties_the_closest_first(client, directory):
    found = {row["slug"]: row for row in document(client)["conditions"]}
    for condition in Condition.objects.prefetch_related("ways__specialty", "codes"):
        row = found[condition.slug]
        assert row["specialties"] == [way.specialty.slug for way in condition.ways.all()]
        assert row["icd10"] == [code.code for code in condition.codes.all()]
        assert row["other_words"].get("en", []) == condition.words["en"]


@pytest.mark.parametrize(
    ("until", "said"), [("2026-05-01", "yes"), ("2026-04-30", "unknown"), (None, "yes")]
)
def test_whether_new_patients_are_taken_is_said_for_the_day(client, listing, until, said):
    Listing.objects.update(accepting="yes", accepting_until=until)
    with time_machine.travel("2026-05-01T12:00+08:00", tick=False):
        found = only(only(document(client)["hospitals"])["listings"])
        row = only(table(client))
    assert (found["accepting"], found["accepting_until"]) == (said, until)
    assert (row["accepting"], row["accepting_until"]) == (said, until or "")


# ---- What is not in it ----


def test_nothing_that_the_pages_withhold_is_in_the_files(client, listing, source, lead):
    """Each row that is not public carries a canary in every text."""
    words = {f"{name}_{language}": CANARY for name in ("title", "reason", "description")
             for language in LANGUAGES}  # fmt: skip
    hidden = make_listing(listing.hospital, "hidden", is_public=False, **words)
    gone = make_hospital("gone", name_en=CANARY, is_public=False)
    make_listing(gone, "liver", title_en=CANARY)
    claim(hidden, "price", low=7171, currency="CNY", text_en=CANARY)
    claim(listing, "waiting", low=7171, text_en=CANARY, is_public=False)
    of = {"hospital": listing.hospital}
    Fact.objects.create(key="phone", kind="main_phone", value_en=CANARY, is_withheld=True, **of)
    Fact.objects.create(hospital=gone, key="fact", kind="claim", value_en=CANARY)
    Campus.objects.create(
        key="main", name_en="Main", district="pudong", address_en=CANARY, is_withheld=True, **of
    )
    Story.objects.create(hospital=gone, key="story", summary_en=CANARY)
    condition = Condition.objects.create(slug="tumour", name_en="Tumour")
    ListingCondition.objects.create(listing=hidden, condition=condition, source_date=CANARY)
    for path in (JSON, CSV):
        text = body(client.get(path))
        assert CANARY not in text and "7171" not in text
        assert '"gone"' not in text and "/gone/" not in text


def test_district_of_a_withheld_address_is_known(client, listing):
    Campus.objects.create(
        hospital=listing.hospital, key="main", name_en="Main", district="pudong",
        address_en=CANARY, is_withheld=True,
    )  # fmt: skip
    place = only(only(document(client)["hospitals"])["campuses"])
    assert (place["district"], place["address"]) == ("pudong", {})
    assert only(table(client))["districts"] == "pudong"


def test_no_person_is_named(client, listing, source, lead):
    type(lead).objects.update(username=CANARY, first_name=CANARY, last_name=CANARY)
    confirmed = {"confirmed_at": timezone.now(), "confirmed_by": lead}
    Listing.objects.update(**confirmed)
    claim(listing, "waiting", low=3, high=9, **confirmed)
    for path in (JSON, CSV):
        text = body(client.get(path))
        assert CANARY not in text
        assert str(lead.pk) not in text and "confirmed_by" not in text


def test_no_column_of_a_person_leaves_the_database():
    read = {*rows.HOSPITAL, *rows.CAMPUS, *rows.FACT, *rows.STORY, *rows.LISTING, *rows.CLAIM,
            *rows.CONDITION, *rows.TREATMENT}  # fmt: skip
    assert [name for name in read if name.endswith("_by") or "user" in name] == []


def test_address_that_may_not_be_linked_is_left_out(client, listing, source):
    Source.objects.update(is_linkable=False, is_weak=True)
    Listing.objects.update(source=source)
    found = only(only(document(client)["hospitals"])["listings"])["source"]
    assert (found["url"], found["is_unofficial"]) == ("", True)
    assert only(table(client))["source_is_unofficial"] == "yes"


# ---- The table ----


def test_table_has_one_row_a_listing_and_says_what_the_document_says(client, directory):
    listings = [
        (hospital, row)
        for hospital in document(client)["hospitals"]
        for row in hospital["listings"]
    ]
    found = table(client)
    assert len(found) == len(listings) > 50
    for row, (hospital, shaped) in zip(found, listings, strict=True):
        assert (row["hospital"], row["specialty"]) == (hospital["slug"], shaped["specialty"])
        assert row["title_en"] == shaped["title"].get("en", "")
        assert row["title_zh_hans"] == shaped["title"].get("zh-Hans", "")
        assert row["source"] == (shaped["source"] or {"title": ""})["title"]
        assert row["hospital_url"] == hospital["url"]
        assert row["licence"] == "CC BY 4.0"


def test_table_holds_the_numbers_of_each_claim_with_their_evidence(client, listing, source):
    of = {"source": source, "source_date": "2026-01"}
    claim(listing, "price", low=100, high=200, currency="CNY", text_en="Without drugs", **of)
    claim(listing, "outcome", low=80, high=90, period_from="2020", period_to="2024", **of)
    claim(listing, "languages", codes=["en", "pl"])
    row = only(table(client))
    found = {name: row[name] for name in row if name.startswith(("price", "outcome", "languages"))}
    said = {name: value for name, value in found.items() if value}
    evidence = {"source": "A paper", "source_url": "https://press.example/1",
                "source_date": "2026-01", "source_is_unofficial": "no"}  # fmt: skip
    assert said == {
        "price_low": "100",
        "price_high": "200",
        "price_currency": "CNY",
        "price_text_en": "Without drugs",
        **{f"price_{name}": value for name, value in evidence.items()},
        "outcome_low": "80",
        "outcome_high": "90",
        "outcome_from": "2020",
        "outcome_to": "2024",
        **{f"outcome_{name}": value for name, value in evidence.items()},
        "languages_codes": "en pl",
    }


def test_columns_are_those_of_the_documentation_in_its_order():
    (block,) = re.findall(r"```columns\n(.*?)```", DOCUMENTATION.read_text(), re.DOTALL)
    assert block.split() == list(COLUMNS)


def test_no_column_comes_twice():
    assert len(set(COLUMNS)) == len(COLUMNS)


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "＋1", "－1", "＠x",
     '=HYPERLINK("https://evil.example","x")', "=cmd|' /C calc'!A0"],
)  # fmt: skip
def test_formula_is_no_formula_in_the_table(client, listing, text):
    Listing.objects.update(title_en=text)
    assert only(table(client))["title_en"] == f"'{text}"


@pytest.mark.parametrize(
    ("value", "cell"),
    [(None, ""), ("", ""), (0, "0"), (12, "12"), (True, "yes"), (False, "no"), ("a=b", "a=b"),
     ("“quoted”", "“quoted”"), ("a, b\nc", "a, b\nc")],
)  # fmt: skip
def test_plain_value_stays_as_it_is(value, cell):
    assert safe_cell(value) == cell


def test_commas_quotes_and_lines_survive_the_table(client, listing):
    text = 'He said "yes", and\nthen "no"'
    Listing.objects.update(description_en=text)
    assert only(table(client))["description_en"] == text


def test_html_in_a_text_stays_a_text(client, listing):
    Listing.objects.update(title_en="</script><b>x")
    assert only(only(document(client)["hospitals"])["listings"])["title"]["en"] == "</script><b>x"


# ---- How it is handed out ----


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [(JSON, "application/json", "hospitals.json"), (CSV, "text/csv", "hospitals.csv")],
)
def test_file_is_for_everybody_and_for_caches(client, listing, path, kind, name):
    response = client.get(path)
    assert response.streaming is True
    assert response.headers["Content-Type"].startswith(f"{kind}; charset=utf-8")
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response.headers["Cache-Control"] == "public, no-cache"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Vary" not in response.headers
    assert not response.cookies
    response.close()


def test_other_pages_are_not_for_other_sites(client, listing):
    response = client.get("/en/open-data/")
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("path", [JSON, CSV])
def test_reader_who_has_the_file_costs_one_query(client, listing, path, django_assert_num_queries):
    first = client.get(path)
    first.close()
    with django_assert_num_queries(1):
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Access-Control-Allow-Origin"] == "*"


def test_weak_etag_of_a_compressing_proxy_is_known_again(client, listing):
    first = client.get(JSON)
    first.close()
    weak = f"W/{first.headers['ETag']}"
    assert client.get(JSON, headers={"If-None-Match": weak}).status_code == 304


def test_etag_changes_with_the_directory_with_the_day_and_with_the_file(client, listing):
    def etag(path=JSON):
        response = client.get(path)
        response.close()
        return response.headers["ETag"]

    with time_machine.travel("2026-05-01T23:59+08:00", tick=False):
        first, of_table = etag(), etag(CSV)
        DirectoryVersion.raise_number()
        second = etag()
    with time_machine.travel("2026-05-02T00:01+08:00", tick=False):
        third = etag()
    assert len({first, of_table, second, third}) == 4


@pytest.mark.parametrize("path", [JSON, CSV])
def test_head_reads_no_row_and_tells_no_wrong_length(
    client, listing, path, django_assert_num_queries
):
    with django_assert_num_queries(1):
        response = client.head(path)
    assert response.status_code == 200
    assert b"".join(response.streaming_content) == b""
    assert "Content-Length" not in response.headers
    assert response.headers["ETag"]


@pytest.mark.parametrize("path", [JSON, CSV])
def test_queries_do_not_grow_with_the_hospitals_of_a_step(client, db, path, count_queries):
    make_listing(make_hospital("a"))
    one = count_queries(lambda: body(client.get(path)))
    for slug in ("b", "c", "d"):
        listing = make_listing(make_hospital(slug), "liver")
        claim(listing, "waiting", low=1, high=2)
        make_listing(listing.hospital, "heart")
    assert count_queries(lambda: body(client.get(path))) == one


@pytest.mark.parametrize("step", [1, 2, 3, 5, 6, 7])
def test_every_hospital_comes_once_whatever_the_size_of_a_step(db, step):
    for slug in ("b", "d", "a", "f", "c", "e"):
        make_listing(make_hospital(slug))
    found = list(rows.read_hospitals(step))
    assert [row["slug"] for row in found] == list("abcdef")
    assert [len(row["listings"]) for row in found] == [1] * 6


def test_file_begins_before_the_directory_is_read(client, db, count_queries):
    """Written piece by piece: what is read for the first hospitals is not all there is."""
    for number in range(2 * rows.STEP + 1):
        make_hospital(f"h{number}")

    def begin():
        response = client.get(CSV)
        pieces = iter(response.streaming_content)
        for _ in range(2):
            next(pieces)
        response.close()

    whole = count_queries(lambda: body(client.get(CSV)))
    assert count_queries(begin) < whole / 2


def test_change_while_somebody_reads_is_said_at_the_end(client, listing):
    response = client.get(JSON)
    pieces = iter(response.streaming_content)
    text = next(pieces).decode()
    DirectoryVersion.raise_number()
    text += b"".join(pieces).decode()
    found = json.loads(text)
    assert found["version_at_end"] == found["version"] + 1


def test_too_many_readers_are_asked_to_wait_and_leave_room(client, listing):
    reading = [client.get(JSON) for _ in range(streams.MOST_AT_ONCE)]
    refused = client.get(CSV)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
    assert refused.headers["Cache-Control"] == "no-store"
    assert "ETag" not in refused.headers
    # A reader who has the file, and one who only asks, need no place.
    etag = reading[0].headers["ETag"]
    assert client.get(JSON, headers={"If-None-Match": etag}).status_code == 304
    assert client.head(JSON).status_code == 200
    for response in reading:
        response.close()
    after = client.get(CSV)
    assert after.status_code == 200
    after.close()


def test_place_of_a_reader_who_left_is_free_again(client, listing):
    """Read to the end, broken off, closed twice, or forgotten: each gives one place back."""
    for _ in range(3 * streams.MOST_AT_ONCE):
        body(client.get(JSON))
        broken = client.get(JSON)
        next(iter(broken.streaming_content))
        broken.close()
        broken.close()
        forgotten = client.get(JSON)
        del forgotten
        gc.collect()
    held = [client.get(JSON) for _ in range(streams.MOST_AT_ONCE + 1)]
    assert [response.status_code for response in held] == [200] * streams.MOST_AT_ONCE + [503]
    for response in held:
        response.close()


def test_query_and_cookie_change_nothing(client, listing):
    plain = body(client.get(JSON))
    nosy = Client(headers={"cookie": "session=x; language=pl", "accept-language": "ar"})
    assert body(nosy.get(JSON, {"q": "<script>", "hospital": "scmc"})) == plain


# ---- The page about it ----


def test_page_names_licence_date_and_files(client, directory):
    page = client.get("/en/open-data/")
    version = DirectoryVersion.objects.get()
    assert page.status_code == 200
    assert f'href="{JSON}"' in page.text and f'href="{CSV}"' in page.text
    assert f'href="{LICENCE_URL}"' in page.text and "CC BY 4.0" in page.text
    day = timezone.localtime(version.changed_at).date()
    assert f"{day.day} {day:%B %Y}" in page.text or f"{day:%B} {day.day}, {day.year}" in page.text
    listings = Listing.objects.public().filter(hospital__is_public=True).count()
    assert f"{Hospital.objects.public().count()} hospitals · {listings} listed" in page.text


def test_page_is_kept_until_the_directory_changes(client, directory, django_assert_num_queries):
    first = client.get("/en/open-data/")
    with django_assert_num_queries(1):
        assert client.get("/en/open-data/").content == first.content
    Hospital.objects.filter(slug="huashan").update(is_public=False)
    DirectoryVersion.raise_number()
    assert client.get("/en/open-data/").content != first.content


def test_footer_leads_to_the_page(client, db):
    assert 'href="/pl/open-data/"' in client.get("/pl/about/").text


def test_raised_version_has_the_time_of_its_change(db):
    with time_machine.travel("2026-05-01T12:00+08:00", tick=False):
        DirectoryVersion.raise_number()
    with time_machine.travel("2026-05-03T12:00+08:00", tick=False):
        DirectoryVersion.raise_number()
    version = DirectoryVersion.objects.get()
    assert (version.number, version.changed_at.date()) == (2, date(2026, 5, 3))
