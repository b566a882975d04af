"""Backend `pool`: worker processes, each stepping several sub-environments into shared memory.

A step sends one byte to each worker and waits for one byte back; nothing is pickled. Between `send` and `recv` the
workers step while the caller does something else.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Sequence
from typing import Any

import cloudpickle
import numpy as np
from numpy.typing import NDArray

from rlt.envs import faults
from rlt.envs.action_reader import ActionReader
from rlt.envs.backends.vector import ArrayVectorEnv, Outcome, with_finals
from rlt.envs.layout import Arrays, Layout, mask_size
from rlt.envs.mujoco.threads import cores
from rlt.envs.pool import memory
from rlt.envs.pool.owner import Worker, WorkerFault
from rlt.envs.recipe import Recipe
from rlt.types import Purpose

_PATIENCE = 2.0
"""Seconds that a worker gets to end by itself."""
_CONSTRUCTION = 120.0
"""Seconds that a worker gets at least to import what it needs and build its environments."""


class PoolVectorEnv(ArrayVectorEnv[Purpose]):
    """Workers with consecutive sub-environments each; the same numbers as `sync`, whatever their number."""

    def __init__(self, recipe: Recipe) -> None:
        self._timeout, n = recipe.timeout, recipe.num_envs
        count = min(recipe.workers or cores(), n)
        shares = [range(n * w // count, n * (w + 1) // count) for w in range(count)]
        fd = memory.create()
        self._board = memory.EMPTY
        self._workers = [Worker(recipe.source.id, w, share, fd) for w, share in enumerate(shares)]
        # Also when this object is dropped, or the interpreter ends, without close().
        self._finalizer: Any = weakref.finalize(self, _end, self._workers)
        try:
            spec = recipe.source.spec()
            for worker in self._workers:
                worker.allow(max(self._timeout, _CONSTRUCTION))
                worker.build(source=recipe.source, autoreset=recipe.autoreset, total=n, spec=spec)
            observation_space, action_space = cloudpickle.loads(self._answers("the construction")[0])
            observations, actions = Layout(observation_space, "observation"), ActionReader(action_space, n)
            masks = mask_size(action_space)
            os.ftruncate(fd, memory.size(observations, actions.layout, masks, n))
            self._board = memory.attach(fd, observations, actions.layout, masks, n)
            for worker in self._workers:
                worker.start_renewal()  # any byte: the memory is sized
            self._answers("the construction")
            for worker in self._workers:
                worker.allow(self._timeout)
        except BaseException:
            self._finalizer()
            raise
        finally:
            os.close(fd)
        super().__init__(recipe, "pool", observations, actions)
        self._masks = False
        self._inexact: str | None = None

    def renew(self) -> None:
        """Builds every environment anew, in the same processes: as if nothing had been asked of them yet."""
        for worker in self._workers:
            worker.start_renewal()
        self._answers("the construction")
        self._current = self._mask = self._mask_tensor = None
        self._masks = False

    @property
    def inexact_resume(self) -> str | None:  # type: ignore[override]
        """As the protocol says; asked anew each time, since an environment may only show in `reset` what it holds."""
        if self._sent is None and not self._closed:
            self._inexact = self._call("inexact_resume")[0]
        return self._inexact

    def _reset(self, seed: int | None, only: NDArray[np.bool_] | None) -> tuple[Arrays, NDArray[np.bool_] | None]:
        parts = [None if only is None else only[w.first : w.first + w.num_envs] for w in self._workers]
        self._masks = any(self._call("reset", *((seed, part) for part in parts)))
        return self._copy(self._board.obs), self._mask_copy()

    def _start(self, actions: Arrays) -> None:
        for shared, array in zip(self._board.actions, actions):
            shared[:] = array
        try:
            for worker in self._workers:
                worker.start_step()
        except BaseException as error:
            self._end_after(error)
            raise

    def _finish(self, actions: Arrays) -> Outcome:
        ended = any(self._answers("a step"))
        board = self._board
        obs, reward = self._copy(board.obs), board.reward.copy()
        terminated, truncated = board.terminated.copy(), board.truncated.copy()
        final = obs
        if ended and self.autoreset == "same_step":
            final = with_finals(obs, board.final, np.flatnonzero(terminated | truncated).tolist())
        return Outcome(obs, final, reward, terminated, truncated, self._mask_copy())

    def _save(self) -> dict[str, Any]:
        parts = self._call("get_state")
        over = np.concatenate([part["over"] for part in parts])
        return {"envs": [env for part in parts for env in part["envs"]], "over": over, "steps": parts[0]["steps"]}

    def _restore(self, state: dict[str, Any], obs: Arrays, mask: NDArray[np.bool_] | None) -> None:
        board, self._masks = self._board, mask is not None
        for shared, array in zip(board.obs, obs):
            shared[:] = array
        if mask is not None:
            board.mask[:] = mask
        bounds = [slice(w.first, w.first + w.num_envs) for w in self._workers]
        parts = [{"envs": state["envs"][b], "over": state["over"][b], "steps": state["steps"]} for b in bounds]
        self._call("set_state", *((part, self._masks) for part in parts))
        for shared, array in zip(board.obs, obs):
            array[:] = shared
        if mask is not None:
            mask[:] = board.mask

    def _close(self) -> None:
        self._finalizer()

    def _call(self, name: str, *arguments: Sequence[Any]) -> list[Any]:
        """The same call to every worker, each with its own arguments; their answers in order."""
        try:
            for worker, given in zip(self._workers, arguments or [()] * len(self._workers)):
                worker.start_call(name, *given)
        except BaseException as error:
            self._end_after(error)
            raise
        return self._answers(name)

    def _end_after(self, error: BaseException) -> None:
        """After an error, or an interrupt, nobody could say what the workers are doing: they are ended."""
        self._closed = True
        self._finalizer()
        if isinstance(error, WorkerFault):
            rows = [leaf[error.share.start : error.share.stop] for leaf in self._board.actions]
            error.tell(f"last actions: {faults.short(rows[0] if len(rows) == 1 else rows)}")

    def _answers(self, what: str) -> list[Any]:
        """One answer from each worker. A worker that raised, died or hangs ends the whole pool and is named."""
        try:
            return [worker.answer(what) for worker in self._workers]
        except BaseException as error:
            self._end_after(error)
            raise

    def _copy(self, arrays: Arrays) -> Arrays:
        return [array.copy() for array in arrays]

    def _mask_copy(self) -> NDArray[np.bool_] | None:
        return self._board.mask.copy() if self._masks else None


def _end(workers: list[Worker]) -> None:
    for worker in workers:
        worker.hang_up()
    for worker in workers:
        worker.end(_PATIENCE)
