"""What a network of one's own draws while it learns, from torch's global generator, goes on after a resume where it stopped."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from rlt import envs
from rlt.agents import DQN, PPO, SAC
from rlt.store.tree import load_tree, save_tree


class Dropout(nn.Module):
    """Drops half of what it saw, in train mode."""

    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, 32), nn.Tanh(), nn.Dropout(0.5), nn.Linear(32, n_actions))

    def forward(self, obs):
        return self.net(obs)


REPLAY = {"learning_starts": 20, "batch_size": 8, "buffer_size": 100, "train_freq": 6}
AGENTS = {
    PPO: {"n_steps": 24, "minibatch_size": 24, "n_epochs": 1},
    DQN: REPLAY,
    SAC: REPLAY | {"model": {"name": Dropout, "critic": {"name": Dropout}}},
}


def make(cls):
    return cls(envs.make("CartPole-v1", 3, backend="sync"), **{"seed": 4, "model": Dropout} | AGENTS[cls])


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("cls", AGENTS, ids=lambda cls: cls.name)
def test_a_resumed_agent_drops_what_it_would_have_dropped(cls, tmp_path):
    whole, stopped, resumed = (make(cls) for _ in range(3))
    for agent in (whole, stopped):
        agent.begin(216)
    whole.advance(216)
    stopped.advance(132)  # past the first updates, which drew
    built = make(cls).generators.state()["global"]["cpu"]
    assert not torch.equal(built, stopped.generators.state()["global"]["cpu"])
    save_tree(tmp_path / "x.rlt", stopped.state(), kind="checkpoint")
    resumed.load_state(load_tree(tmp_path / "x.rlt", kind="checkpoint"))
    torch.rand(5)  # what else the process draws does not matter
    resumed.advance(216)
    assert equal(resumed.weights(), whole.weights())
    assert torch.equal(resumed.generators.state()["global"]["cpu"], whole.generators.state()["global"]["cpu"])
