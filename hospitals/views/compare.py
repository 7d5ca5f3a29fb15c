"""Up to four hospitals side by side, point by point."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hospitals import facets, pages
from hospitals.answers import treats
from hospitals.comparison import points
from hospitals.models import Condition, DirectoryVersion, Hospital
from hospitals.treating import Asked, find_treating

MAX_COMPARED, MAX_READ, MAX_SLUG = 4, 50, 80


@dataclass(frozen=True)
class Wish:
    """What the address asks for, as far as it can be given; `problems` tells the rest."""

    hospitals: list[Hospital]
    condition: Condition | None
    problems: list[str]

    def address(self, *, without: str = "", plus: str = "", condition: bool = True) -> str:
        """Of this comparison, or of the one beside it: condition first, hospitals in order."""
        slugs = [row.slug for row in self.hospitals if row.slug != without]
        return "?" + self._query([*slugs, *filter(None, [plus])], condition)

    def canonical(self) -> str:
        return self._query([row.slug for row in self.hospitals], True)

    def _query(self, slugs: list[str], with_condition: bool) -> str:
        named = [("condition", self.condition.slug)] if self.condition and with_condition else []
        return urlencode([*named, *(("hospital", slug) for slug in slugs)])


@require_safe
def compare(request):
    """Parameters: condition, and hospital up to four times. Anything else is told."""
    version = DirectoryVersion.current()
    page = pages.find(request, version, request.META["QUERY_STRING"])
    return pages.answer(request, page or _make(request, version))


def _make(request, version: int):
    wish = read_wish(request.GET)
    query = wish.canonical()
    page = None if wish.problems else pages.find(request, version, query)
    return page or pages.make(
        request,
        version,
        "hospitals/compare.html",
        compare_context(wish, version),
        query=query,
        keep=not wish.problems,
    )


def read_wish(data) -> Wish:
    """Two queries, whatever is asked."""
    problems = []
    asked = list(dict.fromkeys(slug[:MAX_SLUG] for slug in data.getlist("hospital")[:MAX_READ]))
    asked = [slug for slug in asked if slug]
    rows = {row.slug: row for row in Hospital.objects.public().filter(slug__in=asked)}
    for slug in asked[:MAX_COMPARED]:
        if slug not in rows:
            problems.append(
                _("“%(value)s” was left out: we know no such hospital.") % {"value": slug}
            )
    known = [rows[slug] for slug in asked if slug in rows]
    if len(known) > MAX_COMPARED:
        problems.append(_("You can compare up to four hospitals. These are the first four."))
    hospitals = sorted(known[:MAX_COMPARED], key=lambda row: (row.position, row.slug))
    return Wish(hospitals, _condition(data, problems), problems)


def _condition(data, problems: list[str]) -> Condition | None:
    slug = data.get("condition", "")[:MAX_SLUG]
    rows = Condition.objects.prefetch_related("ways__specialty")
    found = rows.filter(slug=slug).first() if slug else None
    if slug and not found:
        problems.append(_("“%(value)s” was left out: we know no such condition.") % {"value": slug})
    return found


def compare_context(wish: Wish, version: int) -> dict:
    asked = _asked(wish.condition)
    columns = treats(asked, [row.pk for row in wish.hospitals], treatments=True)
    compared = points(columns, with_condition=wish.condition is not None)
    condition = wish.condition
    condition_url = reverse("conditions:detail", args=[condition.slug]) if condition else ""
    return {
        "condition": condition,
        "columns": [
            {"treats": column, "remove_url": wish.address(without=column.hospital.slug)}
            for column in columns
        ],
        "points": [point for point in compared if not point.is_untold],
        # In one list at the end: on a phone they were pages of "not told yet".
        "untold": [point.label for point in compared if point.is_untold],
        "problems": wish.problems,
        "candidates": candidates(wish, asked, version),
        "size": len(columns),
        "without_condition_url": wish.address(condition=False),
        "condition_url": condition_url,
        # Endless combinations; the pages of conditions and hospitals are the ones to find.
        "canonical_path": condition_url or reverse("compare"),
    }


def _asked(condition: Condition | None) -> Asked:
    if not condition:
        return Asked(())
    ways = sorted(condition.ways.all(), key=lambda way: way.position)
    return Asked(tuple(way.specialty.slug for way in ways), condition)


def candidates(wish: Wish, asked: Asked, version: int) -> list[dict]:
    """Hospitals that may be added: those that treat the condition, else the first of the list."""
    if len(wish.hospitals) >= MAX_COMPARED:
        return []
    index = facets.current(version)
    keys = find_treating(asked, index).hospitals if wish.condition else []
    keys = keys or index.slice(index.everybody, 0, 13)
    chosen = {row.pk for row in wish.hospitals}
    rows = {row.pk: row for row in Hospital.objects.public().filter(pk__in=keys)}
    return [
        {"name": rows[key].name, "url": wish.address(plus=rows[key].slug)}
        for key in keys
        if key in rows and key not in chosen
    ]
