"""The points of a comparison: one row for each, one cell for each hospital."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from hospitals.answers import Treats
from hospitals.choices import ClaimKind, FactKind
from hospitals.models import Fact
from hospitals.shown_listing import Evidence, ShownClaim, evidence_of, join

# What is compared of the hospital as a whole, from its facts.
GENERAL = (FactKind.LANGUAGES, FactKind.ACCREDITATION, FactKind.BEDS, FactKind.INSURANCE)


@dataclass(frozen=True)
class Cell:
    """What one hospital says to one point; unknown where it says nothing."""

    name: str
    words: str = ""
    claim: ShownClaim | None = None
    evidence: Evidence | None = None
    # How sure the match is: "exact", "specialty", "none"; only in the first row.
    match: str = ""

    @property
    def is_faded(self) -> bool:
        return self.evidence is not None and self.evidence.is_faded

    @property
    def is_unknown(self) -> bool:
        return not self.words and self.claim is None


@dataclass(frozen=True)
class Point:
    label: str
    cells: list[Cell]

    @property
    def is_untold(self) -> bool:
        """No hospital of the comparison says anything to it."""
        return all(cell.is_unknown for cell in self.cells)


def points(columns: list[Treats], *, with_condition: bool) -> list[Point]:
    """One query, for the facts of the hospitals."""
    if not columns:
        return []
    rows = [_listed(columns), *_claimed(columns)] if with_condition else []
    accepting = [_accepting(column) for column in columns]
    rows.insert(1, Point(_("New patients"), accepting))
    return [*rows, *_general(columns)]


def _listed(columns: list[Treats]) -> Point:
    return Point(_("Treats it"), [_match(column) for column in columns])


def _match(column: Treats) -> Cell:
    name = column.hospital.name
    if column.listing is None:
        return Cell(name, _("Lists neither it nor a specialty that covers it"), match="none")
    title = column.listing.title.text if column.listing.title else ""
    words = _("Names exactly this") if column.is_exact else _("Covers it with: %(specialty)s")
    match = "exact" if column.is_exact else "specialty"
    return Cell(name, words % {"specialty": title}, evidence=column.evidence, match=match)


def _accepting(column: Treats) -> Cell:
    known = column.accepting != "unknown"
    return Cell(column.hospital.name, column.accepting_label if known else "")


def _claimed(columns: list[Treats]) -> list[Point]:
    ages = [
        Cell(column.hospital.name, join(column.listing.ages) if column.listing else "")
        for column in columns
    ]
    treatments = [
        Cell(
            column.hospital.name,
            join([thing.name for thing in column.listing.treatments]) if column.listing else "",
        )
        for column in columns
    ]
    claims = [
        Point(str(kind.label), [_claim(column, kind) for column in columns]) for kind in ClaimKind
    ]
    return [Point(_("For whom"), ages), *claims, Point(_("Treatments offered"), treatments)]


def _claim(column: Treats, kind: str) -> Cell:
    claim = column.listing.by_kind.get(kind) if column.listing else None
    return Cell(column.hospital.name, claim=claim, evidence=claim.evidence if claim else None)


def _general(columns: list[Treats]) -> list[Point]:
    hospitals = [column.hospital for column in columns]
    facts: dict[tuple, Fact] = {}
    rows = Fact.objects.public().filter(hospital__in=hospitals, kind__in=GENERAL)
    for fact in rows.select_related("source"):
        facts.setdefault((fact.hospital_id, fact.kind), fact)
    kinds = [Cell(row.name, str(row.get_type_display())) for row in hospitals]
    districts = [Cell(row.name, join(row.district_labels)) for row in hospitals]
    return [
        Point(_("Kind of hospital"), kinds),
        Point(_("District"), districts),
        *(
            Point(
                str(kind.label), [_fact(row.name, facts.get((row.pk, kind))) for row in hospitals]
            )
            for kind in GENERAL
        ),
    ]


def _fact(name: str, fact: Fact | None) -> Cell:
    return Cell(name, fact.value, evidence=evidence_of(fact)) if fact else Cell(name)
