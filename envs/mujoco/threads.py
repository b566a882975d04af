"""Python threads that step MuJoCo, which releases the interpreter lock meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from queue import SimpleQueue
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from rlt.envs.cores import cores


class Job:
    """The items of one call. One number from a counter is one step of the interpreter: no two threads get the same."""

    def __init__(self, items: int) -> None:
        self.count = items
        self.taken, self.done = count(), count()
        self.finished: SimpleQueue[None] = SimpleQueue()
        """Where a thread says that it did the last one."""
        self.errors: list[BaseException] = []


class Threads:
    """`start` wakes the threads, `wait` takes what is left beside them and returns when all items are done.

    Between the two the caller is free: the work goes on beside it. There is one thread less than there are cores, for the
    caller works too; with one core there is none, and `wait` does everything.
    """

    def __init__(self, work: Callable[[int], None], items: int, threads: int | None = None) -> None:
        self._work, self._count = work, items
        wanted = min(cores() - 1 if threads is None else threads, items)
        self._todo: SimpleQueue[Job | None] = SimpleQueue()
        self._job = Job(0)
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(wanted)]
        for thread in self._threads:
            thread.start()

    def start(self) -> None:
        """Begins on the items."""
        self._job = Job(self._count)
        for _ in self._threads:
            self._todo.put(self._job)

    def wait(self) -> None:
        """Returns when every item is done; raises the first error that the work raised."""
        job = self._job
        if not self._take(job):
            job.finished.get()  # a thread did, or is doing, the last one
        if job.errors:
            raise job.errors[0]

    def close(self) -> None:
        """Ends the threads."""
        for _ in self._threads:
            self._todo.put(None)
        for thread in self._threads:
            thread.join()
        self._threads = []

    def _serve(self) -> None:
        while (job := self._todo.get()) is not None:
            if self._take(job):
                job.finished.put(None)

    def _take(self, job: Job) -> bool:
        """Does items until none is left; whether the last of all to be done was among them."""
        last = False
        while (i := next(job.taken)) < job.count:
            try:
                self._work(i)
            except BaseException as raised:  # handed to the caller of `wait`
                job.errors.append(raised)
            last = next(job.done) == job.count - 1
        return last


class ThreadedPhysics:
    """Steps `datas` in place, one `mj_step` of a whole frame after the other on each thread."""

    def __init__(self, model: Any, datas: list[Any], frame_skip: int, contact_forces: bool) -> None:
        self._model, self._datas, self._frame_skip, self._contact_forces = model, datas, frame_skip, contact_forces
        self._views: dict[tuple[str, int], list[NDArray[Any]]] = {}
        self._ctrl = [data.ctrl for data in datas]
        self._action: NDArray[Any] = np.zeros((len(datas), model.nu))
        self._threads = Threads(self._simulate, len(datas))

    def start(self, action: NDArray[Any]) -> None:
        """Begins a step."""
        self._action = action
        self._threads.start()

    def wait(self) -> None:
        """Takes what is left beside the threads."""
        self._threads.wait()

    def array(self, name: str, first: int = 0) -> NDArray[Any]:
        """See `physics.Physics`; a new array."""
        key = name, first
        if key not in self._views:
            # Views of the data's own memory, which never moves.
            self._views[key] = [getattr(data, name)[first:].reshape(-1) for data in self._datas]
        return np.concatenate(self._views[key]).reshape(len(self._datas), -1)

    def get(self, i: int) -> None:
        """The i-th `MjData` is what is stepped."""

    def put(self, i: int) -> None:
        """So it is."""

    def close(self) -> None:
        """Ends the threads."""
        self._threads.close()

    def _simulate(self, i: int) -> None:
        data = self._datas[i]
        self._ctrl[i][:] = self._action[i]
        mujoco.mj_step(self._model, data, nstep=self._frame_skip)
        if self._contact_forces:
            mujoco.mj_rnePostConstraint(self._model, data)
