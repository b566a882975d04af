"""The time within the episode as part of the observation: what makes a task with a time limit a Markov process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import Space, spaces

from rlt.envs.layout import Arrays, Layout
from rlt.envs.wrappers.trees import Flattener, dict_like
from rlt.envs.wrappers.wrapper import Attached, Base, Rows, VectorWrapper
from rlt.errors import ConfigError


@dataclass(frozen=True)
class TimeAware(VectorWrapper):
    """Adds the number of steps since the episode began. The environment must have a time limit.

    Pardo et al. 2018 (arXiv:1712.00378), section 3.
    """

    flatten: bool = True
    """One vector of observation and time; false: a Dict of both."""
    normalize: bool = False
    """Time as a part of the time limit, 0 to 1."""

    def attach(self, base: Base) -> Attached:
        if base.time_limit is None:
            raise ConfigError(f"time_aware wants a time limit, and {base.id} has none", fix="max_episode_steps=1000")
        return _TimeAware(base, base.time_limit, self.flatten, self.normalize)


class _TimeAware(Attached):
    def __init__(self, base: Base, limit: int, flatten: bool, normalize: bool) -> None:
        time = spaces.Box(0.0, 1.0) if normalize else spaces.Box(0, limit, dtype=np.int32)
        space = _with_time(base.observation_space, time)
        layout = Layout(space, "observation")
        keys = [leaf.path for leaf in layout.leaves]
        self._place = keys.index(("time",)) if ("time",) in keys else len(keys) - 1
        self._flattener = Flattener(layout) if flatten else None
        super().__init__(base, space if self._flattener is None else self._flattener.space)
        self._time, self._unit = np.zeros(base.num_envs, np.int64), limit if normalize else 1

    def advance(self, obs: Arrays) -> Arrays:
        self._time = self._time + 1
        return self._add(obs, self._time)

    def begin(self, obs: Arrays, rows: Rows) -> Arrays:
        self._time = self._time.copy()
        self._time[rows] = 0
        return self._add(obs, self._time[rows])

    def _add(self, obs: Arrays, time: Any) -> Arrays:
        parts = list(obs)
        parts.insert(self._place, (time / self._unit).astype(np.float32)[:, None])
        return parts if self._flattener is None else [self._flattener(parts)]

    def save(self) -> dict[str, Any]:
        return {"time": self._time.copy()}

    def restore(self, saved: Any) -> None:
        self._time = np.array(saved["time"])


def _with_time(space: Space[Any], time: spaces.Box) -> Space[Any]:
    """As Gymnasium's TimeAwareObservation has it."""
    if isinstance(space, spaces.Dict):
        if "time" in space.spaces:
            raise ConfigError("time_aware: the observation has a part called time already", f"got: {space}")
        return dict_like(space, {"time": time, **space.spaces})
    if isinstance(space, spaces.Tuple):
        return spaces.Tuple((*space.spaces, time))
    return spaces.Dict(obs=space, time=time)
