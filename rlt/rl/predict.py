"""Between a person's observations and actions and the policy's: one or many, numpy or tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from gymnasium import Space, spaces

from rlt.errors import SpaceError
from rlt.rl.spaces import space_tree
from rlt.rl.trees import tree_leaves, tree_map
from rlt.rl.vector_env import Action, Observation
from rlt.shapes.spaces import example_observation
from rlt.types import Tensor


def to_policy(observation: Any, space: Space[Any], device: torch.device) -> tuple[Observation, bool]:
    """`observation` as a batch on `device`, and whether it was a single one. SpaceError where its shape fits neither."""
    made, single = _to_policy(observation, space, device, "observation")
    return made, single


def _to_policy(observation: Any, space: Space[Any], device: torch.device, what: str) -> tuple[Any, bool]:
    if isinstance(space, spaces.Dict | spaces.Tuple):
        inside = space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces)
        parts = {}
        for key, part in inside:
            try:
                value = observation[key]
            except (KeyError, IndexError, TypeError):
                raise SpaceError(f"{what} has no part {key!r}", f"expected {space}") from None
            parts[key] = _to_policy(value, part, device, f"{what}[{key!r}]")
        singles = {single for _, single in parts.values()}
        if len(singles) > 1:
            raise SpaceError(f"{what} has parts with and without a batch dimension", f"expected all alike, for {space}")
        values = {key: value for key, (value, _) in parts.items()}
        return values if isinstance(space, spaces.Dict) else tuple(values.values()), singles == {True}
    dtype = example_observation(space, 1).dtype
    array = observation if isinstance(observation, Tensor) else np.asarray(observation)
    if isinstance(array, np.ndarray) and array.dtype.kind not in "biuf":
        raise SpaceError(f"{what} is no array of numbers", f"expected {space}", f"got {type(observation).__name__}")
    obs = array if isinstance(array, Tensor) else torch.from_numpy(array)
    if isinstance(space, spaces.Discrete | spaces.MultiDiscrete):
        obs = obs - torch.as_tensor(space.start)
    obs = obs.to(device=device, dtype=dtype)
    shape = tuple(space.shape or ())
    if tuple(obs.shape) == shape:
        return obs.unsqueeze(0), True
    if tuple(obs.shape[1:]) == shape:
        return obs, False
    raise SpaceError(f"{what} has shape {tuple(obs.shape)}", f"expected {shape}, or (batch, …) of it, for {space}")


def from_policy(action: Action, space: Space[Any], single: bool, *, as_tensor: bool) -> Any:
    """The environment's own actions: Discrete and MultiDiscrete from their `start`, everything in the space's dtype."""

    def own(leaf: Space[Any], action: Tensor) -> Any:
        if isinstance(leaf, spaces.Discrete | spaces.MultiDiscrete):
            action = action + torch.as_tensor(leaf.start, device=action.device)
        action = action[0] if single else action
        if as_tensor:
            return action
        return action.cpu().numpy().astype(leaf.dtype) if leaf.dtype is not None else action.cpu().numpy()

    return tree_map(own, space_tree(space), action)


def all_tensors(observation: Any) -> bool:
    """Whether every leaf is a tensor: predictions are then tensors too."""
    return all(isinstance(leaf, Tensor) for leaf in tree_leaves(observation))
