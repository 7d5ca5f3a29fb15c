"""Row W1 in a real browser: no page of any role breaks the policy, and a breach is counted."""

import re

import pytest

from portal.tests.cast import Stage
from portal.tests.routes import all_routes

COUNT = """
window.breaches = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.breaches.push(`${event.effectiveDirective} ${event.blockedURI}`);
});
"""
ROLES = (
    "nobody",
    "family",
    "coordinator",
    "lead",
    "auditor",
    "administrator",
    "editor",
    "reviewer",
)
TOKEN = re.compile(r'(?<=name="csrfmiddlewaretoken" value=")\w+')
STEPS = ("you", "contact", "now", "patient", "problem", "wish", "urgency", "hospital", "consents")


def enter(live, client):
    """A window of the person's own, which counts breaches from the first moment of each page."""
    page = live.new_page()
    page.add_init_script(COUNT)
    if "session" in client.cookies:
        session = {"name": "session", "value": client.cookies["session"].value}
        page.context.add_cookies([session | {"url": live.address}])
    page.on("console", lambda said: live.problems.append(said.text))
    return page


def addresses(stage, client) -> list[str]:
    """What this person may look at; pages that come and go in one request are left out.

    Of refusals alike to the letter, policy and all, one stands for the others.
    """
    paths = {stage.path(route) for route in all_routes()}
    paths |= {f"/en/inquiry/{step}/" for step in STEPS} | {"/ar/", "/en/no/such/page/"}
    pages, refusals = [], set()
    for path in sorted(paths):
        answer = client.get(path)
        # A file that nobody reads to its end.
        answer.close()
        if "text/html" not in answer.headers.get("Content-Type", "") or answer.status_code == 302:
            continue
        said = refusal(answer, path)
        if said not in refusals:
            pages.append(path)
        refusals |= {said} - {None}
    return pages


def refusal(answer, path: str) -> tuple | None:
    """All that a browser is told but the address and the token; None of a page with contents."""
    if answer.status_code < 400:
        return None
    text = TOKEN.sub("", answer.text)
    for own in (path, path.removeprefix("/en")):
        text = text.replace(f'{own}"', '"')
    return answer.status_code, answer.headers["Content-Security-Policy"], text


@pytest.mark.browser
@pytest.mark.parametrize("who", ROLES)
def test_no_page_breaks_the_policy_W1(live, who):
    stage = Stage()
    client = stage.client(who)
    page, breaches = enter(live, client), []
    paths = addresses(stage, client)
    assert len(paths) > 10
    for path in paths:
        page.goto(live.url(path))
        breaches += [f"{path}: {found}" for found in page.evaluate("window.breaches")]
    assert breaches == []
    assert [text for text in live.problems if "Content Security Policy" in text] == []


@pytest.mark.browser
@pytest.mark.parametrize(
    "breach",
    [
        "document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')",
        "document.body.insertAdjacentHTML('beforeend', '<img src=\"https://evil.example/x.png\">')",
        "document.head.append(Object.assign(document.createElement('script'), {text: 'x = 1'}))",
    ],
)
def test_breach_would_be_counted_W1(live, db, breach):
    page = enter(live, Stage().client("nobody"))
    page.goto(live.url("/en/about/"))
    page.evaluate(breach)
    page.wait_for_function("window.breaches.length > 0")
    assert [text for text in live.problems if "Content Security Policy" in text] != []
