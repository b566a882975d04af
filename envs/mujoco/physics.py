"""What a MuJoCo task asks of whatever steps its copies, and which of the three ways is taken."""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

from rlt.envs.mujoco.batch import NativeBatch
from rlt.envs.mujoco.compiled import CompiledPhysics
from rlt.envs.mujoco.threads import ThreadedPhysics


class Physics(Protocol):
    """Steps one `MjData` per copy; all give the numbers of `mj_step`, bit for bit."""

    def start(self, action: NDArray[Any]) -> None:
        """Begins a step of all copies, `action` `[copies, actuators]` held for the whole frame."""

    def wait(self) -> None:
        """Returns when the step is done."""

    def array(self, name: str, first: int = 0) -> NDArray[Any]:
        """An array of every copy's data from its row `first` on, flattened: `[copies, size]`, until the next `start`."""

    def get(self, i: int) -> None:
        """Brings the i-th `MjData` up to date."""

    def put(self, i: int) -> None:
        """Goes on from the i-th `MjData`, which was written to."""

    def close(self) -> None:
        """Ends the threads."""


def choose(model: Any, datas: list[Any], frame_skip: int, *, contact_forces: bool, state_is_all: bool) -> Physics:
    """Threads of our own C file, where there is a compiler; else MuJoCo's own batch, where it has one and the task can do with
    copies of the state; else Python threads."""
    if CompiledPhysics.exists():
        return CompiledPhysics(model, datas, frame_skip, contact_forces)
    if state_is_all and len(datas) > 1 and NativeBatch.exists():
        return NativeBatch(model, datas, frame_skip)
    return ThreadedPhysics(model, datas, frame_skip, contact_forces)
