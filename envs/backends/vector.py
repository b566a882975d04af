"""What every backend does alike: turn arrays into a `Step`, hold the current observation, order `send` and `recv`."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rlt.envs.action_reader import ActionReader
from rlt.envs.layout import Arrays, Layout
from rlt.envs.recipe import Recipe
from rlt.errors import EnvironmentFault, ShapeError
from rlt.rl.vector_env import Action, Observation, Step, VectorEnv
from rlt.types import Purpose, Tensor, Test

STATE_FORMAT = 2


class Outcome(NamedTuple):
    """One step as arrays that nobody writes to again."""

    obs: Arrays
    final: Arrays
    """`obs` itself where no episode ended."""
    reward: NDArray[np.float32]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    mask: NDArray[np.bool_] | None


class ArrayVectorEnv(VectorEnv[Purpose]):
    """A `VectorEnv` whose backend speaks arrays, in `_reset`, `_start`, `_finish`, `_save`, `_restore` and `_close`."""

    def __init__(self, recipe: Recipe, backend: str, observations: Layout, actions: ActionReader) -> None:
        self.recipe = recipe
        self.id, self.backend, self.num_envs, self.seed = recipe.source.id, backend, recipe.num_envs, recipe.seed
        self.config = recipe.config(backend)
        self.device = torch.device(recipe.device)
        self.backend_reason = "asked for"
        self.autoreset, self.purpose = recipe.autoreset, recipe.purpose
        self.single_observation_space, self.single_action_space = observations.space, actions.layout.space
        self.render_fps = 30.0
        self._observations, self._actions = observations, actions
        self._on_cpu = self.device.type == "cpu"
        self._current: Arrays | None = None
        self._mask: NDArray[np.bool_] | None = None
        self._mask_tensor: Tensor | None = None
        self._sent: Arrays | None = None
        self._closed = False

    @abstractmethod
    def _reset(self, seed: int | None, only: NDArray[np.bool_] | None) -> tuple[Arrays, NDArray[np.bool_] | None]:
        """Observations and masks of new episodes; with `only`, the other rows keep their current observation."""

    @abstractmethod
    def _start(self, actions: Arrays) -> None:
        """Begins a step with actions that share no memory with the caller's."""

    @abstractmethod
    def _finish(self, actions: Arrays) -> Outcome:
        """Waits for the step that `_start` began."""

    @abstractmethod
    def _save(self) -> dict[str, Any]:
        """What future steps depend on, but for the current observation."""

    @abstractmethod
    def _restore(self, state: dict[str, Any], obs: Arrays, mask: NDArray[np.bool_] | None) -> None:
        """Goes on from `state`; writes into `obs` and `mask` where a new episode had to be started."""

    @abstractmethod
    def _render(self, i: int) -> NDArray[np.uint8] | None:
        """A frame of sub-environment i."""

    @abstractmethod
    def _close(self) -> None:
        """Frees everything; called once."""

    def reset(self, seed: int | None = None, *, only: Any = None) -> Observation:
        self._refuse(in_flight="reset")
        first = self._current is None
        if seed is None and first:
            seed = self.seed
        chosen = None if only is None else np.array([bool(chosen) for chosen in only])
        if chosen is not None and len(chosen) != self.num_envs:
            raise ShapeError("reset(only=…) has a wrong length", f"expected: {self.num_envs}", f"got: {len(chosen)}")
        if chosen is not None and first:
            raise EnvironmentFault(f"{self.id}: the first reset cannot be of some sub-environments only", fix="reset()")
        return self._tree(self.reset_arrays(seed, chosen)[0])

    def send(self, action: Action) -> None:
        if self._current is None or self._sent is not None or self._closed:
            self._refuse(in_flight="send")
            raise EnvironmentFault(f"{self.id}: a step before the first reset", fix="env.reset(seed)")
        self.send_arrays(self._actions.copy(action))

    def recv(self) -> Step:
        outcome = self.recv_arrays()
        obs = self._tree(outcome.obs)
        final = obs if outcome.final is outcome.obs else self._tree(outcome.final)
        tensor = self._tensor
        mask = None if outcome.mask is None else self.action_mask
        return Step(obs, tensor(outcome.reward), tensor(outcome.terminated), tensor(outcome.truncated), final, mask)

    # The same as arrays, for what stands on top.

    def reset_arrays(self, seed: int | None, only: NDArray[np.bool_] | None) -> tuple[Arrays, NDArray[np.bool_] | None]:
        """`reset`, of what it has looked at."""
        self._current, self._mask = self._reset(seed, only)
        self._mask_tensor = None
        return self._current, self._mask

    def send_arrays(self, actions: Arrays) -> None:
        """`send`, of actions that share no memory with the caller's and lie in their space."""
        self._start(actions)
        self._sent = actions

    def recv_arrays(self) -> Outcome:
        """`recv`."""
        actions, self._sent = self._sent, None
        if self._closed:
            raise EnvironmentFault(f"{self.id}: recv after close")
        if actions is None:
            raise EnvironmentFault(f"{self.id}: recv without a step in flight", fix="send(action) first, once per recv")
        outcome = self._finish(actions)
        self._current, self._mask, self._mask_tensor = outcome.obs, outcome.mask, None
        return outcome

    def restore_arrays(self, state: dict[str, Any]) -> tuple[Arrays, NDArray[np.bool_] | None]:
        """`set_state`."""
        self.set_state(state)
        assert self._current is not None
        return self._current, self._mask

    @property
    def action_mask(self) -> Tensor | None:
        if self._mask is not None and self._mask_tensor is None:
            self._mask_tensor = self._tensor(self._mask)
        return self._mask_tensor

    def get_state(self) -> dict[str, Any]:
        self._refuse(in_flight="get_state")
        state: dict[str, Any] = {**self._kind, "obs": None, "mask": None}
        if self._current is None:
            return state  # never reset: nothing has happened yet
        state["obs"] = [array.copy() for array in self._current]
        state["mask"] = None if self._mask is None else self._mask.copy()
        return state | {"body": self._save()}

    def set_state(self, state: dict[str, Any]) -> Observation:
        self._refuse(in_flight="set_state")
        if not isinstance(state, dict):
            raise EnvironmentFault(
                f"{self.id}: this is no state", "expected: what get_state gave", f"got: {type(state).__name__}"
            )
        told = self.recipe.made_of | state  # states of before say nothing of what theirs was made of
        for key, own in self._kind.items():
            if told.get(key) != own:
                raise EnvironmentFault(
                    f"{self.id}: this state was taken from another environment",
                    f"expected: {key}={own}",
                    f"got: {key}={told.get(key)}",
                )
        if state["obs"] is None:
            return self.reset()
        obs = [np.array(array) for array in state["obs"]]
        mask = None if state["mask"] is None else np.array(state["mask"])
        self._restore(state["body"], obs, mask)
        self._current, self._mask, self._mask_tensor = obs, mask, None
        return self._tree(obs)

    @property
    def _kind(self) -> dict[str, Any]:
        """What a state says of the environment that it was taken from."""
        return {"format": STATE_FORMAT, "id": self.id, "num_envs": self.num_envs, **self.recipe.made_of}

    def render(self, i: int = 0) -> NDArray[np.uint8] | None:
        self._refuse(in_flight="render")
        if not 0 <= i < self.num_envs:
            raise EnvironmentFault(f"{self.id}: there is no sub-environment {i}", f"expected: 0 to {self.num_envs - 1}")
        return self._render(i)

    def twin(self, num_envs: int | None = None, seed: int | None = None) -> VectorEnv[Test]:
        from rlt.envs.factory import build

        return build(self.recipe.twin(num_envs, seed), self.backend)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._close()

    def __enter__(self) -> ArrayVectorEnv[Purpose]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id}, num_envs={self.num_envs}, purpose={self.purpose.__name__})"

    def _refuse(self, in_flight: str) -> None:
        if self._closed:
            raise EnvironmentFault(f"{self.id}: {in_flight} after close")
        if self._sent is not None:
            raise EnvironmentFault(f"{self.id}: {in_flight} with a step in flight", fix="recv() first")

    def _tree(self, arrays: Arrays) -> Observation:
        return self._observations.assemble([self._tensor(array) for array in arrays])

    def _tensor(self, array: NDArray[Any]) -> Tensor:
        tensor = torch.from_numpy(array)
        return tensor if self._on_cpu else tensor.pin_memory().to(self.device, non_blocking=True)


def with_rows(arrays: Arrays, rows: NDArray[np.intp] | list[int], new: Arrays) -> Arrays:
    """Copies of `arrays` with other `rows`: `new` has one for each."""
    mixed = [array.copy() for array in arrays]
    for array, part in zip(mixed, new):
        array[rows] = part
    return mixed


def with_finals(obs: Arrays, final: Arrays, ended: list[int]) -> Arrays:
    """A copy of `obs` whose rows are those of `final` where an episode ended."""
    return with_rows(obs, ended, [array[ended] for array in final])
