"""Every paper that a list may hold: what it is, why doctors want it, how a family gets it."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from hospitals.choices import RecordKind


def _listed(kind: RecordKind) -> tuple:
    """Code and words as in the listings."""
    return kind.value, kind.label


class PaperCode(models.TextChoices):
    """What a hospital's listing may ask for, in its words, and some of ours."""

    SUMMARY = _listed(RecordKind.SUMMARY)
    DISCHARGE = "discharge", _("Letters from stays in hospital")
    PATHOLOGY = _listed(RecordKind.PATHOLOGY)
    SLIDES = _listed(RecordKind.SLIDES)
    IMAGING = _listed(RecordKind.IMAGING)
    IMAGING_REPORT = _listed(RecordKind.IMAGING_REPORT)
    LAB = _listed(RecordKind.LAB)
    SURGERY = _listed(RecordKind.SURGERY)
    TREATMENT = _listed(RecordKind.TREATMENT)
    MEDICINES = _listed(RecordKind.MEDICINES)
    ALLERGIES = _listed(RecordKind.ALLERGIES)
    GENETICS = _listed(RecordKind.GENETICS)
    HEART = _listed(RecordKind.HEART)
    LUNGS = "lungs", _("Lung function tests")
    NERVES = "nerves", _("EEG and tests of nerves and muscles")
    SENSES = "senses", _("Tests of hearing or eyesight")
    ENDOSCOPY = _listed(RecordKind.ENDOSCOPY)
    PREGNANCY = "pregnancy", _("Record of the pregnancy and the birth")
    GROWTH = _listed(RecordKind.GROWTH)
    VACCINES = "vaccines", _("Vaccination record")
    PHOTOS = _listed(RecordKind.PHOTOS)


class ItemState(models.TextChoices):
    """Where a paper of the list stands, as the family and the office read it."""

    MISSING = "missing", pgettext_lazy("a paper", "Missing")
    CHECKING = "checking", pgettext_lazy("a paper", "Being checked")
    UNREADABLE = "unreadable", pgettext_lazy("a paper", "Unreadable")
    FINE = "fine", pgettext_lazy("a paper", "Fine")
    NOT_HAD = "not_had", pgettext_lazy("a paper", "Cannot be had")


class Said(models.TextChoices):
    """What the family told about a paper that is not here."""

    HAS = "has", _("The family has it")
    NOT_HAD = "not_had", _("The family cannot get it")


# Nothing more is expected of the family for these.
SETTLED = frozenset({ItemState.FINE, ItemState.NOT_HAD})


@dataclass(frozen=True)
class Help:
    """In plain words for a family: why doctors want a paper, and how to get it."""

    why: str
    how: str


_FROM_THE_CLINIC = _("Ask the clinic that did the test for its report.")
HELP: dict[PaperCode, Help] = {
    PaperCode.SUMMARY: Help(
        _("It tells the whole story on a few pages. Doctors read it first."),
        _("Ask your doctor or the ward to write down the illness and the treatment so far."),
    ),
    PaperCode.DISCHARGE: Help(
        _("They say what was found and done each time."),
        _("You got one each time you went home. If not, ask the hospital for copies."),
    ),
    PaperCode.PATHOLOGY: Help(
        _("It says what the tissue is. The treatment is chosen by it."),
        _("Ask the hospital where the tissue was taken for the whole report."),
    ),
    PaperCode.SLIDES: Help(
        _("With them the doctors in Shanghai can look at the tissue themselves."),
        _(
            "Ask whether the laboratory lends them. Send us a photo of the labels, and keep them "
            "until we tell you where they go."
        ),
    ),
    PaperCode.IMAGING: Help(
        _("Doctors measure and plan on the pictures themselves."),
        _("Ask the X-ray department for a disc with all pictures, not only for the report."),
    ),
    PaperCode.IMAGING_REPORT: Help(
        _("They say what was seen, and what has changed since the time before."),
        _("They come with the disc or the letter. The X-ray department can print them again."),
    ),
    PaperCode.LAB: Help(
        _("They show how the body is now, and how it has changed."),
        _("Ask for a print of the newest results, and of earlier ones if there are any."),
    ),
    PaperCode.SURGERY: Help(
        _("They say exactly what was done, and what was left."),
        _("Ask the hospital of the operation. The report says more than the letter home."),
    ),
    PaperCode.TREATMENT: Help(
        _("What comes next depends on what was given, how much and when."),
        _("Ask the ward for a list with the medicines, the doses and the dates."),
    ),
    PaperCode.MEDICINES: Help(
        _("Some medicines do not go together, and some must not be stopped."),
        _("Write down name, dose and how often, or take a photo of the packets."),
    ),
    PaperCode.ALLERGIES: Help(
        _("So that nothing is given that does harm."),
        _("Write down what it was and what happened. “None known” is an answer too."),
    ),
    PaperCode.GENETICS: Help(
        _("Some treatments fit only certain changes in the genes."),
        _("Ask the doctor who ordered the test for the whole report."),
    ),
    PaperCode.HEART: Help(
        _("They show how well the heart works, also before an anaesthetic."), _FROM_THE_CLINIC
    ),
    PaperCode.LUNGS: Help(
        _("They show how well the lungs work, also before an anaesthetic."), _FROM_THE_CLINIC
    ),
    PaperCode.NERVES: Help(
        _("They show how brain, nerves and muscles work together."), _FROM_THE_CLINIC
    ),
    PaperCode.SENSES: Help(_("They show what is heard or seen today."), _FROM_THE_CLINIC),
    PaperCode.ENDOSCOPY: Help(
        _("It says what was seen inside, and where tissue was taken."), _FROM_THE_CLINIC
    ),
    PaperCode.PREGNANCY: Help(
        _("It can show how something began."),
        _("Take a photo of the pages, or ask the hospital of the birth for a copy."),
    ),
    PaperCode.GROWTH: Help(
        _("Doses are worked out from height and weight."),
        _("Take a photo of the pages in the child's health book, with the dates."),
    ),
    PaperCode.VACCINES: Help(
        _("Before a strong treatment doctors need to know what protection there is."),
        _("Take a photo of every page of the vaccination book."),
    ),
    PaperCode.PHOTOS: Help(
        _("Some things are better seen than described."),
        _("In daylight, from near and from further away. Leave the face out if you can."),
    ),
}
