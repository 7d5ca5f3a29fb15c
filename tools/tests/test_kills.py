"""Row R5 in the gate: a few kills of a real server; `make kills` does fifty on both databases."""

import pytest

from tools import kills


@pytest.mark.timeout(300)
def test_r5_killed_workers_lose_nothing_that_was_acknowledged():
    outcome = kills.run(3, seed=7)
    assert outcome.kills == 3
    assert outcome.sent or outcome.saved
    assert (outcome.lost, outcome.halves, outcome.errors) == ([], 0, [])


def told(whole=(), drafts=None, halves=0) -> dict:
    return {"whole": list(whole), "drafts": drafts or {}, "halves": halves}


@pytest.mark.parametrize(
    ("sent", "saved", "answer", "lost"),
    [
        ({"A"}, {}, told(["A"]), []),
        ({"A"}, {}, told(), ["A"]),
        (set(), {"B": {"you", "now"}}, told(drafts={"B": ["now", "you"]}), []),
        (set(), {"B": {"you", "now"}}, told(drafts={"B": ["you"]}), ["B"]),
        (set(), {"B": {"you"}}, told(["B"]), []),
        (set(), {"B": {"you"}}, told(), ["B"]),
    ],
)
def test_r5_judge_finds_what_was_lost(sent, saved, answer, lost):
    outcome = kills.Outcome(sent=sent, saved=saved)
    kills.judge(outcome, answer)
    assert outcome.lost == lost


def test_r5_judge_counts_halves():
    outcome = kills.Outcome()
    kills.judge(outcome, told(halves=2))
    assert outcome.halves == 2
    assert "2 halves" in outcome.line()
