"""`make journey`: home, condition, inquiry, sent, papers, on a slow phone with a weak line.

An emulated phone (360 px, processor four times slower) on slow 3G (400 kbit/s, 400 ms), with
scripts and without. Counts every byte that the browser sends and gets but for the papers
themselves; at last how long the proof of work takes a phone six times slower than this machine.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, Request

from tools import machine
from tools.browser import HINT, chromium
from tools.page_list import CONDITION
from tools.pages import INQUIRY, PAPER, fill
from tools.server import ROOT, Demo, demo

LIMIT_KB, LIMIT_WORK = 350, 2.0
LINE = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 400_000 / 8,
    "uploadThroughput": 400_000 / 8,
}
PHONE = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
SLOWER, SLOWEST = 4, 6
PATIENCE = 60_000
# Seconds that a person reads the last page, at least.
READ = 4
# All of the numbers are tried: the last is the right one.
WORK = """async ([code, salt, size, target]) => {
  const self = {};
  new Function("self", code)(self);
  const begun = performance.now();
  const number = await new Promise((resolve) => {
    self.postMessage = resolve;
    self.onmessage({ data: { salt, size, target } });
  });
  return [number, performance.now() - begun];
}"""


@dataclass
class Journey:
    """What one way through the portal took."""

    title: str
    size: int
    requests: int
    seconds: float
    is_held: bool

    def line(self) -> str:
        queue = "waits to be looked at" if self.is_held else "goes straight to the queue"
        return (
            f"{self.title:<16} {self.size / 1024:6.1f} KB (at most {LIMIT_KB})"
            f"  {self.requests} requests  {self.seconds:.0f} s  {queue}"
        )


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--language", default="en")
    asked = parser.parse_args()
    if machine.CHROMIUM in machine.provide(machine.CHROMIUM):
        sys.exit(HINT)
    with demo() as portal, chromium() as browser:
        journeys = [travel(portal, browser, asked.language, script=on) for on in (True, False)]
        work = measure_work(portal, browser)
    print("\nHome, condition, inquiry, sent, papers: slow 3G, without the papers themselves")
    for journey in journeys:
        print(f"  {journey.line()}")
    print(
        f"Proof of work, processor {SLOWEST} times slower: {work:.1f} s at most ({LIMIT_WORK:.0f})"
    )
    is_light = all(journey.size <= LIMIT_KB * 1024 for journey in journeys)
    return 0 if is_light and work <= LIMIT_WORK else 1


def travel(portal: Demo, browser: Browser, language: str, *, script: bool) -> Journey:
    context = browser.new_context(
        base_url=portal.address, java_script_enabled=script, locale=language, **PHONE
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    finished: list[Request] = []

    def note(request: Request) -> None:
        finished.append(request)

    context.on("requestfinished", note)
    emulate(page, SLOWER, LINE)
    began = time.monotonic()
    find_condition(page, language)
    is_held = ask(page, script)
    send_papers(page, script)
    journey = Journey(
        "with scripts" if script else "without scripts",
        sum(map(weigh, finished)),
        sum(weigh(request) > 0 for request in finished),
        time.monotonic() - began,
        is_held,
    )
    context.close()
    return journey


def emulate(page: Page, slower: int, line: dict | None = None) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    if line:
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", line)


def weigh(request: Request) -> int:
    """Both ways, with headers; what a paper's own bytes weigh is the family's affair."""
    sizes = request.sizes()
    if sizes["responseBodySize"] < 0:
        # From the browser's own memory.
        return 0
    is_paper = "/uploads/" in request.url or request.url.endswith("/papers/")
    sent = 0 if is_paper and request.method in ("PATCH", "POST") else sizes["requestBodySize"]
    got = sizes["responseHeadersSize"] + sizes["responseBodySize"]
    return sizes["requestHeadersSize"] + sent + got


def find_condition(page: Page, language: str) -> None:
    page.goto(f"/{language}/")
    box = page.locator("form.search-box [name=q]")
    box.fill(CONDITION)
    with page.expect_navigation(wait_until="load"):
        box.press("Enter")
    press(page, f"main a[href$='/conditions/{CONDITION}/'] >> nth=0")
    press(page, "main .button-row a.btn-primary >> nth=0")


def ask(page: Page, script: bool) -> bool:
    """Every page of the inquiry; whether it is looked at before it is read."""
    press(page, "main form .btn-primary")
    for slug, typed in INQUIRY:
        if f"/inquiry/{slug}/" not in page.url:
            raise RuntimeError(f"{slug} was to come, and {page.url} came")
        fill(page, typed)
        press(page, "#inquiry-form .btn-primary")
    # Also whoever has no scripts reads what they send.
    time.sleep(READ)
    press(page, "#inquiry-form .btn-primary")
    page.locator(".code-big").nth(1).wait_for()
    return "looks at your inquiry first" in page.inner_text("main")


def send_papers(page: Page, script: bool) -> None:
    press(page, "main [name=papers]")
    page.set_input_files("#files", [PAPER])
    if script:
        page.locator("[data-state=arrived]").first.wait_for()
    else:
        press(page, "form[data-upload] [type=submit]")
    page.locator(".paper").first.wait_for()


def press(page: Page, selector: str) -> None:
    """Presses and waits for the whole next page, as a person does."""
    with page.expect_navigation(wait_until="load"):
        page.locator(selector).click()


def measure_work(portal: Demo, browser: Browser) -> float:
    """Seconds of the longest search that a page may ask for, on a slow phone."""
    told = portal.manage("shell", "--no-imports", "-c", CHALLENGE)
    code = (ROOT / "static" / "js" / "work-worker.js").read_text()
    page = browser.new_page(base_url=portal.address)
    page.goto("/en/case/left/")
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWEST})
    expression = f"({WORK})({json.dumps([code, *json.loads(told)])})"
    # Through the debugger: the page's own policy runs no text as code.
    asked = {"expression": expression, "awaitPromise": True, "returnByValue": True}
    number, spent = session.send("Runtime.evaluate", asked)["result"]["value"]
    if number is None:
        raise RuntimeError("the script found nothing")
    page.close()
    return spent / 1000


CHALLENGE = """
import json
from cases import work
salt = work.new_challenge("journey").split(".")[0]
print(json.dumps([salt, work.EASY, work._sum(salt, work.EASY - 1)]))
"""


if __name__ == "__main__":
    sys.exit(main())
