"""A run that was killed and resumed is the run that was never killed. At full size and in new interpreters: `make prove`."""

from __future__ import annotations

import pytest

from experiments.proofs import training
from experiments.proofs.training import differences, train, train_killed

SHORT = ["evaluation.final_episodes=2", "evaluation.episodes=2", "evaluation.interval=2_000"]
HOPPER = [
    "+experiment=ppo_hopper",
    "total_steps=3_072",
    "agent.n_steps=64",
    "checkpoint.interval=500",
    *SHORT,
]

# A replay that is overwritten several times, in segments of which some are removed between checkpoints.
DQN_LUNARLANDER = [
    "+experiment=dqn_lunarlander",
    "env.num_envs=2",
    "env.backend=sync",
    "total_steps=1_500",
    "agent.buffer_size=500",
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
    ("words", "kills"), [(HOPPER, 1), (DQN_LUNARLANDER, 2)], ids=["hopper", "dqn"]
)
def test_a_killed_run_ends_equal_to_one_that_was_never_killed(tmp_path, monkeypatch, warm, words, kills):
    monkeypatch.setattr(training, "PYTHON", warm.python)
    whole = train(tmp_path / "whole", words)
    assert len(train_killed(tmp_path / "killed", words, kills, seed=1)) == kills
    assert differences(whole, train(tmp_path / "killed", words)) == []
