"""MuJoCo: every array of `MjData` whose size the model fixes, the time, and the environment's own fields.

The integration state alone is not enough: Ant and Humanoid read body positions that the previous step left behind. The
arrays that a step sizes anew (constraints, contacts, islands) are made before they are read, so they are left out.
"""

from __future__ import annotations

import zlib
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from rlt.envs.snapshots import generator, plain

_OWN = ("model", "data", "mujoco_renderer", "_np_random", "init_qpos", "init_qvel")
_POINTERS = frozenset({"plugin_data"})  # addresses of this process


def array_names(model: Any) -> list[str]:
    """The arrays of `MjData` whose size does not depend on what happens in a step."""
    fresh, names = mujoco.MjData(model), []
    for name in dir(fresh):
        if name.startswith(("_", "efc_", "iefc_", "island_", "map_", "efm_")) or name in _POINTERS:
            continue
        value = getattr(fresh, name)
        if isinstance(value, np.ndarray) and value.size and value.flags.writeable:
            names.append(name)
    return names


def save_data(data: Any, names: list[str]) -> dict[str, Any]:
    """The named arrays and the time."""
    return {"time": float(data.time), "arrays": {name: getattr(data, name).copy() for name in names}}


def restore_data(data: Any, state: dict[str, Any]) -> None:
    """Writes what `save_data` gave into a `MjData` of the same model."""
    data.time = state["time"]
    for name, value in state["arrays"].items():
        held: NDArray[Any] | None = getattr(data, name, None)
        if held is not None and held.shape == np.shape(value):  # another release may have renamed or resized one
            held[...] = value


class MujocoSnapshot:
    """Saves and restores one `gymnasium.envs.mujoco.MujocoEnv`, without its wrappers."""

    def __init__(self, env: Any) -> None:
        self.env = env
        self.names = array_names(self.env.model)
        self.model_digest = _digest(self.env.model)

    def save(self) -> dict[str, Any]:
        """Raises `plain.Unsaveable` where a field or a changed model stands against it."""
        if _digest(self.env.model) != self.model_digest:
            raise plain.Unsaveable("its MuJoCo model was changed after it was built")
        return {
            "data": save_data(self.env.data, self.names),
            "fields": plain.save(self.env, skip=_OWN),
            "generator": generator.save(self.env.np_random),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Puts the environment, reset or not, where `save` saw it."""
        restore_data(self.env.data, state["data"])
        generator.restore(self.env.np_random, state["generator"])  # first: asking for it may write a seed into the fields
        plain.restore(self.env, state["fields"])


def _digest(model: Any) -> int:
    buffer = np.empty(mujoco.mj_sizeModel(model), np.uint8)
    mujoco.mj_saveModel(model, None, buffer)
    return zlib.crc32(buffer.tobytes())
