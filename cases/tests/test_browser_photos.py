"""Photos put in order in a real browser: by buttons, by dragging, and without a script."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from cases.models import PhotoDocument, Record
from cases.tests.family import case_url
from cases.tests.pictures import make_picture
from portal.tests.cast import sign_in_family
from portal.tests.fixtures import make_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAMES = ["one.jpg", "two.jpg", "three.jpg"]


@pytest.fixture
def case():
    return make_case()


@pytest.fixture
def photos(case):
    """Sent one after another: of those that come at once the names decide."""
    found = [make_picture(case, name=name) for name in NAMES]
    for age, photo in enumerate(reversed(found)):
        sent = timezone.now() - timedelta(minutes=5 * age)
        Record.objects.filter(pk=photo.pk).update(created_at=sent)
    return found


def open_page(live, case, name="photos", **options):
    page = live.new_page(**{"viewport": {"width": 360, "height": 740}} | options)
    session = sign_in_family(case).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": session, "url": live.address}])
    page.goto(case_url(case, name))
    return page


def names_on(page) -> list[str]:
    return page.locator(".photo-name bdi").all_text_contents()


def named(page, role: str, words: str, photo: str):
    """The name of the photo is for those who hear the page; it stands apart by a space."""
    return page.get_by_role(role, name=re.compile(f"{words} ?: {photo}"))


def send(page) -> list[tuple]:
    page.fill("[name=name]", "Letter")
    page.get_by_role("button", name="Make the document").click()
    page.wait_for_selector("text=The document is being made.")
    pages = PhotoDocument.objects.get().pages.all()
    return [(row.record_id, row.turns) for row in pages]


def test_photos_are_ordered_turned_and_left_out_by_buttons(live, case, photos):
    page = open_page(live, case)
    assert page.locator("[data-plain]:visible").count() == 0
    named(page, "button", "Down", "one.jpg").click()
    assert names_on(page) == ["two.jpg", "one.jpg", "three.jpg"]
    assert page.locator("[data-said]").text_content() == "one.jpg: now in place 2"
    for _quarter in range(3):
        named(page, "button", "Turn", "one.jpg").click()
    assert page.locator("[data-said]").text_content() == "one.jpg: a quarter to the left"
    assert page.locator(".photo-stamp").nth(1).get_attribute("data-turned") == "3"
    page.get_by_label("Use this photo: two.jpg").uncheck()
    numbers = page.locator("[data-page]:visible [data-number]").all_text_contents()
    assert numbers == ["1", "2"]
    assert send(page) == [(photos[0].pk, 3), (photos[2].pk, 0)]


def test_a_button_that_has_become_useless_gives_its_focus_on(live, case, photos):
    page = open_page(live, case)
    named(page, "button", "Up", "two.jpg").press("Enter")
    focused = "document.activeElement.textContent.trim()"
    assert names_on(page)[0] == "two.jpg"
    assert page.evaluate(focused) == "Down: two.jpg"


def test_photos_are_ordered_by_dragging(live, case, photos):
    page = open_page(live, case, viewport={"width": 1280, "height": 1600})
    page.locator(".photo").nth(2).drag_to(page.locator(".photo").nth(0))
    assert names_on(page) == ["three.jpg", "one.jpg", "two.jpg"]
    assert [pk for pk, _turns in send(page)] == [photos[2].pk, photos[0].pk, photos[1].pk]


def test_photos_are_ordered_without_a_script(live, case, photos):
    page = open_page(live, case, java_script_enabled=False)
    assert page.locator("[data-scripted]:visible").count() == 0
    for number, name in enumerate(NAMES):
        page.get_by_label(f"Page: {name}").fill(str(3 - number))
    page.get_by_label("Turn it: one.jpg").select_option("upside down")
    assert send(page) == [(photos[2].pk, 0), (photos[1].pk, 0), (photos[0].pk, 2)]


def test_a_picture_is_seen_in_the_page_and_breaks_no_rule(live, case, photos):
    page = open_page(live, case, "papers")
    named(page, "link", "Look at it", "one.jpg").click()
    page.wait_for_selector(".look img")
    seen = "(() => { const i = document.querySelector('.look img'); return i.naturalWidth })()"
    for _try in range(200):
        if page.evaluate(seen):
            break
        page.wait_for_timeout(25)
    assert page.evaluate(seen) == 120
