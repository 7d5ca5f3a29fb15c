"""`make audit`: what machines can say about the pages.

axe-core over every page in four languages, light and dark; the content
security policy's complaints on the way; the weight of a first view; Lighthouse
(mobile, slow 4G) on the pages that families meet first.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tools import machine
from tools.browser import ARGUMENTS, HINT, chromium, find_chromium
from tools.pages import COMPARE, CONDITION, HOSPITAL, LANGUAGES, Stop, Visitor
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
}
WEIGHED = {
    "home": "/en/",
    "hospital": f"/en/hospitals/{HOSPITAL}/",
    "conditions": "/en/conditions/",
    "condition": f"/en/conditions/{CONDITION}/",
    "compare": f"/en/{COMPARE}",
}
# A button on its way from light to dark has the contrast of neither.
FINISH_TRANSITIONS = "() => document.getAnimations().forEach(running => running.finish())"
RUN_AXE = """async () => (await axe.run(document)).violations.map(
    found => ({rule: found.id, where: found.nodes.map(node => node.target.join(' '))}))"""


@dataclass
class Findings:
    """What axe found, what the browser refused, and how much was looked at."""

    looked_at: int = 0
    violations: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--languages", default=",".join(LANGUAGES))
    parser.add_argument("--only", default="", help="axe on these pages, separated by commas")
    parser.add_argument("--runs", type=int, default=3, help="of Lighthouse, 0 for none")
    asked = parser.parse_args()
    missing = machine.provide(machine.CHROMIUM, machine.FONTS, machine.NODE)
    if missing:
        sys.exit("; ".join(need.hint() for need in missing) or HINT)
    install_packages()
    with demo() as portal:
        with chromium() as browser:
            only = set(filter(None, asked.only.split(",")))
            findings = run_axe(portal, browser, asked.languages.split(","), only)
            weights = [weigh(portal, browser, *page) for page in WEIGHED.items()]
        report_pages(findings, weights)
        scores = [
            lighthouse(portal, *page, asked.runs) for page in FIRST_PAGES.items() if asked.runs
        ]
    report_lighthouse(scores)
    return 1 if findings.violations or findings.refused else 0


def install_packages() -> None:
    """As package-lock.json names them; no script of a package runs."""
    lock, stamp = FOLDER / "package-lock.json", FOLDER / "node_modules" / ".installed"
    if stamp.exists() and stamp.read_text() == lock.read_text():
        return
    subprocess.run(["npm", "ci", "--ignore-scripts", "--silent"], cwd=FOLDER, check=True)
    stamp.write_text(lock.read_text())


def run_axe(portal: Demo, browser, languages: list[str], only: set[str]) -> Findings:
    findings, source = Findings(), AXE.read_text()
    visitor = Visitor(portal, browser)
    for language in languages:
        for stop in visitor.stops(language):
            if not only or stop.name in only:
                findings.refused += [f"{stop.name} {language}: {text}" for text in visitor.refused]
                look(stop, language, source, findings)
            # What axe itself tried while it measured is not the page's doing.
            visitor.refused.clear()
    visitor.close()
    return findings


def look(stop: Stop, language: str, source: str, findings: Findings) -> None:
    """Through the debugger: the page's own policy forbids foreign scripts."""
    for scheme in ("light", "dark"):
        stop.page.emulate_media(color_scheme=scheme)
        stop.page.evaluate(FINISH_TRANSITIONS)
        stop.page.evaluate(source)
        findings.looked_at += 1
        for found in stop.page.evaluate(RUN_AXE):
            where = ", ".join(found["where"][:3])
            findings.violations.append(
                f"{stop.name} {language} {scheme}: {found['rule']} at {where}"
            )


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
    print(f"\naxe-core: {findings.looked_at} looks, {len(findings.violations)} violations")
    for line in findings.violations:
        print(f"  {line}")
    print(f"\nRefused by the content security policy: {len(findings.refused)}")
    for line in findings.refused:
        print(f"  {line}")
    print("\nFirst view, no cache")
    for line in weights:
        print(f"  {line}", flush=True)


def report_lighthouse(scores: list[str]) -> None:
    if scores:
        print(f"\nLighthouse, mobile, slow 4G: {' / '.join(CATEGORIES)}")
        for line in scores:
            print(f"  {line}")


if __name__ == "__main__":
    sys.exit(main())
