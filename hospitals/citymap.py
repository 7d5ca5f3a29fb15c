"""The map of the city: districts to choose from, and beside them the same as a list.

Drawn from `data/districts.json` in two sheets, the whole city and its small central
districts enlarged. A pin stands for the hospitals of a district, never for a place
within it: most campuses have a district whose source we know, but no checked address.
"""

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from hospitals.choices import District

DATA = Path(__file__).parent / "data" / "districts.json"
# Units of the drawing; as shown, one is about half a pixel.
WIDTH = 600
# The sheet of the city shows these as one shape, which leads to the other sheet.
CENTRE = "centre"
PIN_HEIGHT, DIGIT_WIDTH, PIN_PADDING = 34, 14, 20
# Stands for the number in a mark that is kept; no name has this character.
NUMBER = "\N{OBJECT REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Outline:
    """A district as a path of SVG, and where its pin and its name stand."""

    key: str
    path: str
    x: int
    y: int


@dataclass(frozen=True)
class Sheet:
    key: str
    height: int
    coast: str
    river: str
    outlines: tuple[Outline, ...]

    @property
    def view_box(self) -> str:
        return f"0 0 {WIDTH} {self.height}"


@dataclass(frozen=True)
class Area:
    """A district as it stands on the page now; without hospitals it has no address."""

    key: str
    label: str
    number: int
    url: str
    is_chosen: bool = False

    @property
    def name(self) -> str:
        words = {"district": self.label, "number": self.number}
        return (
            ngettext(
                "%(district)s: %(number)d hospital",
                "%(district)s: %(number)d hospitals",
                self.number,
            )
            % words
        )


@dataclass(frozen=True)
class Shape:
    outline: Outline
    area: Area

    @property
    def is_filled(self) -> bool:
        """The centre only stands for the chosen district, which is filled on its own sheet."""
        return self.area.is_chosen and self.area.key != CENTRE

    @property
    def mark(self) -> SafeString:
        """Pin, number and name."""
        number = str(self.area.number or "")
        words = get_language(), self.area.label
        mark = _mark(self.outline, *words, len(number), self.is_filled)
        return SafeString(mark.replace(NUMBER, number))


@dataclass(frozen=True)
class Mark:
    """Where the parts of a mark stand."""

    outline: Outline
    # Of the number in the pin; none where there is no pin.
    digits: int
    number: str = NUMBER

    @property
    def pin(self) -> str:
        """A box with a tip, as wide as its number, above the point of the district."""
        half = (PIN_PADDING + DIGIT_WIDTH * self.digits) // 2
        x, top = self.outline.x, self.outline.y - PIN_HEIGHT - 8
        return (
            f"M{x - half} {top + 9}q0-9 9-9h{2 * half - 18}q9 0 9 9v{PIN_HEIGHT - 18}"
            f"q0 9-9 9h{14 - half}l-5 8-5-8h{14 - half}q-9 0-9-9z"
        )

    @property
    def number_y(self) -> int:
        return self.outline.y - PIN_HEIGHT // 2 - 1

    @property
    def label_y(self) -> int:
        """Below the pin; without a pin, at its point."""
        return self.outline.y + (21 if self.digits else 8)


# Thirty of them stand on each page; of the number only its width changes the drawing.
@lru_cache(maxsize=4096)
def _mark(outline: Outline, _language: str, label: str, digits: int, is_filled: bool) -> str:
    """With `NUMBER` in the place of the number."""
    context = {"mark": Mark(outline, digits), "label": label, "is_filled": is_filled}
    return render_to_string("hospitals/_map_mark.html", context).strip()


def draw(areas: Iterable[Area]) -> list[tuple[Sheet, list[Shape]]]:
    """Each sheet with its shapes; the city's centre is one area with its own number."""
    by_key = {area.key: area for area in areas}
    return [
        (sheet, [Shape(outline, by_key[outline.key]) for outline in sheet.outlines])
        for sheet in sheets()
    ]


def city_areas(
    counts: dict[str, int], chosen: str, address: Callable[[str], str], centre: int
) -> list[Area]:
    """The sixteen districts, and the centre. `centre`: hospitals in any central district."""
    areas = [
        Area(key, str(label), counts.get(key, 0), address(key), key == chosen)
        for key, label in District.choices
    ]
    has_chosen = chosen in central_districts()
    label = gettext("City centre")
    return [*areas, Area(CENTRE, label, centre, f"#map-{CENTRE}", has_chosen)]


def listed(areas: Iterable[Area]) -> list[Area]:
    """Districts to choose from, most hospitals first; the chosen one in any case."""
    found = [one for one in areas if one.key != CENTRE and (one.number or one.is_chosen)]
    return sorted(found, key=lambda one: -one.number)


def central_districts() -> tuple[str, ...]:
    return tuple(outline.key for outline in sheets()[1].outlines)


@cache
def sheets() -> tuple[Sheet, ...]:
    """The city, then its centre."""
    drawn = json.loads(DATA.read_text(encoding="utf-8"))
    return tuple(_sheet(key, drawn[key]) for key in ("city", CENTRE))


def _sheet(key: str, data: dict) -> Sheet:
    west, south, east, north = data["window"]
    # A degree of longitude is shorter than one of latitude.
    narrow = math.cos(math.radians((south + north) / 2))
    scale = WIDTH / ((east - west) * narrow)

    def point(place) -> tuple[int, int]:
        return round((place[0] - west) * narrow * scale), round((north - place[1]) * scale)

    outlines = tuple(
        Outline(name, _rings(map(point, ring) for ring in shape["rings"]), x, y)
        for name, shape in data["shapes"].items()
        for x, y in [point(shape["pin"])]
    )
    coast, river = (_path(map(point, data[line])) for line in ("coast", "river"))
    # Islands have water all around.
    for outline in outlines:
        if outline.key == District.CHONGMING:
            coast += outline.path
    return Sheet(key, point((west, south))[1], coast, river, outlines)


def _rings(rings: Iterable[Iterable[tuple[int, int]]]) -> SafeString:
    return SafeString("".join(_path(ring) + "z" for ring in rings))


def _path(points: Iterable[tuple[int, int]]) -> SafeString:
    """Relative steps are the shortest to write."""
    text, last = "", None
    for x, y in points:
        if last is None:
            text = f"M{x} {y}"
        elif (x, y) != last:
            text += f"l{x - last[0]} {y - last[1]}"
        last = (x, y)
    # Numbers and letters of our own; long, and so not looked through at each rendering.
    return SafeString(text.replace(" -", "-"))
