"""A Gaussian squashed into the bounds of a Box by tanh: what SAC acts with.

    u = mean + std noise          the sample before the tanh, which is what is kept
    action = centre + half_width tanh(u)

The density of the action is computed from u, never from the action: the way back through atanh of a saturated action
would be infinite or, clipped, wrong.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from gymnasium import Space, spaces
from torch import nn

import rlt
from rlt.errors import SpaceError
from rlt.rl.distributions import GaussianParameters
from rlt.types import Float, Tensor

_LOG_2 = math.log(2)
_HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)


class SquashedGaussian(nn.Module):
    """The distribution of actions in a bounded Box. It has no parameters; the bounds are buffers that move with it."""

    low: Float[Tensor, "d"]
    high: Float[Tensor, "d"]
    centre: Float[Tensor, "d"]
    half_width: Float[Tensor, "d"]

    def __init__(self, space: Space[Any]) -> None:
        """SpaceError where `space` is no Box of floats, or a bound is infinite or not below its partner."""
        super().__init__()
        if not (isinstance(space, spaces.Box) and space.dtype is not None and space.dtype.kind == "f"):
            raise SpaceError(f"actions are {space}: a squashed Gaussian cannot give these", "expected a float Box")
        low, high = (np.asarray(b, np.float64).reshape(-1) for b in (space.low, space.high))
        if not (np.isfinite(low).all() and np.isfinite(high).all() and (low < high).all()):
            raise SpaceError(
                f"actions are {space}: a squashed Gaussian needs finite bounds, the lower below the upper",
                fix="a gymnasium.ActionWrapper whose action_space is a Box with bounds",
            )
        self.size, self.action_shape = int(low.size), tuple(space.shape)
        self.register_buffer("low", torch.from_numpy(low).float(), persistent=False)
        self.register_buffer("high", torch.from_numpy(high).float(), persistent=False)
        self.register_buffer("centre", torch.from_numpy((low + high) / 2).float(), persistent=False)
        self.register_buffer("half_width", torch.from_numpy((high - low) / 2).float(), persistent=False)
        self.log_half_widths = float(self.half_width.double().log().sum())
        """How much more entropy these bounds have than bounds of -1 and 1, in nats."""

    @rlt.typed
    def noise(self, batch: int, generator: torch.Generator) -> Float[Tensor, "batch d"]:
        """What `pre_tanh` needs, drawn from `generator` on its device."""
        return torch.empty(batch, self.size, device=generator.device).normal_(generator=generator).to(self.low.device)

    @rlt.typed
    def pre_tanh(self, parameters: GaussianParameters, noise: Float[Tensor, "batch d"]) -> Float[Tensor, "batch d"]:
        """The sample before it is squashed."""
        return parameters.mean + parameters.log_std.exp() * noise

    @rlt.typed
    def action(self, pre_tanh: Float[Tensor, "batch d"]) -> Float[Tensor, "batch d"]:
        """The action, in the environment's units. In floating point it may pass a bound by its last digit."""
        return self.centre + self.half_width * pre_tanh.tanh()

    @rlt.typed
    def within(self, action: Float[Tensor, "batch d"]) -> Float[Tensor, "batch *shape"]:
        """The action in its space's shape, on the bound where it passed it."""
        return action.clamp(self.low, self.high).reshape(-1, *self.action_shape)

    @rlt.typed
    def unit(self, action: Float[Tensor, "batch *shape"]) -> Float[Tensor, "batch d"]:
        """The action in units in which every dimension runs from -1 to 1: what critics see."""
        return (action.reshape(action.shape[0], -1) - self.centre) / self.half_width

    @rlt.typed
    def log_prob(self, parameters: GaussianParameters, pre_tanh: Float[Tensor, "batch d"]) -> Float[Tensor, "batch"]:
        """Log-density of the action that `pre_tanh` becomes, in the environment's units.

        Haarnoja et al. 2018 (arXiv:1812.05905), equation 21, with the scale of the bounds. log(1 - tanh(u)^2) is written
        2 (log 2 - u - softplus(-2u)), which loses nothing where tanh saturates. softplus(x) is -logsigmoid(-x): torch's own
        softplus is cut off at 20, an error of 2e-9.
        """
        mean, log_std = parameters
        z = (pre_tanh - mean) * (-log_std).exp()
        gaussian = -0.5 * z.square() - log_std - _HALF_LOG_TWO_PI
        slope = 2 * (_LOG_2 - pre_tanh + nn.functional.logsigmoid(2 * pre_tanh))
        return (gaussian - slope).sum(-1) - self.log_half_widths

    @rlt.typed
    def mode(self, parameters: GaussianParameters) -> Float[Tensor, "batch d"]:
        """The action of the mean before squashing: the median of each dimension, by which one acts deterministically."""
        return self.action(parameters.mean)

    @rlt.typed
    def uniform(self, batch: int, generator: torch.Generator) -> Float[Tensor, "batch *shape"]:
        """Actions anywhere within the bounds, each alike: exploration before anything is learned."""
        drawn = torch.empty(batch, self.size, device=generator.device).uniform_(-1, 1, generator=generator).to(self.low.device)
        return self.within(self.centre + self.half_width * drawn)
