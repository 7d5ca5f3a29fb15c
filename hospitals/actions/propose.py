"""A hospital proposes a change of its own claims, or takes the proposal back."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospitals.actions import values
from hospitals.actions.core import (
    ActionRefusedError,
    AlreadyWaitingError,
    ChangedMeanwhileError,
    close_revision,
    leave_trace,
    lock_hospital,
)
from hospitals.actions.values import COLUMN_LANGUAGES, HOSPITAL_FIELDS, LISTING_FIELDS, TITLES
from hospitals.choices import RevisionStatus
from hospitals.models import Hospital, Listing, Revision, Specialty

RELATED = (*values.SET_FIELDS, *values.CLAIM_FIELDS)
TITLE_WANTED = gettext_lazy("Give a title in English: readers of other languages see it too.")
# They turn the letters around them: a text could read otherwise than it was approved.
# And one that PostgreSQL cannot keep.
INVISIBLE = re.compile("[\u202a-\u202e\u2066-\u2069\0]")


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
    target = fresh_target(hospital, listing, specialty)
    _refuse_other_fields(target, changes)
    if target.version != base_version:
        raise ChangedMeanwhileError
    waiting = waiting_for(hospital, listing, specialty)
    if waiting and waiting.pk != replaces:
        raise AlreadyWaitingError(waiting)
    before, after = _differences(target, changes)
    _refuse_unchanged(after, waiting)
    check_all(target, after)
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


def fresh_target(hospital, listing, specialty):
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
    """What was and what shall be, for the fields that differ; a new listing has no before."""
    changes = {name: values.normal(name, value) for name, value in changes.items()}
    if target._state.adding:
        given = {name: value for name, value in changes.items() if not values.is_empty(value)}
        return {}, {name: getattr(target, name) or "" for name in TITLES} | given
    old = values.current(target, changes)
    after = {name: new for name, new in changes.items() if not values.same(new, old[name])}
    return {name: old[name] for name in after}, after


def _refuse_unchanged(after: dict, waiting: Revision | None) -> None:
    if not after:
        raise ActionRefusedError(
            _("Nothing differs from what is public now, so there is nothing to send.")
        )
    if waiting and waiting.after == after:
        raise ActionRefusedError(_("Exactly this change is waiting for approval already."))


def check_all(target, after: dict) -> None:
    """The rules of the model and of the database, in words. Sets the columns on `target`.

    Raises ValidationError, keyed by the field where one is to blame.
    """
    columns = [name for name in after if name not in RELATED]
    for name, value in after.items():
        _check_texts(name, value)
        if name in columns:
            setattr(target, name, _check_column(target, name, value))
        else:
            values.check(target, name, value)
    others = {field.name for field in target._meta.fields} - set(columns)
    target.clean_fields(exclude=others)
    if isinstance(target, Listing) and not target.title_en:
        raise ValidationError({"title_en": TITLE_WANTED})
    target.validate_constraints()


def _check_column(target, name: str, value):
    """The value as the column holds it: an ISO date becomes a date."""
    field = target._meta.get_field(name)
    try:
        value = field.to_python(value)
        if isinstance(value, str) and field.max_length:
            MaxLengthValidator(field.max_length)(value)
    except ValidationError as error:
        raise ValidationError({name: error.messages}) from error
    return value


def _check_texts(name: str, value) -> None:
    """In a claim's dict, too; there the error's code says in which part."""
    texts = value if isinstance(value, dict) else {"": value}
    for part, text in texts.items():
        if isinstance(text, str) and INVISIBLE.search(text):
            message = _("Remove the invisible signs that turn the direction of the text.")
            raise ValidationError({name: ValidationError(message, code=part or "invalid")})
