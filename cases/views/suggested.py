"""Hospitals to choose from for a case: the directory's answer to its condition, then the others."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from cases.models import Case
from hospitals import facets
from hospitals.answers import treats
from hospitals.models import Condition, DirectoryVersion, Hospital
from hospitals.treating import Asked, find_treating

# Two pages of the directory; further ones are looked up there.
PAGES = 2
OTHERS = 50


@dataclass(frozen=True)
class Suggested:
    """A hospital of the directory's list, and the sentence that makes it an answer."""

    hospital: Hospital
    why: str
    accepting: str


def suggested(case: Case) -> list[Suggested]:
    """In the order that the directory prints for this condition; nothing without one."""
    condition = _condition_of(case)
    if condition is None:
        return []
    ways = sorted(condition.ways.all(), key=lambda way: way.position)
    asked = Asked(tuple(way.specialty.slug for way in ways), condition)
    index = facets.current(DirectoryVersion.current())
    keys = [key for page in range(PAGES) for key in find_treating(asked, index, page + 1).hospitals]
    return [_suggested(row, condition) for row in treats(asked, keys)]


def _condition_of(case: Case) -> Condition | None:
    inquiry = getattr(case, "inquiry", None)
    slug = inquiry.condition if inquiry else ""
    known = Condition.objects.prefetch_related("ways__specialty").filter(slug=slug)
    return known.first() if slug else None


def _suggested(row, condition: Condition) -> Suggested:
    if row.is_exact:
        why = _("names %(condition)s") % {"condition": condition.name}
    else:
        why = row.listing.title.text if row.listing else ""
    return Suggested(row.hospital, why, row.accepting_label)


def others(case: Case, without) -> list[Hospital]:
    """The hospital that the family named, then the directory's order, as far as a list reads."""
    rows = Hospital.objects.public().exclude(pk__in=[hospital.pk for hospital in without])
    named = [row for row in rows.filter(pk=case.hospital_id)]
    return named + list(rows.exclude(pk=case.hospital_id)[:OTHERS])
