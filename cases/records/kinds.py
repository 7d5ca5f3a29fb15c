"""What families may send: kinds of files with their names' endings and sizes. A leaf."""

import re
import unicodedata
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

MB = 1024 * 1024
PAPER_MAX = 30 * MB
# Decimal: ClamAV cannot look into files of 2 GiB and more.
IMAGING_MAX = 2 * 1000**3
CASE_FILES, CASE_BYTES = 200, 4 * 1000**3
# Of an inquiry that may be a machine's, until somebody of the office has looked at it.
HELD_BYTES = 30 * MB
# In one request of the plain form.
FORM_FILES = 10
NAME_LENGTH = 150


class Kind(models.TextChoices):
    PDF = "pdf", _("PDF")
    JPEG = "jpeg", _("photo (JPEG)")
    PNG = "png", _("picture (PNG)")
    HEIC = "heic", _("photo (HEIC)")
    DICOM = "dicom", _("scan (DICOM)")
    ZIP = "zip", _("zip of scans (DICOM)")


SCANS = (Kind.DICOM, Kind.ZIP)
# Of these a copy is made that the page can show.
PICTURES = (Kind.JPEG, Kind.PNG, Kind.HEIC)


class Status(models.TextChoices):
    """Where a file stands. Only the first may be written to, only "fine" is ever given out."""

    UPLOADING = "uploading", pgettext_lazy("a file", "Not finished")
    CHECKING = "checking", pgettext_lazy("a file", "Being checked")
    FINE = "fine", pgettext_lazy("a file", "Fine")
    UNREADABLE = "unreadable", pgettext_lazy("a file", "Unreadable")
    REFUSED = "refused", pgettext_lazy("a file", "Not accepted")
    QUARANTINED = "quarantined", pgettext_lazy("a file", "Locked away")


class Reason(models.TextChoices):
    """Why a file is not fine. The family's words for each are in `cases.wording`."""

    TYPE = "type", _("not a kind of file that we take")
    MISMATCH = "mismatch", _("the contents are not what the name says")
    TOO_MUCH = "too_much", _("unpacks to far more than it should")
    NOT_ONLY_SCANS = "not_only_scans", _("the zip holds other files than scans")
    LOCKED = "locked", _("needs a password")
    BROKEN = "broken", _("damaged or incomplete")
    # Ours: it arrived, and it is not where it was kept.
    LOST = "lost", _("lost on our side")
    INFECTED = "infected", _("the virus scanner found something")
    BLURRED = "blurred", _("blurred or too small to read")
    DARK = "dark", _("too dark or too bright")
    CUT_OFF = "cut_off", _("part of the page is missing")
    PAGES_MISSING = "pages_missing", _("pages are missing")
    WRONG_PAPER = "wrong_paper", _("not the paper that was asked for")
    OTHER_PERSON = "other_person", _("belongs to another person")


# What a person sees and a program does not.
STAFF_REASONS = (
    Reason.BLURRED,
    Reason.DARK,
    Reason.CUT_OFF,
    Reason.PAGES_MISSING,
    Reason.WRONG_PAPER,
    Reason.OTHER_PERSON,
    Reason.BROKEN,
    Reason.LOCKED,
)


@dataclass(frozen=True)
class Allowed:
    """One kind: endings of names, what libmagic calls it, its largest size in bytes."""

    kind: Kind
    endings: tuple[str, ...]
    types: tuple[str, ...]
    size: int


ALLOWED = (
    Allowed(Kind.PDF, ("pdf",), ("application/pdf",), PAPER_MAX),
    Allowed(Kind.JPEG, ("jpg", "jpeg", "jfif"), ("image/jpeg",), PAPER_MAX),
    Allowed(Kind.PNG, ("png",), ("image/png",), PAPER_MAX),
    Allowed(Kind.HEIC, ("heic", "heif"), ("image/heic", "image/heif"), PAPER_MAX),
    Allowed(Kind.DICOM, ("dcm", "dicom", "ima", ""), ("application/dicom",), IMAGING_MAX),
    Allowed(Kind.ZIP, ("zip",), ("application/zip",), IMAGING_MAX),
)
_BY_ENDING = {ending: allowed for allowed in ALLOWED for ending in allowed.endings}
# For the browser's file dialogue. Scans on discs often have no ending, so nothing is hidden there.
ACCEPT = ",".join(f".{ending}" for ending in _BY_ENDING if ending)
ENDINGS = tuple(ending for ending in _BY_ENDING if ending)


def ending_of(name: str) -> str:
    """Lower case, without the dot. Files of a disc are named by numbers: those are no ending."""
    _stem, dot, ending = name.rpartition(".")
    return "" if not dot or ending.isdigit() else ending.lower()


def allowed_of(name: str) -> Allowed | None:
    return _BY_ENDING.get(ending_of(name))


_SPACES = re.compile(r"\s+")


def clean_name(name: str) -> str:
    """For showing and saving: no folders, no control or direction marks, at most 150 letters."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    kept = "".join(mark for mark in name if unicodedata.category(mark)[0] != "C" or mark in "\t\n")
    name = _SPACES.sub(" ", kept).strip(" .")
    if len(name) > NAME_LENGTH:
        stem, dot, ending = name.rpartition(".")
        end = f".{ending}" if dot and len(ending) <= 8 else ""
        name = (stem if end else name)[: NAME_LENGTH - len(end)] + end
    return name or "file"
