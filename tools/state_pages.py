"""The pages in the states that a walk straight through does not meet: refused forms, cases in
each stage, papers of every kind, errors. Part of `tools.pages`, like `tools.family_pages`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from playwright.sync_api import Page

from tools.family_pages import file_of, open_folds, press

if TYPE_CHECKING:
    from tools.pages import Visitor

# What the pages of the inquiry that ask for most suggest.
TYPED = {"en": "liver", "zh-hans": "肝", "pl": "guz", "ar": "سرطان"}
# As if its time were over.
ERASE = "from cases.models import Draft; Draft.objects.filter(case=None).delete()"
MAIN_FORM = "main form .btn-primary"
# Tries of one reference, from one address, until it is asked to wait.
TRIES = 11


def state_stops(visitor: "Visitor", language: str) -> Iterator[tuple[str, Page]]:
    page = visitor.new_page()
    page.goto(f"/{language}/inquiry/")
    press(page, page.locator(MAIN_FORM))
    yield "inquiry-you-begun", page
    page.goto(f"/{language}/inquiry/")
    yield "inquiry-start-begun", page
    page.goto(f"/{language}/inquiry/later/")
    yield "inquiry-later-no-code", page
    press(page, page.locator("#address-form button[type=submit]"))
    yield "inquiry-later-refused", page
    visitor.demo.manage("shell", "--no-imports", "-c", ERASE)
    page.goto(f"/{language}/inquiry/you/")
    yield "inquiry-gone", page
    yield from beginnings(page, language, visitor.demo.address)
    page.context.close()
    yield from suggestions(visitor, language)
    told = visitor.prepare(language)
    yield from getting_in(visitor, language, told)
    yield from stages(visitor, language, told)
    yield from papers_without_scripts(visitor, language, told)
    yield from ending(visitor, language, told)


def beginnings(page: Page, language: str, site: str) -> Iterator[tuple[str, Page]]:
    """With a condition and words from the search; then the answers that are erased."""
    begun = f"/{language}/inquiry/?condition=hepatoblastoma&hospital=scmc"
    page.goto(begun, referer=f"{site}/{language}/hospitals/?q=guz")
    yield "inquiry-start-with", page
    press(page, page.locator(MAIN_FORM))
    yield "inquiry-you-with", page
    page.goto(f"/{language}/inquiry/")
    press(page, page.locator("form[action$='/discard/'] button"))
    yield "inquiry-erased", page


def suggestions(visitor: "Visitor", language: str) -> Iterator[tuple[str, Page]]:
    """What opens below a field while somebody types."""
    page = visitor.new_page()
    for name, path in (("home", ""), ("hospitals", "hospitals/")):
        page.goto(f"/{language}/{path}")
        page.locator("input[name=q]").first.press_sequentially(TYPED[language])
        page.wait_for_selector("[role=option]")
        yield f"{name}-suggestions", page
    page.context.close()


def getting_in(visitor: "Visitor", language: str, told: dict) -> Iterator[tuple[str, Page]]:
    page = visitor.new_page()
    page.goto(f"/{language}/case/mail/{told['confirm']}/")
    yield "case-mail-confirm", page
    page.goto(f"/{language}/case/lost-code/")
    press(page, page.locator(MAIN_FORM))
    yield "case-lost-code-refused", page
    page.goto(f"/{language}/case/")
    press(page, page.locator(MAIN_FORM))
    yield "case-sign-in-empty", page
    for number in range(TRIES):
        try_code(page, language, "SH-2222-2222", "ABCD-EFGH-JKMN")
        if number == 0:
            yield "case-sign-in-wrong", page
    yield "case-too-many", page
    page.context.close()


def stages(visitor: "Visitor", language: str, told: dict) -> Iterator[tuple[str, Page]]:
    """The page of a case in each stage: another turn, another date, other tasks."""
    for stage, reference in told["stages"].items():
        page = visitor.new_page()
        sign_in(page, language, reference, told["code"])
        yield f"case-{stage.replace('_', '-')}", page
        if reference == told["papers"]:
            page.goto(f"/{language}/case/{reference}/papers/")
            yield "case-papers-every-state", page
            page.goto(f"/{language}/case/{reference}/papers/photos/")
            yield "case-photos-none", page
            page.goto(f"/{language}/case/{reference}/sharing/")
            yield "case-sharing-referred", page
        page.context.close()


def papers_without_scripts(visitor, language: str, told: dict) -> Iterator[tuple[str, Page]]:
    # axe needs the engine: only our own scripts stay away.
    page = visitor.new_page()
    page.route("**/*.js", lambda route: route.abort())
    sign_in(page, language, told["own"], told["code"])
    page.goto(f"/{language}/case/{told['own']}/papers/")
    yield "case-papers-empty", page
    page.set_input_files("#files", [file_of("a.pdf", b"%PDF-1.7 x"), file_of("b.exe", b"MZ")])
    press(page, page.locator("form[data-upload] button[type=submit]"))
    yield "case-papers-plain", page
    page.context.close()


def ending(visitor: "Visitor", language: str, told: dict) -> Iterator[tuple[str, Page]]:
    """Forms of a case that are refused, then the end of it and its beginning anew."""
    page = visitor.new_page()
    case = f"/{language}/case/{told['own']}"
    sign_in(page, language, told["own"], told["code"])
    yield "case-new", page
    press(page, page.locator("#message-form .btn-primary, form .btn-primary >> visible=true").last)
    yield "case-message-refused", page
    page.goto(f"{case}/adult/")
    press(page, page.locator(MAIN_FORM))
    yield "case-adult-refused", page
    page.goto(f"{case}/checklist/")
    open_folds(page)
    yield "case-checklist-open", page
    if page.locator("button[name=said][value=not_had]").count():
        press(page, page.locator("button[name=said][value=not_had]").first)
        yield "case-checklist-answered", page
    page.goto(f"{case}/sharing/")
    open_folds(page)
    withdrawing = page.locator("form[action$='/consent/'] button").first
    if withdrawing.count():
        press(page, withdrawing)
        yield "case-consent-withdrawn", page
    page.goto(f"{case}/withdraw/")
    press(page, page.locator("main form .btn-danger"))
    yield "case-withdrawn", page
    page.goto(f"{case}/papers/")
    yield "case-papers-withdrawn", page
    page.goto(f"{case}/sharing/")
    yield "case-sharing-withdrawn", page
    page.goto(f"{case}/")
    press(page, page.locator("form[action$='/reopen/'] button"))
    yield "case-reopened", page
    page.context.close()


def sign_in(page: Page, language: str, reference: str, code: str) -> None:
    try_code(page, language, reference, code)
    if not page.url.endswith(f"/case/{reference}/"):
        raise RuntimeError(f"{reference} did not open with {code}: {page.url}")


def try_code(page: Page, language: str, reference: str, code: str) -> None:
    page.goto(f"/{language}/case/")
    page.fill("main [name=reference]", reference)
    page.fill("main [name=code]", code)
    press(page, page.locator(MAIN_FORM).first)


def office_states(visitor: "Visitor", told: dict) -> Iterator[tuple[str, Page]]:
    """Desks of cases in other stages, refused and late answers, pages typed for a family."""
    page = visitor.signed_in("lead")
    for stage, case in [*told["desks"].items(), ("held", told["held"])]:
        page.goto(f"/office/cases/case/{case}/change/")
        open_folds(page)
        yield f"office-case-{stage.replace('_', '-')}", page
    yield from answers(page, told["desks"]["hospital_review"])
    yield from typing(page)


def answers(page: Page, case: str) -> Iterator[tuple[str, Page]]:
    address, form = f"/office/cases/case/{case}/change/", f"form[action$='{case}/answer/']"
    page.goto(address)
    press(page, page.locator(f"{form} button"))
    yield "office-answer-refused", page
    page.goto(address)
    page.fill(f"{form} textarea", "An answer to a case that somebody else has just changed.")
    page.eval_on_selector(f"{form} [name$=version]", "field => { field.value = 1 }")
    press(page, page.locator(f"{form} button"))
    yield "office-conflict", page


def typing(page: Page) -> Iterator[tuple[str, Page]]:
    page.goto("/office/cases/case/type/")
    press(page, page.locator("section[aria-labelledby=h-paper] button"))
    yield "office-typing-refused", page
    press(page, page.locator("section[aria-labelledby=h-phone] button"))
    yield "inquiry-typed", page


def partner_states(visitor: "Visitor") -> Iterator[tuple[str, Page]]:
    """A hospital's forms that come back: with errors, or because somebody else was faster."""
    page = visitor.signed_in("renji-editor")
    page.goto("/partners/hospitals/listing/import/")
    press(page, page.locator("#content-main .button").first)
    yield "partners-import-refused", page
    page.goto("/partners/hospitals/listing/bulk/")
    page.locator("[name$=waiting_low]").first.fill("9")
    page.locator("[name$=waiting_high]").first.fill("1")
    press(page, page.locator(".submit-row .button"))
    yield "partners-bulk-refused", page
    page.goto("/partners/hospitals/listing/")
    press(page, page.locator("#result_list tbody th a").first)
    listing = page.url
    open_folds(page)
    page.fill("[name=title_en]", "")
    press(page, page.locator(".submit-row input[type=submit]").first)
    yield "partners-proposal-refused", page
    page.goto(listing)
    open_folds(page)
    page.fill("[name=description_en]", "What one of two editors wrote.")
    # As if the page had been opened before somebody else's change was public.
    page.eval_on_selector("[name=base_version]", "field => { field.value = 0 }")
    page.eval_on_selector("[name=seen]", "field => { field.value = '{}' }")
    press(page, page.locator(".submit-row input[type=submit]").first)
    yield "partners-conflict", page
