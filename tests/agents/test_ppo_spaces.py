"""PPO learns in every action and observation space that rlt knows, resumes there, and takes networks for them."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Tuple
from torch import nn

import rlt
from rlt import envs
from rlt.agents import PPO
from rlt.errors import ConfigError, ShapeError, SpaceError
from rlt.rl.encoder import Encoder
from rlt.rl.product import distribution_for
from rlt.rl.trees import tree_map
from rlt.store.tree import load_tree, save_tree
from rlt.types import Tensor
from tests.agents import tiny

FAST = {"n_steps": 32, "minibatch_size": 64, "n_epochs": 6, "learning_rate": 2e-3, "ent_coef": 0.02, "threads": 1}
BITS = Box(0, 1, (2,), np.float32)


def task(observations, actions, look, score):
    """One step: `look(two random bits)` is the observation, `score(the bits, the action)` the reward, at best 1."""

    class Task(tiny.Tiny):
        observation_space, action_space = observations, actions

        def see(self):
            self.bits = self.np_random.integers(2, size=2)
            return look(self.bits)

        def step(self, action):
            assert self.action_space.contains(action), action
            return look(np.zeros(2, np.int64)), float(score(self.bits, action)), True, False, {}

    return Task


def as_vector(bits):
    return bits.astype(np.float32)


ACTIONS = {
    "several choices": (MultiDiscrete([2, 3], start=[0, 5]), lambda b, a: np.mean([a[0] == b[0], a[1] == 5 + 2 * b[1]])),
    "bits": (MultiBinary(2), lambda b, a: (a == b).mean()),
    "a dict": (
        Dict({"pick": Discrete(2, start=3), "reach": Box(-2, 2, (1,), np.float32)}),
        lambda b, a: (a["pick"] - 3 == b[0]) - abs(a["reach"][0] - b[1]),
    ),
    "a tuple in a tuple": (
        Tuple([Tuple([Discrete(2), MultiBinary(1)]), Discrete(2)]),
        lambda b, a: np.mean([a[0][0] == b[0], a[0][1][0] == b[1], a[1] == 1 - b[0]]),
    ),
}


@pytest.mark.parametrize("kind", ACTIONS)
def test_each_action_space_is_learned(kind):
    actions, score = ACTIONS[kind]
    env = envs.make(task(BITS, actions, as_vector, score), 8, backend="sync")
    spread = {"log_std_init": -1.5} if distribution_for(actions).gaussian_size else {}
    agent = PPO(env, seed=0, model=spread, **FAST)
    agent.learn(8 * 32 * 14)
    assert agent.evaluate(40)["return_mean"] > 0.9


def image(shape, channel_axis):
    """A byte image in which the first bit lights up one channel and the second another."""

    def look(bits):
        frame = np.zeros(shape, np.uint8)
        for channel, bit in enumerate(bits):
            frame[(slice(None),) * channel_axis + (channel,)] = 255 * bit
        return frame

    return look


TWO = Discrete(2)
OBSERVATIONS = {
    "a choice": (Discrete(4, start=-1), lambda b: int(2 * b[0] + b[1] - 1), {}, {}),
    "several choices": (MultiDiscrete([2, 2]), lambda b: b.astype(np.int64), {}, {}),
    "bits": (MultiBinary(2), lambda b: b.astype(np.int8), {}, {}),
    "a dict": (
        Dict({"x": Box(-5, 5, (1, 1), np.float32), "more": Tuple([Discrete(2)])}),
        lambda b: {"x": np.full((1, 1), 4 * b[0] - 2, np.float32), "more": (int(b[1]),)}, {"normalize_observation": True}, {},
    ),
    "an image, channels last": (Box(0, 255, (36, 36, 3), np.uint8), image((36, 36, 3), 2), {}, {"name": "cnn", "features": 16}),
    "an image, channels first, no shared trunk": (
        Box(0, 255, (3, 36, 36), np.uint8), image((3, 36, 36), 0), {}, {"name": "cnn", "features": 16, "shared": False}
    ),
    "an image in a dict": (
        Dict({"camera": Box(0, 255, (36, 36, 3), np.uint8), "bit": MultiBinary(1)}),
        lambda b: {"camera": image((36, 36, 3), 2)(b * [1, 0]), "bit": b[1:].astype(np.int8)}, {}, {"shared": True},
    ),
}


@pytest.mark.parametrize("kind", OBSERVATIONS)
def test_each_observation_space_is_learned(kind):
    observations, look, options, model = OBSERVATIONS[kind]
    env = envs.make(task(observations, TWO, look, lambda b, a: a == b[0]), 8, backend="sync")
    images = {"n_steps": 8, "n_epochs": 2, "gamma": 0.0} if "image" in kind else {}
    agent = PPO(env, seed=0, model=model, **FAST | images | options)
    agent.learn(8 * 8 * 20 if images else 8 * 32 * 8)
    assert agent.evaluate(40)["return_mean"] == 1.0


MIXED = Dict({"x": Box(-1, 1, (2,), np.float32), "kind": Discrete(3)})
STEER = Dict({"turn": Box(-1, 1, (1,), np.float32), "gear": Discrete(3), "lights": MultiBinary(2)})


class Walk(gym.Env):
    """Episodes that are cut after 7 steps and end by chance, in spaces of several parts."""

    observation_space, action_space = MIXED, STEER

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.t = 0
        return self.see(), {}

    def see(self):
        return {"x": self.np_random.uniform(-1, 1, 2).astype(np.float32), "kind": int(self.np_random.integers(3))}

    def step(self, action):
        self.t += 1
        return self.see(), float(action["turn"][0]), bool(self.np_random.random() < 0.1), self.t == 7, {}


def test_a_resumed_agent_with_dict_spaces_ends_bit_equal_to_one_that_went_on(tmp_path):
    options = {"n_steps": 24, "minibatch_size": 24, "n_epochs": 2, "normalize_observation": True}
    whole, stopped, resumed = (PPO(envs.make(Walk, 3, backend="sync"), seed=4, **options) for _ in range(3))
    for agent in (whole, stopped):
        agent.begin(4 * 72)
    whole.advance(288)
    stopped.advance(132)  # in the middle of a rollout with truncated steps in it
    save_tree(tmp_path / "x.rlt", stopped.state(), kind="checkpoint")
    resumed.env.reset(99)
    resumed.load_state(load_tree(tmp_path / "x.rlt", kind="checkpoint"))
    resumed.advance(288)
    assert all(torch.equal(value, resumed.weights()[name]) for name, value in whole.weights().items())
    whole.save(tmp_path / "y.rlt")
    loaded = PPO.load(tmp_path / "y.rlt")
    obs = {"x": np.zeros((4, 2), np.float32), "kind": np.array([0, 1, 2, 1])}
    for name, value in loaded.predict(obs, deterministic=True)[0].items():
        assert np.array_equal(value, whole.predict(obs, deterministic=True)[0][name])


def test_predict_takes_one_or_many_of_a_dict_and_gives_what_the_environment_contains():
    agent = PPO(envs.make(Walk, 2), seed=0, n_steps=8, minibatch_size=16)
    one, _ = agent.predict({"x": np.zeros(2, np.float32), "kind": 1})
    assert STEER.contains(one | {"gear": np.int64(one["gear"])})
    many, _ = agent.predict({"x": torch.zeros(5, 2), "kind": torch.ones(5, dtype=torch.int64)})
    assert {name: tuple(value.shape) for name, value in many.items()} == {"turn": (5, 1), "gear": (5,), "lights": (5, 2)}
    assert all(isinstance(value, torch.Tensor) for value in many.values())
    with pytest.raises(SpaceError, match="no part 'kind'"):
        agent.predict({"x": np.zeros(2, np.float32)})
    with pytest.raises(SpaceError, match="with and without a batch"):
        agent.predict({"x": np.zeros((5, 2), np.float32), "kind": 1})


def test_an_encoder_is_what_its_parts_say():
    space = Dict({"b": MultiBinary(2), "m": MultiDiscrete([2, 3]), "x": Box(-1, 1, (2, 2), np.float32)})
    obs = {"x": torch.arange(8.0).view(2, 2, 2), "m": torch.tensor([[1, 2], [0, 0]]), "b": torch.tensor([[True, False]] * 2)}
    expected = [[1, 0, 0, 1, 0, 0, 1, 0, 1, 2, 3], [1, 0, 1, 0, 1, 0, 0, 4, 5, 6, 7]]
    assert Encoder(space)(obs).tolist() == expected


class Shared(rlt.Module):
    """An own network for a dict, with one trunk."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.trunk = nn.Linear(5, width)
        self.heads = nn.ModuleDict({"turn": nn.Linear(width, 1), "gear": nn.Linear(width, 3), "lights": nn.Linear(width, 2)})
        self.value = nn.Linear(width, 1)

    def features(self, obs: dict[str, Tensor]) -> Tensor:
        return torch.tanh(self.trunk(torch.cat([obs["x"], nn.functional.one_hot(obs["kind"], 3).float()], 1)))

    def forward(self, obs: dict[str, Tensor]) -> tuple[dict[str, Tensor], Tensor]:
        h = self.features(obs)
        return {name: head(h) for name, head in self.heads.items()}, self.value(h).squeeze(-1)


class Alone(Shared):
    """The same without a value: PPO adds a critic."""

    def forward(self, obs):
        h = self.features(obs)
        return {name: head(h) for name, head in self.heads.items()}


class TooFew(Alone):
    def __init__(self) -> None:
        super().__init__()
        self.heads["gear"] = nn.Linear(8, 2)


@pytest.mark.parametrize("network", [Shared, Alone])
def test_own_networks_for_dicts_learn(network):
    agent = PPO(envs.make(Walk, 4, backend="sync"), seed=0, model=network, gamma=0.0, gae_lambda=0.0, **FAST)
    agent.learn(4 * 32 * 10)
    assert agent.predict({"x": np.zeros(2, np.float32), "kind": 1}, deterministic=True)[0]["turn"] > 0.5


def test_own_networks_are_checked_against_every_part_of_the_spaces():
    with pytest.raises(ShapeError, match=r"(?s)gear.*nn.Linear\(8, 3\)"):
        PPO(envs.make(Walk, 4), seed=0, model=TooFew, **FAST)


def test_networks_that_do_not_suit_the_observations_are_refused_with_the_one_that_does():
    pixels, vector = Box(0, 255, (36, 36, 3), np.uint8), Box(-1, 1, (3,), np.float32)
    with pytest.raises(SpaceError) as caught:
        PPO.for_spaces(pixels, Discrete(2))
    assert caught.value.fix == "model=cnn"
    with pytest.raises(SpaceError) as caught:
        PPO.for_spaces(vector, Discrete(2), model="cnn")
    assert caught.value.fix == "model=mlp"
    with pytest.raises(ConfigError, match="nothing to do"):
        PPO.for_spaces(Discrete(3), Discrete(2), normalize_observation=True)
    with pytest.raises(SpaceError, match="no policy distribution"):
        PPO.for_spaces(vector, Box(0, 9, (2,), np.int64))


def test_images_are_kept_as_bytes():
    agent = PPO.for_spaces(Box(0, 255, (36, 36, 3), np.uint8), Discrete(2), model="cnn", n_steps=4, minibatch_size=4)
    assert agent._rollout.obs.dtype == torch.uint8
    with_bit = Dict({"camera": Box(0, 255, (36, 36, 3), np.uint8), "bit": MultiBinary(1)})
    agent = PPO.for_spaces(with_bit, Discrete(2), n_steps=4, minibatch_size=4)
    kept = tree_map(lambda part: part.dtype, agent._rollout.obs)
    assert kept == {"camera": torch.uint8, "bit": torch.bool}
