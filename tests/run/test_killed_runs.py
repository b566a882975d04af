"""A run that was killed and resumed is the run that was never killed. At full size: experiments/proofs."""

from __future__ import annotations

import pytest

from experiments.proofs import training
from experiments.proofs.training import differences, train, train_killed

SHORT = ["evaluation.final_episodes=2", "evaluation.episodes=2", "evaluation.interval=2_000"]
CARTPOLE = ["+experiment=ppo_cartpole", "total_steps=7_680", "checkpoint.interval=1_500", *SHORT]
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


# A replay that is overwritten several times, in segments of which some are removed between checkpoints.
DQN_LUNARLANDER = [
    "+experiment=dqn_lunarlander",
    "env.num_envs=2",
    "env.backend=sync",
    "total_steps=3_000",
    "agent.buffer_size=800",
    "agent.learning_starts=200",
    "agent.double=true",
    "model.hidden=[32]",
    "checkpoint.interval=250",
    "log.interval=200",
    "threads=1",
    *SHORT,
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "kills", "cold"),
    [(CARTPOLE, 1, True), (LUNARLANDER, 1, False), (HOPPER, 1, False), (DQN_LUNARLANDER, 2, False)],
    ids=["cartpole", "lunarlander", "hopper", "dqn"],
)
def test_a_killed_run_ends_equal_to_one_that_was_never_killed(tmp_path, monkeypatch, warm, words, kills, cold):
    if not cold:  # cold: each process has its own hash seed
        monkeypatch.setattr(training, "PYTHON", warm.python)
    whole = train(tmp_path / "whole", words)
    assert len(train_killed(tmp_path / "killed", words, kills, seed=1)) == kills
    assert differences(whole, train(tmp_path / "killed", words)) == []
