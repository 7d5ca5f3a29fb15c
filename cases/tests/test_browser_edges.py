"""A weak line and an impatient thumb, in a real browser: one press is one request, and none is
lost; and nothing holds back whoever leaves."""

import re

import pytest

from cases import actions
from cases.models import Draft, Record
from cases.records.kinds import Status
from cases.tests.papers import pattern
from cases.tests.test_browser_family import press
from cases.tests.test_browser_inquiry import begin
from cases.tests.test_browser_papers import MB, open_papers, wait_for_bar
from portal.tests.fixtures import HEALTH_CANARY, make_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STEP = re.compile(r"/inquiry/problem/$")


def hold(page, *, until: list) -> list:
    """Answers of the page wait until somebody lets them go; returns what was asked."""
    asked = []

    def answer(route):
        if route.request.method == "POST":
            asked.append(route)
            if not until:
                return None
        return route.continue_()

    page.route(STEP, answer)
    return asked


def test_r3_impatient_presses_are_one_request_and_are_told_to_wait(live):
    page = live.page
    begin(page, "problem")
    page.fill("[name=problem]", HEALTH_CANARY)
    asked = hold(page, until=[])
    for _press in range(3):
        page.locator("#inquiry-form .btn-primary").click()
    page.locator("[data-keep-sending]").wait_for(state="visible")
    assert len(asked) == 1
    with page.expect_navigation(url="**/known/"):
        asked[0].continue_()
    assert Draft.objects.get().answers["problem"]["problem"] == [HEALTH_CANARY]
    assert live.problems == []


def test_words_about_the_line_stand_beside_the_button(live):
    page = live.new_page(viewport={"width": 360, "height": 640})
    begin(page, "problem")
    page.fill("[name=problem]", HEALTH_CANARY)
    page.context.set_offline(True)
    page.locator("#inquiry-form .btn-primary").click()
    page.locator("[data-keep-offline]").wait_for(state="visible")
    words = page.locator("[data-keep-offline]").bounding_box()
    button = page.locator("#inquiry-form .btn-primary").bounding_box()
    assert 0 <= words["y"] < button["y"] < 640
    assert button["y"] - words["y"] - words["height"] < 40


def test_a5_text_typed_after_the_session_ended_goes_in_with_the_code(live):
    page = live.page
    begin(page, "problem")
    press(page, "#inquiry-form [name=later]")
    code = page.locator(".code-big").nth(1).inner_text()
    page.goto("/en/inquiry/problem/")
    page.fill("[name=problem]", HEALTH_CANARY)
    session = [cookie for cookie in page.context.cookies() if cookie["name"] == "session"]
    page.context.clear_cookies(name=session[0]["name"])
    press(page, "#inquiry-form .btn-primary")
    assert "What you typed on this page is kept" in page.inner_text("main")
    assert page.input_value("[name=reference]") == Draft.objects.get().reference
    page.fill("[name=code]", code)
    with page.expect_navigation(url="**/known/"):
        page.locator("#sign-in-form .btn-primary").click()
    assert Draft.objects.get().answers["problem"]["problem"] == [HEALTH_CANARY]


@pytest.fixture
def upload(live, tmp_path):
    """A page that sends a large file over a line that stops after the first parts."""
    path = tmp_path / "scan.dcm"
    path.write_bytes(pattern(20 * MB))
    page = open_papers(live, make_case())
    line = {"parts": 2}

    def answer(route):
        if route.request.method == "PATCH":
            line["parts"] -= 1
            if line["parts"] < 0:
                return route.abort("internetdisconnected")
        return route.continue_()

    page.route(re.compile("/uploads/"), answer)
    page.set_input_files("#files", str(path))
    return page, line


def test_a7_no_question_holds_back_whoever_leaves_during_an_upload(live, upload):
    page, _line = upload
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    wait_for_bar(page, 1)
    page.locator(".exit button").click()
    page.wait_for_url("**/left/")
    assert asked == []
    # Whoever goes by another way is asked: the file is not there yet.
    assert Record.objects.get().status == Status.UPLOADING


def test_upload_goes_on_when_the_line_is_back_without_the_browser_noticing(live, tmp_path):
    path = tmp_path / "scan.dcm"
    path.write_bytes(pattern(2 * MB))
    case = make_case()
    page = open_papers(live, case)
    line = {"is_cut": True}

    def answer(route):
        cut = line["is_cut"] and route.request.method == "PATCH"
        return route.abort("internetdisconnected") if cut else route.continue_()

    page.clock.install()
    page.reload()
    page.route(re.compile("/uploads/"), answer)
    page.set_input_files("#files", str(path))
    run_until(page, ".upload[data-state=offline]")
    line["is_cut"] = False
    run_until(page, ".upload[data-state=arrived]")
    record = Record.objects.get()
    assert (record.received, record.status) == (2 * MB, Status.CHECKING)
    assert actions.case_key(case)


def run_until(page, selector: str) -> None:
    """The page's own clock runs ahead; the line does not."""
    for _step in range(120):
        if page.locator(selector).count():
            return
        page.clock.run_for(1000)
        page.wait_for_timeout(20)
    raise AssertionError(f"{selector} never came")
