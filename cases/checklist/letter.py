"""A letter to hand to a doctor or a hospital, in that country's language. It names no illness."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.utils.translation import get_language_info, override
from django.utils.translation import gettext as _

from cases.checklist.papers import PaperCode
from cases.times import long_day

DEFAULT = "en"
# Countries whose doctors write in a language of this site; English is understood in the others.
_ARABIC = "AE BH DZ EG IQ JO KW LB LY MA MR OM PS QA SA SD SY TN YE"
LANGUAGE_OF_COUNTRY = {
    "PL": "pl",
    **dict.fromkeys(("CN", "MO", "TW"), "zh-hans"),
    **dict.fromkeys(_ARABIC.split(), "ar"),
}
# Papers whose pictures are wanted as files; a report alone is of no use then.
AS_FILES = frozenset({PaperCode.IMAGING})
# A family makes them itself; no hospital is asked for them.
OWN_WORK = frozenset({PaperCode.PHOTOS})


@dataclass(frozen=True)
class Letter:
    """Its words in one language; `direction` for the page."""

    language: str
    direction: str
    language_name: str
    day: str
    title: str
    to: str
    body: tuple[str, ...]
    papers: tuple[str, ...]
    closing: tuple[str, ...]
    # What is filled in by hand, so that no name leaves the case by this page.
    lines: tuple[str, ...]


def language_for(country: str, asked: str = "") -> str:
    """What the family chose, else the country's among ours, else English."""
    if asked in dict(settings.LANGUAGES):
        return asked
    return LANGUAGE_OF_COUNTRY.get(country, DEFAULT)


def write_letter(language: str, codes: list[PaperCode], day: date) -> Letter:
    info = get_language_info(language)
    with override(language):
        return Letter(
            language=language,
            direction="rtl" if info["bidi"] else "ltr",
            language_name=info["name_local"],
            day=long_day(day),
            title=_("Request for copies of medical records"),
            to=_("To the doctor, or to the office for medical records"),
            body=_body(codes),
            papers=tuple(str(code.label) for code in codes),
            closing=(
                _("Copies on paper are fine; files on a disc or a stick are better."),
                _("Thank you for your help."),
            ),
            lines=(
                _("Name of the patient"),
                _("Birth date"),
                _("Number at your hospital, if known"),
                _("Date and signature"),
            ),
        )


def _body(codes: list[PaperCode]) -> tuple[str, ...]:
    words = [
        _(
            "We are asking a hospital in Shanghai, China, for advice. Its doctors need the papers "
            "below. Please give us copies of them."
        )
    ]
    if AS_FILES & set(codes):
        words.append(
            _("We need the images themselves as DICOM files, all series, not only the report.")
        )
    return tuple(words)
