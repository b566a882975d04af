"""PPO's networks, and the policy that acts with one: observation normaliser, network, distribution."""

from __future__ import annotations

import math
from typing import Any

import torch
from gymnasium import Space, spaces
from torch import nn

import rlt
from rlt.nn.config import MLPConfig
from rlt.nn.initializers import HIDDEN_GAIN, orthogonal
from rlt.nn.mlp import activation, hidden_layers
from rlt.rl.distributions import DiagonalGaussian, Distribution, GaussianParameters
from rlt.rl.normalizers import ObservationNormalizer, ReturnScaler
from rlt.shapes.spaces import check_policy, policy_output
from rlt.types import Float, Tensor


class MLP(rlt.Module):
    """Actor and critic on a vector observation, separate or on one trunk."""

    modeless = True

    def __init__(
        self, obs_dim: int, n_out: int, hidden: tuple[int, ...], kind: type[nn.Module], shared: bool, orthogonal_init: bool
    ) -> None:
        super().__init__()
        width = hidden[-1] if hidden else obs_dim
        self.actor_trunk = hidden_layers((obs_dim, *hidden), kind)
        self.critic_trunk = self.actor_trunk if shared else hidden_layers((obs_dim, *hidden), kind)
        self.actor_head = nn.Linear(width, n_out)
        self.critic_head = nn.Linear(width, 1)
        if orthogonal_init:
            for module in (*self.actor_trunk, *(() if shared else self.critic_trunk)):
                if isinstance(module, nn.Linear):
                    orthogonal(module, HIDDEN_GAIN)
            orthogonal(self.actor_head, 0.01)  # a nearly uniform policy to start from
            orthogonal(self.critic_head, 1.0)

    @rlt.typed
    def actor(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_out"]:
        """The distribution's parameters alone: what acting needs."""
        return self.actor_head(self.actor_trunk(obs))

    @rlt.typed
    def critic(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch"]:
        """The value alone."""
        return self.critic_head(self.critic_trunk(obs)).squeeze(-1)

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> tuple[Float[Tensor, "batch n_out"], Float[Tensor, "batch"]]:
        return self.actor(obs), self.critic(obs)


class WithCritic(nn.Module):
    """An own network that gives the distribution's parameters alone, and a critic beside it."""

    modeless = True

    def __init__(self, actor: nn.Module, critic: nn.Module) -> None:
        super().__init__()
        self.actor, self.critic = actor, critic

    @rlt.typed
    def forward(self, obs: Tensor) -> tuple[Tensor, Float[Tensor, "batch"]]:
        return self.actor(obs), self.critic(obs.flatten(1)).squeeze(-1)


def mlp(observation_space: Space[Any], distribution: Distribution, config: MLPConfig) -> MLP:
    """The default network: 64-64, tanh, orthogonal, separate actor and critic."""
    assert isinstance(observation_space, spaces.Box)
    return MLP(
        math.prod(observation_space.shape), distribution.size, config.hidden if config.hidden is not None else (64, 64),
        activation(config.activation or "tanh"), config.shared, config.orthogonal_init is not False,
    )


def critic_for(observation_space: Space[Any]) -> nn.Module:
    """The critic that PPO adds to an own actor: 64-64, tanh."""
    size = math.prod(observation_space.shape or ())
    critic = nn.Sequential(*hidden_layers((size, 64, 64), nn.Tanh), nn.Linear(64, 1))
    for layer in critic:
        if isinstance(layer, nn.Linear):
            orthogonal(layer, HIDDEN_GAIN if layer.out_features == 64 else 1.0)
    return critic


def checked(network: nn.Module, observation_space: Space[Any], action_space: Space[Any]) -> nn.Module:
    """`network` if it gives the distribution's parameters and a value; with PPO's own critic if it gives the first alone.

    ShapeError where what it gives is neither, or where it does not take the observations."""
    network.eval()  # looking changes no batch statistics and draws no dropout
    pair = isinstance(policy_output(network, observation_space), tuple)
    check_policy(network, observation_space, action_space, value=pair)
    return network if pair else WithCritic(network, critic_for(observation_space))


class PPOPolicy(nn.Module):
    """What acts, and what is saved: normalisers, network, and the spread of a Gaussian."""

    modeless = True

    def __init__(
        self, network: nn.Module, distribution: Distribution, obs_shape: tuple[int, ...], *,
        normalize_observation: bool, normalize_reward: bool, clip_observation: float, clip_reward: float, log_std_init: float,
    ) -> None:
        super().__init__()
        self.network, self.distribution = network, distribution
        self.normalizer = ObservationNormalizer(obs_shape, clip_observation) if normalize_observation else None
        self.return_scaler = ReturnScaler(clip_reward) if normalize_reward else None
        self.log_std: nn.Parameter | None = None
        if isinstance(distribution, DiagonalGaussian):
            self.log_std = nn.Parameter(torch.full((distribution.size,), log_std_init))

    @rlt.typed
    def normalize(self, obs: Float[Tensor, "batch *shape"]) -> Float[Tensor, "batch *wanted"]:
        """Raw observations as the network wants them: normalised where asked for, flat for a vector network."""
        normal: Tensor = obs if self.normalizer is None else self.normalizer(obs)
        return normal.flatten(1) if isinstance(self.network, MLP) else normal

    def parameters_of(self, output: Tensor) -> Any:
        """The network's numbers as the distribution's parameters."""
        return output if self.log_std is None else GaussianParameters(output, self.log_std)

    @rlt.typed
    def forward(self, obs: Tensor, normalized: bool = False) -> tuple[Any, Float[Tensor, "batch"]]:
        """Distribution parameters and values of raw observations, or of such that are `normalized` already."""
        output, value = self.network(obs if normalized else self.normalize(obs))
        return self.parameters_of(output), value

    @rlt.typed
    def evaluate(self, normalized: Tensor) -> tuple[Any, Float[Tensor, "batch"]]:
        """The same for observations that are normalised already."""
        return self.forward(normalized, normalized=True)

    def act(self, obs: Tensor, generator: torch.Generator | None) -> Tensor:
        """Actions for raw observations: drawn with `generator`, the most likely ones without."""
        normalized = self.normalize(obs)
        network = self.network
        output = network.actor(normalized) if isinstance(network, MLP | WithCritic) else network(normalized)[0]
        parameters = self.parameters_of(output)
        if generator is None:
            return self.distribution.mode(parameters)
        return self.distribution.sample(parameters, self.distribution.noise(obs.shape[0], generator))
