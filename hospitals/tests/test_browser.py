"""The partners' and the office's pages in a real browser, under the strict policy."""

import pytest

from hospitals.loader import load_directory
from hospitals.models import Hospital, Listing, Revision
from portal.roles import Role
from portal.tests.fixtures import make_user, sign_in_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sign_in(live, user, **options):
    """A window of this person, past password and second factor."""
    page = live.new_page(**options)
    cookie = sign_in_staff(user).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": cookie, "url": live.address}])
    return page


@pytest.fixture
def people(db):
    load_directory()
    scmc = Hospital.objects.get(slug="scmc")
    return make_user("scmc-editor", Role.HOSPITAL_EDITOR, scmc), make_user("lead", Role.LEAD)


@pytest.mark.parametrize("java_script", [True, False])
def test_change_goes_from_the_doctor_to_the_public_page(live, people, java_script):
    editor, lead = people
    listing = Listing.objects.filter(hospital__slug="scmc").first()
    page = sign_in(live, editor, java_script_enabled=java_script)
    page.goto(f"/partners/hospitals/listing/{listing.pk}/change/")
    page.locator("[name=title_en]").fill("Hearts of small children")
    page.locator("summary", has_text="Polski").click()
    page.locator("[name=title_pl]").fill("Serca małych dzieci")
    page.get_by_role("button", name="Send for approval").click()
    assert "Sent for approval" in page.locator(".messagelist").inner_text()

    desk = sign_in(live, lead, java_script_enabled=java_script)
    desk.goto(f"/office/hospitals/revision/{Revision.objects.get().pk}/change/")
    assert desk.locator("td[lang=pl]").last.inner_text() == "Serca małych dzieci"
    desk.get_by_role("button", name="Approve and make public").click()

    public = live.open("/pl/hospitals/scmc/")
    assert public.get_by_role("heading", name="Serca małych dzieci").count() == 1
    assert live.problems == []


@pytest.mark.parametrize("width", [320, 1280])
def test_public_pages_do_not_scroll_sideways(live, people, width):
    page = live.new_page(viewport={"width": width, "height": 700})
    for path in ("/en/hospitals/", "/ar/hospitals/scmc/", "/pl/hospitals/?q=zzz"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") == width
    assert live.problems == []


def test_filters_work_by_the_form(live, people):
    page = live.open("/en/hospitals/")
    page.locator("select[name=type]").select_option("cancer")
    page.get_by_role("button", name="Show hospitals").click()
    assert page.locator(".card-title").all_inner_texts() == ["Shanghai Proton and Heavy Ion Center"]
    page.get_by_role("link", name="Remove all filters").click()
    assert page.locator(".card-title").count() == 13
