"""What a family reads about its scans, in plain words with what to do. Names no other person."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases import times
from cases.imaging.people import Same
from cases.imaging.studies import Scans, Series, Study

SERIES_TOLD = 4
_MODALITIES = {
    "CT": gettext_lazy("CT"),
    "MR": gettext_lazy("MRI"),
    "PT": gettext_lazy("PET"),
    "CR": gettext_lazy("X-ray"),
    "DX": gettext_lazy("X-ray"),
    "MG": gettext_lazy("Mammogram"),
    "US": gettext_lazy("Ultrasound"),
    "NM": gettext_lazy("Nuclear medicine scan"),
    "XA": gettext_lazy("Angiogram"),
    "RF": gettext_lazy("Fluoroscopy"),
}
_BODY_PARTS = {
    "ABDOMEN": gettext_lazy("abdomen"),
    "ABDOMENPELVIS": gettext_lazy("abdomen and pelvis"),
    "BRAIN": gettext_lazy("brain"),
    "BREAST": gettext_lazy("breast"),
    "CHEST": gettext_lazy("chest"),
    "THORAX": gettext_lazy("chest"),
    "CSPINE": gettext_lazy("spine"),
    "TSPINE": gettext_lazy("spine"),
    "LSPINE": gettext_lazy("spine"),
    "SPINE": gettext_lazy("spine"),
    "HEAD": gettext_lazy("head"),
    "HEART": gettext_lazy("heart"),
    "LIVER": gettext_lazy("liver"),
    "NECK": gettext_lazy("neck"),
    "PELVIS": gettext_lazy("pelvis"),
    "WHOLEBODY": gettext_lazy("whole body"),
}


@dataclass(frozen=True)
class Finding:
    """`must_act`: the family should do something; else it should know."""

    code: str
    text: str
    must_act: bool = True


def modality_word(modality: str) -> str:
    return str(_MODALITIES.get(modality, modality or _("Scan")))


def body_part_word(code: str) -> str:
    return str(_BODY_PARTS.get(code.replace(" ", "").replace("_", ""), ""))


def study_title(study: Study) -> str:
    """CT of 3 March 2026; a disc without a clock has no day."""
    # A dose report beside a CT is no reason to call it something else.
    known = [one for one in study.modalities if one in _MODALITIES] or study.modalities
    what = ", ".join(dict.fromkeys(map(modality_word, known))) or _("Scan")
    if not study.day:
        return _("%(what)s without a date") % {"what": what}
    return _("%(what)s of %(day)s") % {"what": what, "day": times.long_day(study.day)}


def scans_findings(scans: Scans) -> list[Finding]:
    """About the discs as a whole."""
    found = []
    if scans.is_list_only:
        text = _(
            "This is only the disc's table of contents, without a single picture. Send the whole "
            "folder with the pictures, often called DICOM or IMAGES."
        )
        found.append(Finding("list_only", text))
    elif not scans.studies and not scans.unreadable:
        found.append(
            Finding("no_pictures", _("There are no pictures in it. Ask the hospital for the disc."))
        )
    if scans.unreadable:
        text = ngettext(
            "%(count)d picture on the disc is damaged. Copy the disc once more, and send it again.",
            "%(count)d pictures on the disc are damaged. Copy the disc once more, and send it "
            "again.",
            scans.unreadable,
        )
        found.append(Finding("damaged", text % {"count": scans.unreadable}))
    if scans.is_partial:
        text = _("We could not look at all of it by ourselves. Your coordinator looks at the rest.")
        found.append(Finding("partial", text, must_act=False))
    return found


def study_findings(study: Study) -> list[Finding]:
    """What to do first, then what to know."""
    return [*_about_people(study), *_about_pictures(study), *_about_words(study)]


def _about_people(study: Study) -> list[Finding]:
    found = []
    if study.name == Same.NO:
        text = _("The name on this disc is not the patient's: check that it is the right disc.")
        found.append(Finding("other_name", text))
    if study.born == Same.NO:
        text = _(
            "The birth date on this disc is not the patient's: check that it is the right disc. "
            "If it is, ask the hospital to correct the date."
        )
        found.append(Finding("other_birth_date", text))
    if study.sex == Same.NO:
        text = _("This disc says another sex than your inquiry: check that it is the right disc.")
        found.append(Finding("other_sex", text))
    if study.is_mixed:
        text = _("The pictures carry the names of two people. Ask the hospital for a new disc.")
        found.append(Finding("two_people", text))
    return found


def _about_pictures(study: Study) -> list[Finding]:
    lacking = [series for series in study.series if series.missing]
    found = [_lacking(study, series) for series in lacking[:SERIES_TOLD]]
    if len(lacking) > SERIES_TOLD:
        more = len(lacking) - SERIES_TOLD
        text = ngettext(
            "Pictures are missing in %(count)d more series.",
            "Pictures are missing in %(count)d more series.",
            more,
        )
        found.append(Finding("more", text % {"count": more}))
    if study.missing_series:
        text = _(
            "This %(what)s has %(here)d of %(all)d series: ask the hospital for the full disc."
        ) % {
            "what": study_title(study),
            "here": len(study.series),
            "all": study.series_expected,
        }
        found.append(Finding("series_missing", text))
    return found


def _lacking(study: Study, series: Series) -> Finding:
    count = series.count
    values = {
        "what": study_title(study),
        "here": count.here,
        "all": count.expected,
        "first": count.first_number or 1,
        "series": series_name(series),
    }
    if not count.is_sure:
        text = _(
            "%(what)s, %(series)s: the pictures begin with number %(first)d. Ask the hospital "
            "whether the disc is complete."
        )
        return Finding("perhaps_missing", text % values)
    if len(study.series) == 1:
        text = _(
            "This %(what)s has %(here)d of %(all)d slices: ask the hospital for the full disc."
        )
    else:
        text = _(
            "This %(what)s has %(here)d of %(all)d slices in %(series)s: ask the hospital for "
            "the full disc."
        )
    return Finding("slices_missing", text % values)


def series_name(series: Series) -> str:
    """As the scanner calls it, in quotation marks; by its number where it has no name."""
    if series.description:
        return _("“%(name)s”") % {"name": series.description}
    if series.number is not None:
        return _("series %(number)d") % {"number": series.number}
    return _("a series without a name")


def _about_words(study: Study) -> list[Finding]:
    if not study.burned_in:
        return []
    text = ngettext(
        "%(count)d picture may have a name written in it. It stays out of the copy for a hospital.",
        "%(count)d pictures may have a name written in them. They stay out of the copy for a "
        "hospital.",
        study.burned_in,
    )
    return [Finding("burned_in", text % {"count": study.burned_in}, must_act=False)]
