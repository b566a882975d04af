"""PPO's networks begin as Engstrom et al. 2020 (arXiv:2005.12729) have them: orthogonal, with a gain for each place."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
import torch
from torch import nn

from rlt.agents import PPO

VECTOR, IMAGE = gym.spaces.Box(-1, 1, (5,), np.float32), gym.spaces.Box(0, 255, (36, 36, 3), np.uint8)
BOX, CHOICES = gym.spaces.Box(-1, 1, (2,), np.float32), gym.spaces.MultiDiscrete([2, 3])


class Own(nn.Module):
    """An actor alone: PPO adds the critic."""

    def __init__(self, obs_dim: int, action_dim: int) -> None:
        super().__init__()
        self.layer = nn.Linear(obs_dim, action_dim)

    def forward(self, obs):
        return self.layer(obs)


def gains(module):
    """Every singular value of every linear and convolution layer's weights, as one set of numbers to three digits."""
    found = set()
    for layer in module.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            assert not layer.bias.any()
            found |= {float(f"{value:.3g}") for value in torch.linalg.svdvals(layer.weight.detach().flatten(1).double())}
    return found


@pytest.mark.parametrize("actions", [BOX, CHOICES], ids=["box", "choices"])
@pytest.mark.parametrize(
    ("observations", "model"),
    [
        (VECTOR, {}), (VECTOR, {"shared": True}), (VECTOR, {"hidden": [8, 24, 16]}), (IMAGE, {"name": "cnn"}),
        (IMAGE, {"name": "cnn", "shared": True}),
    ],
    ids=str,
)
def test_hidden_layers_begin_at_root_two_the_policy_nearly_uniform_and_the_value_at_one(observations, model, actions):
    network = PPO.for_spaces(observations, actions, model=model, n_steps=8, minibatch_size=8).policy.network
    body = network if observations is VECTOR else network.body
    assert gains(body.actor_head) == {0.01}
    assert gains(body.critic_head) == {1.0}
    trunks = [body.actor_trunk, body.critic_trunk] if body is network else [network.actor_encoder, network.critic_encoder]
    for trunk in trunks:
        assert gains(trunk) == {1.41}


def test_the_critic_that_is_added_to_an_own_actor_begins_the_same_and_the_actor_is_left_alone():
    own = PPO.for_spaces(VECTOR, BOX, model=Own, n_steps=8, minibatch_size=8).policy.network
    *hidden, head = own.critic
    assert gains(nn.Sequential(*hidden)) == {1.41} and gains(head) == {1.0}
    assert own.actor.layer.bias.any()


def test_without_orthogonal_initialisation_weights_are_torchs_own():
    network = PPO.for_spaces(VECTOR, BOX, model={"orthogonal_init": False}, n_steps=8, minibatch_size=8).policy.network
    assert network.actor_head.bias.any()
    assert len(torch.linalg.svdvals(network.actor_trunk[0].weight).unique()) == 5
