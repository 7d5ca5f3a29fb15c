"""The pages of the inquiry: one ordered table, and what the answers so far make of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import consents
from cases.actions import SentInquiry
from cases.forms.agreement import ConsentsForm
from cases.forms.fields import age_on
from cases.forms.need import HospitalForm, NowForm, ProblemForm, UrgencyForm, WishForm
from cases.forms.people import (
    DECIDES,
    ContactForm,
    GuardianForm,
    PatientForm,
    Relation,
    YouForm,
)
from cases.forms.policy import FamilyForm, as_data, unvalidated
from cases.models.inquiry import Urgency
from hospitals.models import Hospital

ADULT_AGE = 18
# The key of the answers that holds the hospital whose page the family came from.
BEGUN_WITH = "_begun_with"
BEGUN_WORDS, BEGUN_CONDITION = "_begun_words", "_begun_condition"


@dataclass(frozen=True)
class Page:
    """One topic, one address, one form."""

    slug: str
    form: type[FamilyForm]
    title: str
    lead: str = ""
    applies: Callable[["Answers"], bool] = lambda answers: True


def patient_is_minor(answers: "Answers") -> bool:
    patient = answers.cleaned("patient")
    return bool(patient) and age_on(patient["birth_date"], timezone.localdate()) < ADULT_AGE


# Whoever lives where is asked before the warning signs: their emergency number depends on it.
PAGES: tuple[Page, ...] = (
    Page("you", YouForm, _("Who you are")),
    Page("contact", ContactForm, _("How we reach you")),
    Page("now", NowForm, _("First: is it an emergency?")),
    Page("patient", PatientForm, _("The patient")),
    Page(
        "guardian",
        GuardianForm,
        _("Who decides for the patient"),
        _("The patient is under 18, so a parent or legal guardian decides."),
        applies=patient_is_minor,
    ),
    Page("problem", ProblemForm, _("The problem")),
    Page("wish", WishForm, _("What you would like")),
    Page("urgency", UrgencyForm, _("How urgent it is")),
    Page(
        "hospital",
        HospitalForm,
        _("Which hospital, and when"),
        _("All of this can stay open: your coordinator advises you."),
    ),
    Page(
        "consents",
        ConsentsForm,
        _("What you agree to"),
        _("Each on its own. You can withdraw each of them later on the page of your case."),
    ),
)
BY_SLUG = {page.slug: page for page in PAGES}


class Answers:
    """The draft's answers, each read through the form that asked for it."""

    def __init__(self, typed: dict):
        self.typed = typed
        self._forms: dict[str, FamilyForm] = {}

    @property
    def hospital_begun_with(self) -> str:
        return self.typed.get(BEGUN_WITH, "")

    @property
    def words_begun_with(self) -> str:
        """What the family had typed into the search, as it typed it."""
        return self.typed.get(BEGUN_WORDS, "")

    @property
    def condition_begun_with(self) -> str:
        """The name of the condition whose page the family came from, as it read it there."""
        return self.typed.get(BEGUN_CONDITION, "")

    def pages(self) -> list[Page]:
        return [page for page in PAGES if page.applies(self)]

    def bound(self, slug: str) -> FamilyForm | None:
        """The form with its saved answers, validated; None for a page never answered."""
        if slug not in self.typed:
            return None
        if slug not in self._forms:
            self._forms[slug] = BY_SLUG[slug].form(as_data(self.typed[slug]), answers=self)
            self._forms[slug].full_clean()
        return self._forms[slug]

    def cleaned(self, slug: str) -> dict | None:
        """Valid answers of a page, or None."""
        form = self.bound(slug)
        return form.cleaned_data if form and form.is_valid() else None

    def form(self, page: Page, data=None) -> FamilyForm:
        """The page's form: what is posted now, else what was saved, else empty."""
        if data is not None:
            return page.form(data, answers=self)
        if page.slug in self.typed:
            return unvalidated(page.form, as_data(self.typed[page.slug]), answers=self)
        return page.form(answers=self)

    def first_unanswered(self) -> Page | None:
        return next((page for page in self.pages() if self.cleaned(page.slug) is None), None)

    def is_too_early(self, page: Page) -> bool:
        """Whether a page before this one still waits for its answer."""
        first = self.first_unanswered()
        return first is not None and PAGES.index(first) < PAGES.index(page)

    def after(self, page: Page) -> Page | None:
        """The next page, or None after the last."""
        following = PAGES[PAGES.index(page) + 1 :]
        return next((other for other in following if other.applies(self)), None)

    def hospital(self) -> Hospital | None:
        chosen = self.cleaned("hospital")
        if not chosen or not chosen["hospital"]:
            return None
        return self._hospital

    @cached_property
    def _hospital(self) -> Hospital | None:
        return Hospital.objects.public().filter(slug=self.cleaned("hospital")["hospital"]).first()

    def red_flags(self) -> list[str]:
        form = self.bound("now")
        return form.red_flags if form and form.is_valid() else []

    def country(self) -> str:
        contact = self.cleaned("contact")
        return contact["country"] if contact else ""


def to_send(answers: Answers, language: str) -> SentInquiry:
    """All valid answers, sorted by the rows that they become. Call it when none is missing."""
    return SentInquiry(
        case=_case_fields(answers, language),
        member=_member_fields(answers, language),
        inquiry=_inquiry_fields(answers),
        consents=_consent_rows(answers),
    )


def _case_fields(answers: Answers, language: str) -> dict:
    contact, urgency = answers.cleaned("contact"), answers.cleaned("urgency")
    return {
        "language": language,
        "country": contact["country"],
        "time_zone": contact["time_zone"],
        "hospital": answers.hospital(),
        "is_urgent": bool(answers.red_flags()) or urgency["urgency"] == Urgency.DAYS,
    }


def _member_fields(answers: Answers, language: str) -> dict:
    contact = answers.cleaned("contact")
    kept = ("name", "email", "phone", "messenger", "languages", "best_time")
    return {
        "relation": answers.cleaned("you")["relation"],
        "language": language,
        **{name: contact[name] for name in kept},
    }


def _inquiry_fields(answers: Answers) -> dict:
    hospital = answers.cleaned("hospital")
    return {
        **answers.cleaned("patient"),
        **_guardian_fields(answers),
        **answers.cleaned("problem"),
        **answers.cleaned("wish"),
        **answers.cleaned("urgency"),
        "red_flags": answers.red_flags(),
        "specialty_wish": hospital["specialty_wish"],
        "when": hospital["when"],
    }


def _guardian_fields(answers: Answers) -> dict:
    """A parent or guardian who asks has said so and given their name already."""
    if not patient_is_minor(answers):
        return {}
    relation = answers.cleaned("you")["relation"]
    if relation in DECIDES:
        name = answers.cleaned("contact")["name"]
        return {"guardian_name": name, "guardian_relation": Relation(relation).value}
    guardian = answers.cleaned("guardian")
    return {name: guardian[name] for name in ("guardian_name", "guardian_relation")}


def _consent_rows(answers: Answers) -> list[dict]:
    form = answers.bound("consents")
    hospital = answers.hospital()
    return [
        {
            "kind": text.kind,
            "hospital": hospital if text.kind == consents.Kind.SHARE_HOSPITAL else None,
            "version": consents.VERSION,
            "language": form.language,
            "text_hash": text.hash,
        }
        for text in form.given()
    ]
