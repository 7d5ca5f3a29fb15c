"""Every page of the portal, in one place: what `make shots` and `make audit` look at.

`stops` walks through all of them in one language and hands out each page while
it is on the screen. A page that is not listed here is neither seen nor audited.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from tools.family_pages import family_stops, office_stops
from tools.server import Demo

LANGUAGES = ("en", "zh-hans", "pl", "ar")
HOSPITAL, CONDITION = "scmc", "hepatoblastoma"
COMPARE = f"compare/?condition={CONDITION}&hospital={HOSPITAL}&hospital=renji&hospital=ruijin"

# Name and address below /<lang>/.
PUBLIC = (
    ("home", ""),
    ("how-it-works", "how-it-works/"),
    ("about", "about/"),
    ("privacy", "privacy/"),
    ("open-data", "open-data/"),
    ("hospitals", "hospitals/"),
    # The map and the other filters stand open.
    ("hospitals-filtered", "hospitals/?district=pudong&audience=children"),
    ("hospitals-none-found", "hospitals/?q=zzzzzz"),
    ("hospital", f"hospitals/{HOSPITAL}/"),
    ("hospital-history", f"hospitals/{HOSPITAL}/history/"),
    ("conditions", "conditions/"),
    ("condition", f"conditions/{CONDITION}/"),
    ("condition-none", "conditions/no-such-condition/"),
    ("code", "conditions/icd-10/C22/"),
    ("code-answered", "conditions/icd-10/C37/"),
    ("compare", COMPARE),
    ("compare-empty", "compare/"),
    ("inquiry-start", "inquiry/"),
    ("case-sign-in", "case/"),
    ("case-lost-code", "case/lost-code/"),
    ("case-link-mailed", "case/link/"),
    ("case-mail-expired", "case/mail/no-such-mail/"),
    ("case-mail-confirmed", "case/mail/"),
    ("case-signed-out", "case/signed-out/"),
    ("inquiry-paper-start", "inquiry/paper/"),
    ("left", "case/left/"),
    ("error-404", "no-such-page/"),
)
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
PAPER = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 made up"}


def photo() -> dict:
    """A made-up page of paper, as a camera would send it."""
    out = io.BytesIO()
    Image.new("RGB", (900, 1200), (250, 248, 240)).save(out, "JPEG")
    return {"name": "page.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


# User, name and address. "*" stands for the first row of the list before it, "> a" for a link.
STAFF = (
    ("coordinator", "office", "/office/"),
    ("coordinator", "office-cases", "/office/cases/case/"),
    ("coordinator", "office-case", "*"),
    ("coordinator", "office-typing", "/office/cases/case/type/"),
    ("coordinator", "office-recovery-codes", "/office/recovery-codes/"),
    ("coordinator", "office-password", "/office/password_change/"),
    ("lead", "office-lead", "/office/"),
    ("lead", "office-hospitals", "/office/hospitals/hospital/"),
    ("lead", "office-hospital", "*"),
    ("lead", "office-listings", "/office/hospitals/listing/"),
    ("lead", "office-listing", "*"),
    ("lead", "office-facts", "/office/hospitals/fact/"),
    ("lead", "office-fact", "*"),
    ("lead", "office-revisions", "/office/hospitals/revision/"),
    ("lead", "office-revision", "*"),
    ("auditor", "office-audit", "/office/portal/auditevent/"),
    ("auditor", "office-audit-event", "*"),
    ("auditor", "office-mails", "/office/portal/outgoingmail/"),
    ("auditor", "office-mail", "*"),
    ("administrator", "office-users", "/office/portal/user/"),
    ("administrator", "office-user", "*"),
    ("administrator", "office-user-add", "/office/portal/user/add/"),
    ("administrator", "office-members", "/office/hospitals/membership/"),
    ("administrator", "office-member-add", "/office/hospitals/membership/add/"),
    ("scmc-editor", "partners", "/partners/"),
    ("scmc-editor", "partners-hospitals", "/partners/hospitals/hospital/"),
    ("scmc-editor", "partners-hospital", "*"),
    ("scmc-editor", "partners-listings", "/partners/hospitals/listing/"),
    ("scmc-editor", "partners-listing", "*"),
    ("scmc-editor", "partners-listing-add", "/partners/hospitals/listing/add/"),
    (
        "scmc-editor",
        "partners-listing-new",
        "/partners/hospitals/listing/add/?specialty=hand-surgery",
    ),
    ("scmc-editor", "partners-still-right", "/partners/still-right/"),
    ("scmc-editor", "partners-preview", "/partners/preview/"),
    ("scmc-editor", "partners-bulk", "/partners/hospitals/listing/bulk/"),
    ("scmc-editor", "partners-import", "/partners/hospitals/listing/import/"),
    ("scmc-editor", "partners-import-preview", "> .office-note a"),
    ("scmc-editor", "partners-revisions", "/partners/hospitals/revision/"),
    ("scmc-editor", "partners-revision", "*"),
    ("scmc-reviewer", "partners-reviewer", "/partners/"),
    ("scmc-reviewer", "partners-referral", "> .office-box a[href*='/referrals/']"),
)


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
        self._staff: dict[str, BrowserContext] = {}

    def stops(self, language: str) -> Iterator[Stop]:
        yield from self.public(language)
        yield from self.inquiry(language)
        yield from self.case(language)
        yield from (Stop(*found) for found in family_stops(self, language))
        yield from self.rendered_errors(language)
        yield from self.staff(language)

    def public(self, language: str) -> Iterator[Stop]:
        page = self.new_page()
        for name, path in PUBLIC:
            page.goto(f"/{language}/{path}")
            yield Stop(name, page)
        for name, path in (("office-login", "/office/login/"), ("mailbox", "/mailbox/")):
            page.goto(path)
            yield Stop(name, page)
        page.context.close()

    def inquiry(self, language: str) -> Iterator[Stop]:
        """Each page as it is empty, the check of the answers and the confirmation."""
        page = self.new_page()
        page.goto(f"/{language}/inquiry/emergency/")
        yield Stop("inquiry-emergency", page)
        page.goto(f"/{language}/inquiry/{INQUIRY[0][0]}/")
        submit(page)
        yield Stop("inquiry-you-refused", page)
        for slug, typed in INQUIRY:
            page.goto(f"/{language}/inquiry/{slug}/")
            yield Stop(f"inquiry-{slug}", page)
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
        page.locator(".paper a[href$='/look/'].tap").first.click()
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

    def rendered_errors(self, language: str) -> Iterator[Stop]:
        """Pages that a healthy portal does not show, rendered by it all the same."""
        page = self.new_page()
        for status in (400, 403, 429, 500):
            html = self.demo.manage("shell", "--no-imports", "-c", RENDER % (language, status))
            answer_with(page, f"/{language}/error-{status}/", html)
            yield Stop(f"error-{status}", page)
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
                row.click()
            elif path.startswith("> "):
                page.locator(path.removeprefix("> ")).first.click()
            else:
                page.goto(path)
            yield Stop(name, page)
        yield from (Stop(*found) for found in office_stops(self))

    def sign_in_family(self, page: Page, language: str) -> None:
        page.goto(f"/{language}/case/")
        fill(page, self.logins["case"])
        submit(page)

    def propose_a_change(self) -> None:
        """A hospital's edit that waits for approval, or the pages about it would be empty."""
        page = self.signed_in("scmc-editor")
        page.goto("/partners/hospitals/listing/")
        page.locator("#result_list tbody th a").first.click()
        page.eval_on_selector_all("details", "all => all.forEach(node => { node.open = true })")
        page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
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
        return page

    def _on_console(self, message) -> None:
        if "Content Security Policy" in message.text:
            self.refused.append(message.text)

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
SPEAK = "from portal.models import User; User.objects.update(language='%s')"
RENDER = """
from django.test import RequestFactory
from portal.views.errors import error_page
request = RequestFactory().get("/%s/")
print(error_page(request, %d).content.decode())
"""


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
