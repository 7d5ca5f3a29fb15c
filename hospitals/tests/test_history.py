import html
import re

import pytest

from hospitals.actions import approve_revision, confirm_page, page_fingerprint, propose_revision
from hospitals.admin.history import history
from hospitals.loader import load_directory
from hospitals.models import Change, Fact, Hospital, Listing
from hospitals.tests.claims import make_condition
from hospitals.views.history import PAGE_SIZE
from portal.tests.fixtures import make_listing

pytestmark = pytest.mark.django_db


def read(client, slug="scmc", language="en", **parameters):
    page = client.get(f"/{language}/hospitals/{slug}/history/", parameters)
    assert page.status_code == 200
    return re.sub(r"\s+", " ", html.unescape(page.text).partition("</head>")[2])


def titles(page) -> list[str]:
    (part,) = re.findall(r'<ol class="plain-list changes">(.*?)</ol>', page, re.DOTALL)
    return re.findall(r"<h2>(.*?)</h2>", part)


def change(hospital, field="title_en", before="Old", after="New", **fields):
    fields = {"origin": "proposal"} | fields
    return Change.objects.create(
        hospital=hospital, field=field, before=before, after=after, **fields
    )


def test_page_without_changes_says_so(client, scmc):
    assert "Nothing has changed since the page was made." in read(client)


def test_hospital_page_leads_to_its_history(client, scmc):
    page = client.get("/en/hospitals/scmc/").text
    assert '<a class="tap" href="/en/hospitals/scmc/history/">What changed on this page</a>' in page


def test_unknown_and_hidden_hospitals_have_no_history(client, scmc):
    assert client.get("/en/hospitals/nowhere/history/").status_code == 404
    Hospital.objects.update(is_public=False)
    assert client.get("/en/hospitals/scmc/history/").status_code == 404


def test_approved_change_is_told_without_anybodys_name(client, scmc, editor, lead):
    listing = make_listing(scmc, title_en="Brains")
    revision = propose_revision(
        by=editor,
        hospital=scmc,
        listing=listing,
        changes={"claim_price": {"low": 5000, "currency": "CNY", "source_title": "A list"}},
        base_version=listing.version,
    )
    approve_revision(by=lead, revision=revision)
    page = read(client)
    assert titles(page) == ["Brains: Price"]
    assert "Nothing was said" in page
    assert "from 5,000 CNY" in page
    assert "<bdi>A list</bdi>" in page
    assert "Proposed by the hospital, approved by the portal" in page
    for person in (editor, lead):
        assert person.first_name not in page
    assert editor.username not in page


def test_confirmation_is_told(client, scmc, editor):
    confirm_page(by=editor, hospital=scmc, seen=page_fingerprint(scmc))
    assert titles(read(client)) == ["Everything on the page was confirmed as still right"]


@pytest.mark.parametrize(
    ("field", "before", "after", "title", "words"),
    [
        ("title_pl", "Stary", "Nowy", "Title (Polski)", '<span lang="pl" dir="ltr">Nowy</span>'),
        ("description_ar", "", "جديد", "Description (العربية)", 'lang="ar" dir="rtl">جديد<'),
        ("accepting", "unknown", "yes", "New patients", "Accepting new patients"),
        ("audience", "", "children", "For whom", "Children"),
        ("accepting_until", None, "2026-05-03", "Takes new patients until", "3 May 2026"),
        ("is_public", True, False, "Shown on the page", ">no<"),
        ("min_age_years", None, 0, "Youngest age, in years", ">0<"),
        ("conditions", ["gout"], [], "Conditions it names", ">Gout<"),
        (
            "claim_volume",
            None,
            {"low": 3, "high": 3, "period_from": "2024", "period_to": "2024"},
            "Patients a year",
            "3 patients a year · 2024",
        ),
    ],
)
def test_every_kind_of_field_is_told_in_words(client, scmc, field, before, after, title, words):
    make_listing(scmc)
    make_condition("gout", "neurosurgery", name_en="Gout")
    change(scmc, field, before, after)
    page = read(client)
    assert titles(page) == [title]
    assert words in page


def test_what_is_withheld_stays_withheld_in_the_history(client, scmc):
    known = {"hospital": scmc, "kind": "beds", "value_en": "100"}
    Fact.objects.create(key="beds", **known)
    Fact.objects.create(key="secret-beds", is_withheld=True, **known)
    change(scmc, "value_en", "90", "100", subject="beds", origin="data")
    change(scmc, "value_en", "secret 1", "secret 2", subject="secret-beds", origin="data")
    change(scmc, "value_en", "secret 3", "secret 4", subject="gone", origin="data")
    page = read(client)
    assert titles(page) == ["Beds (English)"]
    assert "secret" not in page


def test_office_reads_the_kind_of_a_fact_and_not_its_key(scmc):
    Fact.objects.create(hospital=scmc, key="beds-2024", kind="beds", value_en="100")
    change(scmc, "value_en", "90", "100", subject="beds-2024", origin="data")
    change(scmc, "position", 1, 2, subject="gone", origin="data")
    labels = {entry.label for entry in history(scmc.changes.all())}
    assert labels == {"Beds (English)", "gone position"}


def test_keys_and_places_are_no_news_for_a_reader(client, scmc):
    change(scmc, "position", 1, 2, origin="data")
    change(scmc, "loaded_digest", "a", "b", origin="data")
    assert "Nothing has changed since" in read(client)


def test_newer_state_of_the_data_leaves_a_history(client):
    load_directory()
    fact = Fact.objects.public().filter(hospital__slug="scmc", kind="beds").first()
    listing = Listing.objects.filter(hospital__slug="scmc").first()
    for row in (fact, listing):
        # As if an earlier edition of the data had written it.
        old = {"value_en": "1"} if row is fact else {"title_en": "Earlier"}
        edition(row, old)
    load_directory()
    page = read(client)
    assert sorted(titles(page)) == sorted([f"{listing}: Title (English)", "Beds (English)"])
    assert "Earlier" in page
    assert "The portal’s own data" in page


def edition(row, values: dict) -> None:
    """Writes values as the loader would have written them once."""
    import json

    from hospitals import loader

    folder, model = loader.DATA_DIR, type(row)
    rows = json.loads((folder / "hospitals.json").read_text(encoding="utf-8"))
    sources = {one.key: one for one in loader.Source.objects.all()}
    (hospital,) = [one for one in rows if one["slug"] == row.hospital.slug]
    kind, make = {
        Fact: ("facts", loader.fact_values),
        Listing: ("listings", loader.listing_values),
    }[model]
    key = row.key if model is Fact else row.specialty.slug
    name = "key" if model is Fact else "specialty"
    (place,) = [n for n, one in enumerate(hospital[kind]) if one[name] == key]
    whole = make(hospital[kind][place], place, sources) | values
    model.objects.filter(pk=row.pk).update(**values, loaded_digest=loader.digest(whole))


def test_text_of_a_hospital_is_escaped(client, scmc):
    evil = "<script>alert(1)</script>"
    change(scmc, "title_en", evil, {"odd": evil})
    assert evil not in client.get("/en/hospitals/scmc/history/").text


def test_newest_first_and_by_pages(client, scmc):
    for index in range(PAGE_SIZE + 1):
        change(scmc, after=f"Title {index}")
    first, second = read(client), read(client, page=2)
    assert first.index(f"Title {PAGE_SIZE}<") < first.index("Title 1<")
    assert "Title 0<" not in first
    assert "Title 0<" in second
    assert 'rel="next"' in first
    assert 'rel="prev"' in second
    # Beyond the last page stands the last page.
    assert "Title 0<" in read(client, page=99)


@pytest.mark.parametrize("number", [1, 30])
def test_history_takes_as_many_queries_for_thirty_changes(
    client, scmc, number, django_assert_num_queries
):
    for index in range(number):
        listing = make_listing(scmc, f"s{index}")
        make_condition(f"c{index}", f"s{index}")
        Fact.objects.create(hospital=scmc, key=f"f{index}", kind="beds", value_en="1")
        change(scmc, "conditions", [], [f"c{index}"], listing=listing)
        change(scmc, "treatments", ["x"], [f"c{index}"], listing=listing)
        change(scmc, "value_en", "1", "2", subject=f"f{index}")
    with django_assert_num_queries(10):
        client.get("/en/hospitals/scmc/history/")


def test_page_is_kept(client, scmc, django_assert_num_queries):
    first = client.get("/en/hospitals/scmc/history/")
    with django_assert_num_queries(1):
        again = client.get("/en/hospitals/scmc/history/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
