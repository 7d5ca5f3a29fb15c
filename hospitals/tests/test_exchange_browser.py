"""Spreadsheets and the table in a real browser, on a phone, with and without JavaScript."""

import pytest

from hospitals.exchange.listings import own_listings
from hospitals.models import Revision
from hospitals.tests.exchange import BULK, IMPORT, LISTINGS, as_csv, as_xlsx, full_listing
from hospitals.tests.exchange import make_condition as condition
from portal.tests.fixtures import make_listing, sign_in_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def listing(scmc):
    return full_listing(scmc)


def sign_in(live, user, **options):
    """A phone of this person, past password and second factor; the pages in English."""
    user.language = "en"
    user.save()
    page = live.new_page(viewport=PHONE, **options)
    cookie = sign_in_staff(user).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": cookie, "url": live.address}])
    return page


def choose(page, data: bytes, name: str) -> None:
    page.goto(IMPORT)
    page.set_input_files("[name=file]", {"name": name, "mimeType": "text/csv", "buffer": data})
    page.get_by_role("button", name="Show what would change").click()


def is_too_wide(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize("java_script", [True, False])
@pytest.mark.parametrize(("write", "name"), [(as_csv, "a.csv"), (as_xlsx, "a.xlsx")])
def test_file_is_looked_at_and_sent(live, listing, editor, java_script, write, name):
    page = sign_in(live, editor, java_script_enabled=java_script)
    rows = [["specialty", "title_pl", "price_low"], ["neurosurgery", "Mózg " * 20, "9500"]]
    choose(page, write(*rows, ["nonsense", "x" * 80, ""]), name)
    assert page.get_by_role("heading", name="Row 3: nonsense").count() == 1
    before = [" ".join(text.split()) for text in page.locator("del").all_inner_texts()]
    assert before == ["Before: not said", "Before: 9000"]
    assert java_script is False or not is_too_wide(page)
    page.get_by_role("button", name="Send 1 change for approval").click()
    assert "1 change was sent for approval." in page.locator(".messagelist").inner_text()
    assert Revision.objects.get().after["claim_price"]["low"] == 9500
    assert live.problems == []


def test_exports_are_downloads(live, listing, editor):
    page = sign_in(live, editor)
    page.goto(LISTINGS)
    for name, ending in (("Export for Excel", ".xlsx"), ("Export as CSV", ".csv")):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        assert download.value.suggested_filename.endswith(ending)
    assert not is_too_wide(page)


@pytest.mark.parametrize("java_script", [True, False])
def test_table_is_changed_and_sent(live, listing, editor, java_script):
    make_listing(listing.hospital, "heart")
    page = sign_in(live, editor, java_script_enabled=java_script)
    page.goto(BULK)
    assert java_script is False or not is_too_wide(page)
    row = page.get_by_role("group", name="Heart")
    row.get_by_label("New patients").select_option("yes")
    row.get_by_label("Takes patients until").fill("2027-01-31")
    row.get_by_label("Days of waiting, to").fill("9")
    row.get_by_label("Public").uncheck()
    page.get_by_role("button", name="Send changed rows for approval").click()
    assert "1 change was sent for approval." in page.locator(".messagelist").inner_text()
    assert Revision.objects.get().after == {
        "accepting": "yes",
        "accepting_until": "2027-01-31",
        "is_public": False,
        "claim_waiting": {"high": 9},
    }
    assert live.problems == []


def test_download_brought_back_changes_nothing(live, listing, editor, tmp_path):
    """The files as a browser saves them."""
    condition("stroke", "Stroke")
    page = sign_in(live, editor)
    for kind in ("Export for Excel", "Export as CSV"):
        page.goto(IMPORT)
        with page.expect_download() as download:
            page.get_by_role("link", name=kind).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        choose(page, path.read_bytes(), path.name)
        assert page.locator(".office-facts-line strong").all_inner_texts() == [
            "1 row changes nothing"
        ]
    assert own_listings(listing.hospital).count() == 1
