"""DQN's networks, and the policy that acts with one."""

from __future__ import annotations

import math
from typing import Any

import torch
from gymnasium import Space, spaces
from torch import nn

import rlt
from rlt.errors import SpaceError
from rlt.nn.config import CNNConfig, MLPConfig
from rlt.nn.convolution import NatureCNN
from rlt.nn.heads import DuelingHead
from rlt.nn.initializers import HIDDEN_GAIN, orthogonal
from rlt.nn.mlp import activation, hidden_layers
from rlt.rl.encoder import flattened
from rlt.shapes.spaces import channels_last, check_policy
from rlt.types import Float, Int64, Tensor, UInt8


class MLP(rlt.Module):
    """Action values of a vector observation."""

    modeless = True

    def __init__(self, obs_dim: int, n_actions: int, hidden: tuple[int, ...], kind: type[nn.Module], dueling: bool) -> None:
        super().__init__()
        self.trunk = hidden_layers((obs_dim, *hidden), kind)
        self.head = head(hidden[-1] if hidden else obs_dim, n_actions, dueling)

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self.head(self.trunk(obs))


class CNN(rlt.Module):
    """Action values of an image of bytes, channels first."""

    modeless = True

    def __init__(self, channels: int, height: int, width: int, n_actions: int, features: int, dueling: bool) -> None:
        super().__init__()
        self.trunk = NatureCNN(channels, height, width, features)
        self.head = head(features, n_actions, dueling)

    @rlt.typed
    def forward(self, image: UInt8[Tensor, "batch channels height width"]) -> Float[Tensor, "batch n_actions"]:
        return self.head(self.trunk(image))


def head(n_in: int, n_actions: int, dueling: bool) -> DuelingHead | nn.Linear:
    """One linear layer, or value and advantages."""
    return DuelingHead(n_in, n_actions) if dueling else nn.Linear(n_in, n_actions)


def mlp(space: spaces.Box, n_actions: int, config: MLPConfig, dueling: bool) -> MLP:
    """The default network: 64-64, ReLU, torch's own initialisation."""
    network = MLP(
        math.prod(space.shape), n_actions, config.hidden if config.hidden is not None else (64, 64),
        activation(config.activation or "relu"), dueling,
    )
    if config.orthogonal_init:
        orthogonal(network.trunk, HIDDEN_GAIN)
        orthogonal(network.head, 1.0)
    return network


def cnn(space: spaces.Box, n_actions: int, config: CNNConfig, dueling: bool) -> CNN:
    """The network of Mnih et al. 2015, for images of either channel order."""
    if len(space.shape) != 3 or space.dtype != "uint8":
        raise SpaceError(
            f"model=cnn cannot read observations {space}", "expected an image of bytes, three dimensions", fix="model=mlp"
        )
    height, width, channels = space.shape if channels_last(space.shape) else (*space.shape[1:], space.shape[0])
    return CNN(channels, height, width, n_actions, config.features, dueling)


def checked(network: nn.Module, observation_space: Space[Any], action_space: Space[Any]) -> nn.Module:
    """`network` if it gives a value for each action. ShapeError where it does not."""
    network.eval()  # looking changes no batch statistics and draws no dropout
    check_policy(network, observation_space, action_space)
    return network


class DQNPolicy(nn.Module):
    """What acts, and what is saved. Its forward gives action values of raw observations."""

    modeless = True

    def __init__(self, network: nn.Module, observation_space: spaces.Box) -> None:
        super().__init__()
        self.network = network
        self._flat = isinstance(network, MLP)
        self._turned = isinstance(network, CNN) and channels_last(observation_space.shape)

    @rlt.typed
    def forward(self, obs: Tensor) -> Float[Tensor, "batch n_actions"]:
        if self._flat:
            obs = flattened(obs)
        elif self._turned:
            obs = obs.movedim(-1, 1)
        return self.network(obs)

    @rlt.typed
    def act(self, obs: Tensor) -> Int64[Tensor, "batch"]:
        """The action of the highest value."""
        return self(obs).argmax(1)

    @rlt.typed
    def explore(
        self, obs: Tensor, epsilon: float, generator: torch.Generator, n_actions: int
    ) -> Int64[Tensor, "batch"]:
        """With chance `epsilon` a random action, drawn for each observation by itself."""
        coin = torch.rand(obs.shape[0], generator=generator, device=generator.device).to(obs.device)
        drawn = torch.randint(n_actions, (obs.shape[0],), generator=generator, device=generator.device).to(obs.device)
        if epsilon >= 1.0:
            return drawn
        return torch.where(coin < epsilon, drawn, self.act(obs))
