"""Before and after of a proposed change, in words."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from hospitals.actions import LISTING_FIELDS, values
from hospitals.models import Hospital, Listing, Revision

TEXTS = ("title", "description")


@dataclass
class Row:
    """One field. `now` is what is public at this moment, if that is not `before`."""

    label: str
    language: str
    direction: str
    before: str
    after: str
    now: str | None = None


def compare(revision: Revision) -> list[Row]:
    """Rows in the order of the form; the hospital's own fields are among a listing's."""
    return [_row(revision, name) for name in LISTING_FIELDS if name in revision.after]


def is_stale(revision: Revision) -> bool:
    """One of the claims was changed after this proposal was written."""
    target = revision.target
    if target is None:
        listed = revision.hospital.listings.filter(specialty=revision.specialty_id)
        return revision.is_pending and listed.exists()
    return revision.is_pending and bool(stale_fields(revision))


def stale_fields(revision: Revision) -> list[str]:
    """Fields that do not say any more what the author saw."""
    now = values.current(revision.target, revision.after)
    return [name for name in now if not values.same(now[name], revision.before.get(name))]


def describe(revision: Revision) -> str:
    """What the change is about."""
    if revision.listing_id:
        return revision.listing.title
    if revision.specialty_id:
        return _("New: %(specialty)s") % {"specialty": revision.specialty.name}
    return _("About the hospital")


def field_label(model, name: str) -> tuple[str, str]:
    """The field's name and, for a text, the code of its language."""
    base, _separator, language = name.partition("_")
    if base in TEXTS:
        return capfirst(model._meta.get_field(base).verbose_name), language.replace("_", "-")
    return capfirst(model._meta.get_field(name).verbose_name), ""


def display(model, name: str, value) -> str:
    """A value as a person reads it."""
    if value is True or value is False:
        return _("yes") if value else _("no")
    if value in (None, ""):
        return _("not said")
    choices = dict(model._meta.get_field(name).flatchoices)
    return str(choices.get(value, value))


def text_direction(language: str) -> str:
    if not language:
        return "auto"
    return "rtl" if get_language_info(language)["bidi"] else "ltr"


def _row(revision: Revision, name: str) -> Row:
    model = Listing if revision.listing_id or revision.specialty_id else Hospital
    label, language = field_label(model, name)
    before = display(model, name, revision.before.get(name))
    now = display(model, name, getattr(revision.target, name, None))
    is_changed = revision.is_pending and now != before
    return Row(
        label=f"{label} ({dict(settings.LANGUAGES)[language]})" if language else label,
        language=language,
        direction=text_direction(language),
        before=before,
        after=display(model, name, revision.after[name]),
        now=now if is_changed else None,
    )
