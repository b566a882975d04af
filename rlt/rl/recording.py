"""Episodes as videos: an environment that films what is played in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import rlt
from rlt.errors import EnvironmentFault
from rlt.log.video import Mp4, captioned
from rlt.rl.vector_env import Action, Observation, Step, VectorEnv
from rlt.types import Bool, Tensor, Test

_EVERY = 10.0
"""Seconds between words on how far it is."""


class Recorder(VectorEnv[Test]):
    """`env` with its first episodes filmed, `episode_1.mp4` and so on.

    Each sub-environment gives a fixed share of the episodes, as in an evaluation; with as many as there are episodes, the
    first of each. `env` must not reset by itself (`autoreset="disabled"`), so that the last frame is seen; the recorder
    resets it in the same step. The numbers are those of the environment without a camera.

    Drawing may take a thousand times as long as a step: every ten seconds `tell` is told how far it is.
    """

    def __init__(self, env: VectorEnv[Test], folder: Path, episodes: int, tell: Callable[[str], None] | None = None) -> None:
        if env.autoreset != "disabled":
            raise EnvironmentFault(f"{env.id} resets before its last frame could be drawn", fix='autoreset="disabled"')
        self.env, self.folder = env, folder
        self.id, self.backend, self.backend_reason = env.id, env.backend, env.backend_reason
        self.autoreset, self.purpose, self.num_envs, self.device = "same_step", env.purpose, env.num_envs, env.device
        self.seed, self.config, self.inexact_resume = env.seed, env.config, env.inexact_resume
        self.single_observation_space, self.single_action_space = env.single_observation_space, env.single_action_space
        self.render_fps = env.render_fps
        shares = np.full(env.num_envs, episodes // env.num_envs)
        shares[: episodes % env.num_envs] += 1
        self._coming = [list(range(end - share + 1, end + 1)) for share, end in zip(shares, np.cumsum(shares))]
        """Numbers of the episodes that each sub-environment has yet to film; the first is under way."""
        self._films: dict[int, Mp4] = {}
        self._written: dict[int, Path] = {}
        self._return, self._length = np.zeros(env.num_envs), np.zeros(env.num_envs, np.int64)
        self._action: Any = None
        self._episodes, self._frames, self._tell, self._told = episodes, 0, tell, time.monotonic()

    @property
    def written(self) -> list[Path]:
        """Videos of the episodes that have ended, in the order of their numbers."""
        return [self._written[number] for number in sorted(self._written)]

    def reset(self, seed: int | None = None, *, only: Any = None) -> Observation:
        obs = self.env.reset(seed, only=only)
        for i in range(self.num_envs):
            if only is None or only[i]:
                self._open(i)
        return obs

    def send(self, action: Action) -> None:
        self._action = action
        self.env.send(action)

    def recv(self) -> Step:
        step = self.env.recv()
        over = step.terminated | step.truncated
        self._return += step.reward.cpu().numpy()
        self._length += 1
        for i in list(self._films):
            how = "" if not over[i] else "   terminated" if step.terminated[i] else "   truncated"
            self._film(i, _row(self._action, i), how)
            if over[i]:
                self._close_film(i)
        if not bool(over.any()):
            return step
        obs = self.env.reset(only=over)
        for i in torch.nonzero(over).flatten().tolist():
            self._open(i)
        return step._replace(obs=obs, final_obs=step.obs, action_mask=self.env.action_mask)

    def _open(self, i: int) -> None:
        self._return[i], self._length[i] = 0.0, 0
        if i in self._films:
            self._films.pop(i).close()
        if self._coming[i]:
            self._films[i] = Mp4(self.folder / f"episode_{self._coming[i][0]}.mp4", self.render_fps)
            self._film(i, None, "")

    def _film(self, i: int, action: Any, how: str) -> None:
        frame = self.env.render(i)
        assert frame is not None, "render_mode is rgb_array"
        first = f"episode {self._coming[i][0]}   step {self._length[i]}   return {self._return[i]:.2f}{how}"
        picture = captioned(frame, [first, "" if action is None else f"action {_text(action)}"])
        for _ in range(1 if not how else max(1, int(self.render_fps // 2))):  # the end can be seen
            self._films[i].add(picture)
        self._frames += 1
        if self._tell is not None and time.monotonic() - self._told > _EVERY:
            self._told = time.monotonic()
            self._tell(f"filming: {self._frames:,} frames, {len(self._written)} of {self._episodes} episodes ended")

    def _close_film(self, i: int) -> None:
        film = self._films.pop(i)
        film.close()
        self._written[self._coming[i].pop(0)] = film.path

    @property
    @rlt.typed
    def action_mask(self) -> Bool[Tensor, "num_envs n_actions"] | None:
        return self.env.action_mask

    def render(self, i: int = 0) -> NDArray[np.uint8] | None:
        return self.env.render(i)

    def get_state(self) -> dict[str, Any]:
        return self.env.get_state()

    def set_state(self, state: dict[str, Any]) -> Observation:
        return self.env.set_state(state)

    def twin(self, num_envs: int | None = None, seed: int | None = None) -> VectorEnv[Test]:
        return self.env.twin(num_envs, seed)

    def close(self) -> None:
        """Closes the environment, and ends films of episodes that have not ended."""
        for film in self._films.values():
            film.close()
        self._films.clear()
        self.env.close()


def _row(action: Any, i: int) -> Any:
    if isinstance(action, dict):
        return {key: _row(part, i) for key, part in action.items()}
    return tuple(_row(part, i) for part in action) if isinstance(action, tuple) else np.asarray(torch.as_tensor(action[i]).cpu())


def _text(action: Any) -> str:
    if isinstance(action, dict):
        return "  ".join(f"{key} {_text(part)}" for key, part in action.items())
    if isinstance(action, tuple):
        return "  ".join(map(_text, action))
    if action.dtype.kind != "f":
        return " ".join(map(str, action.reshape(-1).tolist()))
    numbers = action.reshape(-1).tolist()
    return " ".join(f"{x:+.2f}" for x in numbers[:7]) + (" …" if len(numbers) > 7 else "")
