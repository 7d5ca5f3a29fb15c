"""Conditions and comparisons in a real browser: on a phone, without scripts, in both directions."""

import pytest

from hospitals.models import Listing
from hospitals.tests.claims import make_claim, make_condition, make_source, name_condition
from portal.tests.fixtures import make_hospital, make_listing

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerk" * 3


@pytest.fixture
def gout(db):
    """Five hospitals; the first names the condition and says much about it."""
    for index in range(5):
        make_listing(make_hospital(f"h{index}", name_en=f"Hospital {index}"), "joints")
    condition = make_condition("gout", "joints", codes=["M10"], name_ar="النقرس")
    listing = Listing.objects.get(hospital__slug="h0")
    name_condition(listing, condition)
    make_claim(listing, "exclusions", text_en=LONG, text_ar="نص")
    make_claim(listing, "price", low=12_000_000, high=99_000_000, currency="CNY")
    make_claim(listing, "volume", low=3, source=make_source(), period_from="2023", period_to="2024")
    return condition


@pytest.mark.parametrize("java_script", [True, False])
def test_chosen_hospitals_are_compared(live, gout, java_script):
    page = live.new_page(java_script_enabled=java_script)
    page.goto("/en/conditions/gout/")
    for name in ("Hospital 1", "Hospital 0"):
        page.get_by_role("checkbox", name=f"Compare {name}").check()
    page.get_by_role("button", name="Compare the chosen, up to four").click()
    assert page.url.endswith("/en/compare/?condition=gout&hospital=h0&hospital=h1")
    assert page.locator(".compare-heads h2").all_inner_texts() == ["Hospital 0", "Hospital 1"]
    page.get_by_role("link", name="Remove Hospital 1").click()
    assert page.locator(".compare-heads h2").all_inner_texts() == ["Hospital 0"]
    page.get_by_role("link", name="Hospital 4").click()
    assert page.locator(".compare-heads h2").all_inner_texts() == ["Hospital 0", "Hospital 4"]
    assert live.problems == []


@pytest.mark.parametrize("width", [320, 360, 1280])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_pages_do_not_scroll_sideways(live, gout, width, language):
    page = live.new_page(viewport={"width": width, "height": 700})
    compared = "&".join(f"hospital=h{index}" for index in range(4))
    for path in (
        "conditions/",
        "conditions/gout/",
        "conditions/icd-10/M10/",
        f"compare/?condition=gout&{compared}",
        "hospitals/h0/",
        "hospitals/h0/history/",
    ):
        page.goto(f"/{language}/{path}")
        for fold in page.locator("main details").all():
            fold.evaluate("fold => fold.open = true")
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
    assert live.problems == []


def test_hospital_is_named_in_each_cell_on_a_phone_and_heads_the_column_on_a_desk(live, gout):
    page = live.new_page(viewport={"width": 360, "height": 700})
    page.goto("/en/compare/?condition=gout&hospital=h0&hospital=h1")
    name = page.locator(".compare-who").first
    assert name.bounding_box()["width"] > 100
    page.set_viewport_size({"width": 1280, "height": 900})
    assert name.bounding_box()["width"] <= 1
    first, second = (cell.bounding_box() for cell in page.locator(".compare-heads > li").all())
    assert first["y"] == second["y"]
