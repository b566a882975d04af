"""Gymnasium's classic control: plain data, but that a state's kind (a tuple, an array) says nothing about what follows."""

from __future__ import annotations

from typing import Any

import numpy as np

from rlt.envs.snapshots import plain

_ARRAY, _ARROW = "state", "last_u"


class ClassicSnapshot:
    """Saves and restores one environment of `gymnasium.envs.classic_control`, without its wrappers.

    The state is an array in the precision in which it is held: MountainCarContinuous goes on from float64 in its first
    step and from float32 in later ones. Pendulum's last torque is drawn, and read by no step.
    """

    def __init__(self, env: Any) -> None:
        self.env = env

    def save(self) -> dict[str, Any]:
        """Raises `plain.Unsaveable` for an attribute that somebody put there."""
        fields = plain.save(self.env, skip=(_ARRAY, _ARROW))
        held = getattr(self.env, _ARRAY, None)
        if isinstance(held, np.ndarray) and type(self.env).__name__ == "Continuous_MountainCarEnv":
            state = held.copy()
        else:
            state = None if held is None else np.array(held, np.float64)
        return {"state": state, "fields": fields}

    def restore(self, state: dict[str, Any]) -> None:
        """Puts the environment where `save` saw it."""
        plain.restore(self.env, state["fields"])
        self.env.state = None if state["state"] is None else np.array(state["state"])
