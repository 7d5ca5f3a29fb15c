"""Which slices are missing or twice: by number, by place, by promise; and no false alarm."""

import pytest

from cases.imaging.slices import Image, count_slices, gaps_of_numbers

STACK = "0.00,0.00,1.00"


def stack(numbers, step: float = 2.5, direction: str = STACK, frames: int = 1) -> list[Image]:
    return [
        Image(("paper", number), f"uid{number}", number, direction, number * step, frames)
        for number in numbers
    ]


def unplaced(numbers) -> list[Image]:
    return [Image(("paper", n), f"uid{n}", n, "", None, 1) for n in numbers]


def test_a_whole_stack_misses_nothing():
    told = count_slices(stack(range(1, 213)))
    assert (told.here, told.expected, told.missing, told.twice) == (212, 212, 0, 0)


def test_forty_slices_of_212_are_noticed():
    numbers = sorted({1, 212, *range(19, 207, 5)})
    told = count_slices(stack(numbers), pitch=2.5)
    assert (told.here, told.expected, told.is_sure) == (40, 212, True)


@pytest.mark.parametrize(("pitch", "missing"), [(2.5, 80), (10.0, 0), (12.5, 0), (None, 0)])
def test_every_fifth_slice_is_too_far_apart(pitch, missing):
    """Numbers 1, 6, 11 …: thinned out if the slices are thinner than the space between them."""
    assert count_slices(stack(range(1, 102, 5)), pitch=pitch).missing == missing


@pytest.mark.parametrize("lost", [{5}, {5, 6, 7}, {2, 9, 30}])
def test_each_lost_slice_is_counted(lost):
    numbers = set(range(1, 41)) - lost
    told = count_slices(stack(numbers))
    assert (told.missing, told.by_number, told.by_place) == (len(lost), len(lost), len(lost))


def test_without_places_the_numbers_tell():
    told = count_slices(unplaced(set(range(1, 31)) - {7, 8}))
    assert (told.missing, told.is_sure, told.by_place) == (2, True, 0)


def test_without_numbers_the_places_tell():
    images = [
        Image(("paper", n), f"uid{n}", None, STACK, 2.5 * n, 1)
        for n in range(30)
        if n not in (7, 8)
    ]
    told = count_slices(images)
    assert (told.missing, told.is_sure) == (2, True)


def test_leaps_of_a_scanner_are_no_gaps():
    """Numbers 1, 2, 3, 7, 8, 9 over a stack without a hole."""
    images = [
        Image(("paper", n), f"uid{n}", n + (3 if n > 3 else 0), STACK, 2.5 * n, 1)
        for n in range(1, 9)
    ]
    assert count_slices(images).missing == 0


def test_space_between_two_parts_is_no_gap():
    """A spine in two blocks: numbered through, with air between."""
    images = [
        Image(("paper", n), f"uid{n}", n, STACK, 3.0 * n + (60 if n > 10 else 0), 1)
        for n in range(1, 21)
    ]
    assert count_slices(images).missing == 0


def test_every_second_number_is_a_way_of_counting():
    assert gaps_of_numbers({1, 3, 5, 7, 9}) == (0, 0)


def test_a_beginning_that_is_missing_is_only_asked_about():
    told = count_slices(stack(range(173, 213)))
    assert (told.here, told.expected, told.is_sure, told.first_number) == (40, 212, False, 173)


@pytest.mark.parametrize(("declared", "listed"), [(212, None), (None, 212), (100, 212)])
def test_promises_are_held_against_the_disc(declared, listed):
    told = count_slices(stack(range(1, 41)), declared, listed)
    assert (told.here, told.expected, told.is_sure) == (40, 212, True)


@pytest.mark.parametrize("promise", [0, 3, 10**6])
def test_promises_that_make_no_sense_are_passed_over(promise):
    assert count_slices(stack(range(1, 41)), promise, None).missing == 0


def test_localizers_in_three_directions_have_no_gaps():
    images = [Image(("paper", n), f"uid{n}", n, f"{n},0.00,0.00", 40.0 * n, 1) for n in range(1, 7)]
    assert count_slices(images).missing == 0


def test_the_same_picture_twice_is_one():
    told = count_slices(stack(range(1, 11)) + stack(range(1, 4)))
    assert (told.here, told.twice, told.missing) == (10, 3, 0)


def test_a_copy_under_another_name_is_twice():
    images = stack(range(1, 11))
    images.append(Image(("paper", 99), "another", 5, STACK, 12.5, 1))
    assert count_slices(images).twice == 1


def test_phases_at_the_same_places_are_not_twice():
    images = stack(range(1, 11))
    images += [Image(("p", n), f"b{n}", n + 10, STACK, n * 2.5, 1) for n in range(1, 11)]
    told = count_slices(images)
    assert (told.here, told.twice, told.missing) == (20, 0, 0)


def test_frames_count_and_files_are_missing():
    told = count_slices([Image(("paper", 0), "uid", 1, "", None, 120)])
    assert (told.here, told.expected, told.missing) == (120, 120, 0)


@pytest.mark.parametrize("numbers", [[], [None], [7], [3, 9]])
def test_few_pictures_miss_nothing(numbers):
    images = [Image(("p", n), f"u{i}", n, "", None, 1) for i, n in enumerate(numbers)]
    assert count_slices(images).missing == 0


def test_numbers_beyond_reason_are_a_name_not_a_count_slices():
    assert gaps_of_numbers({1, 2, 900_001}) == (0, 0)
