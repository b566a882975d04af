"""A run that was killed and resumed is the run that was never killed. At full size: experiments/proofs."""

from __future__ import annotations

import pytest

from experiments.proofs.training import differences, train, train_killed

SHORT = ["evaluation.final_episodes=2", "evaluation.episodes=2", "evaluation.interval=2_000"]
CARTPOLE = ["+experiment=ppo_cartpole", "total_steps=12_800", "checkpoint.interval=1_500", *SHORT]
LUNARLANDER = [
    "+experiment=ppo_lunarlander",
    "total_steps=8_192",
    "agent.n_steps=64",
    "checkpoint.interval=1_000",
    *SHORT,
]
HOPPER = [
    "+experiment=ppo_hopper",
    "total_steps=4_096",
    "agent.n_steps=64",
    "checkpoint.interval=500",
    *SHORT,
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "kills"), [(CARTPOLE, 2), (LUNARLANDER, 1), (HOPPER, 1)], ids=["cartpole", "lunarlander", "hopper"]
)
def test_a_killed_run_ends_equal_to_one_that_was_never_killed(tmp_path, words, kills):
    whole = train(tmp_path / "whole", words)
    assert len(train_killed(tmp_path / "killed", words, kills, seed=1)) == kills
    assert differences(whole, train(tmp_path / "killed", words)) == []
