"""The partners' and the office's pages in a real browser, under the strict policy."""

import pytest

from hospitals.models import Condition, ConditionSpecialty, Hospital, Listing, Revision
from hospitals.tests.loaded import lay_directory
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
    lay_directory()
    scmc = Hospital.objects.get(slug="scmc")
    return make_user("scmc-editor", Role.HOSPITAL_EDITOR, scmc), make_user("lead", Role.LEAD)


@pytest.mark.parametrize("java_script", [True, False])
def test_change_goes_from_the_doctor_to_the_public_page(live, people, java_script):
    editor, lead = people
    listing = Listing.objects.filter(hospital__slug="scmc").first()
    page = sign_in(live, editor, java_script_enabled=java_script)
    page.goto(f"/partners/hospitals/listing/{listing.pk}/change/")
    page.locator("[name=title_en]").fill("Hearts of small children")
    page.locator("summary", has_text="Other languages").first.click()
    page.locator("[name=title_pl]").fill("Serca małych dzieci")
    page.locator("summary", has_text="Price").click()
    page.locator("[name=claim_price__low]").fill("20000")
    page.get_by_role("button", name="Send for approval").click()
    assert "Sent for approval" in page.locator(".messagelist").inner_text()

    desk = sign_in(live, lead, java_script_enabled=java_script)
    desk.goto(f"/office/hospitals/revision/{Revision.objects.get().pk}/change/")
    assert desk.locator("p[lang=pl]").last.inner_text() == "Serca małych dzieci"
    price = desk.locator("section", has=desk.get_by_role("heading", name="Price"))
    price.get_by_label("Refuse", exact=True).check()
    price.get_by_label("Why not?").fill("For what?")
    desk.get_by_role("button", name="Send the decision").click()
    assert "Approved in part" in desk.locator(".messagelist").inner_text()

    public = live.open("/pl/hospitals/scmc/")
    assert public.get_by_role("heading", name="Serca małych dzieci").count() == 1
    assert live.problems == []


def test_long_list_of_conditions_is_searched(live, people):
    editor, _lead = people
    listing = Listing.objects.filter(hospital__slug="scmc").first()
    for slug, name in (("moyamoya", "Moyamoya"), ("stroke", "Stroke")):
        condition = Condition.objects.create(slug=slug, name_en=name)
        ConditionSpecialty.objects.create(condition=condition, specialty=listing.specialty)
    page = sign_in(live, editor)
    page.goto(f"/partners/hospitals/listing/{listing.pk}/change/")
    page.locator("summary", has_text="Choose").first.click()
    boxes = page.locator("details[data-boxes]").first.locator("li:visible")
    assert boxes.all_inner_texts() == ["Moyamoya", "Stroke"]
    page.get_by_label("Search in this list").first.fill("MOYA")
    assert boxes.all_inner_texts() == ["Moyamoya"]
    page.get_by_label("Search in this list").first.press("Enter")
    page.get_by_label("Moyamoya").check()
    page.get_by_role("button", name="Send for approval").click()
    assert Revision.objects.get().after == {"conditions": ["moyamoya"]}
    assert live.problems == []


@pytest.mark.parametrize("width", [320, 1280])
def test_pages_of_hospitals_do_not_scroll_sideways(live, people, width):
    editor, _lead = people
    listing = Listing.objects.filter(hospital__slug="scmc").first()
    page = sign_in(live, editor, viewport={"width": width, "height": 700})
    for path in ("", "still-right/", f"hospitals/listing/{listing.pk}/change/"):
        page.goto(f"/partners/{path}")
        page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") == width
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
    page.locator("summary", has_text="More filters").click()
    page.locator("select[name=type]").select_option("cancer")
    page.get_by_role("button", name="Show hospitals").click()
    assert page.locator(".card-title").all_inner_texts() == ["Shanghai Proton and Heavy Ion Center"]
    page.get_by_role("link", name="Remove all filters").click()
    assert page.locator(".card-title").count() == 13
