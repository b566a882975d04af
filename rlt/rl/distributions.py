"""What a policy's numbers mean as a distribution over actions. Stateless: parameters and noise go in as tensors."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Protocol

import torch

import rlt
from rlt.types import Float, Int64, Tensor

_HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)


class Distribution(Protocol):
    """One kind of action distribution. `parameters` is what the policy's network gives, one row per observation."""

    size: int
    """How many numbers the network gives per observation."""
    gaussian_size: int
    """How many standard deviations that do not depend on the observation go with them."""

    def parameters(self, output: Any, log_std: Tensor | None) -> Any:
        """A network's output, and the logarithms of those standard deviations, as the parameters that the rest takes."""

    def noise(self, batch: int, generator: torch.Generator) -> Any:
        """What `sample` needs, drawn from `generator` on its device."""

    def sample(self, parameters: Any, noise: Any) -> Any:
        """Actions as the space has them: `[batch, …]`, or a tree of such."""

    def mode(self, parameters: Any) -> Any:
        """The most likely actions."""

    def log_prob(self, parameters: Any, action: Any) -> Float[Tensor, "batch"]:
        """Log-probability (or density), summed over the parts of an action."""

    def entropy(self, parameters: Any) -> Float[Tensor, "batch"]:
        """Entropy in nats."""


class OfLogits:
    """What distributions have in common whose parameters are the network's numbers."""

    gaussian_size = 0

    def parameters(self, output: Tensor, log_std: Tensor | None) -> Tensor:
        """The network's numbers as they are."""
        return output


class Categorical(OfLogits):
    """One of n actions, from logits `[batch, n]`."""

    def __init__(self, n: int) -> None:
        self.size = n

    @rlt.typed
    def noise(self, batch: int, generator: torch.Generator) -> Float[Tensor, "batch n"]:
        return torch.empty(batch, self.size, device=generator.device).exponential_(generator=generator)

    @rlt.typed
    def sample(self, parameters: Float[Tensor, "batch n"], noise: Float[Tensor, "batch n"]) -> Int64[Tensor, "batch"]:
        """By the Gumbel trick: the largest of logit - log(exponential noise) is distributed as softmax(logits)."""
        return (parameters - noise.log()).argmax(-1)

    @rlt.typed
    def mode(self, parameters: Float[Tensor, "batch n"]) -> Int64[Tensor, "batch"]:
        return parameters.argmax(-1)

    @rlt.typed
    def log_prob(self, parameters: Float[Tensor, "batch n"], action: Int64[Tensor, "batch"]) -> Float[Tensor, "batch"]:
        return parameters.log_softmax(-1).gather(-1, action.unsqueeze(-1)).squeeze(-1)

    @rlt.typed
    def entropy(self, parameters: Float[Tensor, "batch n"]) -> Float[Tensor, "batch"]:
        log_p = parameters.log_softmax(-1)
        return -(log_p.exp() * log_p).sum(-1)


class GaussianParameters(NamedTuple):
    """`log_std` is `[d]` where it does not depend on the observation."""

    mean: Float[Tensor, "batch d"]
    log_std: Float[Tensor, "*any d"]


class DiagonalGaussian:
    """Independent normal components. Not squashed: the environment gets a clipped copy, the sample stays as it was."""

    def __init__(self, d: int, shape: tuple[int, ...] | None = None) -> None:
        self.size = self.gaussian_size = d
        self.action_shape: tuple[int, ...] = (d,) if shape is None else shape

    def parameters(self, output: Tensor, log_std: Tensor | None) -> GaussianParameters:
        """The network's numbers as the mean."""
        assert log_std is not None
        return GaussianParameters(output.reshape(-1, self.size), log_std)

    @rlt.typed
    def noise(self, batch: int, generator: torch.Generator) -> Float[Tensor, "batch d"]:
        return torch.empty(batch, self.size, device=generator.device).normal_(generator=generator)

    @rlt.typed
    def sample(self, parameters: GaussianParameters, noise: Float[Tensor, "batch d"]) -> Float[Tensor, "batch *shape"]:
        drawn = parameters.mean + parameters.log_std.exp() * noise
        return drawn.reshape(-1, *self.action_shape)

    @rlt.typed
    def mode(self, parameters: GaussianParameters) -> Float[Tensor, "batch *shape"]:
        return parameters.mean.reshape(-1, *self.action_shape)

    @rlt.typed
    def log_prob(self, parameters: GaussianParameters, action: Float[Tensor, "batch *shape"]) -> Float[Tensor, "batch"]:
        mean, log_std = parameters
        z = (action.reshape(mean.shape) - mean) * (-log_std).exp()
        return (-0.5 * z.square() - log_std - _HALF_LOG_TWO_PI).sum(-1)

    @rlt.typed
    def entropy(self, parameters: GaussianParameters) -> Float[Tensor, "batch"]:
        mean, log_std = parameters
        return (log_std + (0.5 + _HALF_LOG_TWO_PI)).expand(mean.shape).sum(-1)
