"""Proof of work: costs the asker, is checked at once, and counts once."""

import pytest

from cases import throttle, work
from cases.models import SpentWork


def small(purpose="sign-in") -> str:
    return work.new_challenge(purpose, 50)


def test_solved_challenge_is_accepted():
    assert work.is_solved("sign-in", work.solve(small()), 50)


@pytest.mark.parametrize("number", ["", "x", "-1", "٣", "9" * 30, "51"])
def test_wrong_number_is_refused(number):
    assert not work.is_solved("sign-in", f"{small()}.{number}", 50)


def test_challenge_of_another_purpose_or_size_is_refused():
    answer = work.solve(small())
    assert not work.is_solved("inquiry", answer, 50)
    assert not work.is_solved("sign-in", answer, 51)


@pytest.mark.parametrize("place", range(5))
def test_changed_challenge_is_refused(place):
    parts = work.solve(small()).split(".")
    parts[place] = "1" + parts[place]
    assert not work.is_solved("sign-in", ".".join(parts), 50)


@pytest.mark.parametrize("text", ["", "....", "a" * 5000, "é.1.2.3.4", "\x00"])
def test_nonsense_is_refused(text):
    assert not work.is_solved("sign-in", text)
    assert work.seconds_until_ripe("sign-in", text) is None


def test_old_challenge_is_refused(time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    answer = work.solve(small())
    time_machine.shift(work.LIFE)
    assert not work.is_solved("sign-in", answer, 50)


def test_ticket_ripens_and_grows_old(time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    ticket = work.new_ticket("sign-in", 60)
    assert work.seconds_until_ripe("sign-in", ticket) == 60
    assert work.seconds_until_ripe("inquiry", ticket) is None
    time_machine.shift(60)
    assert work.seconds_until_ripe("sign-in", ticket) == 0
    time_machine.shift(work.LIFE + 1)
    assert work.seconds_until_ripe("sign-in", ticket) is None


@pytest.mark.django_db
def test_proof_and_ticket_count_once(time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    proof = work.solve(small())
    assert [throttle.has_paid("sign-in", 50, proof) for _time in range(2)] == [True, False]
    ticket = throttle.new_ticket("sign-in", work.EASY)
    time_machine.shift(60)
    paid = [throttle.has_paid("sign-in", work.EASY, "", ticket) for _time in range(2)]
    assert paid == [True, False]
    assert SpentWork.objects.count() == 2


@pytest.mark.django_db
def test_ticket_of_a_small_work_pays_for_no_larger_one(time_machine):
    time_machine.move_to("2026-11-23 08:00:00+00:00", tick=False)
    ticket = throttle.new_ticket("sign-in", work.EASY)
    time_machine.shift(600)
    assert not throttle.has_paid("sign-in", work.HARD, "", ticket)


def test_checking_costs_one_sum_and_one_signature(monkeypatch):
    """However many numbers the asker had to try; nonsense costs a signature at most."""
    made = []
    real_sum, real_signature = work._sum, work._signature
    monkeypatch.setattr(work, "_sum", lambda *what: made.append("sum") or real_sum(*what))
    monkeypatch.setattr(
        work, "_signature", lambda *what: made.append("signature") or real_signature(*what)
    )
    answer = work.solve(work.new_challenge("sign-in", 500))
    made.clear()
    assert work.is_solved("sign-in", answer, 500)
    assert made == ["signature", "sum"]
    made.clear()
    assert not work.is_solved("sign-in", "x.1." * 1000)
    assert made == ["signature"]
