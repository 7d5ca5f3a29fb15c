"""The fixture `live`: a running portal and a page of a real browser to look at it.

@pytest.mark.browser
def test_home_has_one_heading(live):
    page = live.open("/en/")
    assert page.locator("h1").count() == 1
    assert live.problems == []
"""

import functools
import os

import pytest

from tools.browser import ChromiumMissing, chromium


class Live:
    """One test's window: a browser context with its first page, on the test's server.

    `problems` collects what the browser complained about: refused by the
    content security policy, failed requests, errors of scripts.
    """

    def __init__(self, browser, address: str):
        self._browser, self.address = browser, address
        self._contexts = []
        self.problems: list[str] = []
        self.page = self.new_page()

    def url(self, path: str) -> str:
        return f"{self.address}{path}"

    def open(self, path: str):
        """Goes to a path of the portal and returns the page."""
        self.page.goto(self.url(path))
        return self.page

    def new_page(self, **options):
        """A page in a context of its own, such as `java_script_enabled=False`."""
        context = self._browser.new_context(base_url=self.address, **options)
        # Far more than a page needs: a test that fails on a busy machine says nothing.
        context.set_default_timeout(30_000)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        return page

    def close(self):
        for context in self._contexts:
            context.close()

    def _on_console(self, message):
        if message.type == "error":
            self.problems.append(message.text)


def _then_read_page(act):
    """Make an act that may lead to another page wait until that page has been read.

    Playwright waits until the next page has begun, where nothing is found yet: `count()`
    and `all_inner_texts()` do not wait, so a busy machine would answer with nothing.
    """

    @functools.wraps(act)
    def wrapped(locator, *args, **options):
        act(locator, *args, **options)
        locator.page.wait_for_load_state("domcontentloaded")

    return wrapped


@pytest.fixture(scope="session")
def browser():
    """One Chromium for the whole run."""
    # Playwright keeps an event loop in this thread; Django would refuse the database there.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with chromium() as running, pytest.MonkeyPatch.context() as patch:
            from playwright.sync_api import Locator

            for act in ("click", "press"):
                patch.setattr(Locator, act, _then_read_page(getattr(Locator, act)))
            yield running
    except ChromiumMissing as missing:
        pytest.skip(str(missing))
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def live(live_server, browser):
    window = Live(browser, live_server.url)
    yield window
    window.close()
