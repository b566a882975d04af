"""`best` stays the policy of the best evaluation when a run died after it and went on."""

from __future__ import annotations

import pytest

from rlt.log.metrics_csv import read_metrics
from rlt.run.checkpoint import find_weights
from rlt.store.tree import load_tree
from tests.run.counting import Counting
from tests.run.test_runner import Until, dying_at, run_in

SCORES = {20: 7.0, 40: 3.0, 60: 5.0, 80: 6.0}


def resumed_after(death, scores, path):
    """A run whose evaluation at each multiple of 20 gives `scores`, dead at step `death`, resumed to its end at 100."""
    values = {"total_steps": 100, "evaluation": {"interval": 20}, "checkpoint": {"interval": 10}}
    with pytest.raises(Until):
        run_in(path, Counting(scores=scores.get, on_step=dying_at(death)), **values)
    return run_in(path, Counting(scores=lambda steps: scores.get(steps, 0.0)), resume=True, **values)[0]


@pytest.mark.parametrize("death", [25, 40, 55, 79])
def test_later_and_worse_evaluations_do_not_take_its_place(tmp_path, death):
    folder = resumed_after(death, SCORES, tmp_path / "r")
    weights, steps = find_weights(folder.path, "best")[:2]
    assert (int(weights["weight"]), steps) == (20, 20)
    assert load_tree(folder.best, kind="weights")["score"] == 7.0
    assert [s for s in read_metrics(folder.metrics_file)["evaluation/return_mean"] if s == s] == list(SCORES.values())


@pytest.mark.parametrize("death", [25, 55])
def test_a_later_and_better_evaluation_does(tmp_path, death):
    folder = resumed_after(death, SCORES | {80: 7.5}, tmp_path / "r")
    assert find_weights(folder.path, "best")[1] == 80
    assert load_tree(folder.best, kind="weights")["score"] == 7.5
