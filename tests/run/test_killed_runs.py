"""A run that was killed and resumed is the run that was never killed. At full size: experiments/proofs."""

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
    ("words", "kills", "cold"), [(HOPPER, 1, False), (DQN_LUNARLANDER, 2, True)], ids=["hopper", "dqn"]
)
def test_a_killed_run_ends_equal_to_one_that_was_never_killed(tmp_path, monkeypatch, warm, words, kills, cold):
    with monkeypatch.context() as patch:
        patch.setattr(training, "PYTHON", warm.python)
        whole = train(tmp_path / "whole", words)
        assert len(train_killed(tmp_path / "killed", words, kills, seed=1)) == kills
        if cold:  # the last part by an interpreter of its own: another hash seed
            patch.undo()
        again = train(tmp_path / "killed", words)
    assert differences(whole, again) == []
