"""Backend `pool`: worker processes, each stepping several sub-environments into shared memory.

Per step nothing is pickled, and while both sides are quick nothing is sent either (`rlt.envs.pool.line`). Between `send`
and `recv` the workers step while the caller does something else. Unless it is told how many workers there shall be, there
is one less than there are cores, and the caller steps a share in `recv`: no core is left to waiting.
"""

from __future__ import annotations

import logging
import os
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter
from typing import Any

import cloudpickle
import numpy as np
from numpy.typing import NDArray

from rlt.envs import faults
from rlt.envs.action_reader import ActionReader
from rlt.envs.backends.vector import ArrayVectorEnv, Outcome, with_finals
from rlt.envs.cores import cores
from rlt.envs.group import Group
from rlt.envs.layout import Arrays, Layout, mask_size
from rlt.envs.pool import memory
from rlt.envs.pool.fault import WorkerFault
from rlt.envs.pool.journal import Journal
from rlt.envs.pool.owner import Worker
from rlt.envs.pool.share import OwnShare
from rlt.envs.recipe import Recipe
from rlt.errors import RltError
from rlt.types import Purpose

_PATIENCE = 2.0
"""Seconds that a worker gets to end by itself."""
_CONSTRUCTION = 120.0
"""Seconds that a worker gets at least to import what it needs and build its environments."""
_MOST = 3
"""Workers that are replaced before something is held to be wrong with the machine."""

_log = logging.getLogger(__name__)


class PoolVectorEnv(ArrayVectorEnv[Purpose]):
    """Workers with consecutive sub-environments each; the same numbers as `sync`, whatever their number."""

    def __init__(self, recipe: Recipe) -> None:
        n = recipe.num_envs
        shares, helps = _shares(n, recipe.workers)
        self._spec = recipe.source.spec()
        self._memory = memory.create()
        self._board = memory.EMPTY
        self._journal = Journal()
        self._count, self._mended, self._moment = 0, 0, (-1, -1)
        """Steps begun, workers replaced, and the number of the last of these and its step."""
        self._workers: list[OwnShare | Worker] = []
        # Also when this object is dropped, or the interpreter ends, without close().
        self._finalizer: Any = weakref.finalize(self, _end, self._workers, self._memory)
        try:
            processes = [
                Worker(recipe.source.id, number, share, self._memory)
                for number, share in enumerate(shares)
                if number or not helps
            ]
            self._workers += processes
            for worker in processes:
                self._ask_to_build(recipe, worker)
            if helps:  # beside the workers, which are building theirs
                build = partial(Group, recipe.source, len(shares[0]), recipe.autoreset)
                seconds = max(recipe.timeout, _CONSTRUCTION)
                self._workers.insert(0, own := OwnShare(recipe.source.id, build, shares[0], seconds))
            told = [worker.built() for worker in processes]
            observation_space, action_space, fps = cloudpickle.loads(told[0])
            observations, actions = Layout(observation_space, "observation"), ActionReader(action_space, n)
            shape = memory.Shape(len(shares), n, observations, actions.layout, mask_size(action_space))
            os.ftruncate(self._memory, shape.bytes)
            self._lines, self._board = memory.attach(self._memory, shape)
            for worker in processes:
                worker.attach(self._lines)
            if helps:
                own.board = self._board.rows(0, own.num_envs)
            self._answers("the construction")
            for one in self._workers:
                one.allow(recipe.timeout)
        except BaseException:
            self._finalizer()
            raise
        super().__init__(recipe, "pool", observations, actions)
        self.render_fps, self._masks = fps, False
        self._inexact: str | None = None

    def _ask_to_build(self, recipe: Recipe, worker: Worker) -> None:
        worker.allow(max(recipe.timeout, _CONSTRUCTION))
        total, lines = recipe.num_envs, len(_shares(recipe.num_envs, recipe.workers)[0])
        worker.build(source=recipe.source, autoreset=recipe.autoreset, lines=lines, total=total, spec=self._spec)

    def renew(self) -> None:
        """Builds every environment anew, in the same processes: as if nothing had been asked of them yet."""
        for worker in self._workers:
            worker.start_renewal()
        self._answers("the construction")
        self._current = self._mask = self._mask_tensor = None
        self._masks = False
        self._journal.forget()

    @property
    def inexact_resume(self) -> str | None:  # type: ignore[override]
        """As the protocol says; asked anew each time, since an environment may only show in `reset` what it holds."""
        if self._sent is None and not self._closed:
            self._inexact = self._call("inexact_resume")[0]
        return self._inexact

    def _reset(self, seed: int | None, only: NDArray[np.bool_] | None) -> tuple[Arrays, NDArray[np.bool_] | None]:
        parts = [None if only is None else only[w.first : w.first + w.num_envs] for w in self._workers]
        self._masks = any(self._call("reset", *((seed, part) for part in parts)))
        if only is None:
            self._journal.forget()
        else:
            self._journal.reset(seed, only)
        return self._copy(self._board.obs), self._mask_copy()

    def _start(self, actions: Arrays) -> None:
        if self._journal.due:
            began = perf_counter()
            parts = self._call("get_exact_state")
            self._journal.begin(parts, self._masks, perf_counter() - began)
        self._count += 1
        for shared, array in zip(self._board.actions, actions):
            shared[:] = array
        self._tell(_start_step)

    def _finish(self, actions: Arrays) -> Outcome:
        ended = any(self._answers("a step", _start_step))
        self._journal.step(actions)
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
        self._journal.forget()
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

    def _render(self, i: int) -> NDArray[np.uint8] | None:
        for worker in self._workers:
            if i in worker.share:
                try:
                    worker.start_call("render", i - worker.first)
                    frame: NDArray[np.uint8] | None = worker.answer("a picture")
                    return frame
                except BaseException as error:
                    self._end_after(error)
                    raise
        raise IndexError(i)

    def _close(self) -> None:
        self._finalizer()

    def _call(self, name: str, *arguments: Sequence[Any]) -> list[Any]:
        """The same call to every worker, each with its own arguments; their answers in order."""

        def send(worker: OwnShare | Worker) -> None:
            worker.start_call(name, *(arguments[worker.number] if arguments else ()))

        self._tell(send)
        return self._answers(name, send)

    def _tell(self, send: Callable[[OwnShare | Worker], None]) -> None:
        """Sends every worker the same."""
        try:
            for number, worker in enumerate(self._workers):
                try:
                    send(worker)
                except WorkerFault as fault:
                    send(self._mend(number, fault))
        except BaseException as error:
            self._end_after(error)
            raise

    def _answers(self, what: str, send: Callable[[OwnShare | Worker], None] | None = None) -> list[Any]:
        """One answer from each worker. In the place of one that died or hangs a new one is sent the same again; where
        that is impossible, and where an environment raised, the whole pool ends."""
        try:
            answers = []
            for number, worker in enumerate(self._workers):
                try:
                    answers.append(worker.answer(what))
                except WorkerFault as fault:
                    if send is None:
                        raise
                    new = self._mend(number, fault)
                    send(new)
                    answers.append(new.answer(what))
            return answers
        except BaseException as error:
            self._end_after(error)
            raise

    def _mend(self, number: int, fault: WorkerFault) -> Worker:
        """A new worker where the old one was. Raises `fault` where there is no exact state to begin with, and where the
        new one ends in the same step as the one before: the next would too."""
        old, state = self._workers[number], self._journal.of(number, self._workers[number].share)
        again, self._moment = self._moment == (number, self._count), (number, self._count)
        if state is None or again or self._mended == _MOST:
            raise fault
        self._mended += 1
        old.hang_up()
        old.end(0.0)
        try:
            new = self._workers[number] = Worker(self.id, number, old.share, self._memory)
            self._ask_to_build(self.recipe, new)
            new.built()
            new.attach(self._lines)
            new.answer("the construction")
            new.start_call("catch_up", *state, self._journal.masks)
            new.answer("the steps since its last saved state")
        except RltError as error:
            raise fault from error
        new.allow(self.recipe.timeout)
        steps = sum(what == "step" for what, _ in state[1])
        _log.warning("%s; a new worker has caught up over %d steps: no number changes", fault.what, steps)
        return new

    def _end_after(self, error: BaseException) -> None:
        """After an error, or an interrupt, nobody could say what the workers are doing: they are ended."""
        self._closed = True
        self._finalizer()
        if isinstance(error, WorkerFault):
            rows = [leaf[error.share.start : error.share.stop] for leaf in self._board.actions]
            error.tell(f"last actions: {faults.short(rows[0] if len(rows) == 1 else rows)}")

    def _copy(self, arrays: Arrays) -> Arrays:
        return [array.copy() for array in arrays]

    def _mask_copy(self) -> NDArray[np.bool_] | None:
        return self._board.mask.copy() if self._masks else None


def _shares(num_envs: int, workers: int | None) -> tuple[list[range], bool]:
    """Who steps which sub-environments, and whether the first share is the caller's."""
    count = min(workers or cores(), num_envs)
    return [range(num_envs * k // count, num_envs * (k + 1) // count) for k in range(count)], workers is None and count > 1


def _start_step(worker: OwnShare | Worker) -> None:
    worker.start_step()


def _end(workers: list[OwnShare | Worker], memory: int) -> None:
    for worker in workers:
        worker.hang_up()
    for worker in workers:
        worker.end(_PATIENCE)
    os.close(memory)
