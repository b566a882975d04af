"""PPO's networks, and the policy that acts with one: observation normaliser, network, distribution."""

from __future__ import annotations

import math
from typing import Any

import torch
from gymnasium import Space, spaces
from torch import nn

import rlt
from rlt.errors import ConfigError, ShapeError, SpaceError
from rlt.nn.config import CNNConfig, MLPConfig
from rlt.nn.initializers import HIDDEN_GAIN, orthogonal
from rlt.nn.mlp import activation, hidden_layers
from rlt.rl.distributions import Distribution
from rlt.rl.encoder import Encoder, flattened, rows
from rlt.rl.normalizers import ObservationNormalizer, ReturnScaler, TreeNormalizer
from rlt.rl.spaces import space_leaves, space_map
from rlt.rl.trees import tree_leaves, tree_map
from rlt.rl.vector_env import Action, Observation
from rlt.shapes.spaces import check_policy, describe_space, is_image, policy_output
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
            for trunk in (self.actor_trunk,) if shared else (self.actor_trunk, self.critic_trunk):
                orthogonal(trunk, HIDDEN_GAIN)
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


class Encoded(nn.Module):
    """An `MLP` behind encoders of observations that are no plain vector; one encoder for both where they are the same object."""

    modeless = True

    def __init__(self, actor_encoder: Encoder, critic_encoder: Encoder, body: MLP) -> None:
        super().__init__()
        self.actor_encoder, self.critic_encoder, self.body = actor_encoder, critic_encoder, body

    def actor(self, obs: Observation) -> Tensor:
        """The distribution's parameters alone: what acting needs."""
        parameters: Tensor = self.body.actor(self.actor_encoder(obs))
        return parameters

    @rlt.typed
    def forward(self, obs: Observation) -> tuple[Float[Tensor, "batch n_out"], Float[Tensor, "batch"]]:
        features = self.actor_encoder(obs)
        seen = features if self.critic_encoder is self.actor_encoder else self.critic_encoder(obs)
        return self.body.actor(features), self.body.critic(seen)


class WithCritic(nn.Module):
    """An own network that gives the distribution's parameters alone, and a critic beside it."""

    modeless = True

    def __init__(self, actor: nn.Module, critic: nn.Module) -> None:
        super().__init__()
        self.actor, self.critic = actor, critic

    @rlt.typed
    def forward(self, obs: Observation) -> tuple[Any, Float[Tensor, "batch"]]:
        return self.actor(obs), self.critic(obs).squeeze(-1)


def mlp(observation_space: Space[Any], distribution: Distribution, config: MLPConfig) -> nn.Module:
    """The default network: 64-64, tanh, orthogonal, separate actor and critic."""
    hidden = config.hidden if config.hidden is not None else (64, 64)
    kind, gains = activation(config.activation or "tanh"), config.orthogonal_init is not False
    if is_vector(observation_space):
        return MLP(math.prod(observation_space.shape or ()), distribution.size, hidden, kind, config.shared, gains)
    encoders = _encoders(observation_space, config.shared, 256, gains)
    return Encoded(*encoders, MLP(encoders[0].size, distribution.size, hidden, kind, config.shared, gains))


def cnn(observation_space: Space[Any], distribution: Distribution, config: CNNConfig) -> nn.Module:
    """The network of Mnih et al. 2015 for every image among the observations, and a linear layer each for actor and critic."""
    if not any(is_image(leaf) and leaf.dtype == "uint8" for leaf in space_leaves(observation_space)):
        raise SpaceError(
            f"model=cnn cannot read observations {describe_space(observation_space)}", "expected an image of bytes among them",
            fix="model=mlp",
        )
    encoders = _encoders(observation_space, config.shared, config.features, True)
    return Encoded(*encoders, MLP(encoders[0].size, distribution.size, (), nn.ReLU, config.shared, True))


def is_vector(space: Space[Any]) -> bool:
    """Whether observations are numbers that a fully connected layer takes as they are, flattened."""
    return isinstance(space, spaces.Box) and space.dtype is not None and space.dtype.kind == "f"


def _encoders(space: Space[Any], shared: bool, features: int, gains: bool) -> tuple[Encoder, Encoder]:
    actor = Encoder(space, features)
    learned = any(p.requires_grad for p in actor.parameters())
    critic = Encoder(space, features) if learned and not shared else actor
    if gains:
        for encoder in (actor, critic):
            orthogonal(encoder, HIDDEN_GAIN)
    return actor, critic


def critic_for(observation_space: Space[Any]) -> nn.Module:
    """The critic that PPO adds to an own actor: 64-64, tanh, behind an encoder."""
    encoder = Encoder(observation_space)
    trunk, head = hidden_layers((encoder.size, 64, 64), nn.Tanh), nn.Linear(64, 1)
    orthogonal(encoder, HIDDEN_GAIN)
    orthogonal(trunk, HIDDEN_GAIN)
    orthogonal(head, 1.0)
    return nn.Sequential(encoder, *trunk, head)


def checked(network: nn.Module, observation_space: Space[Any], action_space: Space[Any]) -> nn.Module:
    """`network` if it gives the distribution's parameters and a value; with PPO's own critic if it gives the first alone.

    ShapeError where what it gives is neither, or where it does not take the observations."""
    network.eval()  # looking changes no batch statistics and draws no dropout
    output = policy_output(network, observation_space)
    pair = isinstance(output, tuple)
    if isinstance(action_space, spaces.Box) and pair and (isinstance(output[0], tuple) or not _is_value(output[1])):
        raise ShapeError(
            f"{type(network).__name__} gives more than the mean of a Box action",
            "PPO's standard deviation does not depend on the observation: it is a parameter of the policy (model.log_std_init)",
            "expected the mean (batch, n), and beside it a value (batch,) if the network has one", fix="return mean, value",
        )
    if pair and isinstance(action_space, spaces.Tuple):  # the policy's part is a tuple too
        pair = len(output) == 2 and isinstance(output[0], tuple)
    check_policy(network, observation_space, action_space, value=pair)
    return network if pair else WithCritic(network, critic_for(observation_space))


def _is_value(output: Any) -> bool:
    return isinstance(output, Tensor) and output.shape[1:] in ((), (1,))


class PPOPolicy(nn.Module):
    """What acts, and what is saved: normalisers, network, and the spread of its Gaussian parts."""

    modeless = True

    def __init__(
        self, network: nn.Module, distribution: Distribution, observation_space: Space[Any], *,
        normalize_observation: bool, normalize_reward: bool, clip_observation: float, clip_reward: float, log_std_init: float,
    ) -> None:
        super().__init__()
        self.network, self.distribution = network, distribution
        self.normalizer = normalizer_for(observation_space, clip_observation) if normalize_observation else None
        self.return_scaler = ReturnScaler(clip_reward) if normalize_reward else None
        self.log_std: nn.Parameter | None = None
        if distribution.gaussian_size:
            self.log_std = nn.Parameter(torch.full((distribution.gaussian_size,), log_std_init))

    def normalize(self, obs: Observation) -> Observation:
        """Raw observations as the network wants them: normalised where asked for, flat for a vector network."""
        normal = obs if self.normalizer is None else self.normalizer(obs)
        return flattened(normal) if isinstance(self.network, MLP) else normal

    @rlt.typed
    def forward(self, obs: Observation, normalized: bool = False) -> tuple[Any, Float[Tensor, "batch"]]:
        """Distribution parameters and values of raw observations, or of such that are `normalized` already."""
        output, value = self.network(obs if normalized else self.normalize(obs))
        return self.distribution.parameters(output, self.log_std), value

    @rlt.typed
    def evaluate(self, normalized: Observation) -> tuple[Any, Float[Tensor, "batch"]]:
        """The same for observations that are normalised already."""
        return self.forward(normalized, normalized=True)

    def act(self, obs: Observation, generator: torch.Generator | None) -> Action:
        """Actions for raw observations: drawn with `generator`, the most likely ones without."""
        normalized = self.normalize(obs)
        network = self.network
        alone = isinstance(network, MLP | Encoded | WithCritic)
        output = network.actor(normalized) if alone else network(normalized)[0]  # type: ignore[operator]
        parameters = self.distribution.parameters(output, self.log_std)
        if generator is None:
            return self.distribution.mode(parameters)
        device = tree_leaves(obs)[0].device
        noise = tree_map(lambda drawn: drawn.to(device), self.distribution.noise(rows(obs), generator))
        return self.distribution.sample(parameters, noise)


def normalizer_for(space: Space[Any], clip: float) -> ObservationNormalizer | TreeNormalizer:
    """Running statistics of the floats among the observations. ConfigError where there are none."""
    if is_vector(space):
        return ObservationNormalizer(tuple(space.shape or ()), clip)
    shapes = [tuple(leaf.shape or ()) if is_vector(leaf) else None for leaf in space_leaves(space)]
    if not any(shape is not None for shape in shapes):
        raise ConfigError(
            f"agent.normalize_observation=true has nothing to do with observations {describe_space(space)}",
            "only numbers of a float Box are normalised; images are divided by 255", fix="agent.normalize_observation=false",
        )
    return TreeNormalizer(space_map(lambda leaf: None, space), shapes, clip)
