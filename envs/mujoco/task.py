"""What the MuJoCo tasks share: one `MjData` per copy, and its way through a step and a reset."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import mujoco
import numpy as np
from gymnasium import Space
from gymnasium.utils import seeding
from numpy.typing import NDArray

from rlt.envs.mujoco.physics import choose

Rows = NDArray[np.intp]
Float32s = NDArray[np.float32]
Float64s = NDArray[np.float64]
Bools = NDArray[np.bool_]
Parts = Sequence[NDArray[Any]]
"""Of the observations, `[num_envs, size]` each, to be put side by side."""
Outcome = tuple[Parts, NDArray[Any], Bools]


class MujocoTask(ABC):
    """`num_envs` copies of a Gymnasium environment `example`, which serves as the form for resets."""

    drawn_fields: tuple[str, ...] = ()
    """Attributes of Gymnasium's class that `reset_model` draws anew."""
    contact_forces = False
    """Whether the task reads what `mj_rnePostConstraint` computes; nothing else depends on it."""

    state_is_all = False
    """Whether steps, observations, rewards and ends depend on the integration state alone, and read `qpos` and `qvel` only."""

    def __init__(self, example: Any, num_envs: int) -> None:
        self.example, self.model, self.num_envs = example, example.model, num_envs
        self.observation_space: Space[Any] = example.observation_space
        self.action_space: Space[Any] = example.action_space
        self.frame_skip, self.dt = int(example.frame_skip), float(example.dt)
        self.datas = [mujoco.MjData(self.model) for _ in range(num_envs)]
        self.generators: list[np.random.Generator | None] = [None] * num_envs
        self.seeds: list[int | None] = [None] * num_envs
        self.drawn: list[dict[str, Any]] = [{} for _ in range(num_envs)]
        self._action = np.zeros((num_envs, self.model.nu), np.float32)
        self._before: Any = None
        self.physics = choose(
            self.model, self.datas, self.frame_skip, contact_forces=self.contact_forces, state_is_all=self.state_is_all
        )

    @abstractmethod
    def before(self) -> Any:
        """What the reward needs from before the physics."""

    @abstractmethod
    def outcome(self, before: Any, action: Float32s) -> Outcome:
        """Observations and rewards in Gymnasium's precision, and terminations, from the data after the physics."""

    def gather(self, name: str, first: int = 0) -> Float64s:
        """The array `name` of every copy's data from its row `first` on, flattened: `[num_envs, size]`, until the next step."""
        return self.physics.array(name, first)

    def start(self, action: NDArray[Any]) -> None:
        """Begins a step; where the physics can, it goes on beside the caller."""
        self._before, self._action = self.before(), action
        self.physics.start(action)

    def wait(self) -> None:
        """Returns when the physics of the step is done."""
        self.physics.wait()

    def finish(self) -> tuple[Float32s, Float32s, Bools]:
        """Waits for the physics."""
        self.wait()
        parts, reward, terminated = self.outcome(self._before, self._action)
        obs = np.concatenate(parts, axis=1, dtype=np.float32, casting="same_kind")
        return obs, reward.astype(np.float32), terminated

    def reset(self, rows: Rows, seeds: Sequence[int | None] | None) -> Float32s:
        """New episodes for `rows`; with `seeds`, from new generators."""
        for i, seed in zip(rows, seeds or ()):
            if seed is not None or self.generators[i] is None:
                self.generators[i], self.seeds[i] = seeding.np_random(seed)
        form, obs = self.example, np.empty((len(rows), *self.observation_space.shape), np.float32)  # type: ignore[misc]
        for row, i in enumerate(rows):
            form.data, form._np_random = self.datas[i], self.generators[i]
            mujoco.mj_resetData(self.model, form.data)
            obs[row] = form.reset_model()
            self.physics.put(int(i))
            self.drawn[i] = {name: getattr(form, name) for name in self.drawn_fields}
        return obs

    def pour(self, i: int, bare: Any, terminated: bool) -> None:
        """Puts copy i into an instance of Gymnasium's class."""
        data = self.datas[i]
        self.physics.get(i)
        if not self.contact_forces and data.time > 0:
            mujoco.mj_rnePostConstraint(self.model, data)  # Gymnasium's class has computed these in the last step
        bare.data, bare._np_random, bare._np_random_seed = data, self.generators[i], self.seeds[i]
        vars(bare).update(self.drawn[i])

    def take(self, i: int, bare: Any) -> None:
        """Puts what the instance holds into copy i, whose data it has already."""
        self.generators[i], self.seeds[i] = bare._np_random, bare._np_random_seed
        self.drawn[i] = {name: getattr(bare, name) for name in self.drawn_fields}
        self.physics.put(i)

    def close(self) -> None:
        """Ends the threads."""
        self.physics.close()


def row_sums(values: NDArray[Any]) -> NDArray[Any]:
    """`np.sum` of each row: the same elements in the same order as `np.sum` of that row alone."""
    sums: NDArray[Any] = np.add.reduce(np.ascontiguousarray(values), axis=1)
    return sums
