"""A run that was killed and resumed is the run that was never killed; a run repeated is the same run."""

from __future__ import annotations

import pytest

from experiments.proofs.training import differences, metrics_differences, train, train_killed, weights_differences

SHORT = ["evaluation.final_episodes=2", "evaluation.episodes=2", "evaluation.interval=3_000"]
CARTPOLE = ["+experiment=ppo_cartpole", "total_steps=12_800", "checkpoint.interval=1_500", *SHORT]
LUNARLANDER = [
    "+experiment=ppo_lunarlander",
    "total_steps=16_384",
    "agent.n_steps=64",
    "checkpoint.interval=1_500",
    *SHORT,
]
HOPPER = [
    "+experiment=ppo_hopper",
    "total_steps=8_192",
    "agent.n_steps=64",
    "checkpoint.interval=1_000",
    *SHORT,
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "kills"), [(CARTPOLE, 3), (LUNARLANDER, 1), (HOPPER, 1)], ids=["cartpole", "lunarlander", "hopper"]
)
def test_a_killed_run_ends_equal_to_one_that_was_never_killed(tmp_path, words, kills):
    whole = train(tmp_path / "whole", words)
    assert len(train_killed(tmp_path / "killed", words, kills, seed=1)) == kills
    assert differences(whole, train(tmp_path / "killed", words)) == []


@pytest.mark.slow
def test_the_seed_fixes_everything_and_evaluation_nothing(tmp_path):
    words = [
        "+experiment=ppo_cartpole",
        "total_steps=2_048",
        "evaluation.final_episodes=2",
        "evaluation.episodes=2",
    ]
    first = train(tmp_path / "first", [*words, "evaluation.interval=512"])
    again = train(tmp_path / "again", [*words, "evaluation.interval=512"])
    unwatched = train(tmp_path / "unwatched", [*words, "evaluation.interval=0"])
    other = train(tmp_path / "other", [*words, "evaluation.interval=512", "seed=1"])
    assert differences(first, again) == []
    assert weights_differences(first, unwatched) == []
    assert metrics_differences(first, other) != []
    assert weights_differences(first, other) != []
