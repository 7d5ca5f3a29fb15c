"""The map as a filter, in a real browser: by pointer and keyboard, on a phone, right to left."""

import pytest

from hospitals.tests.loaded import lay_directory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 360, "height": 740}
# A smaller target is hard to hit (WCAG 2.2, 2.5.8).
LEAST_TARGET = 24


@pytest.fixture
def directory(db):
    lay_directory()


def district(page, name: str):
    return page.locator(f'.city-map a[aria-label^="{name}:"]')


def unfold(page):
    """On a phone the map is folded away at first."""
    if page.locator(".city > summary").is_visible():
        page.locator(".city > summary").click()


@pytest.mark.parametrize("java_script", [True, False])
@pytest.mark.parametrize("width", [360, 1280])
def test_click_on_a_district_filters_the_list(live, directory, width, java_script):
    page = live.new_page(viewport={"width": width, "height": 800}, java_script_enabled=java_script)
    page.goto("/en/hospitals/?type=paediatric")
    unfold(page)
    district(page, "Minhang").click()
    page.wait_for_url("**/?type=paediatric&district=minhang")
    assert page.locator(".card-title").all_inner_texts() == [
        "Children's Hospital of Fudan University"
    ]
    assert live.problems == []


def test_map_is_folded_on_a_phone_and_open_beside_the_list(live, directory):
    phone = live.new_page(viewport=PHONE)
    phone.goto("/en/hospitals/")
    assert district(phone, "Pudong").is_visible() is False
    unfold(phone)
    assert district(phone, "Pudong").is_visible()
    wide = live.new_page(viewport={"width": 1280, "height": 900})
    wide.goto("/en/hospitals/")
    assert district(wide, "Pudong").is_visible()
    assert wide.locator(".city > summary").is_visible() is False


def test_keyboard_reaches_a_district_and_chooses_it(live, directory):
    page = live.new_page(viewport={"width": 1280, "height": 900})
    page.goto("/en/hospitals/")
    page.locator(".filters button[type=submit]").focus()
    page.keyboard.press("Tab")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused) == "Pudong: 5 hospitals"
    page.keyboard.press("Enter")
    page.wait_for_url("**/?district=pudong")
    assert page.locator(".card-title").count() == 5


@pytest.mark.parametrize("language", ["en", "ar"])
def test_districts_are_large_enough_for_a_finger(live, directory, language):
    page = live.new_page(viewport=PHONE)
    page.goto(f"/{language}/hospitals/?district=pudong")
    boxes = [link.bounding_box() for link in page.locator(".city-map a").all()]
    boxes += [link.bounding_box() for link in page.locator(".city-list a").all()]
    assert len(boxes) == 20
    assert min(min(box["width"], box["height"]) for box in boxes) >= LEAST_TARGET


def test_pin_may_be_touched_too(live, directory):
    """The pins lie above the districts, but the touch goes to the district."""
    page = live.new_page(viewport=PHONE)
    page.goto("/en/hospitals/?district=pudong")
    for link in page.locator(".city-map a").all():
        name = link.get_attribute("aria-label").partition(":")[0]
        mark = page.locator(".mark", has_text=name).first.locator(".pin")
        mark.scroll_into_view_if_needed()
        box = mark.bounding_box()
        tip = [box["x"] + box["width"] / 2, box["y"] + box["height"] - 2]
        hit = page.evaluate(
            "([x, y]) => document.elementFromPoint(x, y).closest('a').getAttribute('aria-label')",
            tip,
        )
        assert hit.partition(":")[0] == name


def test_map_is_not_mirrored_from_right_to_left(live, directory):
    """East stays on the right: Pudong beyond Qingpu."""
    places = {}
    for language, names in (("en", ("Qingpu", "Pudong")), ("ar", ("تشينغبو", "بودونغ"))):
        page = live.new_page(viewport=PHONE)
        page.goto(f"/{language}/hospitals/?district=pudong")
        boxes = [district(page, name).bounding_box()["x"] for name in names]
        assert boxes == sorted(boxes)
        places[language] = boxes
    assert places["ar"] == pytest.approx(places["en"], abs=1)


def test_city_centre_leads_to_its_own_sheet(live, directory):
    page = live.new_page(viewport=PHONE)
    page.goto("/en/hospitals/?district=pudong")
    district(page, "City centre").click()
    assert page.evaluate("document.activeElement.id") == "map-centre"
    assert "#map-centre" in page.url


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_list_does_not_scroll_sideways(live, directory, width, language):
    page = live.new_page(viewport={"width": width, "height": 700})
    page.goto(f"/{language}/hospitals/?district=pudong&audience=children")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert live.problems == []
