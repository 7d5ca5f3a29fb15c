"""Pages of a family that need something to be there first: papers that were checked, a scan, a
proposed hospital, a second adult, a session that was lost. And the office's pages about them.

Part of `tools.pages`: `Visitor.stops` hands these out too.
"""

import base64
import io
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from playwright.sync_api import Page

if TYPE_CHECKING:
    from tools.pages import Visitor

SECONDS_TO_CHECK = 90


def family_stops(visitor: "Visitor", language: str) -> Iterator[tuple[str, Page]]:
    login = visitor.logins["case"]
    page = visitor.new_page()
    visitor.sign_in_family(page, language)
    case = f"/{language}/case/{login['reference']}"
    page.goto(f"{case}/papers/")
    if not page.locator(".paper.scan").count():
        disc = visitor.demo.manage("shell", "--no-imports", "-c", DISC)
        send_everything(page, base64.b64decode(disc))
    yield "case-papers-checked", page
    yield from papers(page, case)
    yield from sharing(page, case)
    yield from second_adult(page, case)
    page.context.close()
    yield from lost_session(visitor, language)
    yield from links(visitor, language)


def papers(page: Page, case: str) -> Iterator[tuple[str, Page]]:
    page.goto(f"{case}/papers/")
    press(page, page.locator("a[href$='/look/']").last)
    yield "case-look", page
    page.goto(f"{case}/papers/photos/")
    yield "case-photos", page
    page.goto(f"{case}/papers/")
    press(page, page.locator(".scan h3 a").first)
    yield "case-scan", page


def sharing(page: Page, case: str) -> Iterator[tuple[str, Page]]:
    page.goto(f"{case}/sharing/")
    yield "case-sharing", page
    open_folds(page)
    consent = page.locator("form[action$='/agree/'] button").first
    if consent.count():
        press(page, consent)
        yield "case-consent", page
        page.goto(f"{case}/sharing/")
    proposal = page.locator("main a[href*='/sharing/']").first
    if proposal.count():
        press(page, proposal)
        yield "case-proposal", page


def second_adult(page: Page, case: str) -> Iterator[tuple[str, Page]]:
    """Let in with a code to hand over, and out again for the next language."""
    page.goto(f"{case}/adult/")
    page.fill("[name=name]", "Jan Nowak")
    page.check("[name=relation][value=parent]", force=True)
    page.locator("main input[type=radio]").last.check(force=True)
    press(page, page.locator("main form .btn-primary").first)
    yield "case-adult-code", page
    page.goto(f"{case}/")
    yield "case-two-adults", page
    press(page, page.locator("form[action$='/adult/end/'] button"))


def lost_session(visitor: "Visitor", language: str) -> Iterator[tuple[str, Page]]:
    """A page was open while its session ended: the text waits for the code."""
    page = visitor.new_page()
    page.goto(f"/{language}/inquiry/")
    press(page, page.locator("main form .btn-primary"))
    page.check("[name=relation][value=parent]", force=True)
    page.context.clear_cookies(name="session")
    press(page, page.locator("#inquiry-form .btn-primary"))
    yield "case-sign-in-kept", page
    page.context.close()


def links(visitor: "Visitor", language: str) -> Iterator[tuple[str, Page]]:
    """A mailed link, opened in another browser, and the new code that it makes."""
    page = visitor.new_page()
    reference, token = visitor.demo.manage("shell", "--no-imports", "-c", LINK).split()
    page.goto(f"/{language}/case/link/{token}/")
    yield "case-link", page
    page.fill("[name=reference]", reference)
    press(page, page.locator("main form .btn-primary").first)
    yield "case-new-code", page
    page.goto(f"/{language}/case/link/{token}/")
    yield "case-link-expired", page
    page.context.close()


def office_stops(visitor: "Visitor") -> Iterator[tuple[str, Page]]:
    """The desk of the case with papers, a picture, and two cases before they are joined."""
    case, looked_at, joined = visitor.demo.manage("shell", "--no-imports", "-c", DESK).split()
    page = visitor.signed_in("lead")
    for name, path in (
        ("office-case-papers", f"{case}/change/"),
        ("office-look", f"{case}/papers/{looked_at}/look/"),
        ("office-joining", joined),
    ):
        if looked_at == "-" and name == "office-look":
            # Nobody has sent a photo: the families' part was left out.
            continue
        page.goto(f"/office/cases/case/{path}")
        open_folds(page)
        yield name, page


def send_everything(page: Page, disc: bytes) -> None:
    """Photos and a disc; back when they were checked and looked into."""
    photos = [file_of(f"page-{number}.jpg", photo(number)) for number in (1, 2)]
    page.set_input_files("#files", [*photos, file_of("disc.zip", disc)])
    page.wait_for_selector("[data-state=arrived] >> nth=2")
    deadline = time.monotonic() + SECONDS_TO_CHECK
    while time.monotonic() < deadline:
        page.reload()
        if page.locator(".paper.scan").count() and page.locator("a[href$='/look/']").count() > 1:
            return
        page.wait_for_timeout(1000)
    raise RuntimeError("the papers were not checked in time")


def file_of(name: str, data: bytes) -> dict:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def photo(number: int) -> bytes:
    from PIL import Image

    picture = Image.new("RGB", (600, 800), (240, 240, 230 - 20 * number))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG")
    return buffer.getvalue()


def open_folds(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")


def press(page: Page, place) -> None:
    """And waits until the next page is there, whole."""
    with page.expect_navigation():
        place.click()


# Three of twelve slices are missing.
DISC = """
import base64
from cases.tests.scans import make_disc
print(base64.b64encode(make_disc([1, 2, 3, 6, 7, 8, 10, 11, 12])).decode())
"""
LINK = """
from cases.links import link_token
from cases.models import FamilyMember, FamilyToken
whom = FamilyMember.objects.select_related("case").exclude(
    case__reference="SH-DEM2-3456"
).filter(is_owner=True, case__stage="received").order_by("-case__created_at").first()
row = FamilyToken.objects.make(whom, "sign_in")
print(whom.case.reference, link_token(row.pk))
"""
DESK = """
from cases.models import Case, DuplicateHint, MergeAgreement, Record
from portal.models import User
lead = User.objects.get(username="lead")
case = Case.objects.get(reference="SH-DEM2-3456")
other = Case.objects.exclude(pk=case.pk).filter(stage="received").order_by("created_at").first()
Case.objects.filter(pk__in=[case.pk, other.pk]).update(assigned_to=lead)
hint, _new = DuplicateHint.objects.get_or_create(older=other, newer=case)
for one in (case, other):
    MergeAgreement.objects.get_or_create(hint=hint, case=one, defaults={"how": "phone", "by": lead})
photo = Record.objects.filter(case=case, kind="jpeg", status="fine").first()
print(case.pk, photo.pk if photo else "-", f"{case.pk}/join/{hint.pk}/")
"""
