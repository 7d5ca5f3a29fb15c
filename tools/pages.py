"""Every page of the portal, in one place: what `make shots` and `make audit` look at.

`stops` walks through all of them in one language and hands out each page while
it is on the screen. A page that is not listed here is neither seen nor audited.
"""

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from tools.family_pages import family_stops, office_stops, open_folds, press
from tools.page_list import PUBLIC, SITES, STAFF
from tools.server import Demo
from tools.state_pages import office_states, partner_states, state_stops

# Methods of `Visitor`, in the order in which one part leaves something for the next.
PARTS = ("public", "inquiry", "case", "family", "states", "errors", "staff")
LANGUAGES = ("en", "zh-hans", "pl", "ar")
# Slug of the page and what is typed there: a child in Poland, no emergency.
INQUIRY = (
    ("you", {"relation": "parent"}),
    ("contact", {"name": "Anna Nowak", "email": "anna@example.org", "country": "PL"}),
    ("now", {"signs": "none"}),
    (
        "patient",
        {
            "patient_name": "Jan Nowak",
            "birth_date_day": "3",
            "birth_date_month": "2",
            "birth_date_year": "2024",
        },
    ),
    ("guardian", {"declared": "on"}),
    ("problem", {"problem": "guz wątroby"}),
    ("known", {"diagnosis": "hepatoblastoma"}),
    ("wish", {"wishes": "opinion"}),
    ("urgency", {"urgency": "weeks", "in_hospital": "no", "able_to_travel": "yes"}),
    ("hospital", {}),
    ("consents", {}),
)
# Somebody who lies in hospital is asked one page more.
IN_HOSPITAL = {"in_hospital": "yes"}
WALK = (
    *((slug, typed | IN_HOSPITAL if slug == "urgency" else typed) for slug, typed in INQUIRY[:9]),
    ("where", {"current_hospital": "Warszawa"}),
    *INQUIRY[9:],
)
# Pages on which everything may stay open.
OPTIONAL = {"known", "where", "hospital"}
PAPER = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 made up"}


def photo() -> dict:
    """A made-up page of paper, as a camera would send it."""
    out = io.BytesIO()
    Image.new("RGB", (900, 1200), (250, 248, 240)).save(out, "JPEG")
    return {"name": "page.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


@dataclass
class Stop:
    """A page that is on the screen."""

    name: str
    page: Page


class Visitor:
    """Keeps a log-in for each member of staff: a code of the second factor works once."""

    def __init__(self, demo: Demo, browser: Browser):
        self.demo, self.browser = demo, browser
        self.logins = demo.logins()
        self.refused: list[str] = []
        # Language to what `tools.page_data` made in the database for it.
        self._told: dict[str, dict] = {}
        self._staff: dict[str, BrowserContext] = {}

    def stops(self, language: str, parts: Iterable[str] = PARTS) -> Iterator[Stop]:
        """All pages in one language, or those of some parts; each part stands on its own."""
        for part in parts:
            yield from getattr(self, part)(language)

    def family(self, language: str) -> Iterator[Stop]:
        yield from (Stop(*found) for found in family_stops(self, language))

    def states(self, language: str) -> Iterator[Stop]:
        yield from (Stop(*found) for found in state_stops(self, language))

    def prepare(self, language: str) -> dict:
        """Once for each language."""
        if language not in self._told:
            answer = self.demo.manage("shell", "--no-imports", "-c", PREPARE % language)
            self._told[language] = json.loads(answer)
        return self._told[language]

    def public(self, language: str) -> Iterator[Stop]:
        page = self.new_page()
        for name, path in PUBLIC:
            page.goto(f"/{language}/{path}")
            yield Stop(name, page)
        for name, path in SITES:
            page.goto(path)
            yield Stop(name, page)
            if name.endswith("-login"):
                submit(page)
                yield Stop(f"{name}-refused", page)
        page.context.close()

    def inquiry(self, language: str) -> Iterator[Stop]:
        """Each page as it is empty, the check of the answers and the confirmation."""
        page = self.new_page()
        page.goto(f"/{language}/inquiry/emergency/")
        yield Stop("inquiry-emergency", page)
        for slug, typed in WALK:
            page.goto(f"/{language}/inquiry/{slug}/")
            yield Stop(f"inquiry-{slug}", page)
            if slug not in OPTIONAL:
                submit(page)
                yield Stop(f"inquiry-{slug}-refused", page)
            fill(page, typed)
            submit(page)
        page.goto(f"/{language}/inquiry/later/")
        submit(page)
        yield Stop("inquiry-later", page)
        page.goto(f"/{language}/inquiry/check/")
        yield Stop("inquiry-check", page)
        submit(page)
        yield Stop("inquiry-sent", page)
        page.goto(f"/{language}/inquiry/paper/")
        submit(page)
        yield Stop("inquiry-paper", page)
        page.context.close()

    def case(self, language: str) -> Iterator[Stop]:
        page = self.new_page()
        self.sign_in_family(page, language)
        yield Stop("case", page)
        page.goto(f"/{language}/case/{self.logins['case']['reference']}/withdraw/")
        yield Stop("case-withdraw", page)
        page.goto(f"/{language}/case/{self.logins['case']['reference']}/papers/")
        # One that arrives and one that is refused: every part of the page is to be seen.
        page.set_input_files("#files", [PAPER, {**PAPER, "name": "viewer.exe"}, photo()])
        page.wait_for_selector("[data-state=arrived] >> nth=1")
        # The worker has made what can be looked at.
        page.wait_for_selector(".paper-stamp img", timeout=60_000)
        yield Stop("case-papers", page)
        press(page, page.locator(".paper a[href$='/look/'].tap").first)
        yield Stop("case-look", page)
        for name, path in (
            ("case-photos", "papers/photos/"),
            ("case-checklist", "checklist/"),
            ("case-letter", "letter/"),
            ("case-adult", "adult/"),
            ("case-slip", "slip/"),
        ):
            page.goto(f"/{language}/case/{self.logins['case']['reference']}/{path}")
            yield Stop(name, page)
        page.context.close()

    def errors(self, language: str) -> Iterator[Stop]:
        """Pages that a healthy portal does not show, rendered by it all the same."""
        page = self.new_page()
        for name, html in self.prepare(language)["errors"].items():
            answer_with(page, f"/{language}/error-{name}/", html)
            yield Stop(f"error-{name}", page)
        page.context.close()

    def staff(self, language: str) -> Iterator[Stop]:
        if not self._staff:
            self.propose_a_change()
            self.upload_a_file()
        self.demo.manage("shell", "--no-imports", "-c", SPEAK % language)
        for user, name, path in STAFF:
            page = self.signed_in(user)
            if path == "*":
                row = page.locator("#result_list tbody th a").first
                if not row.count():
                    continue
                press(page, row)
            elif path.startswith("> "):
                press(page, page.locator(path.removeprefix("> ")).first)
            else:
                page.goto(path)
            yield Stop(name, page)
        yield from (Stop(*found) for found in office_stops(self))
        told = self.prepare(language)
        yield from (Stop(*found) for found in office_states(self, told))
        yield from (Stop(*found) for found in partner_states(self))

    def sign_in_family(self, page: Page, language: str) -> None:
        page.goto(f"/{language}/case/")
        fill(page, self.logins["case"])
        submit(page)

    def propose_a_change(self) -> None:
        """A hospital's edit that waits for approval, or the pages about it would be empty."""
        page = self.signed_in("scmc-editor")
        page.goto("/partners/hospitals/listing/")
        press(page, page.locator("#result_list tbody th a").first)
        page.eval_on_selector_all("details", "all => all.forEach(node => { node.open = true })")
        open_folds(page)
        page.fill("[name=description_zh_hans]", "示例：由多学科团队共同讨论每位患儿的方案。")
        with page.expect_navigation():
            page.locator(".submit-row input[type=submit]").first.click()

    def upload_a_file(self) -> None:
        """A spreadsheet with a change, a new specialty and an error, not sent yet."""
        page = self.signed_in("scmc-editor")
        page.goto("/partners/hospitals/listing/import/")
        file = {"name": "listings.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
        page.set_input_files("[name=file]", file)
        with page.expect_navigation():
            page.locator("#content-main .button").first.click()

    def close(self) -> None:
        for context in self._staff.values():
            context.close()

    def new_page(self) -> Page:
        page = self.browser.new_context(base_url=self.demo.address).new_page()
        page.on("console", self._on_console)
        page.on("response", self._on_response)
        return page

    def _on_console(self, message) -> None:
        if "Content Security Policy" in message.text:
            self.refused.append(message.text)

    def _on_response(self, response) -> None:
        """An error page has nothing wrong with it but that it is there."""
        if response.status >= 500:
            self.refused.append(f"{response.status} at {response.url}")

    def signed_in(self, user: str) -> Page:
        if user not in self._staff:
            page = self.new_page()
            site = "partners" if user.startswith(("scmc", "renji")) else "office"
            page.goto(f"/{site}/login/")
            page.fill("[name=username]", user)
            page.fill("[name=password]", self.logins["password"])
            page.fill("[name=code]", self.demo.manage("demo_code", user).strip())
            submit(page)
            if page.url.rstrip("/").endswith("login"):
                raise RuntimeError(f"{user} could not log in at /{site}/")
            self._staff[user] = page.context
        return self._staff[user].pages[0]


FILE = """specialty,description_pl,accepting,waiting_low,waiting_high,price_low,my notes
congenital-heart-disease,Przykład: operacje serca u dzieci.,yes,7,14,,x
childhood-cancer,Przykład.,,,,,x
childrens-liver-tumours,,no,,,,x
neurosurgery,Przykład.,yes,,,,x
child-development,,,,,,x
no-such-specialty,,,,,,x
childrens-radiotherapy,,,,,=1+1,x
"""
PREPARE = "from tools.page_data import prepare; prepare('%s')"
SPEAK = "from portal.models import User; User.objects.update(language='%s')"


def answer_with(page: Page, path: str, html: str) -> None:
    """Shows a text as if the portal had answered with it: its styles load from there."""
    kind = "text/html; charset=utf-8"
    page.route(f"**{path}", lambda route: route.fulfill(body=html, content_type=kind))
    page.goto(path)


def fill(page: Page, typed: dict[str, str]) -> None:
    """Types into the page's main form; boxes that are required are ticked."""
    for name, value in typed.items():
        choice = page.locator(f'main [name="{name}"][value="{value}"]')
        field = page.locator(f'main [name="{name}"]').first
        if choice.count() and choice.first.get_attribute("type") in ("radio", "checkbox"):
            choice.first.check(force=True)
        elif field.get_attribute("type") == "checkbox":
            field.check(force=True)
        elif field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    if "/consents/" in page.url:
        for box in page.locator("main input[type=checkbox]").all():
            box.check(force=True)
        for name in page.locator("main [name=signed_name]").all():
            name.fill("Anna Nowak")


def submit(page: Page) -> None:
    """Presses the page's main button and waits for the answer."""
    with page.expect_navigation():
        page.locator(
            "#content-main button[type=submit], main form button.btn-primary"
        ).first.click()
