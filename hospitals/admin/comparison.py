"""Before and after of a proposed change, in words."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from hospitals.actions import LISTING_FIELDS, values
from hospitals.actions.decide import stale_fields
from hospitals.actions.values import CLAIM_FIELDS, DESCRIPTIONS, SET_FIELDS, TITLES
from hospitals.admin.marks import Piece, mark_differences
from hospitals.admin.showing import Label, Shown, field_label, model_of, source_link
from hospitals.choices import RevisionStatus
from hospitals.models import Revision


@dataclass
class Row:
    """One field of a change. `now` is what is public at this moment, if that is not `before`."""

    name: str
    label: Label
    before: list[Piece]
    after: list[Piece]
    source_url: str = ""
    now: str = ""
    is_stale: bool = False
    # What became of it, in words, and why not.
    outcome: str = ""
    reason: str = ""
    # The fields of the office's decision about it.
    decision: dict = field(default_factory=dict)


def compare(revision: Revision) -> list[Row]:
    """Rows in the order of the form; the hospital's own fields are among a listing's."""
    names = [name for name in LISTING_FIELDS if name in revision.after]
    stale = stale_fields(revision) if revision.is_pending else []
    now = values.current(revision.target, stale) if stale and revision.target else {}
    model = model_of(revision)
    shown = Shown.of(model, revision.before, revision.after, now)
    rows = []
    for name in names:
        before, after = in_pieces(shown, name, revision.before.get(name), revision.after[name])
        row = Row(name, field_label(model, name), before, after)
        row.source_url = source_link(revision.after[name])
        row.is_stale = name in stale
        row.now = shown.display(name, now[name]) if name in now else ""
        row.outcome, row.reason = outcome(revision, name)
        rows.append(row)
    return rows


def in_pieces(shown: Shown, name: str, before, after) -> tuple[list[Piece], list[Piece]]:
    """Word by word in what people write; choices and dates as a whole; "not said" unmarked."""
    old, new = shown.display(name, before), shown.display(name, after)
    is_prose = name in (*TITLES, *DESCRIPTIONS, *SET_FIELDS, *CLAIM_FIELDS)
    if is_prose and not values.is_empty(before) and not values.is_empty(after):
        return mark_differences(old, new)
    return [Piece(old, not values.is_empty(before))], [Piece(new, not values.is_empty(after))]


def outcome(revision: Revision, name: str) -> tuple[str, str]:
    """What was decided about one field, and why it was refused."""
    if revision.is_pending:
        return _("waits"), ""
    if name in revision.refused:
        return _("refused"), revision.refused[name]
    if revision.status == RevisionStatus.PARTLY:
        return _("approved"), ""
    return revision.get_status_display(), revision.reason


def offered_again(revision: Revision) -> dict:
    """The values that were not approved, for whoever wants to propose them again."""
    if revision.status == RevisionStatus.PARTLY:
        return {name: revision.after[name] for name in revision.refused}
    if revision.status in (RevisionStatus.REFUSED, RevisionStatus.WITHDRAWN):
        return dict(revision.after)
    return {}


def is_stale(revision: Revision) -> bool:
    """One of the claims was changed after this proposal was written."""
    return revision.is_pending and bool(stale_fields(revision))


def describe(revision: Revision) -> str:
    """What the change is about."""
    if revision.listing_id:
        return revision.listing.title
    if revision.specialty_id:
        return _("New: %(specialty)s") % {"specialty": revision.specialty.name}
    return _("About the hospital")
