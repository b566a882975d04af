"""Distributions over several things at once: MultiDiscrete, MultiBinary, and Dict and Tuple of any.

The parts of an action are independent given the observation, so log-probabilities and entropies add up.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from gymnasium import Space, spaces
from torch.nn.functional import logsigmoid

import rlt
from rlt.errors import SpaceError
from rlt.rl.distributions import Categorical, DiagonalGaussian, Distribution, OfLogits
from rlt.rl.spaces import space_map
from rlt.rl.trees import leaves_like, tree_map
from rlt.types import Bool, Float, Int64, Tensor


class MultiCategorical(OfLogits):
    """One of several choices for each component, from logits `[batch, sum of choices]`."""

    def __init__(self, choices: tuple[int, ...], shape: tuple[int, ...] | None = None) -> None:
        self.choices, self.size, self.parts = choices, sum(choices), len(choices)
        self.action_shape: tuple[int, ...] = (len(choices),) if shape is None else shape

    @rlt.typed
    def noise(self, batch: int, generator: torch.Generator) -> Float[Tensor, "batch n"]:
        return torch.empty(batch, self.size, device=generator.device).exponential_(generator=generator)

    @rlt.typed
    def sample(self, parameters: Float[Tensor, "batch n"], noise: Float[Tensor, "batch n"]) -> Int64[Tensor, "batch *shape"]:
        """By the Gumbel trick in each component; see `Categorical`."""
        return self.mode(parameters - noise.log())

    @rlt.typed
    def mode(self, parameters: Float[Tensor, "batch n"]) -> Int64[Tensor, "batch *shape"]:
        chosen = torch.stack([logits.argmax(-1) for logits in parameters.split(self.choices, -1)], -1)
        return chosen.reshape(-1, *self.action_shape)

    @rlt.typed
    def log_prob(self, parameters: Float[Tensor, "batch n"], action: Int64[Tensor, "batch *shape"]) -> Float[Tensor, "batch"]:
        chosen = action.reshape(parameters.shape[0], self.parts)
        each = [
            logits.log_softmax(-1).gather(-1, chosen[:, i : i + 1]) for i, logits in enumerate(parameters.split(self.choices, -1))
        ]
        return torch.cat(each, -1).sum(-1)

    @rlt.typed
    def entropy(self, parameters: Float[Tensor, "batch n"]) -> Float[Tensor, "batch"]:
        log_p = [logits.log_softmax(-1) for logits in parameters.split(self.choices, -1)]
        together = torch.cat(log_p, -1)
        return -(together.exp() * together).sum(-1)


class Bernoulli(OfLogits):
    """A bit for each component, from logits `[batch, bits]`."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.action_shape, self.size = shape, math.prod(shape)

    @rlt.typed
    def noise(self, batch: int, generator: torch.Generator) -> Float[Tensor, "batch n"]:
        return torch.empty(batch, self.size, device=generator.device).uniform_(generator=generator)

    @rlt.typed
    def sample(self, parameters: Float[Tensor, "batch n"], noise: Float[Tensor, "batch n"]) -> Bool[Tensor, "batch *shape"]:
        return (noise < parameters.sigmoid()).reshape(-1, *self.action_shape)

    @rlt.typed
    def mode(self, parameters: Float[Tensor, "batch n"]) -> Bool[Tensor, "batch *shape"]:
        return (parameters > 0).reshape(-1, *self.action_shape)

    @rlt.typed
    def log_prob(self, parameters: Float[Tensor, "batch n"], action: Bool[Tensor, "batch *shape"]) -> Float[Tensor, "batch"]:
        bits = action.reshape(parameters.shape)
        return logsigmoid(torch.where(bits, parameters, -parameters)).sum(-1)

    @rlt.typed
    def entropy(self, parameters: Float[Tensor, "batch n"]) -> Float[Tensor, "batch"]:
        p = parameters.sigmoid()
        return -(p * logsigmoid(parameters) + (1 - p) * logsigmoid(-parameters)).sum(-1)


class Product:
    """The distribution of a Dict or Tuple space: one distribution for each of its leaves."""

    def __init__(self, space: Space[Any], leaf: Any) -> None:
        """`leaf` gives the distribution of a space that is neither Dict nor Tuple."""
        self.parts: list[Distribution] = []
        self.structure = space_map(lambda part: self._place(leaf(part)), space)
        """The space's structure with the number of its part in each leaf."""
        self.sizes = [part.size for part in self.parts]
        self.size = sum(self.sizes)
        self.gaussian_sizes = [part.gaussian_size for part in self.parts]
        self.gaussian_size = sum(self.gaussian_sizes)

    def _place(self, part: Distribution) -> int:
        self.parts.append(part)
        return len(self.parts) - 1

    def parameters(self, output: Any, log_std: Tensor | None) -> tuple[Any, ...]:
        """Each part's parameters, from one tensor `[batch, size]` or from outputs in the space's structure."""
        outputs = output.split(self.sizes, -1) if isinstance(output, Tensor) else leaves_like(self.structure, output)
        spreads = [None] * len(self.parts) if log_std is None else log_std.split(self.gaussian_sizes)
        return tuple(part.parameters(o, s) for part, o, s in zip(self.parts, outputs, spreads))

    def _built(self, leaves: list[Any]) -> Any:
        return tree_map(lambda i: leaves[i], self.structure)

    def noise(self, batch: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Each part's noise, in the order of the parts."""
        return tuple(part.noise(batch, generator) for part in self.parts)

    def sample(self, parameters: tuple[Any, ...], noise: tuple[Tensor, ...]) -> Any:
        """Actions in the space's structure."""
        return self._built([part.sample(p, n) for part, p, n in zip(self.parts, parameters, noise)])

    def mode(self, parameters: tuple[Any, ...]) -> Any:
        """The most likely action of each part."""
        return self._built([part.mode(p) for part, p in zip(self.parts, parameters)])

    @rlt.typed
    def log_prob(self, parameters: Any, action: Any) -> Float[Tensor, "batch"]:
        """The sum over the parts."""
        each = [part.log_prob(p, a) for part, p, a in zip(self.parts, parameters, leaves_like(self.structure, action))]
        return torch.stack(each).sum(0)

    @rlt.typed
    def entropy(self, parameters: Any) -> Float[Tensor, "batch"]:
        """The sum over the parts."""
        return torch.stack([part.entropy(p) for part, p in zip(self.parts, parameters)]).sum(0)


def distribution_for(space: Space[Any]) -> Distribution:
    """Discrete: categorical; MultiDiscrete and MultiBinary: independent components; Box: diagonal Gaussian; Dict and Tuple:
    the product of their parts'. SpaceError for the rest."""
    if isinstance(space, spaces.Dict | spaces.Tuple):
        return Product(space, distribution_for)
    if isinstance(space, spaces.Discrete):
        return Categorical(int(space.n))
    if isinstance(space, spaces.MultiDiscrete):
        return MultiCategorical(tuple(int(n) for n in space.nvec.reshape(-1)), tuple(space.shape))
    if isinstance(space, spaces.MultiBinary):
        return Bernoulli(tuple(space.shape))
    if isinstance(space, spaces.Box) and space.dtype is not None and space.dtype.kind == "f":
        return DiagonalGaussian(int(math.prod(space.shape)), tuple(space.shape))
    raise SpaceError(
        f"actions are {space}: there is no policy distribution for this space",
        "expected a float Box, Discrete, MultiDiscrete, MultiBinary, or a Dict or Tuple of these",
    )
