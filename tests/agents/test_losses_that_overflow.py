"""Rewards that overflow the loss stop PPO and DQN, and what was saved before is a sound agent."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
import torch

from rlt import envs
from rlt.agents import DQN, PPO
from rlt.errors import NumericsError
from rlt.run.checkpoint import load_checkpoint
from rlt.run.folder import RunFolder
from tests.agents import tiny

TOTAL, FAULT, NEVER = 320, 60, 10**9


class Late(tiny.Tiny):
    """Sound until its step number `fault`, then rewards whose squares are infinite."""

    observation_space = gym.spaces.Box(-1, 1, (2,), np.float32)

    def __init__(self, fault: int) -> None:
        self.fault, self.total = fault, 0

    def see(self):
        return self.np_random.uniform(-1, 1, size=2).astype(np.float32)

    def step(self, action):
        self.t += 1
        self.total += 1
        reward = 1e30 if self.total > self.fault else float(action)
        return self.see(), reward, False, self.t == 5, {}


AGENTS = {
    "PPO": (PPO, {"n_steps": 8, "minibatch_size": 8, "n_epochs": 2}),
    "PPO, normalised": (PPO, {"n_steps": 8, "minibatch_size": 16, "n_epochs": 2, "normalize_observation": True}),
    "PPO, a KL limit": (PPO, {"n_steps": 8, "minibatch_size": 8, "n_epochs": 2, "target_kl": 0.5}),
    "DQN": (DQN, {"learning_starts": 20, "batch_size": 32, "buffer_size": 200, "train_freq": 4, "loss": "squared"}),
    "DQN, five steps": (
        DQN,
        {"learning_starts": 20, "batch_size": 32, "buffer_size": 200, "train_freq": 4, "loss": "squared", "n_steps": 5,
         "double": True},
    ),
}


def make(name, fault):
    cls, options = AGENTS[name]
    return cls(envs.make(Late, 2, backend="sync", fault=fault), seed=0, model={"hidden": [16]}, learning_rate=1e-3, **options)


def equal(a, b):
    """Two states, to the bit."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[name], b[name]) for name in a)
    return torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


@pytest.mark.parametrize("name", AGENTS)
def test_the_run_stops_and_its_last_checkpoint_is_that_of_an_agent_that_met_no_fault(name, tmp_path):
    with pytest.raises(NumericsError, match="NaN or infinity"):
        make(name, FAULT).learn(TOTAL, run=tmp_path / "run")
    folder = RunFolder.open(tmp_path / "run")
    assert folder.record()["status"] == "failed"
    saved = load_checkpoint(folder)
    steps = saved["run"]["steps"]
    assert 64 <= steps <= 2 * FAULT
    sound = make(name, NEVER)
    sound.begin(TOTAL)
    untrained = sound.weights()
    sound.advance(steps)
    assert not equal(untrained, sound.weights())
    assert equal(saved["learner"]["weights"], sound.weights())
    again = make(name, NEVER)
    again.load_learning(saved["learner"])
    again.learn(64)  # in an environment without the fault
    assert all(value.isfinite().all() for value in again.weights().values())
    assert not equal(again.weights(), sound.weights())
