"""What the rows of a file would change, row by row. Writes nothing."""

from copy import copy
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from hospitals.actions import values
from hospitals.actions.exchange import Proposal
from hospitals.actions.propose import check_all, fresh_target
from hospitals.exchange.cells import CellError, parse_cell, tidy
from hospitals.exchange.columns import BY_NAME, HOSPITAL, SPECIALTY, Column, flatten, unflatten
from hospitals.exchange.listings import own_listings, public_values
from hospitals.exchange.reading import ERROR, FORMULA, MISPLACED, TOO_LONG
from hospitals.models import Condition, Hospital, Listing, Revision, Specialty, Treatment

NEW, CHANGED, SAME, WRONG = "new", "changed", "same", "wrong"


@dataclass
class Change:
    """One cell that differs from what is public."""

    column: Column
    before: object
    after: object


@dataclass
class Plan:
    """One row of the file: what it would change, or what is wrong with it."""

    number: int
    name: str
    specialty: Specialty | None = None
    listing: Listing | None = None
    waiting: Revision | None = None
    changes: list[Change] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    proposal: dict = field(default_factory=dict)

    @property
    def kind(self) -> str:
        if self.problems:
            return WRONG
        if self.listing is None:
            return NEW
        return CHANGED if self.changes else SAME

    @property
    def is_ready(self) -> bool:
        return self.kind in (NEW, CHANGED) and not self.waits_the_same

    @property
    def waits_the_same(self) -> bool:
        """Exactly this waits for approval already."""
        return self.waiting is not None and all(
            values.same(self.waiting.after.get(name), values.normal(name, value))
            for name, value in self.proposal.items()
        )

    @property
    def base_version(self) -> int:
        return self.listing.version if self.listing else 0

    def as_proposal(self, base_version: int, replaces) -> Proposal:
        target = {"listing": self.listing} if self.listing else {"specialty": self.specialty}
        return Proposal(self.number, self.proposal, base_version, replaces, **target)


class Directory:
    """What the rows of one hospital are compared with, read once for all of them."""

    def __init__(self, hospital: Hospital):
        self.hospital = hospital
        self.listings = {listing.specialty_id: listing for listing in own_listings(hospital)}
        self.specialties = naming(Specialty)
        self.by_slug = {row.slug: row for row in Specialty.objects.all()}
        self.names = {"conditions": naming(Condition), "treatments": naming(Treatment)}
        pending = Revision.objects.pending().filter(hospital=hospital)
        self.waiting = {
            row.listing.specialty_id if row.listing else row.specialty_id: row
            for row in pending.select_related("listing", "created_by")
        }
        self.own_names = {hospital.slug.casefold()} | {
            name.casefold()
            for language in values.COLUMN_LANGUAGES
            for name in (
                getattr(hospital, f"name_{language}"),
                getattr(hospital, f"short_name_{language}"),
            )
            if name
        }


def naming(model) -> dict[str, str]:
    """Slug, or a name in any language that only one row has -> slug."""
    found: dict[str, set[str]] = {}
    names = [f"name_{language}" for language in values.COLUMN_LANGUAGES]
    for slug, *words in model.objects.values_list("slug", *names):
        for word in filter(None, words):
            found.setdefault(word.strip().casefold(), set()).add(slug)
    unique = {word: slugs.pop() for word, slugs in found.items() if len(slugs) == 1}
    return unique | {slug: slug for slug in model.objects.values_list("slug", flat=True)}


def foreign_rows(hospital: Hospital, header: list[str], rows: list[dict]) -> list[int]:
    """Numbers of the rows that say they are another hospital's."""
    if HOSPITAL not in header:
        return []
    own = Directory(hospital).own_names | {""}
    place = header.index(HOSPITAL)
    return [row["number"] for row in rows if row["cells"][place].strip().casefold() not in own]


def unknown_columns(header: list[str]) -> list[str]:
    known = {HOSPITAL, SPECIALTY, *BY_NAME}
    return [name for name in header if name and name not in known]


def plan_rows(hospital: Hospital, header: list[str], rows: list[dict], *, is_sent=False):
    """One plan a row, in the order of the file.

    `is_sent`: the rules are asked by the action itself, which takes as long as all the rest.
    """
    directory, seen = Directory(hospital), {}
    plans = [_plan(directory, header, row, seen) for row in rows]
    if not is_sent:
        for plan in plans:
            if plan.is_ready:
                plan.problems += _refusals(plan, directory)
    return plans


def _plan(directory: Directory, header: list[str], row: dict, seen: dict) -> Plan:
    cells = dict(zip(header, row["cells"], strict=True))
    name = tidy(cells[SPECIALTY])
    plan = Plan(row["number"], name)
    plan.problems += [_bad_cell(*bad) for bad in row["bad"]]
    _find_specialty(plan, directory, seen)
    if plan.specialty is None:
        return plan
    given = _read_cells(plan, cells, directory)
    if not plan.problems:
        _compare(plan, given)
    return plan


def _bad_cell(name: str, kind: str, place: str) -> str:
    words = {
        FORMULA: _("%(cell)s: this begins like a formula, which we never run. Write the value "
                   "itself; if it is a text, put an apostrophe (') in front."),
        ERROR: _("%(cell)s: the spreadsheet shows an error there. Write the value itself."),
        TOO_LONG: _("%(cell)s: this is far too long."),
        MISPLACED: _("This row has more cells than the first row has names: something has "
                     "slipped. A separator or a quotation mark may be missing."),
    }  # fmt: skip
    return words[kind] % {"cell": f"{name} ({place})" if place else name}


def _find_specialty(plan: Plan, directory: Directory, seen: dict) -> None:
    slug = directory.specialties.get(plan.name.casefold())
    if not plan.name:
        plan.problems.append(_("The column “specialty” is empty, so we cannot tell what is meant."))
    elif slug is None:
        words = _("We know no specialty “%(name)s”. Its key stands on the sheet “keys” of the "
                  "exported workbook.")  # fmt: skip
        plan.problems.append(words % {"name": plan.name[:60]})
    elif slug in seen:
        words = _("The same specialty stands in row %(number)d already.")
        plan.problems.append(words % {"number": seen[slug]})
    else:
        seen[slug] = plan.number
        plan.specialty = directory.by_slug[slug]
        plan.name = plan.specialty.name
        plan.listing = directory.listings.get(plan.specialty.pk)
        plan.waiting = directory.waiting.get(plan.specialty.pk)


def _read_cells(plan: Plan, cells: dict, directory: Directory) -> dict:
    """What the row states, by column; an empty cell states nothing."""
    given = {}
    for name, cell in cells.items():
        column = BY_NAME.get(name)
        if column is None or not cell.strip():
            continue
        try:
            given[name] = parse_cell(column, cell, directory.names)
        except CellError as error:
            plan.problems.append(f"{name}: {error}")
    return given


def _compare(plan: Plan, given: dict) -> None:
    """Sets the changes and the proposal."""
    public = public_values(plan.listing) if plan.listing else {}
    flat = flatten(public)
    changed = differing(flat, given)
    if plan.listing is not None and not changed:
        return
    waiting = plan.waiting.after if plan.waiting else {}
    plan.proposal = waiting | unflatten(public | waiting, changed)
    plan.changes = [Change(BY_NAME[name], flat[name], changed[name]) for name in changed]


def differing(flat: dict, given: dict) -> dict:
    """Of what is given, by column, what says something else than `flat`."""
    return {name: value for name, value in given.items() if not reads_alike(flat[name], value)}


def reads_alike(one, other) -> bool:
    """Line ends and the order of a list say nothing."""
    if isinstance(one, str) and isinstance(other, str):
        return tidy(one) == tidy(other)
    if isinstance(one, list) and isinstance(other, list):
        return sorted(one) == sorted(other)
    return values.same(one, other)


def _refusals(plan: Plan, directory: Directory) -> list[str]:
    """The words of `propose_revision`, before anything is sent."""
    target = copy(plan.listing) or fresh_target(directory.hospital, None, plan.specialty)
    after = {name: values.normal(name, value) for name, value in plan.proposal.items()}
    if plan.listing is None:
        after = {name: value for name, value in after.items() if not values.is_empty(value)}
        after = {name: getattr(target, name) or "" for name in values.TITLES} | after
    try:
        check_all(target, after)
    except ValidationError as error:
        return explain(error)
    return []


def explain(error: ValidationError) -> list[str]:
    """One sentence for each thing to correct, with the column that is to blame."""
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    return [_with_column(name, part) for name, parts in error.error_dict.items() for part in parts]


def _with_column(name: str, error: ValidationError) -> str:
    """The code of an error about a claim is the part of it."""
    kind = name.removeprefix("claim_")
    for column in (f"{kind}_{error.code}", name):
        if column in BY_NAME:
            return f"{column}: {error.messages[0]}"
    return str(error.messages[0]) if name == "__all__" else f"{kind}: {error.messages[0]}"
