"""Between a person's observations and actions and the policy's: one or many, numpy or tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from gymnasium import Space, spaces

from rlt.errors import SpaceError
from rlt.types import Tensor


def to_policy(observation: Any, space: Space[Any], device: torch.device) -> tuple[Tensor, bool]:
    """`observation` as a batch on `device`, and whether it was a single one. SpaceError where its shape fits neither."""
    if not isinstance(space, spaces.Box):
        raise SpaceError(f"observations are {space}", "expected a Box")
    obs = observation if isinstance(observation, Tensor) else torch.from_numpy(np.asarray(observation))
    dtype = torch.uint8 if space.dtype == np.uint8 else torch.float32
    obs = obs.to(device=device, dtype=dtype)
    if tuple(obs.shape) == space.shape:
        return obs.unsqueeze(0), True
    if tuple(obs.shape[1:]) == space.shape:
        return obs, False
    raise SpaceError(f"observation has shape {tuple(obs.shape)}", f"expected {space.shape}, or (batch, …) of it, for {space}")


def from_policy(action: Tensor, space: Space[Any], single: bool, *, as_tensor: bool) -> Any:
    """The environment's own actions: Discrete from its `start`, everything in the space's dtype."""
    if isinstance(space, spaces.Discrete):
        action = action + int(space.start)
    action = action[0] if single else action
    if as_tensor:
        return action
    return action.cpu().numpy().astype(space.dtype) if space.dtype is not None else action.cpu().numpy()
