"""The pages of the inquiry: one ordered table, and what the answers so far make of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import consents
from cases.actions import SentInquiry
from cases.forms.agreement import SIGNED, ConsentsForm
from cases.forms.fields import age_on
from cases.forms.known import KnownForm, condition_of
from cases.forms.need import (
    HospitalForm,
    NowForm,
    ProblemForm,
    UrgencyForm,
    WhereForm,
    WishForm,
)
from cases.forms.people import (
    DECIDES,
    ContactForm,
    GuardianForm,
    PatientForm,
    Relation,
    YouForm,
)
from cases.forms.policy import FamilyForm, as_data, unvalidated
from cases.models.draft import Channel
from cases.models.inquiry import Ability, Urgency, Wish
from hospitals.models import Hospital

ADULT_AGE = 18
# The key of the answers that holds what the family came with: the hospital or condition whose
# page it was, and the words it had searched for.
BEGUN_WITH = "_begun_with"


@dataclass(frozen=True)
class Page:
    """One topic, one address, one form."""

    slug: str
    form: type[FamilyForm]
    title: str
    lead: str = ""
    applies: Callable[["Answers"], bool] = lambda answers: True
    # The pages whose answers say whether this one is shown; none: everybody sees it.
    decided_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """`is_certain` is false while a page that may be added is not decided yet."""

    number: int
    total: int
    is_certain: bool


def patient_is_minor(answers: "Answers") -> bool:
    patient = answers.cleaned("patient")
    return bool(patient) and age_on(patient["birth_date"], timezone.localdate()) < ADULT_AGE


def patient_is_in_hospital(answers: "Answers") -> bool:
    """Or wants to be moved from one to another."""
    urgency, wish = answers.cleaned("urgency"), answers.cleaned("wish")
    is_there = bool(urgency) and urgency["in_hospital"] == Ability.YES
    return is_there or (bool(wish) and Wish.TRANSFER in wish["wishes"])


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
        decided_by=("patient",),
    ),
    Page("problem", ProblemForm, _("The problem")),
    Page("known", KnownForm, _("What it is called")),
    Page("wish", WishForm, _("What you would like")),
    Page("urgency", UrgencyForm, _("How urgent it is")),
    Page(
        "where",
        WhereForm,
        _("Where the patient is now"),
        applies=patient_is_in_hospital,
        decided_by=("wish", "urgency"),
    ),
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

    def __init__(self, typed: dict, channel: str = Channel.ONLINE):
        self.typed = typed
        self.channel = channel
        self._forms: dict[str, FamilyForm] = {}

    @property
    def begun_with(self) -> dict[str, str]:
        """What the family came with: `hospital`, `condition`, `q` as far as it had them."""
        begun = self.typed.get(BEGUN_WITH) or {}
        # Drafts of an older version hold the hospital alone.
        return {"hospital": begun} if isinstance(begun, str) else begun

    def pages(self) -> list[Page]:
        return [page for page in PAGES if page.applies(self)]

    def progress(self, page: Page) -> Progress:
        """Where this page stands; pages that may still be added are said to be open."""
        pages = self.pages()
        number = pages.index(page) + 1 if page in pages else 1
        deciding = {slug for other in PAGES for slug in other.decided_by}
        is_certain = all(self.cleaned(slug) is not None for slug in deciding)
        return Progress(number, len(pages), is_certain)

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

    def speaks_for_child(self) -> str:
        """For a patient under 14: whether the writer decides, or passes a parent's answer on."""
        patient, you = self.cleaned("patient"), self.cleaned("you")
        if not patient or not you:
            return ""
        if age_on(patient["birth_date"], timezone.localdate()) >= consents.CHILD_AGE:
            return ""
        return consents.OWN if you["relation"] in DECIDES else consents.PASSED_ON

    def guardian_name(self) -> str:
        """As far as it is known already."""
        return _guardian_fields(self).get("guardian_name", "")

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
        **_known_fields(answers),
        **answers.cleaned("urgency"),
        **((answers.cleaned("where") or {}) if patient_is_in_hospital(answers) else {}),
        "red_flags": answers.red_flags(),
        "specialty_wish": hospital["specialty_wish"],
        "when": hospital["when"],
    }


def _known_fields(answers: Answers) -> dict:
    """The words as typed, and the condition where one of those shown was meant."""
    known = answers.cleaned("known")
    condition = condition_of(known["condition"])
    return {"diagnosis": known["diagnosis"], "condition": condition.slug if condition else ""}


def _guardian_fields(answers: Answers) -> dict:
    """A parent or guardian who asks has said so and given their name already."""
    you, contact = answers.cleaned("you"), answers.cleaned("contact")
    if not (patient_is_minor(answers) and you and contact):
        return {}
    relation = you["relation"]
    if relation in DECIDES:
        name = contact["name"]
        return {"guardian_name": name, "guardian_relation": Relation(relation).value}
    guardian = answers.cleaned("guardian") or {}
    if not guardian:
        return {}
    return {name: guardian[name] for name in ("guardian_name", "guardian_relation")}


def _consent_rows(answers: Answers) -> list[dict]:
    """Who for whom, how, and in which words; the guardian's declaration among them."""
    form, hospital = answers.bound("consents"), answers.hospital()
    given = [(text, form.language) for text in form.given()]
    if patient_is_minor(answers):
        guardian = answers.bound("guardian")
        given += [(text, guardian.language) for text in guardian.texts_read()]
    named = {
        consents.Kind.CHILD: form.cleaned_data.get(SIGNED, ""),
        consents.Kind.GUARDIAN: answers.guardian_name(),
    }
    return [
        {
            "kind": text.kind,
            "hospital": hospital if text.kind == consents.Kind.SHARE_HOSPITAL else None,
            "version": text.version,
            "language": language,
            "text_hash": text.hash,
            "capacity": answers.cleaned("you")["relation"],
            "signed_name": named.get(text.kind, ""),
            "channel": form.cleaned_data.get("channel", Channel.ONLINE),
        }
        for text, language in given
    ]
