"""A hospital proposes a change of its own claims, or takes the proposal back."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospitals.actions.core import (
    ActionRefusedError,
    AlreadyWaitingError,
    ChangedMeanwhileError,
    close_revision,
    leave_trace,
    lock_hospital,
)
from hospitals.choices import RevisionStatus
from hospitals.models import Hospital, Listing, Revision, Specialty

COLUMN_LANGUAGES = ("en", "zh_hans", "pl", "ar")
TITLES = tuple(f"title_{language}" for language in COLUMN_LANGUAGES)
DESCRIPTIONS = tuple(f"description_{language}" for language in COLUMN_LANGUAGES)
HOSPITAL_FIELDS = (*DESCRIPTIONS, "accepting")
LISTING_FIELDS = (
    *TITLES,
    *DESCRIPTIONS,
    "audience",
    "min_age_years",
    "max_age_years",
    "accepting",
    "is_public",
)
TITLE_WANTED = gettext_lazy("Give a title in English: readers of other languages see it too.")
# They turn the letters around them: a text could read otherwise than it was approved.
DIRECTION_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")


@transaction.atomic
def propose_revision(
    *,
    by,
    hospital: Hospital,
    listing: Listing | None = None,
    specialty: Specialty | None = None,
    changes: dict,
    base_version: int,
    replaces=None,
) -> Revision:
    """Ask for a change of a listing, for a new one (`specialty`), or of the hospital itself.

    `base_version` is the version that the author saw; `replaces` is the id of the waiting
    change that the author saw and means to replace. Raises ActionRefusedError,
    ChangedMeanwhileError, AlreadyWaitingError or ValidationError.
    """
    _refuse_stranger(by, hospital, listing)
    lock_hospital(hospital.pk)
    target = _target(hospital, listing, specialty)
    _refuse_other_fields(target, changes)
    if target.version != base_version:
        raise ChangedMeanwhileError
    waiting = waiting_for(hospital, listing, specialty)
    if waiting and waiting.pk != replaces:
        raise AlreadyWaitingError(waiting)
    before, after = _differences(target, changes)
    _refuse_unchanged(after, waiting)
    _check(target, after)
    if waiting:
        close_revision(waiting, by=by, status=RevisionStatus.WITHDRAWN)
    revision = Revision.objects.create(
        hospital=hospital,
        listing=listing,
        specialty=specialty,
        before=before,
        after=after,
        base_version=base_version,
        created_by=by,
    )
    leave_trace(revision, by=by, action="revision.proposed", fields=sorted(after))
    return revision


@transaction.atomic
def withdraw_revision(*, by, revision: Revision) -> None:
    """Raises ActionRefusedError, or ChangedMeanwhileError when it was decided meanwhile."""
    _refuse_stranger(by, revision.hospital, None)
    lock_hospital(revision.hospital_id)
    close_revision(revision, by=by, status=RevisionStatus.WITHDRAWN)


def waiting_for(hospital, listing=None, specialty=None) -> Revision | None:
    """The one change of this target that waits for approval."""
    return (
        Revision.objects.pending()
        .select_related("hospital", "created_by")
        .filter(hospital=hospital, listing=listing, specialty=specialty)
        .first()
    )


def _refuse_stranger(by, hospital, listing) -> None:
    own = Hospital.objects.visible_to(by).filter(pk=hospital.pk).exists()
    if not own or not by.has_perm("hospitals.propose_revision"):
        raise ActionRefusedError(_("You may propose changes for your own hospital only."))
    if listing and listing.hospital_id != hospital.pk:
        raise ActionRefusedError(_("You may propose changes for your own hospital only."))


def _target(hospital, listing, specialty):
    """The row as it is now, not as a form read it."""
    if listing:
        return Listing.objects.get(pk=listing.pk)
    if specialty:
        names = [getattr(specialty, f"name_{language}") for language in COLUMN_LANGUAGES]
        titles = dict(zip(TITLES, names, strict=True))
        return Listing(hospital=hospital, specialty=specialty, version=0, **titles)
    return Hospital.objects.get(pk=hospital.pk)


def _refuse_other_fields(target, changes: dict) -> None:
    allowed = LISTING_FIELDS if isinstance(target, Listing) else HOSPITAL_FIELDS
    if not set(changes) <= set(allowed):
        raise ActionRefusedError(_("This cannot be changed here."))


def _differences(target, changes: dict) -> tuple[dict, dict]:
    """What was and what shall be, for the columns that differ; a new listing has no before."""
    if target._state.adding:
        given = {name: value for name, value in changes.items() if value not in ("", None)}
        return {}, {name: getattr(target, name) or "" for name in TITLES} | given
    old = {name: getattr(target, name) for name in changes}
    after = {name: new for name, new in changes.items() if _plain(new) != _plain(old[name])}
    return {name: old[name] for name in after}, after


def _plain(value):
    """An empty text and a missing one say the same."""
    return "" if value is None else value


def _refuse_unchanged(after: dict, waiting: Revision | None) -> None:
    if not after:
        raise ActionRefusedError(
            _("Nothing differs from what is public now, so there is nothing to send.")
        )
    if waiting and waiting.after == after:
        raise ActionRefusedError(_("Exactly this change is waiting for approval already."))


def _check(target, after: dict) -> None:
    """The rules of the model and of the database, in words."""
    for name, value in after.items():
        setattr(target, name, value)
        if isinstance(value, str):
            _check_text(target, name, value)
    others = {field.name for field in target._meta.fields} - set(after)
    target.clean_fields(exclude=others)
    if isinstance(target, Listing) and not target.title_en:
        raise ValidationError({"title_en": TITLE_WANTED})
    target.validate_constraints()


def _check_text(target, name: str, value: str) -> None:
    limit = target._meta.get_field(name).max_length
    try:
        MaxLengthValidator(limit)(value)
    except ValidationError as error:
        raise ValidationError({name: error}) from error
    if DIRECTION_OVERRIDES.search(value):
        raise ValidationError(
            {name: _("Remove the invisible signs that turn the direction of the text.")}
        )
