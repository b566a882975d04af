"""Backend `warp`: MuJoCo Warp steps all worlds as kernels, on a CUDA device or (slowly, for tests) the CPU.

Observations and rewards are torch formulas on the simulation's own memory: nothing is copied between the two. Numbers are
float32 and draws come from one torch generator, so that no seed gives Gymnasium's episodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import mujoco
import numpy as np
import torch
from numpy.typing import NDArray

from rlt.envs import faults
from rlt.envs.backends.warp_tasks import TASKS, WarpTask
from rlt.envs.recipe import Recipe
from rlt.envs.source import Source
from rlt.errors import ConfigError, EnvironmentFault, MissingExtra, NumericsError, ShapeError
from rlt.rl.vector_env import Action, Observation, Step, VectorEnv
from rlt.types import Purpose, Tensor, Test

_SAVED = ("qpos", "qvel", "qacc_warmstart", "time")
"""What a step starts from, of the simulation's arrays."""


def why_not(source: Source) -> str | None:
    """None if `warp` may run this source, else why not."""
    if source.id not in TASKS:
        return f"no test says how equal {source.id} would be there; there is: {', '.join(TASKS)}"
    if source.wrappers:
        return "warp has no single environments to put wrappers on"
    return "warp cannot render" if source.options.get("render_mode") is not None else None


class WarpVectorEnv(VectorEnv[Purpose]):
    """`num_envs` worlds of one model."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe: Recipe = recipe
        self.id, self.backend, self.num_envs = recipe.source.id, "warp", recipe.num_envs
        reason = why_not(recipe.source) or ("warp takes no wrappers" if recipe.vector_wrappers else None)
        if reason is not None:
            raise ConfigError(f"backend=warp cannot run {self.id} so", reason, fix="backend=auto")
        if recipe.autoreset != "same_step":
            raise ConfigError("backend=warp resets in the same step only", f"got: autoreset={recipe.autoreset}")
        try:
            import mujoco_warp
            import warp
        except ImportError as error:
            raise MissingExtra.of(str(error.name), "warp", "backend=warp") from None
        self._warp, self._physics = warp, mujoco_warp
        self.seed, self.config, self.device = recipe.seed, recipe.config("warp"), torch.device(recipe.device)
        self.backend_reason = "asked for; float32, from the same state within 1e-3 of Gymnasium's for 5 steps"
        self.autoreset, self.purpose = recipe.autoreset, recipe.purpose
        form: Any = recipe.source.build()
        self.single_observation_space, self.single_action_space = form.observation_space, form.action_space
        self.render_fps = float((form.metadata or {}).get("render_fps") or 30.0)
        self.inexact_resume = None
        if self.device.type == "cuda":
            self.inexact_resume = "MuJoCo Warp on CUDA is not known to give the same numbers twice"
        self._limit: int | None = recipe.source.time_limit
        self._bare = form.unwrapped
        self._task: WarpTask = TASKS[self.id](self._bare, self.device)
        warp.config.log_level = warp.LOG_WARNING  # it would print a line for each kernel
        warp.init()
        with self._on_device():
            self._model = mujoco_warp.put_model(self._bare.model)
            self._data = mujoco_warp.put_data(self._bare.model, mujoco.MjData(self._bare.model), nworld=self.num_envs)
        self._held: dict[str, Tensor] = {name: warp.to_torch(getattr(self._data, name)) for name in (*_SAVED, "ctrl")}
        self._graph: Any = None
        self._generator = torch.Generator(self.device)
        self._elapsed = torch.zeros(self.num_envs, dtype=torch.int64, device=self.device)
        self._obs: Tensor | None = None
        self._sent: tuple[Tensor, Tensor] | None = None
        self._steps = 0
        self._closed = False

    def reset(self, seed: int | None = None, *, only: Any = None) -> Observation:
        self._refuse("reset")
        if seed is None and self._obs is None:
            seed = self.seed
        if seed is not None:
            self._generator.manual_seed(seed)
        elif self._obs is None:
            self._generator.seed()
        if only is None:
            self._steps = 0
        self._obs = self._begin(torch.as_tensor([True] * self.num_envs if only is None else only, device=self.device))
        return self._obs

    def send(self, action: Action) -> None:
        if self._obs is None:
            raise EnvironmentFault(f"{self.id}: a step before the first reset", fix="env.reset(seed)")
        self._refuse("send")
        given = torch.as_tensor(action).to(self.device, torch.float32, copy=True)
        if given.shape != self._held["ctrl"].shape:
            want = tuple(self._held["ctrl"].shape)
            raise ShapeError("action has a wrong shape", f"expected: {want}", f"got: {tuple(given.shape)}")
        self._sent = given, self._held["qpos"][:, 0].clone()
        self._held["ctrl"].copy_(given)
        with self._on_device():
            self._simulate()

    def recv(self) -> Step:
        if self._sent is None:
            raise EnvironmentFault(f"{self.id}: recv without a step in flight", fix="send(action) first, once per recv")
        (action, before), self._sent = self._sent, None
        self._steps += 1
        self._elapsed += 1
        qpos, qvel = self._held["qpos"], self._held["qvel"]
        final = self._task.observe(qpos, qvel)
        reward, terminated = self._task.outcome(before, qpos, qvel, action)
        truncated = torch.zeros_like(terminated) if self._limit is None else self._elapsed >= self._limit
        ended = terminated | truncated
        self._check_finite(final, reward)
        self._obs = self._begin(ended) if bool(ended.any()) else final
        return Step(self._obs, reward, terminated, truncated, final, None)

    @property
    def action_mask(self) -> None:
        return None

    def get_state(self) -> dict[str, Any]:
        self._refuse("get_state")
        if self._obs is None:
            return {"id": self.id, "num_envs": self.num_envs, "worlds": None}
        return {
            "id": self.id,
            "num_envs": self.num_envs,
            "worlds": {name: self._held[name].cpu().numpy().copy() for name in _SAVED},
            "elapsed": self._elapsed.cpu().numpy().copy(),
            "generator": self._generator.get_state().numpy().copy(),
            "steps": self._steps,
        }

    def set_state(self, state: dict[str, Any]) -> Observation:
        self._refuse("set_state")
        for key, own in (("id", self.id), ("num_envs", self.num_envs)):
            if state.get(key) != own or "worlds" not in state:
                what = f"{self.id}: this state was taken from another environment or backend"
                raise EnvironmentFault(what, f"expected: {key}={own} on warp", f"got: {key}={state.get(key)}")
        if state["worlds"] is None:
            return self.reset()
        self._begin(torch.ones(self.num_envs, dtype=torch.bool, device=self.device))
        for name in _SAVED:
            self._held[name].copy_(torch.from_numpy(np.array(state["worlds"][name])))
        self._elapsed.copy_(torch.from_numpy(np.array(state["elapsed"])))
        self._generator.set_state(torch.from_numpy(np.array(state["generator"], np.uint8)))
        self._steps = int(state["steps"])
        self._obs = self._task.observe(self._held["qpos"], self._held["qvel"])
        return self._obs

    def render(self, i: int = 0) -> NDArray[np.uint8] | None:
        raise faults.no_picture(self.id)

    def twin(self, num_envs: int | None = None, seed: int | None = None) -> VectorEnv[Test]:
        return WarpVectorEnv(self.recipe.twin(num_envs, seed))

    def close(self) -> None:
        self._closed = True

    def _begin(self, rows: Tensor) -> Tensor:
        """New episodes where `rows` says; the observation of all."""
        with self._on_device():
            self._physics.reset_data(self._model, self._data, self._warp.from_torch(rows.contiguous()))
        where, (qpos, qvel) = rows[:, None], self._task.draw(self.num_envs, self._generator)
        for name, drawn in (("qpos", qpos), ("qvel", qvel)):
            self._held[name].copy_(torch.where(where, drawn, self._held[name]))
        self._elapsed.masked_fill_(rows, 0)
        return self._task.observe(self._held["qpos"], self._held["qvel"])

    def _simulate(self) -> None:
        """One step of the environment. On CUDA its many kernels are launched as one graph, recorded in the second step."""
        if self._graph is not None:
            self._warp.capture_launch(self._graph)
        elif self.device.type != "cuda" or self._steps == 0:
            self._substeps()
        else:
            with self._warp.ScopedCapture() as capture:
                self._substeps()
            self._graph = capture.graph
            self._warp.capture_launch(self._graph)

    def _substeps(self) -> None:
        for _ in range(self._bare.frame_skip):
            self._physics.step(self._model, self._data)

    @contextmanager
    def _on_device(self) -> Iterator[None]:
        """Warp's work in here comes after torch's before, and torch's after it comes later still.

        Warp keeps its own stream, for one cannot record a graph on the default stream.
        """
        device = self._warp.device_from_torch(self.device)
        if self.device.type != "cuda":
            with self._warp.ScopedDevice(device):
                yield
            return
        torchs = self._warp.stream_from_torch(torch.cuda.current_stream(self.device))
        device.stream.wait_stream(torchs)
        with self._warp.ScopedDevice(device):
            yield
        torchs.wait_stream(device.stream)

    def _check_finite(self, obs: Tensor, reward: Tensor) -> None:
        broken = ~(obs.isfinite().all(1) & reward.isfinite())
        if bool(broken.any()):
            i = int(broken.nonzero()[0])
            what = f"{self.id}: world {i} holds a number that is not finite after step {self._steps}"
            raise NumericsError(what, f"observation: {obs[i].tolist()}", f"reward: {reward[i].item()}")

    def _refuse(self, what: str) -> None:
        if self._closed:
            raise EnvironmentFault(f"{self.id}: {what} after close")
        if self._sent is not None:
            raise EnvironmentFault(f"{self.id}: {what} with a step in flight", fix="recv() first")
