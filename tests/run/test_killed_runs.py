"""A run that was killed and resumed is the run that was never killed; a run repeated is the same run."""

from __future__ import annotations

import pytest

from experiments.proofs.training import differences, train, train_killed

QUIET = ["evaluation.final_episodes=4", "evaluation.episodes=4"]
CARTPOLE = ["+experiment=ppo_cartpole", "total_steps=25_600", "checkpoint.interval=2_000", "evaluation.interval=9_000", *QUIET]
LUNARLANDER = [
    "+experiment=ppo_lunarlander", "total_steps=24_576", "agent.n_steps=64", "checkpoint.interval=3_000",
    "evaluation.interval=9_000", *QUIET,
]
HOPPER = [
    "+experiment=ppo_hopper",
    "total_steps=24_576",
    "agent.n_steps=128",
    "checkpoint.interval=3_000",
    "evaluation.interval=9_000",
    *QUIET,
]


@pytest.mark.slow
@pytest.mark.parametrize("words", [CARTPOLE, LUNARLANDER, HOPPER], ids=["cartpole", "lunarlander", "hopper"])
def test_a_run_killed_three_times_ends_equal_to_one_that_was_never_killed(tmp_path, words):
    whole = train(tmp_path / "whole", words)
    moments = train_killed(tmp_path / "killed", words, kills=3, seed=1)
    assert len(moments) == 3
    assert differences(whole, train(tmp_path / "killed", words)) == []
