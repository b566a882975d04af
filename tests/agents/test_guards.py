"""What would go wrong in silence is refused, said, or goes right."""

from __future__ import annotations

import logging
from collections import OrderedDict

import gymnasium as gym
import numpy as np
import pytest
import torch
from torch import nn

from rlt import envs
from rlt.agents import DQN, PPO, SAC
from rlt.errors import ConfigError, NumericsError, ShapeError
from rlt.rl.extensions import IntrinsicReward, LossTerm
from tests.agents import tiny

SMALL = {"n_steps": 24, "minibatch_size": 24, "n_epochs": 3}


class Unsorted(tiny.Tiny):
    """A Dict whose keys are not in the alphabet's order, as observation and as action."""

    def __init__(self, keys=("goal", "arm")):
        box = gym.spaces.Box(-1, 1, (2,), np.float32)
        self.observation_space = gym.spaces.Dict(OrderedDict((key, box) for key in keys))
        self.action_space = gym.spaces.Dict(OrderedDict(y=gym.spaces.Discrete(3), x=gym.spaces.Discrete(5)))

    def see(self):
        return {key: self.np_random.uniform(-1, 1, 2).astype(np.float32) for key in self.observation_space.spaces}

    def step(self, action):
        self.t += 1
        return self.see(), float(action["y"] == (self.t % 3)), False, self.t == 9, {}


def test_a_saved_agent_keeps_the_order_of_a_dicts_keys(tmp_path):
    agent = PPO(envs.make(Unsorted, 2), seed=0, **SMALL)
    agent.learn(96)
    agent.save(tmp_path / "a.rlt")
    obs = {key: np.random.default_rng(n).normal(size=(50, 2)).astype(np.float32) for n, key in enumerate(("goal", "arm"))}
    wanted = agent.predict(obs, deterministic=True)[0]
    other = envs.make(lambda: Unsorted(("arm", "goal")), 2)
    for loaded in (PPO.load(tmp_path / "a.rlt"), PPO.load(tmp_path / "a.rlt", env=envs.make(Unsorted, 2))):
        assert list(loaded.observation_space.spaces) == ["goal", "arm"]
        got = loaded.predict(dict(reversed(obs.items())), deterministic=True)[0]
        assert list(got) == ["y", "x"]
        assert all(np.array_equal(got[key], wanted[key]) for key in wanted)
    assert agent.evaluate(4) == PPO.load(tmp_path / "a.rlt", env=envs.make(Unsorted, 2)).evaluate(4)
    moved = PPO.load(tmp_path / "a.rlt", env=other)  # by name, whatever the order there
    moved.learn(96)
    assert all(np.array_equal(moved.predict(obs)[0][key] < 5, np.ones(50, bool)) for key in wanted)


class NoFields(LossTerm):
    def __init__(self, weight=1.0):
        self.weight = weight

    def __call__(self, network, batch):
        return torch.zeros(()), ()


def test_an_extension_whose_options_are_no_fields_is_refused():
    with pytest.raises(ConfigError, match="(?s)NoFields takes options that are no fields: weight.*@dataclass"):
        DQN(envs.make("CartPole-v1"), extensions=[NoFields(weight=5.0)])


class OnlyAValue(LossTerm):
    def __call__(self, network, batch):
        return torch.zeros(())


class Wordy(LossTerm):
    METRICS = ("size",)

    def __call__(self, network, batch):
        return torch.zeros(()), (3.0,)


class Floating(IntrinsicReward):
    def reward(self, obs, action, step):
        return 0.5


def test_an_extension_that_gives_something_else_is_told_what_it_gave():
    options = {"learning_starts": 8, "batch_size": 4, "buffer_size": 100}
    DQN(envs.make("CartPole-v1"), extensions=[OnlyAValue], **options).learn(20)  # a value without metrics is one
    with pytest.raises(ShapeError, match=r"(?s)Wordy must give a value and 1 metrics.*got: \(\), float"):
        DQN(envs.make("CartPole-v1"), extensions=[Wordy], **options).learn(20)
    with pytest.raises(ShapeError, match="(?s)Floating must give a reward for each environment.*got float"):
        DQN(envs.make("CartPole-v1"), extensions=[Floating], **options).learn(20)


@pytest.mark.parametrize(
    ("agent", "env_id", "options"),
    [
        (PPO, "CartPole-v1", {"learning_rate": -1e-3}),
        (PPO, "CartPole-v1", {"clip_range": "linear:-0.2"}),
        (PPO, "CartPole-v1", {"clip_range": 0}),
        (PPO, "CartPole-v1", {"vf_coef": -0.5}),
        (PPO, "CartPole-v1", {"adam_epsilon": -1e-3}),
        (DQN, "CartPole-v1", {"learning_rate": "linear:1e-3:-1e-3"}),
        (DQN, "CartPole-v1", {"adam_epsilon": -1e-3}),
        (SAC, "Pendulum-v1", {"critic_learning_rate": -1e-3}),
        (SAC, "Pendulum-v1", {"adam_epsilon": -1e-3}),
    ],
)
def test_numbers_that_would_make_learning_go_backwards_are_refused(agent, env_id, options):
    with pytest.raises(ConfigError, match=rf"agent.{next(iter(options))}=.* does not fit"):
        agent(envs.make(env_id), **options)


class Ending(tiny.Tiny):
    """Pictures; an episode ends with every step."""

    observation_space = gym.spaces.Box(0, 255, (36, 36, 1), np.uint8)

    def see(self):
        return np.zeros((36, 36, 1), np.uint8)

    def step(self, action):
        return self.see(), 0.0, True, False, {}


def test_a_replay_whose_oldest_images_leave_early_is_learned_from_and_said(caplog):
    agent = DQN(envs.make(Ending, 2), buffer_size=800, learning_starts=400, train_freq=100, batch_size=4)
    with caplog.at_level(logging.WARNING):
        agent.learn(700)
    assert agent.replay.size < 400  # all that there is room for
    assert agent._update.step.updates > 0
    assert [r.getMessage().split(":")[0] for r in caplog.records] == ["replay holds 100 of 800 transitions"]


class Dropping(nn.Module):
    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs_dim, 32), nn.Dropout(0.5), nn.Linear(32, n_actions))

    def forward(self, obs):
        return self.body(obs)


def test_a_kl_stop_in_the_first_minibatch_is_no_fault():
    agent = PPO(envs.make("CartPole-v1", 3), model=Dropping, target_kl=1e-6, **SMALL)
    agent.learn(216)  # what acted had no dropout: the very first ratio is not 1


def test_a_loss_that_is_nan_in_a_later_minibatch_does_not_pass_for_a_kl_stop():
    agent = PPO(envs.make("CartPole-v1", 3), target_kl=0.5, **SMALL)
    agent.begin(72)
    agent.advance(69)
    agent._rollout.reward[20] = torch.nan  # in some minibatch
    with pytest.raises(NumericsError, match=r"(?s)PPO's update at step 72.*minibatch \d: .*not finite"):
        agent.advance(72)


def test_an_open_rollout_of_before_takes_only_what_was_truncated():
    agent = PPO(envs.make("CartPole-v1", 3), **SMALL)
    obs = agent.start_environment()
    agent._rollout.load_state(agent._rollout.state() | {"final": [{"time": 1, "envs": torch.tensor([2]), "obs": obs[:1] + 5}]})
    final = agent._rollout.final_observations()
    assert final.shape == obs.shape
    assert torch.equal(final[2], obs[0] + 5)


@pytest.mark.parametrize(("agent", "env_id"), [(DQN, "CartPole-v1"), (SAC, "Pendulum-v1"), (PPO, "CartPole-v1")])
def test_a_layer_that_is_frozen_in_the_middle_stays_through_learning_saving_and_loading(agent, env_id, tmp_path):
    replay = {"learning_starts": 8, "batch_size": 4, "buffer_size": 200, "tau": 0.1}
    options = SMALL if agent is PPO else replay
    whole = agent(envs.make(env_id, 3), seed=0, **options).learn(72, progress="off")
    frozen = next(whole.policy.parameters()).requires_grad_(False)
    at = frozen.clone()
    whole.learn(72, progress="off")
    whole.save(tmp_path / "a.rlt")
    loaded = agent.load(tmp_path / "a.rlt", env=envs.make(env_id, 3))
    loaded.learn(72, progress="off")
    assert torch.equal(frozen, at)
    assert torch.equal(next(loaded.policy.parameters()), at)
    assert not next(loaded.policy.parameters()).requires_grad


def test_what_compile_auto_decided_for_a_short_run_is_decided_anew_for_a_long_one(tmp_path):
    options = {"learning_starts": 8, "batch_size": 4, "buffer_size": 100, "train_freq": 1}
    agent = DQN(envs.make("CartPole-v1"), **options)
    agent.settle(1000)
    assert agent.engine.compile == "off"
    agent.save(tmp_path / "a.rlt")
    for one in (agent, DQN.load(tmp_path / "a.rlt", env=envs.make("CartPole-v1"))):
        one.settle(10_000_000)
        assert one.engine.compile == "on"
        begin = one.engine.compile_at
        one.settle(1000)  # what is compiled stays so
        assert (one.engine.compile, one.engine.compile_at) == ("on", begin)
