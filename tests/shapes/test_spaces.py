"""Networks against the spaces of environments."""

from __future__ import annotations

import re

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Text, Tuple
from torch import nn

import rlt
from rlt.errors import ShapeError, SpaceError
from rlt.shapes.spaces import action_size, describe_space, example_observation, observation_size

IMAGE = Box(0, 255, (84, 84, 4), np.uint8)
VECTOR = Box(-1, 1, (4,))


def mlp(n_in: int, n_out: int) -> nn.Module:
    return nn.Sequential(nn.Linear(n_in, 64), nn.Tanh(), nn.Linear(64, n_out))


def said(*args, **options) -> str:
    with pytest.raises(ShapeError) as caught:
        rlt.check_policy(*args, **options)
    assert len(str(caught.value).splitlines()) <= 12
    return re.sub(r"test_spaces\.py:\d+", "<line>", str(caught.value))


@pytest.mark.parametrize(
    ("space", "size"),
    [
        (Discrete(5, start=3), 5),
        (Box(-1, 1, (2, 3)), 6),
        (Box(-1, 1, ()), 1),
        (MultiDiscrete([3, 4, 2]), 9),
        (MultiBinary(7), 7),
        (MultiBinary([2, 3]), 6),
        (Dict(a=Discrete(2), b=Dict(c=Box(0, 1, (3,)))), {"a": 2, "b": {"c": 3}}),
        (Tuple([Discrete(2), MultiBinary(3)]), (2, 3)),
    ],
)
def test_the_numbers_that_a_policy_gives_for_each_kind_of_action(space, size):
    assert action_size(space) == size


def test_observations_are_flattened_images_included():
    assert observation_size(IMAGE) == 84 * 84 * 4
    assert observation_size(Dict(x=VECTOR, n=Discrete(3))) == {"x": 4, "n": 3}


def test_a_space_without_a_known_size_is_refused_by_name():
    with pytest.raises(SpaceError, match="for which no policy output is known"):
        action_size(Text(5))
    with pytest.raises(SpaceError):
        observation_size(Text(5))


@pytest.mark.parametrize("space", [VECTOR, IMAGE, Discrete(3), MultiDiscrete([2, 3]), MultiBinary(4), Dict(a=VECTOR, b=IMAGE)])
def test_example_observations_have_the_shape_of_a_real_batch(space):
    made, real = example_observation(space, batch=5), [space.sample() for _ in range(5)]

    def compare(m, r):
        if isinstance(m, dict):
            for k in m:
                compare(m[k], [x[k] for x in r])
        else:
            assert tuple(m.shape) == np.stack(r).shape

    compare(made, real)


def test_right_networks_of_every_kind_pass():
    cart, pendulum = gym.make("CartPole-v1"), gym.make("Pendulum-v1")
    for env, net in ((cart, mlp(4, 2)), (pendulum, mlp(3, 1))):
        assert rlt.check_policy(net, env.observation_space, env.action_space) is None
        env.close()

    class Gaussian(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mean, self.log_std = nn.Linear(4, 3), nn.Parameter(torch.zeros(3))

        def forward(self, x):
            return self.mean(x), self.log_std

    class Nested(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = mlp(4, 2), mlp(4, 3)

        def forward(self, x):
            return {"a": self.a(x["x"]), "b": (self.b(x["x"]),)}

    assert rlt.check_policy(Gaussian(), VECTOR, Box(-1, 1, (3,))) is None
    assert rlt.check_policy(Nested(), Dict(x=VECTOR), Dict(a=Discrete(2), b=Tuple([MultiBinary(3)]))) is None


def test_a_wrong_head_is_told_with_the_layer_to_change():
    assert said(mlp(4, 4), VECTOR, Discrete(2), env="CartPole-v1", name="Policy") == (
        "CartPole-v1: actions are Discrete(2): the policy must give 2 numbers per observation (one logit per action)\n"
        "  but Policy gives (batch, 4)\n"
        "  from Policy.2, Linear(64, 4) at <line> -> (batch, 4)\n"
        "  fix: layer 2 = nn.Linear(64, 2)"
    )
    assert said(nn.Linear(4, 2), VECTOR, Discrete(3)).endswith("but Linear gives (batch, 2)\n  fix: nn.Linear(4, 3)")
    assert "must give 9 numbers per observation (one logit per choice of every component)" in said(
        mlp(4, 3), VECTOR, MultiDiscrete([3, 4, 2])
    )


def test_a_wrong_input_size_is_told_with_the_space():
    assert said(mlp(8, 1), Box(-8, 8, (3,)), Box(-2, 2, (1,)), env="Pendulum-v1", name="Policy") == (
        "Pendulum-v1: observations are Box(3,) float32, which Policy does not take\n"
        "  Policy.0, Linear(8, 64) at <line>:\n"
        "    expects 8 input features, gets 3: its input is (batch, 3)\n"
        "  fix: layer 0 = nn.Linear(3, 64)"
    )


def test_images_with_the_channels_last_and_raw_bytes_are_told_apart():
    cnn = nn.Sequential(nn.Conv2d(4, 32, 8, 4), nn.ReLU(), nn.Flatten(), nn.Linear(32 * 20 * 20, 6))
    assert said(cnn, IMAGE, Discrete(6), env="Pong", name="Policy").endswith(
        "  the observations are images with the channels last, (84, 84, 4); Conv2d wants (4, 84, 84)\n"
        "  fix: x.permute(0, 3, 1, 2), or wrap the environment"
    )
    assert said(cnn, Box(0, 255, (4, 84, 84), np.uint8), Discrete(6)).endswith("fix: x.float() / 255")


def test_values_are_one_number_per_observation():
    class ActorCritic(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.p, self.v = nn.Linear(4, 2), nn.Linear(4, 1)

        def forward(self, x):
            return self.p(x), self.v(x)

    assert said(ActorCritic(), VECTOR, Discrete(2), value=True, env="CartPole-v1") == (
        "CartPole-v1: ActorCritic must give one value per observation, shape (batch,), but gives (batch, 1)\n"
        "  from ActorCritic.v, Linear(4, 1) at <line> -> (batch, 1)\n"
        "  fix: value.squeeze(-1)"
    )
    assert "must return (policy output, value), but returns a tensor (batch, 2)" in said(
        mlp(4, 2), VECTOR, Discrete(2), value=True
    )


def test_structures_that_do_not_match_are_told_in_words():
    assert "observations come as a dict with a: forward must take one" in said(mlp(4, 2), Dict(a=VECTOR), Discrete(2))
    assert "must return a dict with a, but returns a tensor (batch, 2)" in said(mlp(4, 2), VECTOR, Dict(a=Discrete(2)))
    assert describe_space(Tuple([Discrete(2), IMAGE])) == "Tuple(Discrete(2), Box(84, 84, 4) uint8)"


def test_a_network_that_reads_values_is_left_unchecked_with_the_reason():
    class Branches(nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    assert "values of tensors" in str(rlt.check_policy(Branches(), VECTOR, Box(-1, 1, (4,))))
