"""Which slices of a series are missing or twice, from their numbers and their places."""

from collections import Counter
from dataclasses import dataclass

# A gap counts from one and a half of the usual distance on.
GAP = 1.5
# Slices lie apart like this at most; more says that some in between were left out.
APART = 1.6
# Numbers beyond are a scanner's own way of counting, not pictures of one series.
MOST = 20_000


@dataclass(frozen=True)
class Image:
    """One picture as the header told it; `where` is the disc and its number there."""

    where: tuple[str, int]
    uid: str
    number: int | None
    direction: str
    position: float | None
    frames: int


@dataclass(frozen=True)
class Count:
    """How many pictures are here, how many there should be, and how sure that is."""

    here: int
    expected: int
    twice: int
    is_sure: bool
    # For the office: what each way of counting said.
    by_number: int
    by_place: int
    first_number: int | None

    @property
    def missing(self) -> int:
        return self.expected - self.here


def count_slices(
    images: list[Image],
    declared: int | None = None,
    listed: int | None = None,
    pitch: float | None = None,
) -> Count:
    """`declared` is what the headers promise, `listed` the disc's own list, `pitch` the distance
    or thickness of slices in millimetres as the scanner was set."""
    single = list({image.uid: image for image in images}.values())
    here = sum(image.frames for image in single)
    numbers = {image.number for image in single if image.number is not None}
    is_thinned = was_thinned(single, pitch)
    inside, before = gaps_of_numbers(numbers, is_thinned)
    by_place = gaps_of_places(single)
    if not is_thinned and by_place == 0 and inside:
        # The stack is whole: this scanner counts with leaps.
        inside = before = 0
    if by_place and len(numbers) >= 3 and not inside:
        # Numbered without a gap: the empty space was planned, as between two parts of a spine.
        by_place = 0
    promised = max((one for one in (declared, listed) if one and one <= MOST), default=0)
    sure = max(len(single) + max(inside, by_place or 0), promised)
    maybe = len(single) + inside + before
    expected = max(sure, maybe) if before else sure
    return Count(
        here=here,
        # Files of many frames are counted by frames, where files are not what is missing.
        expected=here + expected - len(single),
        twice=len(images) - len(single) + places_twice(single),
        is_sure=sure > len(single),
        by_number=inside + before,
        by_place=by_place or 0,
        first_number=min(numbers, default=None),
    )


def gaps_of_numbers(numbers: set[int], is_thinned: bool = False) -> tuple[int, int]:
    """Numbers left out between the first and the last, and before the first.

    Every second number is a way of counting, unless we know that slices were left out.
    """
    if len(numbers) < 3 or max(numbers) > MOST:
        return 0, 0
    order = sorted(numbers)
    steps = (after - one for one, after in zip(order, order[1:], strict=False))
    step = 1 if is_thinned else min(steps)
    inside = (order[-1] - order[0]) // step + 1 - len(order)
    before = max(0, (order[0] - 1) // step)
    return inside, before


def was_thinned(images: list[Image], pitch: float | None) -> bool:
    """Every fifth slice of a CT, as a short disc has them: evenly apart, and too far."""
    places = places_of(images)
    return bool(pitch) and len(places) > 3 and usual_step(steps_of(places)) > APART * pitch


def places_of(images: list[Image]) -> list[float]:
    """Along the stack; none where there is not one direction."""
    directions = {image.direction for image in images}
    if len(directions) != 1 or "" in directions:
        return []
    return sorted({image.position for image in images if image.position is not None})


def steps_of(places: list[float]) -> list[float]:
    return [after - one for one, after in zip(places, places[1:], strict=False)]


def gaps_of_places(images: list[Image]) -> int | None:
    """Slices that are missing within the stack; None where the places tell nothing."""
    places = places_of(images)
    if len(places) < 4:
        return None
    steps = steps_of(places)
    usual = usual_step(steps)
    if usual < 0.01:
        return None
    missing = sum(round(step / usual) - 1 for step in steps if step > GAP * usual)
    # Distances all over: no stack with holes, but one that was planned so.
    return missing if missing <= MOST else None


def usual_step(steps: list[float]) -> float:
    """The most frequent distance, to a tenth of a millimetre; the least of equals."""
    counts = Counter(round(step, 1) for step in steps)
    most = max(counts.values())
    return min(step for step, times in counts.items() if times == most)


def places_twice(images: list[Image]) -> int:
    """Other pictures with the same number at the same place: a copy under another name."""
    seen = Counter(
        (image.number, image.direction, image.position)
        for image in images
        if image.number is not None and image.position is not None
    )
    return sum(times - 1 for times in seen.values())
