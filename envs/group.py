"""Several sub-environments stepped one after the other in this process, into arrays that the caller hands in.

Backend `sync` is one group; each worker of `pool` holds one.
"""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from rlt.envs import faults, snapshots
from rlt.envs.actions import ActionRows
from rlt.envs.layout import Arrays, Layout, mask_size
from rlt.envs.snapshots.box2d_replay import Replay
from rlt.envs.source import Source
from rlt.errors import EnvironmentFault, RltError

Flags = NDArray[np.bool_]


class Group:
    """`num_envs` copies of `source`. `first` is the index of the first of them in the whole vector environment."""

    def __init__(self, source: Source, num_envs: int, autoreset: str, first: int = 0) -> None:
        self.id, self.num_envs, self.autoreset, self.first = source.id, num_envs, autoreset, first
        self.envs: list[gym.Env[Any, Any]] = [source.build() for _ in range(num_envs)]
        example = self.envs[0]
        self.render_fps = float((example.metadata or {}).get("render_fps") or 30.0)
        self.observation_space, self.action_space = example.observation_space, example.action_space
        self.observations = Layout(self.observation_space, "observation")
        self.actions = ActionRows(self.action_space)
        self.masks = False
        """Whether infos carry an `action_mask`; known after the first reset."""
        self.mask_size = mask_size(self.action_space)
        self._write = self.observations.writer()
        self._snapshots = [snapshots.snapshot_of(env) for env in self.envs]
        self._replays = [s if isinstance(s, Replay) else None for s in self._snapshots]
        self._recorders = [replay.record for replay in self._replays if replay is not None]
        self._over = np.zeros(num_envs, np.bool_)
        """Ended, and not reset yet: only under `next_step` and `disabled`."""
        self._numbers = np.arange(first, first + num_envs)
        self._steps = 0
        self._checked = False

    def reset(self, seed: int | None, obs: Arrays, mask: Flags | None = None, only: Flags | None = None) -> None:
        """New episodes, everywhere or where `only` says, written into `obs`; number i gets `seed + first + i`."""
        for i in range(self.num_envs):
            if only is None or only[i]:
                info = self._reset(i, None if seed is None else seed + self.first + i, obs)
                self._take_mask(i, info, mask)
                self._over[i] = False
        if only is None:
            self._steps = 0
        faults.check_finite(self.id, self.observations, obs, None, self._steps, None, self._numbers)

    def _reset(self, i: int, seed: int | None, obs: Arrays) -> dict[str, Any]:
        replay = self._replays[i]
        try:
            if replay is not None:
                replay.begin(seed)
            result = self.envs[i].reset(seed=seed)
            if not (isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict)):
                raise faults.reset_result(result, self.observation_space)
            first, info = result
            if not self._checked:
                self.observations.check(first)
                self.masks = isinstance(info, dict) and "action_mask" in info and self.mask_size > 0
            self._write(obs, i, first)
        except Exception as error:
            raise faults.reset_failed(self.id, self.first + i, seed, error) from error
        return info

    def step(
        self,
        actions: Arrays,
        obs: Arrays,
        final: Arrays,
        reward: NDArray[np.float32],
        terminated: Flags,
        truncated: Flags,
        mask: Flags | None = None,
    ) -> list[int]:
        """One step of each; says whose episode ended. Flags come in False.

        Under `same_step`, the rows of `final` are written where an episode ended; before, they are finite. A NaN or
        infinity is an error.
        """
        rows, recorders = self.actions(actions), self._recorders
        kept = self.actions([array.copy() for array in actions]) if recorders else rows  # a wrapper may write to its own
        if self.autoreset == "disabled" and self._over.any():
            raise faults.ended(self.id, int(np.flatnonzero(self._over)[0]) + self.first)
        write, envs = self._write, self.envs
        same_step, waiting = self.autoreset == "same_step", self.autoreset != "same_step" and bool(self._over.any())
        masks, over = mask is not None and self.masks, []
        self._steps += 1
        i = 0
        try:
            for i, action in enumerate(rows):
                if waiting and self._over[i]:
                    self._over[i] = False
                    reward[i] = 0.0
                    self._take_mask(i, self._reset(i, None, obs), mask)
                    continue
                if recorders:
                    recorders[i](kept[i])
                value, gain, ended, cut, info = envs[i].step(action)
                if not self._checked:
                    self._check_result(value, gain, ended, cut, info)
                write(obs, i, value)
                reward[i] = gain
                if ended or cut:
                    over.append(i)
                    terminated[i], truncated[i] = ended, cut
                    if same_step:
                        for array, held in zip(final, obs):
                            array[i] = held[i]
                        info = self._reset(i, None, obs)
                    else:
                        self._over[i] = True
                if masks:
                    self._take_mask(i, info, mask)
        except RltError as error:
            if "the reset of sub-environment" in error.what:
                raise
            raise faults.raised(self.id, self.first + i, self._steps, rows[i], error) from error
        except Exception as error:
            raise faults.raised(self.id, self.first + i, self._steps, rows[i], error) from error
        self._checked = True
        faults.check_finite(self.id, self.observations, obs, reward, self._steps, rows, self._numbers)
        if over and same_step:
            faults.check_finite(self.id, self.observations, final, None, self._steps, rows, self._numbers)
        return over

    def _check_result(self, obs: Any, reward: Any, terminated: Any, truncated: Any, info: Any) -> None:
        """The kinds of what `step` returns, looked at in the first step of each sub-environment."""
        self.observations.check(obs)
        if not isinstance(info, dict):
            raise faults.wrong_result("info", "a dict", info)
        if np.ndim(reward) != 0 or np.asarray(reward).dtype.kind not in "fiub":
            raise faults.wrong_result("the reward", "a number", reward)
        for name, flag in (("terminated", terminated), ("truncated", truncated)):
            if not isinstance(flag, (bool, np.bool_)):
                raise faults.wrong_result(name, "True or False", flag)

    def _take_mask(self, i: int, info: Any, mask: Flags | None) -> None:
        if mask is None or not self.masks:
            return
        if "action_mask" not in info:
            raise EnvironmentFault(
                f"{self.id}: sub-environment {self.first + i} gave no action_mask in step {self._steps}",
                "its first reset had one in info",
            )
        mask[i] = info["action_mask"]

    @property
    def inexact_resume(self) -> str | None:
        """Why the state of these environments cannot be restored, None if it can."""
        if isinstance(self._snapshots[0], Replay):
            return None
        try:
            self._snapshots[0].save()
        except snapshots.Unsaveable as error:
            return str(error)
        return None

    def get_state(self) -> dict[str, Any]:
        """What future steps depend on, one tree per sub-environment."""
        states: list[dict[str, Any]] = []
        for env, snapshot in zip(self.envs, self._snapshots):
            try:
                states.append({"exact": snapshot.save()})
            except snapshots.Unsaveable:
                states.append({"exact": None, "generator": snapshots.generator_only(env)})
        return {"envs": states, "over": self._over.copy(), "steps": self._steps}

    def set_state(self, saved: dict[str, Any], obs: Arrays, mask: Flags | None) -> None:
        """Restores each sub-environment; where that is impossible, starts an episode and writes its observation."""
        self._over[:], self._steps = saved["over"], int(saved["steps"])
        self.masks = mask is not None
        for i, state in enumerate(saved["envs"]):
            if state["exact"] is not None:
                if not self._checked and self._replays[i] is None:
                    self.envs[i].reset()  # what is made in reset is there when it is restored
                self._snapshots[i].restore(state["exact"])
            else:
                first, info = snapshots.restart(self.envs[i], state)
                self._write(obs, i, first)
                self._take_mask(i, info, mask)
                self._over[i] = False

    def render(self, i: int) -> NDArray[np.uint8] | None:
        """A frame of the i-th environment of this group, `[height, width, 3]`; None where it is shown in a window."""
        if self.envs[i].render_mode is None:
            raise faults.no_picture(self.id)
        frame: Any = self.envs[i].render()
        if frame is None:
            return None
        if not (isinstance(frame, np.ndarray) and frame.dtype == np.uint8 and frame.ndim == 3 and frame.shape[2] == 3):
            kind = f"{frame.dtype} {frame.shape}" if isinstance(frame, np.ndarray) else type(frame).__name__
            raise EnvironmentFault(
                f"{self.id}: what render returns is no picture", "expected: uint8 [height, width, 3]", f"got: {kind}"
            )
        return frame

    def close(self) -> None:
        """Closes every environment."""
        for env in self.envs:
            env.close()
