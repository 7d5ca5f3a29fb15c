"""`make audit`: what machines can say about the pages.

axe-core over every page in four languages, light and dark, on a phone and on a
desk; what is wider than the phone; the content security policy's complaints on
the way; the weight of a first view; Lighthouse (mobile, slow 4G) on the pages
that families meet first.

A part of it: `--languages pl --parts inquiry,case --only 'case-p*' --runs 0`.
"""

import argparse
import fnmatch
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Error as PlaywrightError

from portal.tests.access_matrix import MATRIX
from tools import machine
from tools.browser import ARGUMENTS, HINT, chromium, find_chromium
from tools.page_list import COMPARE, CONDITION, HOSPITAL
from tools.pages import LANGUAGES, PARTS, Stop, Visitor
from tools.server import Demo, demo

FOLDER = Path(__file__).resolve().parent
AXE = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
LIGHTHOUSE = FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FIRST_PAGES = {
    "home": "/en/",
    "list": "/en/hospitals/",
    "detail": f"/en/hospitals/{HOSPITAL}/",
    "condition": f"/en/conditions/{CONDITION}/",
    "compare": f"/en/{COMPARE}",
    "inquiry": "/en/inquiry/",
    "first page": "/en/inquiry/you/",
    "sign in": "/en/case/",
}
WEIGHED = FIRST_PAGES | {"conditions": "/en/conditions/", "paper": "/en/inquiry/paper/"}
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
# Size, scheme and rules; none: all of them. Colours alone differ between the schemes. axe leaves
# out the contrast of Arabic letters: the same styles are measured under the other languages.
COLOURS = ["color-contrast", "link-in-text-block"]
VIEWS = (
    (PHONE, "dark", ()),
    (PHONE, "light", COLOURS),
    (DESK, "dark", COLOURS),
    (DESK, "light", ()),
)
# Files, fragments and addresses of Django's own admin, which lead nowhere here.
NO_PAGE = re.compile(
    r"suggest/|/picture/|/small/|/series/|/save/|scans/<uuid|papers/<uuid:record_id>/$"
    r"|jsi18n|autocomplete|\^"
)
WORD = {"<uuid": "[0-9a-f-]{36}"} | dict.fromkeys(("<str:", "<slug", "<path", "<int:"), "[^/]+")
# A button on its way from light to dark has the contrast of neither.
FINISH_TRANSITIONS = "() => document.getAnimations().forEach(running => running.finish())"
# Pixels that the page is wider than the screen.
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
RUN_AXE = """async rules => (
    await axe.run(document, rules.length ? {runOnly: rules} : {})).violations.map(
    found => ({rule: found.id, where: found.nodes.map(node => node.target.join(' '))}))"""


@dataclass
class Findings:
    """What axe found, what the browser refused, and how much was looked at."""

    pages: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    looks: int = 0
    violations: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Told at once: the whole takes most of an hour."""
        print(text, file=sys.stderr, flush=True)
        self.violations.append(text)


def main() -> int:
    asked = arguments()
    missing = machine.provide(machine.CHROMIUM, machine.FONTS, machine.NODE)
    if missing:
        sys.exit("; ".join(need.hint() for need in missing) or HINT)
    install_packages()
    with demo() as portal:
        with chromium() as browser:
            findings = run_axe(portal, browser, asked)
            weights = [weigh(portal, browser, *page) for page in WEIGHED.items()]
        report_pages(findings, weights)
        if set(asked.parts) == set(PARTS) and asked.only == ["*"]:
            report_unseen(findings.paths)
        scores = [
            lighthouse(portal, *page, asked.runs) for page in FIRST_PAGES.items() if asked.runs
        ]
    report_lighthouse(scores)
    return 1 if findings.violations or findings.refused else 0


def arguments() -> argparse.Namespace:
    def names(text: str) -> list[str]:
        return list(filter(None, text.split(",")))

    parser = argparse.ArgumentParser()
    parser.add_argument("--languages", type=names, default=LANGUAGES)
    parser.add_argument("--parts", type=names, default=PARTS, help="none: Lighthouse alone")
    parser.add_argument("--only", type=names, default=["*"], help="pages, such as 'case-p*'")
    parser.add_argument("--runs", type=int, default=3, help="of Lighthouse, 0 for none")
    return parser.parse_args()


def install_packages() -> None:
    """As package-lock.json names them; no script of a package runs."""
    lock, stamp = FOLDER / "package-lock.json", FOLDER / "node_modules" / ".installed"
    if stamp.exists() and stamp.read_text() == lock.read_text():
        return
    subprocess.run(["npm", "ci", "--ignore-scripts", "--silent"], cwd=FOLDER, check=True)
    stamp.write_text(lock.read_text())


def run_axe(portal: Demo, browser, asked: argparse.Namespace) -> Findings:
    findings, source = Findings(), AXE.read_text()
    visitor = Visitor(portal, browser)
    for language in asked.languages:
        for part in asked.parts:
            try:
                look_at_part(visitor, part, language, asked.only, source, findings)
            except PlaywrightError as error:
                # A page that is not what the walk expects: the other parts are looked at.
                findings.add(f"{part} {language}: the walk broke off: {error}")
    visitor.close()
    return findings


def look_at_part(visitor, part: str, language: str, only, source: str, findings) -> None:
    for stop in visitor.stops(language, [part]):
        if any(fnmatch.fnmatch(stop.name, pattern) for pattern in only):
            findings.refused += [f"{stop.name} {language}: {text}" for text in visitor.refused]
            look(stop, language, source, findings)
        # What axe itself tried while it measured is not the page's doing.
        visitor.refused.clear()


def look(stop: Stop, language: str, source: str, findings: Findings) -> None:
    """Through the debugger: the page's own policy forbids foreign scripts."""
    findings.pages.add(stop.name)
    findings.paths.add(urlsplit(stop.page.url).path.lstrip("/"))
    stop.page.evaluate(source)
    for size, scheme, rules in VIEWS:
        stop.page.set_viewport_size(size)
        stop.page.emulate_media(color_scheme=scheme)
        stop.page.evaluate(FINISH_TRANSITIONS)
        findings.looks += 1
        view = f"{stop.name} {language} {scheme} {size['width']}"
        for found in stop.page.evaluate(RUN_AXE, list(rules)):
            findings.add(f"{view}: {found['rule']} at {', '.join(found['where'][:3])}")
        if over := stop.page.evaluate(OVERFLOW):
            findings.add(f"{view}: {over} px wider than the screen")


def weigh(portal: Demo, browser, name: str, path: str) -> str:
    """Bytes on the wire with an empty cache, requests and hosts."""
    context = browser.new_context(base_url=portal.address)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    size, hosts = [], []
    session.on("Network.loadingFinished", lambda event: size.append(event["encodedDataLength"]))
    page.on("request", lambda request: hosts.append(urlsplit(request.url).netloc))
    page.goto(path, wait_until="networkidle")
    context.close()
    return (
        f"{name:<10} {sum(size) / 1024:6.1f} KB (at most 60)  {len(hosts)} requests (at most 6)"
        f"  {len(set(hosts))} host"
    )


def lighthouse(portal: Demo, name: str, path: str, runs: int) -> str:
    """Medians of several runs: one run of one page varies by some points."""
    results = [lighthouse_once(portal.address + path) for _number in range(runs)]
    scores = [
        round(
            100 * statistics.median(result["categories"][category]["score"] for result in results)
        )
        for category in CATEGORIES
    ]
    paint = statistics.median(
        result["audits"]["largest-contentful-paint"]["numericValue"] for result in results
    )
    failed = {
        audit
        for result in results
        for audit, outcome in result["audits"].items()
        if outcome["scoreDisplayMode"] == "binary" and outcome["score"] == 0
    }
    notes = f"  failed: {', '.join(sorted(failed))}" if failed else ""
    return f"{name:<10} {' / '.join(map(str, scores))}   LCP {paint:.0f} ms{notes}"


def lighthouse_once(url: str) -> dict:
    """One run; a browser that could not record the page is started again (NO_NAVSTART)."""
    for last in (False, False, True):
        if result := recorded(url, fail=last):
            return result
    raise AssertionError("the last try raises")


def recorded(url: str, *, fail: bool) -> dict | None:
    with tempfile.TemporaryDirectory(prefix="shanghai-lighthouse-") as folder:
        target = Path(folder) / "result.json"
        done = subprocess.run(
            ["node", str(LIGHTHOUSE), url, "--quiet", "--output=json", f"--output-path={target}"]
            + [f"--only-categories={','.join(CATEGORIES)}"]
            + [f"--chrome-flags=--headless=new {' '.join(ARGUMENTS)}"],
            env={**os.environ, "CHROME_PATH": find_chromium()},
            check=fail,
        )
        return None if done.returncode else json.loads(target.read_text())


def report_pages(findings: Findings, weights: list[str]) -> None:
    print(
        f"\naxe-core: {len(findings.pages)} pages, {findings.looks} looks,"
        f" {len(findings.violations)} violations"
    )
    for line in findings.violations:
        print(f"  {line}")
    print(f"\nRefused by the content security policy, or an error: {len(findings.refused)}")
    for line in findings.refused:
        print(f"  {line}")
    print("\nFirst view, no cache")
    for line in weights:
        print(f"  {line}", flush=True)


def unseen(paths: set[str]) -> list[str]:
    """Addresses that answer somebody with a page and were on no screen."""
    answering = (way for way, answers in MATRIX.items() if "200" in answers[0])
    pages = (way for way in answering if way.endswith("/") and not NO_PAGE.search(way))
    seen = {re.sub(r"^(zh-hans|pl|ar)/", "en/", path) for path in paths}
    return sorted(way for way in pages if not any(pattern_of(way).fullmatch(at) for at in seen))


def pattern_of(way: str) -> re.Pattern:
    """`en/case/<str:reference>/` as an expression for addresses."""
    pieces = re.split(r"(<\w+:\w+>)", way)
    return re.compile("".join(WORD.get(piece[:5], re.escape(piece)) for piece in pieces))


def report_unseen(paths: set[str]) -> None:
    ways = unseen(paths)
    print(f"\nAddresses with a page that nobody looked at: {len(ways)}")
    for way in ways:
        print(f"  {way}")


def report_lighthouse(scores: list[str]) -> None:
    if scores:
        print(f"\nLighthouse, mobile, slow 4G: {' / '.join(CATEGORIES)}")
        for line in scores:
            print(f"  {line}")


if __name__ == "__main__":
    sys.exit(main())
