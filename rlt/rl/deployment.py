"""A policy as a network of its own: raw observations in, the environment's actions out, nothing else needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from gymnasium import Space, spaces
from torch import nn

from rlt.rl.predict import from_policy
from rlt.rl.spaces import space_tree
from rlt.rl.trees import tree_map
from rlt.rl.vector_env import Action, Observation
from rlt.types import Tensor

if TYPE_CHECKING:
    from rlt.rl.agent import Agent


class Deployed(nn.Module):
    """The most likely actions of an agent, its normaliser folded in.

    Observations are a batch as Gymnasium gives them (Discrete counted from its `start`), a tensor or a tree of such; actions
    likewise. Box actions lie within their bounds."""

    def __init__(self, agent: Agent) -> None:
        super().__init__()
        self.policy = agent.policy
        self._agent = [agent]  # in a list: an agent is no module, and its environment is no part of this one
        self._spaces = agent.observation_space, agent.action_space

    def forward(self, obs: Observation) -> Action:
        """Actions `[batch, …]`."""
        observation_space, action_space = self._spaces
        action = self._agent[0].act(counted_from_zero(obs, observation_space), None)
        return from_policy(action, action_space, False, as_tensor=True)


def counted_from_zero(obs: Any, space: Space[Any]) -> Any:
    """Gymnasium's observations as policies see them."""

    def counted(leaf: Space[Any], values: Tensor) -> Tensor:
        return values - torch.as_tensor(leaf.start) if isinstance(leaf, spaces.Discrete | spaces.MultiDiscrete) else values

    return tree_map(counted, space_tree(space), obs)


def samples(space: Space[Any], batch: int, seed: int = 0) -> Any:
    """A batch of random observations as tensors, in a policy's dtypes."""
    if isinstance(space, spaces.Dict):
        return {key: samples(part, batch, seed + i) for i, (key, part) in enumerate(space.spaces.items())}
    if isinstance(space, spaces.Tuple):
        return tuple(samples(part, batch, seed + i) for i, part in enumerate(space.spaces))
    generator = torch.Generator().manual_seed(seed)
    shape = (batch, *(space.shape or ()))
    if isinstance(space, spaces.Box) and space.dtype == "uint8":
        return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
    if isinstance(space, spaces.Box):
        return _within(torch.randn(shape, generator=generator), space)
    if isinstance(space, spaces.MultiBinary):
        return torch.randint(0, 2, shape, generator=generator).bool()
    choices = torch.as_tensor(space.n if isinstance(space, spaces.Discrete) else space.nvec)  # type: ignore[attr-defined]
    drawn = (torch.rand(shape, generator=generator) * choices).long()
    return drawn + torch.as_tensor(space.start)  # type: ignore[attr-defined]


def _within(values: Tensor, space: spaces.Box) -> Tensor:
    low, high = (torch.as_tensor(bound).float() for bound in (space.low, space.high))
    return values.clamp(low, high)
