"""MuJoCo's own batch (from 4.0 on): all copies stepped by one call, on threads that never see the interpreter lock.

Python threads that take turns at the lock gain nothing on eight small models; the batch does. It gives the numbers of
`mj_step`, bit for bit, but offers its `MjData` as copies only: a reset, a save or a restore works on a copy's `MjData`
outside and puts its integration state back. So it is for tasks of which that state is everything.
"""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from rlt.envs.cores import cores

_STATE = int(mujoco.mjtState.mjSTATE_INTEGRATION)


class NativeBatch:
    """Steps what `datas` were at the last `put`; `get` brings them up to date."""

    def __init__(self, model: Any, datas: list[Any], frame_skip: int) -> None:
        from mujoco import batch

        self._model, self._datas, self._frame_skip = model, datas, frame_skip
        self._batch = batch.Batch(model, len(datas), min(cores(), len(datas)), persistent=True)
        self._views: dict[str, NDArray[np.float64]] = {}
        self._ctrl = self.array("ctrl")
        self._current: set[int] = set()
        """Which of `datas` hold what the batch does."""
        for i in range(len(datas)):
            self.put(i)

    @staticmethod
    def exists() -> bool:
        """Whether this MuJoCo brings it."""
        try:
            from mujoco import batch
        except ImportError:
            return False
        return hasattr(batch, "Batch")

    def start(self, action: NDArray[Any]) -> None:
        """Takes the action; the batch does not work beside its caller."""
        self._ctrl[:] = action

    def wait(self) -> None:
        """Steps all."""
        self._current.clear()
        self._batch.step(nstep=self._frame_skip)

    def array(self, name: str, first: int = 0) -> NDArray[np.float64]:
        """A part of the state of all copies, such as `qpos`."""
        if name not in self._views:
            self._views[name] = self._batch.bind(name)
        return self._views[name][:, first:]

    def get(self, i: int) -> None:
        """Brings the i-th `MjData` up to date."""
        if i not in self._current:
            self._batch.get_data(i, self._datas[i])
            self._current.add(i)

    def put(self, i: int) -> None:
        """Goes on from the i-th `MjData`."""
        # Diagnostics that a step does not overwrite, such as solver_nnz, are as a reset and `mj_forward` leave them.
        self._batch.reset([i], stage=0)
        mujoco.mj_getState(self._model, self._datas[i], self._batch.state[i], _STATE)
        self._batch.forward([i])
        mujoco.mj_getState(self._model, self._datas[i], self._batch.state[i], _STATE)
        self._current.add(i)

    def close(self) -> None:
        """Its threads end with it."""
