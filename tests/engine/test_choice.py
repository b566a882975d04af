"""`compile=auto` decides by its rule, the same everywhere, and writes down what it decided."""

from __future__ import annotations

import logging

import pytest
import torch
from torch import nn

from rlt import envs
from rlt.agents import DQN, PPO
from rlt.engine import choice
from rlt.engine.choice import PARAMETERS, SWITCH, UPDATES, settle
from rlt.engine.config import EngineConfig
from rlt.engine.optimizers import Adam
from rlt.engine.step import Group
from rlt.engine.training import TrainingStep
from rlt.errors import ConfigError


@pytest.fixture(autouse=True)
def _a_compiler(monkeypatch):
    monkeypatch.setattr(choice, "has_compiler", lambda: True)


def step_of(*networks):
    return TrainingStep({str(n): Group(net, Adam()) for n, net in enumerate(networks)}, lambda step: {})


SMALL = (4, 8)


@pytest.mark.parametrize(
    ("network", "updates", "decided"),
    [
        (lambda: nn.Linear(*SMALL), UPDATES, "on"),
        (lambda: nn.Linear(*SMALL), UPDATES - 1, "off"),
        (lambda: nn.Linear(PARAMETERS // 1000, 1000), 10**7, "off"),
        (lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.Linear(*SMALL)), 10**7, "off"),
        (lambda: nn.LSTM(*SMALL), 10**7, "off"),
    ],
    ids=["many updates", "few updates", "a large network", "convolutions", "a recurrent layer of torch's"],
)
def test_auto_follows_its_rule(network, updates, decided):
    step = step_of(network())
    settled = settle(EngineConfig(), [step], updates)
    assert (settled.compile, settled.compile_at) == (decided, SWITCH if decided == "on" else None)
    assert step.compile_at == settled.compile_at


def test_on_begins_at_once_and_what_was_settled_stays_settled():
    step = step_of(nn.Linear(*SMALL))
    assert settle(EngineConfig(compile="on"), [step], 1) == EngineConfig(compile="on", compile_at=0)
    assert settle(EngineConfig(compile="off"), [step], 10**9).compile == "off"
    assert step.compile_at is None
    decided = settle(EngineConfig(threads=2), [step], UPDATES)
    assert settle(decided, [step], 1) == decided


def test_without_a_compiler_one_line_says_so_and_on_is_refused(monkeypatch, caplog):
    monkeypatch.setattr(choice, "has_compiler", lambda: False)
    with caplog.at_level(logging.WARNING):
        assert settle(EngineConfig(), [step_of(nn.Linear(*SMALL))], 10**6).compile == "off"
    assert [r.message for r in caplog.records] == [
        "training runs eager: torch.compile needs a C++ compiler (g++ or clang++), and none was found"
    ]
    with pytest.raises(ConfigError, match=r"compile=on: torch.compile needs a C\+\+ compiler"):
        settle(EngineConfig(compile="on"), [step_of(nn.Linear(*SMALL))], 10**6)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"compile": "maybe"}, "compile=maybe"), ({"compile": "off", "compile_at": 3}, "contradict"), ({"compile_at": -1}, "-1")],
)
def test_bad_settings_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        PPO(envs.make("CartPole-v1", 1), **options)


def test_the_resolved_configuration_holds_the_decision():
    agent = PPO(envs.make("CartPole-v1", 4), n_steps=128, minibatch_size=128, n_epochs=4)
    for steps, rollouts, decided in ((512, 1, "off"), (1_000_000, 1953, "off"), (2_600_000, 5078, "on")):
        assert agent.updates_in(steps) == rollouts * 16
        agent.engine = EngineConfig()
        agent.settle(steps)
        assert (agent.describe()["compile"], agent.describe()["threads"]) == (decided, 1)
    dqn = DQN(envs.make("CartPole-v1", 4), buffer_size=1000, learning_starts=100, train_freq=10, gradient_steps=3)
    assert dqn.updates_in(1100) == 300
    dqn.settle(200_000)
    assert (dqn.describe()["compile"], dqn.describe()["compile_at"]) == ("on", SWITCH)


class Breaks(nn.Module):
    """A network that asks its numbers: no one graph."""

    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.out = nn.Linear(obs_dim, n_actions)

    def forward(self, obs):
        q = self.out(obs)
        return q + float(q.detach().mean() > 1e9)


def test_where_the_compiler_fails_auto_stays_eager_with_one_line_and_on_says_why(caplog):
    from rlt.errors import RunError

    options = {"buffer_size": 100, "learning_starts": 4, "train_freq": 1, "batch_size": 4, "model": Breaks, "seed": 0}
    asked = DQN(envs.make("CartPole-v1", 1), compile="on", **options)
    with pytest.raises(RunError, match=r"cannot be compiled.*\n.*\n.*compile=off"):
        asked.learn(8)
    agents = [DQN(envs.make("CartPole-v1", 1), compile="off", **options) for _ in range(2)]
    agents[1].training_steps[0].compile_from(3, required=False)
    agents[0].learn(12)
    agents[1].begin(12)
    with caplog.at_level(logging.WARNING):
        agents[1].advance(12)
    assert "stays eager" in caplog.text
    assert all(torch.equal(a, b) for a, b in zip(agents[0].weights().values(), agents[1].weights().values()))
