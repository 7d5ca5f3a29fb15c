"""The family's way in a real browser: without JavaScript and with, and what Back shows."""

import pytest

from cases.models import Case
from cases.tests.family import case_url
from portal.tests.fixtures import FAMILY_CODE, HEALTH_CANARY, make_case, make_hospital

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = (
    ("you", {"relation": "parent"}),
    ("contact", {"name": "Anna Nowak", "email": "anna@gmial.com", "country": "PL"}),
    ("contact", {}),
    ("now", {"signs": "breathing"}),
    ("patient", {
        "patient_name": "Jan Nowak",
        "birth_date_day": "3",
        "birth_date_month": "2",
        "birth_date_year": "2024",
    }),
    ("guardian", {"declared": "on"}),
    ("problem", {"problem": "guz wątroby 👶"}),
    ("known", {}),
    ("wish", {"wishes": "opinion"}),
    ("urgency", {"urgency": "weeks", "in_hospital": "no", "able_to_travel": "yes"}),
    ("hospital", {}),
    ("consents", {
        "health_data": "on", "transfer_china": "on", "share_hospital": "on", "child": "on",
        "signed_name": "Anna Nowak",
    }),
)  # fmt: skip


def press(page, selector: str) -> None:
    with page.expect_navigation():
        page.locator(selector).first.click()


def type_in(page, name: str, value: str) -> None:
    fields = page.locator(f'main [name="{name}"]')
    kind = fields.first.get_attribute("type")
    if kind in ("radio", "checkbox"):
        chosen = page.locator(f'main [name="{name}"][value="{value}"]')
        (chosen if chosen.count() else fields).first.check()
    elif fields.first.evaluate("field => field.tagName") == "SELECT":
        fields.select_option(value)
    else:
        fields.fill(value)


def ask(page) -> None:
    """From the hospital's link to the confirmation."""
    page.goto("/en/inquiry/?hospital=scmc")
    press(page, "main form .btn-primary")
    for slug, typed in PAGES:
        assert f"/inquiry/{slug}/" in page.url
        for name, value in typed.items():
            type_in(page, name, value)
        press(page, "#inquiry-form .btn-primary")
        if slug == "now":
            assert "/inquiry/emergency/" in page.url
            press(page, "main a.btn")
    press(page, "#inquiry-form .btn-primary")


@pytest.mark.parametrize("script", [False, True])
def test_whole_inquiry_on_a_phone(live, script):
    make_hospital("scmc")
    page = live.new_page(
        java_script_enabled=script,
        viewport={"width": 360, "height": 760},
        timezone_id="America/Chicago",
    )
    ask(page)
    case = Case.objects.get()
    assert page.url.endswith("/en/inquiry/sent/")
    assert case.reference in page.inner_text("main")
    assert case.time_zone == ("America/Chicago" if script else "Europe/Warsaw")
    code = page.locator(".code-big").nth(1).inner_text()
    press(page, "main [name=papers]")
    assert page.url.endswith(case_url(case, "papers"))
    press(page, "main form[action$='/sign-out/'] button")
    page.goto("/en/case/")
    page.fill("[name=reference]", case.reference)
    page.fill("[name=code]", code)
    press(page, "#sign-in-form .btn-primary")
    assert page.url.endswith(case_url(case))
    assert "Our turn" in page.inner_text(".turn")
    assert live.problems == []


def sign_in(page, case) -> None:
    page.goto("/en/case/")
    page.fill("[name=reference]", case.reference)
    page.fill("[name=code]", FAMILY_CODE)
    press(page, "#sign-in-form .btn-primary")


def test_a6_back_after_signing_out_shows_nothing(live):
    case = make_case()
    page = live.page
    sign_in(page, case)
    page.fill("[name=body]", f"About {HEALTH_CANARY}")
    press(page, "#message-form .btn-primary")
    assert HEALTH_CANARY in page.content()
    press(page, "form[action*='sign-out'] button")
    assert "You are signed out" in page.inner_text("main")
    for _step in range(3):
        page.go_back()
        assert HEALTH_CANARY not in page.content()
    assert live.problems == []


def test_language_menu_carries_what_was_typed(live):
    case = make_case()
    page = live.page
    sign_in(page, case)
    page.fill("[name=body]", "half a sentence")
    page.locator(".bar-wide details.menu summary").click()
    press(page, ".bar-wide button[name=switch_language][value=ar]")
    assert page.get_attribute("html", "dir") == "rtl"
    assert page.input_value("[name=body]") == "half a sentence"


def test_enter_sends_the_form_and_does_not_change_the_language(live):
    case = make_case()
    page = live.open("/en/case/")
    page.fill("[name=reference]", case.reference)
    page.fill("[name=code]", "wrong")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.get_attribute("html", "lang") == "en"
    assert page.locator(".error-summary, .invalid-feedback").count() > 0


def test_session_warning_keeps_the_text_and_extends_the_session(live, settings):
    from datetime import timedelta

    # Two minutes and two seconds: the warning comes after two.
    settings.FAMILY_SESSION_IDLE = timedelta(seconds=122)
    case = make_case()
    page = live.page
    sign_in(page, case)
    page.fill("[name=body]", "still writing")
    page.locator("#session-warning").wait_for(state="visible")
    page.locator("#session-warning button").click()
    page.locator("#session-warning").wait_for(state="hidden")
    assert page.input_value("[name=body]") == "still writing"
    assert live.problems == []


def test_none_of_these_takes_the_signs_back(live):
    page = live.page
    page.goto("/en/inquiry/you/")
    for slug, typed in PAGES[:3]:
        for name, value in typed.items():
            type_in(page, name, value)
        press(page, "#inquiry-form .btn-primary")
        assert slug
    page.check("[value=bleeding]")
    page.check("[value=none]")
    assert not page.is_checked("[value=bleeding]")
    page.check("[value=bleeding]")
    assert not page.is_checked("[value=none]")
