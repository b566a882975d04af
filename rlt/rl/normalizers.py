"""Running statistics as modules of the policy.

They change only by `update`, which the collector calls; `forward` reads them. So no train or eval mode governs them:
evaluation leaves them alone, `state_dict` saves them, export folds them in.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

import rlt
from rlt.rl.trees import leaves_like, tree_map
from rlt.types import Float, Tensor


class RunningMoments(nn.Module):
    """Mean and variance of everything seen, in float64.

    Parallel update of Chan, Golub and LeVeque (1979); population variance. Before the first update: mean 0, variance 1.
    """

    modeless = True

    mean: Tensor
    variance: Tensor
    count: Tensor

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(shape, dtype=torch.float64))
        self.register_buffer("variance", torch.ones(shape, dtype=torch.float64))
        self.register_buffer("count", torch.zeros(1, dtype=torch.int64))

    @torch.no_grad()
    @rlt.typed
    def update(self, batch: Float[Tensor, "batch *shape"]) -> None:
        """Takes in `batch`. No host read: safe on any device."""
        batch = batch.double()
        size = batch.shape[0]
        variance, mean = torch.var_mean(batch, dim=0, correction=0)
        total = self.count + size
        # Of two integer tensors torch's quotient is float32, which would undo the float64 of the moments.
        old, new = (self.count.double() / total).reshape(()), (size / total.double()).reshape(())
        difference = mean - self.mean
        self.variance.copy_(old * self.variance + new * variance + difference.square() * old * new)
        self.mean.add_(difference * new)
        self.count.copy_(total)


class ObservationNormalizer(nn.Module):
    """(obs - mean) / std, clipped. Before the first update it only clips."""

    modeless = True

    def __init__(self, shape: tuple[int, ...], clip: float = 10.0, epsilon: float = 1e-8) -> None:
        super().__init__()
        self.moments, self.clip, self.epsilon = RunningMoments(shape), clip, epsilon

    @rlt.typed
    def update(self, obs: Float[Tensor, "batch *shape"]) -> None:
        """Takes in raw observations."""
        self.moments.update(obs)

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch *shape"]) -> Float[Tensor, "batch *shape"]:
        """Raw to normalised observations, of the same dtype."""
        mean, scale = self.moments.mean, (self.moments.variance + self.epsilon).rsqrt()
        return ((obs - mean.to(obs.dtype)) * scale.to(obs.dtype)).clamp(-self.clip, self.clip)


class TreeNormalizer(nn.Module):
    """An `ObservationNormalizer` for each float leaf of a Dict or Tuple space; images, choices and bits stay as they are."""

    def __init__(self, structure: Any, shapes: list[tuple[int, ...] | None], clip: float = 10.0) -> None:
        """`structure` is a tree like the observations'; `shapes` has, in its order, a float leaf's shape and None elsewhere."""
        super().__init__()
        self.structure = structure
        self.leaves = nn.ModuleList(
            nn.Identity() if shape is None else ObservationNormalizer(shape, clip) for shape in shapes
        )

    def update(self, obs: Any) -> None:
        """Takes in raw observations."""
        for normalizer, leaf in zip(self.leaves, leaves_like(self.structure, obs)):
            if isinstance(normalizer, ObservationNormalizer):
                normalizer.update(leaf)

    def forward(self, obs: Any) -> Any:
        """Raw to normalised observations."""
        normal = iter([normalizer(leaf) for normalizer, leaf in zip(self.leaves, leaves_like(self.structure, obs))])
        return tree_map(lambda place: next(normal), self.structure)


class ReturnScaler(nn.Module):
    """Divides rewards by the standard deviation of the running discounted return; the mean is left in, so no sign flips."""

    modeless = True

    def __init__(self, clip: float = 10.0, epsilon: float = 1e-8) -> None:
        super().__init__()
        self.moments, self.clip, self.epsilon = RunningMoments(()), clip, epsilon

    @rlt.typed
    def update(self, running_return: Float[Tensor, "batch"]) -> None:
        """Takes in running discounted returns, `rlt.rl.returns.discounted_running_returns`."""
        self.moments.update(running_return)

    @rlt.typed
    def forward(self, reward: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Raw to scaled rewards, clipped."""
        return (reward * (self.moments.variance + self.epsilon).rsqrt().to(reward.dtype)).clamp(-self.clip, self.clip)
