"""The inquiry in a real browser: the quick way out, and a line that breaks."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases import throttle
from cases.models import Case, Draft
from cases.tests.test_browser_family import PAGES, press, sign_in, type_in
from hospitals.models import Condition
from hospitals.tests.finding import index_curated
from portal.tests.fixtures import HEALTH_CANARY, make_case, make_hospital

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def begin(page, until: str) -> None:
    """From the start page to the page of this name."""
    page.goto("/en/inquiry/?hospital=scmc")
    press(page, "main form .btn-primary")
    for slug, typed in PAGES:
        if slug == until:
            return
        for name, value in typed.items():
            type_in(page, name, value)
        press(page, "#inquiry-form .btn-primary")
        if slug == "now":
            press(page, "main a.btn")


@pytest.mark.parametrize("script", [True, False])
def test_a7_one_press_leaves_and_back_shows_nothing(live, script):
    case = make_case()
    page = live.new_page(java_script_enabled=script)
    sign_in(page, case)
    page.fill("[name=body]", f"About {HEALTH_CANARY}")
    press(page, "#message-form .btn-primary")
    assert HEALTH_CANARY in page.content()
    press(page, ".exit button")
    page.wait_for_url("**/left/")
    assert page.title() == "Empty page"
    for _step in range(3):
        page.go_back()
        assert HEALTH_CANARY not in page.content()
        assert case.reference not in page.inner_text("body")


def test_a7_three_times_escape_leaves(live):
    case = make_case()
    page = live.page
    sign_in(page, case)
    page.fill("[name=body]", HEALTH_CANARY)
    for _press in range(2):
        page.keyboard.press("Escape")
    assert page.url.endswith(f"/{case.reference}/")
    page.keyboard.press("Escape")
    page.wait_for_url("**/left/")
    page.go_back()
    assert HEALTH_CANARY not in page.content()
    assert live.problems == []


def test_page_that_fails_to_send_keeps_the_text_and_sends_it_later(live):
    page = live.page
    begin(page, "problem")
    page.fill("[name=problem]", HEALTH_CANARY)
    page.context.set_offline(True)
    page.locator("#inquiry-form .btn-primary").click()
    page.locator("[data-keep-offline]").wait_for(state="visible")
    assert page.input_value("[name=problem]") == HEALTH_CANARY
    assert "problem" not in Draft.objects.get().answers
    with page.expect_navigation(url="**/known/"):
        page.context.set_offline(False)
    assert Draft.objects.get().answers["problem"]["problem"] == [HEALTH_CANARY]
    assert page.evaluate("Object.keys(sessionStorage).length") == 0


def test_text_is_back_after_a_page_that_was_lost(live):
    page = live.page
    begin(page, "problem")
    page.fill("[name=problem]", HEALTH_CANARY)
    page.goto("/en/about/")
    page.goto("/en/inquiry/problem/")
    page.locator("[data-keep-restored]").wait_for(state="visible")
    assert page.input_value("[name=problem]") == HEALTH_CANARY


def test_copy_of_the_browser_goes_with_the_way_out(live):
    page = live.page
    begin(page, "problem")
    page.fill("[name=problem]", HEALTH_CANARY)
    assert page.evaluate("Object.keys(sessionStorage).length") == 1
    press(page, ".exit button")
    page.wait_for_url("**/left/")
    assert page.evaluate("Object.keys(sessionStorage).length") == 0


def test_refused_page_shows_its_errors_with_scripts_too(live):
    page = live.page
    begin(page, "contact")
    press(page, "#inquiry-form .btn-primary")
    assert "Write your name." in page.inner_text(".error-summary")
    page.fill("[name=name]", "Anna")
    press(page, "#inquiry-form [name=later]")
    assert page.url.endswith("/later/")
    assert Draft.objects.get().answers["contact"]["name"] == ["Anna"]


def test_enter_in_the_words_looks_them_up(live):
    page = live.page
    begin(page, "known")
    page.fill("[name=diagnosis]", "hepatoblastoma")
    with page.expect_navigation():
        page.press("[name=diagnosis]", "Enter")
    assert page.url.endswith("/known/")
    assert page.input_value("[name=diagnosis]") == "hepatoblastoma"


def test_m1_browser_does_its_work_while_the_page_is_read(live):
    make_hospital("scmc")
    page = live.page
    begin(page, "")
    # What a person needs for ten pages, and for reading the last one.
    Draft.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    page.wait_for_timeout(3500)
    press(page, "#inquiry-form .btn-primary")
    page.wait_for_url("**/sent/")
    assert Case.objects.get().held_for == ""
    assert page.evaluate("Object.keys(sessionStorage).length") == 0
    assert live.problems == []


def test_a2_browser_pays_for_a_reference_that_many_tried(live):
    from cases.tests.test_sign_in import wear_out

    case = make_case()
    wear_out(case, throttle.FREE_A_DAY)
    page = live.page
    sign_in(page, case)
    page.wait_for_url(f"**/{case.reference}/")
    assert live.problems == []


def test_suggestion_fills_the_box_and_is_looked_up_in_no_address(live):
    Condition.objects.create(slug="hepatoblastoma", name_en="Hepatoblastoma", words={})
    index_curated()
    page = live.page
    begin(page, "known")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("[name=diagnosis]").press_sequentially("hepato")
    page.wait_for_selector(".suggestions > li")
    page.keyboard.press("ArrowDown")
    with page.expect_navigation(url="**/known/"):
        page.keyboard.press("Enter")
    assert page.input_value("[name=diagnosis]") == "Hepatoblastoma"
    assert page.locator("[name=condition][value=hepatoblastoma]").count() == 1
    assert page.locator("[data-keep-restored]").is_hidden()
    assert [url for url in asked if "hepato" in url.lower()] == []
    assert live.problems == []


@pytest.mark.parametrize("script", [True, False])
def test_words_of_a_search_go_along_and_stand_in_no_address_A6(live, script):
    page = live.new_page(java_script_enabled=script)
    page.goto(f"/en/hospitals/?q={HEALTH_CANARY}")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    press(page, "main a[href='/en/inquiry/']")
    assert page.locator("[name=q]").input_value() == HEALTH_CANARY
    page.locator("header summary:visible").first.click()
    press(page, "header button[value=pl]:visible")
    assert page.locator("[name=q]").input_value() == HEALTH_CANARY
    press(page, "main form .btn-primary")
    assert page.url.endswith("/pl/inquiry/you/")
    page.goto("/en/inquiry/")
    page.go_back()
    page.go_back()
    assert HEALTH_CANARY not in page.url
    assert [url for url in asked if HEALTH_CANARY in url] == []
    assert Draft.objects.get().answers["_begun_with"]["q"] == HEALTH_CANARY


@pytest.mark.parametrize("script", [True, False])
def test_back_from_the_first_page_shows_the_start_again(live, script):
    page = live.new_page(java_script_enabled=script)
    page.goto(f"/en/hospitals/?q={HEALTH_CANARY}")
    press(page, "main a[href='/en/inquiry/']")
    page.reload()
    assert page.locator("[name=q]").input_value() == HEALTH_CANARY
    page.goto("/en/about/")
    page.go_back()
    assert page.locator("[name=q]").input_value() == HEALTH_CANARY
    press(page, "main form .btn-primary")
    page.go_back()
    assert page.locator("a[href$='/inquiry/resume/']").count() > 0
    page.go_back()
    assert page.url.endswith(f"/hospitals/?q={HEALTH_CANARY}")
