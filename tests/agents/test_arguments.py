"""What people type from Python: words of other libraries, wrong kinds of numbers, networks that give something else."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete, MultiDiscrete
from torch import nn

from rlt import envs
from rlt.agents import DQN, PPO, SAC
from rlt.errors import ConfigError, NumericsError, ShapeError, SpaceError
from rlt.rl.extensions import IntrinsicReward
from tests.agents import tiny

REPLAY = {"learning_starts": 8, "batch_size": 4, "buffer_size": 100}


def cart():
    return envs.make("CartPole-v1", 2)


@pytest.mark.parametrize(
    ("do", "message"),
    [
        (lambda: PPO("MlpPolicy", cart()), r"(?s)PPO takes its environment first.*got 2 arguments"),
        (lambda: PPO(cart(), device="cuda"), r'(?s)PPO takes no device.*envs.make\(…, device="cuda"\)'),
        (lambda: DQN(cart(), policy_kwargs={}), r"(?s)DQN takes no policy_kwargs.*model=\{'hidden'"),
        (lambda: DQN(cart(), tensorboard_log="x"), r"(?s)takes no tensorboard_log.*run="),
        (lambda: SAC(cart(), verbose=1), r"(?s)takes no verbose.*progress="),
        (lambda: PPO(cart(), seed=None), "seed=None does not fit"),
        (lambda: PPO(cart(), seed=1.5), "seed=1.5 does not fit"),
        (lambda: PPO(cart(), seed=-1), "seed=-1 does not fit"),
        (lambda: PPO(cart()).learn("abc"), "total_steps='abc' does not fit"),
        (lambda: PPO(cart()).learn(0), "total_steps=0 does not fit"),
        (lambda: PPO(cart()).learn(100, progress="loud"), "log.progress=loud is not among its values"),
        (lambda: PPO(cart()).evaluate(0), "episodes=0 does not fit"),
        (lambda: PPO(cart()).predict("a"), "(?s)observation is no array of numbers.*got str"),
        (lambda: DQN(cart(), epsilon=0.1), "fix: agent.exploration"),
        (lambda: SAC(cart(), ent_coef=0.1), "fix: agent.temperature"),
        (lambda: SAC(cart(), q_lr=0.1), "fix: agent.critic_learning_rate"),
        (lambda: SAC(cart(), temperature="atuo"), "(?s)agent.temperature=atuo does not fit.*expected one of auto or a number"),
    ],
)
def test_a_wrong_argument_is_told_by_its_name_with_what_to_write(do, message):
    with pytest.raises((ConfigError, SpaceError), match=message):
        do()


def test_steps_may_be_written_as_a_float_that_is_whole(capsys):
    agent = PPO(cart(), seed=np.int64(3), n_steps=8, minibatch_size=16).learn(1e2, progress="off")
    assert agent.steps == 96
    assert agent.evaluate(np.int32(2))["episodes"] == 2
    assert capsys.readouterr().out == ""


class Any(tiny.Tiny):
    """Ten steps of whatever observations there are."""

    def __init__(self, space):
        self.observation_space = space

    def see(self):
        return self.observation_space.sample()

    def step(self, action):
        self.t += 1
        return self.see(), 1.0, self.t == 10, False, {}


NUMBERS = {
    "one number": Box(-1, 1, (), np.float32),
    "whole numbers": Box(-5, 5, (3,), np.int32),
    "bytes": Box(0, 255, (7,), np.uint8),
    "a picture without channels": Box(0, 255, (12, 12), np.uint8),
    "a picture of floats": Box(0, 1, (3, 16, 16), np.float32),
}


@pytest.mark.parametrize("space", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("agent", [PPO, DQN, SAC])
def test_every_box_of_numbers_is_served_by_the_default_network(agent, space):
    options = {"n_steps": 8, "minibatch_size": 16} if agent is PPO else REPLAY
    made = agent(envs.make(lambda: Any(space), 2), **options).learn(32, progress="off")
    action, _ = made.predict(space.sample())
    assert action in (0, 1)


@pytest.mark.parametrize("space", [Discrete(4), MultiDiscrete([2, 3])])
def test_the_wrapper_that_a_refusal_names_helps(space):
    with pytest.raises(SpaceError) as refused:
        SAC(envs.make(lambda: Any(space), 2), **REPLAY)
    wrapper = re.search(r"env.wrappers=\[(\S+)\]", str(refused.value)).group(1)
    SAC(envs.make(lambda: Any(space), 2, wrappers=[wrapper]), **REPLAY).learn(32, progress="off")


class Spread(nn.Module):
    def __init__(self, obs_dim: int, action_dim: int, beside: str = "nothing") -> None:
        super().__init__()
        self.mean, self.value, self.beside = nn.Linear(obs_dim, action_dim), nn.Linear(obs_dim, 1), beside

    def forward(self, obs):
        mean = self.mean(obs)
        value = self.value(obs).squeeze(-1)
        outputs = {"log_std": (mean, mean), "pair and value": ((mean, mean), value), "value": (mean, value), "nothing": mean}
        return outputs[self.beside]


def test_a_network_that_gives_ppo_a_standard_deviation_is_told_that_it_has_one():
    env = envs.make("LunarLanderContinuous-v3", 2)
    for beside in ("log_std", "pair and value"):
        with pytest.raises(ShapeError, match=r"(?s)more than the mean of a Box action.*fix: return mean, value"):
            PPO(env, model={"name": Spread, "beside": beside}, n_steps=8, minibatch_size=16)
    for beside in ("value", "nothing"):
        PPO(env, model={"name": Spread, "beside": beside}, n_steps=8, minibatch_size=16).learn(16, progress="off")


class Blind(nn.Module):
    """A critic that forgets the action."""

    def __init__(self, obs_dim: int) -> None:
        super().__init__()
        self.value = nn.Linear(obs_dim, 1)

    def forward(self, obs):
        return self.value(obs).squeeze(-1)


class Detached(nn.Module):
    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.values = nn.Linear(obs_dim, n_actions)

    @torch.no_grad()
    def forward(self, obs):
        return self.values(obs)


def test_networks_that_cannot_learn_are_told_why():
    with pytest.raises(ShapeError, match=r"Blind cannot be called as forward\(obs, action\)"):
        SAC(envs.make("Pendulum-v1"), model={"critic": Blind}, **REPLAY)
    with pytest.raises(ConfigError, match=r"(?s)the loss of q has no gradient.*torch.no_grad.*forward of DQNPolicy"):
        DQN(cart(), model=Detached, **REPLAY).learn(40, progress="off")


class Broken(IntrinsicReward):
    def reward(self, obs, action, step):
        return torch.full_like(step.reward, torch.nan)


@pytest.mark.parametrize("agent", [PPO, DQN])
def test_a_reward_of_ones_own_that_is_nan_is_blamed_itself(agent):
    options = {"n_steps": 8, "minibatch_size": 16} if agent is PPO else REPLAY
    with pytest.raises(NumericsError, match="Broken gave a reward that is NaN or infinite"):
        agent(cart(), extensions=[Broken], **options).learn(64, progress="off")


def test_a_rollout_larger_than_memory_is_refused_with_the_steps_that_fit():
    with pytest.raises(ConfigError, match=r"(?s)a rollout of 10,000,000,000,000 steps does not fit.*agent.n_steps=\d+ or less"):
        PPO(cart(), n_steps=10**13, minibatch_size=10**13)
    assert PPO(cart(), n_steps=100, minibatch_size=50).storage_text == "rollouts of 200 steps: 6.0 kB of memory"


def test_an_image_too_small_is_told_the_least_that_fits():
    space = Box(0, 255, (3, 20, 20), np.uint8)
    with pytest.raises(ConfigError, match=r"(?s)20 x 20 is too small.*smallest that fits is 36 x 36"):
        DQN(envs.make(lambda: Any(space), 2), model="cnn", **REPLAY)
    fits = Box(0, 255, (3, 36, 36), np.uint8)
    DQN(envs.make(lambda: Any(fits), 2), model="cnn", **REPLAY)
