"""Backend `envpool`: the C++ environments of the package envpool, for tasks of which a test says how equal they are.

They have generators of their own (`std::mt19937`), so that no seed gives Gymnasium's episodes, and they cannot be saved.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlt.envs import faults
from rlt.envs.action_reader import ActionReader
from rlt.envs.backends.vector import ArrayVectorEnv, Outcome, with_rows
from rlt.envs.cores import cores
from rlt.envs.layout import Arrays, Layout
from rlt.envs.recipe import Recipe
from rlt.envs.source import Source
from rlt.errors import ConfigError, MissingExtra
from rlt.types import Purpose

_SAME_STEPS = "from the same state, the first 5 steps are Gymnasium's to 1e-6"
_NEAR_STEPS = "from the same state, the first 5 steps are Gymnasium's to 1 %"
_SAME_MEANS = "returns and lengths of random episodes have Gymnasium's means"

TASKS = {
    "CartPole-v1": _SAME_STEPS,
    "Acrobot-v1": _SAME_STEPS,
    "MountainCar-v0": _SAME_STEPS,
    "MountainCarContinuous-v0": _SAME_STEPS,
    "Pendulum-v1": _SAME_STEPS,
    "HalfCheetah-v5": _SAME_STEPS,
    "Hopper-v5": _SAME_STEPS,
    "Walker2d-v5": _SAME_STEPS,
    "Swimmer-v5": _SAME_STEPS,
    "InvertedPendulum-v5": _SAME_STEPS,
    "InvertedDoublePendulum-v5": _SAME_STEPS,
    "Reacher-v5": _SAME_STEPS,
    "Ant-v5": _NEAR_STEPS,
    "Humanoid-v5": _NEAR_STEPS,
    "LunarLander-v3": _SAME_MEANS,
    "BipedalWalker-v3": _SAME_MEANS,
    "BipedalWalkerHardcore-v3": _SAME_MEANS,
}
"""What is tested of each task (tests/envs/test_envpool.py)."""


def why_not(source: Source) -> str | None:
    """None if `envpool` may run this source, else why not."""
    if source.id not in TASKS:
        return f"no test says how equal envpool's {source.id} would be; there is: {', '.join(TASKS)}"
    if source.wrappers:
        return "envpool has no single environments to put wrappers on"
    others = sorted(source.options.keys() - {"max_episode_steps"})
    return f"only max_episode_steps is an option there, and not {', '.join(others)}" if others else None


class EnvpoolVectorEnv(ArrayVectorEnv[Purpose]):
    """A pool of envpool's in its synchronous mode: all copies step in every step, on threads of its own."""

    inexact_resume = "envpool offers no way to save its environments"

    def __init__(self, recipe: Recipe) -> None:
        reason = why_not(recipe.source)
        if reason is not None:
            raise ConfigError(f"backend=envpool cannot run {recipe.source.id}", reason, fix="backend=auto")
        if recipe.autoreset != "same_step":
            raise ConfigError("backend=envpool resets in the same step only", f"got: autoreset={recipe.autoreset}")
        try:
            import envpool
        except ImportError:
            raise MissingExtra.of("envpool", "envpool", "backend=envpool") from None
        self._envpool: Any = envpool
        example = recipe.source.build()
        observations = Layout(example.observation_space, "observation")
        super().__init__(recipe, "envpool", observations, ActionReader(example.action_space, recipe.num_envs))
        self.render_fps = float((example.metadata or {}).get("render_fps") or 30.0)
        self.backend_reason = f"asked for; {TASKS[recipe.source.id]}"
        example.close()
        self._pool: Any = None
        self._seed = 0
        self._steps = 0

    def _reset(self, seed: int | None, only: NDArray[np.bool_] | None) -> tuple[Arrays, None]:
        if only is not None and self._current is not None:
            rows = np.flatnonzero(only)
            return with_rows(self._current, rows, [self._begin(rows)]), None
        if seed is not None or self._pool is None:
            self._open(int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed)
        self._steps = 0
        return [self._begin(np.arange(self.num_envs))], None

    def _open(self, seed: int) -> None:
        """A new pool, for a pool is seeded once and for all: copy i by `seed + i`."""
        if self._pool is not None:
            self._pool.close()
        self._seed = seed % (2**31 - self.num_envs)
        limit = self.recipe.source.time_limit
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Gymnasium's, of the precision in which envpool states its bounds
            self._pool = self._envpool.make(
                self.id, env_type="gymnasium", num_envs=self.num_envs, seed=self._seed,
                num_threads=min(self.recipe.workers or cores(), self.num_envs),
                max_episode_steps=sys.maxsize >> 32 if limit is None else limit,
            )
            _ = self._pool.observation_space, self._pool.action_space  # made once, at the first look

    def _begin(self, rows: NDArray[np.intp]) -> NDArray[Any]:
        """First observations of new episodes."""
        obs, info = self._pool.reset(rows.astype(np.int32))
        first = self._cast(obs[np.argsort(info["env_id"])])
        faults.check_finite(self.id, self._observations, [first], None, self._steps, None, rows)
        return first

    def _cast(self, obs: NDArray[Any]) -> NDArray[Any]:
        return obs.astype(self._observations.leaves[0].dtype, copy=False)

    def _start(self, actions: Arrays) -> None:
        self._pool.send(actions[0])

    def _finish(self, actions: Arrays) -> Outcome:
        self._steps += 1
        raw, gain, terminated, truncated, _ = self._pool.recv()
        final, reward = [self._cast(raw)], gain.astype(np.float32, copy=False)
        faults.check_finite(self.id, self._observations, final, reward, self._steps, actions[0], range(self.num_envs))
        ended = np.flatnonzero(terminated | truncated)
        obs = with_rows(final, ended, [self._begin(ended)]) if len(ended) else final
        return Outcome(obs, final, reward, terminated, truncated, None)

    def _save(self) -> dict[str, Any]:
        return {"seed": self._seed, "steps": self._steps}

    def _restore(self, state: dict[str, Any], obs: Arrays, mask: NDArray[np.bool_] | None) -> None:
        """New episodes, of other seeds than those before."""
        words = np.random.SeedSequence([int(state["seed"]), int(state["steps"])]).generate_state(1)
        self._open(int(words[0]))
        self._steps = int(state["steps"])
        obs[0][:] = self._begin(np.arange(self.num_envs))

    def _render(self, i: int) -> NDArray[np.uint8] | None:
        raise faults.no_picture(self.id)

    def _close(self) -> None:
        if self._pool is not None:
            self._pool.close()
