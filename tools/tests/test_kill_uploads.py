"""kill -9 in the gate: a few moments; `make kills` tries 50 on both databases (row U8)."""

import pytest

from tools.kill_uploads import Outcome, judge, try_kills


@pytest.mark.timeout(400)
def test_kills_cost_nothing_that_was_acknowledged_U8():
    outcome = try_kills(2)
    assert outcome.problems == []
    assert outcome.kills >= 2 and outcome.files >= 1


def test_every_kind_of_damage_is_a_problem_U8():
    outcome = Outcome(acknowledged_lost=1)
    judge(
        outcome,
        {"a": "1", "b": "2"},
        {"whole": {"a": "1"}, "broken": ["c: FileLostError"], "orphans": 2, "lost": 1},
    )
    assert outcome.problems == [
        "b is not as it was sent",
        "c: FileLostError",
        "orphans: 2",
        "lost: 1",
        "acknowledged and lost: 1",
    ]
