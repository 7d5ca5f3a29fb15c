"""Papers in a real browser: tus-js-client with a bar, pause, a lost line; and the plain form."""

import os
import re

import pytest

from cases import actions, jobs
from cases.models import Record
from cases.records import store
from cases.records.sealed import open_sealed
from cases.tests.family import case_url
from cases.tests.papers import make_image, make_pdf, pattern
from portal.tests.cast import sign_in_family
from portal.tests.fixtures import HEALTH_CANARY, make_case, make_record

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MB = 1024 * 1024
LARGE = 20 * MB
PDF = {"name": f"{HEALTH_CANARY}.pdf", "mimeType": "application/pdf", "buffer": make_pdf()}
SCAN = {"name": "IM000001", "mimeType": "", "buffer": pattern(5 * MB)}


@pytest.fixture
def case():
    return make_case()


@pytest.fixture
def page(live, case):
    return open_papers(live, case)


def open_papers(live, case, language="en", **options):
    page = live.new_page(viewport={"width": 360, "height": 740}, **options)
    session = sign_in_family(case).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": session, "url": live.address}])
    page.goto(case_url(case, "papers").replace("/en/", f"/{language}/"))
    return page


def wait_for_bar(page, percent: int) -> None:
    """By asking, because the page's policy forbids what Playwright's own waiting does."""
    for _try in range(400):
        if page.evaluate("document.querySelector('.upload progress').value") > percent:
            return
        page.wait_for_timeout(25)
    raise AssertionError("the bar does not move")


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "scan.dcm"
    path.write_bytes(pattern(LARGE))
    return str(path)


def contents(record: Record) -> bytes:
    with store.reading(record.storage_name) as file:
        return b"".join(
            open_sealed(file, actions.case_key(record.case), record.storage_name).pieces()
        )


def test_files_are_sent_with_a_bar_each(page, live):
    page.set_input_files("#files", [PDF, SCAN])
    page.wait_for_selector('.upload[data-state="arrived"] >> nth=1')
    sent = {record.size: contents(record) for record in Record.objects.all()}
    assert sent == {len(file["buffer"]): file["buffer"] for file in (PDF, SCAN)}
    # The list follows when the server has answered.
    page.wait_for_selector(".paper.is-checking >> nth=1")
    for record in Record.objects.all():
        jobs.check_record.func(str(record.pk))
    page.wait_for_selector(".paper.is-fine")
    # The list tells of them now: nothing says any more that they are being checked.
    page.wait_for_selector(".upload", state="detached")
    assert live.problems == []


def test_a_pause_keeps_what_arrived_and_goes_on(page, large):
    page.set_input_files("#files", large)
    wait_for_bar(page, 5)
    page.click("[data-pause]")
    assert page.inner_text("[data-state='paused'] [data-state]").startswith("Paused at")
    page.wait_for_timeout(300)
    before = Record.objects.get().received
    assert 0 < before < LARGE
    page.click("[data-resume]")
    page.wait_for_selector('.upload[data-state="arrived"]')
    assert contents(Record.objects.get()) == pattern(LARGE)


def test_a_lost_line_is_said_and_ends_well(page):
    cut = {"left": 3}

    def answer(route):
        if route.request.method == "PATCH" and cut["left"]:
            cut["left"] -= 1
            return route.abort("internetdisconnected")
        return route.continue_()

    page.route(re.compile("/uploads/"), answer)
    page.set_input_files("#files", [SCAN])
    page.wait_for_selector('.upload[data-state="arrived"]', timeout=20_000)
    assert cut["left"] == 0
    assert contents(Record.objects.get()) == SCAN["buffer"]


def test_another_page_goes_on_with_the_same_file(live, case, large):
    """A closed laptop: the browser has kept nothing, the list has."""
    first = open_papers(live, case)
    first.set_input_files("#files", large)
    wait_for_bar(first, 5)
    first.close(run_before_unload=False)
    begun = Record.objects.get()
    second = open_papers(live, case)
    assert second.evaluate("Object.keys(localStorage).length") == 0
    assert "goes on where it stopped" in second.inner_text(".paper")
    second.set_input_files("#files", large)
    second.wait_for_selector('.upload[data-state="arrived"]')
    assert contents(Record.objects.get(pk=begun.pk)) == pattern(LARGE)


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [
        ("viewer.exe", 2, "We cannot take this kind of file"),
        ("a.pdf", 0, "This file is empty"),
        ("a.jpg", 30 * MB + 1, "too large"),
    ],
)
def test_what_cannot_be_taken_is_said_at_once(page, tmp_path, name, size, words):
    """On the disk: 30 MB in one message to the browser take a slow machine too long."""
    chosen = tmp_path / name
    chosen.touch()
    os.truncate(chosen, size)
    page.set_input_files("#files", chosen)
    assert words in page.inner_text(".upload")
    assert words in page.text_content("[data-said]")
    assert not Record.objects.exists()


def test_a_file_that_was_begun_is_cancelled(page, large):
    page.set_input_files("#files", large)
    wait_for_bar(page, 3)
    page.click("[data-cancel]")
    page.wait_for_selector(".upload", state="detached")
    page.wait_for_timeout(500)
    assert not Record.objects.exists()


def test_a_session_that_ended_is_said(page, case):
    case.owner.access_version += 1
    case.owner.save()
    page.set_input_files("#files", [PDF])
    page.wait_for_selector('.upload[data-state="failed"]')
    assert "You were signed out" in page.inner_text(".upload")


def test_files_are_sent_without_javascript(live, case):
    page = open_papers(live, case, java_script_enabled=False)
    page.set_input_files("#files", [PDF, {**PDF, "name": "viewer.exe"}])
    with page.expect_navigation():
        page.click("text=Send the files")
    text = page.inner_text("main")
    assert "1 file arrived and is being checked." in text
    assert "viewer.exe: We cannot take this kind of file." in text
    assert Record.objects.count() == 1


def test_a_page_in_a_file_runs_nothing_U6(page, case):
    """Saved under a name of its own; opened as a page it is an attachment still."""
    html = b"<script>document.title='ran'</script>"
    record = make_record(case, make_image() + html, name="a.jpg")
    with page.expect_download() as download:
        page.evaluate(f"location.href = '{case_url(case, 'papers')}{record.pk}/'")
    assert download.value.suggested_filename == "a.jpg"
    assert page.title().startswith("My papers")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_page_fits_a_phone(live, case, language):
    make_record(case, name="a-very-long-name-without-any-space-" * 3 + ".pdf")
    page = open_papers(live, case, language)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.set_input_files("#files", [{**PDF, "name": "y" * 120 + ".pdf"}])
    page.wait_for_selector('.upload[data-state="arrived"]')
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
