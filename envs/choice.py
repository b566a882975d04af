"""`backend="auto"`: the fastest of the backends that give the same numbers to the bit and restore alike.

Since no number depends on it, the choice may be measured. What is measured is thrown away: the environment that is
handed out is new. A choice holds for the rest of the process.
"""

from __future__ import annotations

import copy
import logging
from time import perf_counter
from typing import Any

import numpy as np
from gymnasium import Space, spaces

from rlt.envs.backends import native
from rlt.envs.backends.pool import PoolVectorEnv
from rlt.envs.backends.sync import SyncVectorEnv
from rlt.envs.backends.vector import ArrayVectorEnv
from rlt.envs.cores import cores
from rlt.envs.recipe import Recipe
from rlt.errors import RltError

_SECONDS = 0.15
"""How long each candidate is stepped."""
_WORTH_PROCESSES = 400e-6
"""Seconds of a step in one process below which waking several costs more than they save."""

_log = logging.getLogger(__name__)
_choices: dict[str, tuple[str, str]] = {}


def choose(recipe: Recipe) -> ArrayVectorEnv[Any]:
    """The vector environment of `recipe` on the fastest exact backend; `backend_reason` says why that one."""
    key = f"{recipe.source}, {recipe.num_envs}, {recipe.autoreset}, {recipe.device}, {recipe.workers}"
    if key in _choices:
        backend, reason = _choices[key]
        env = _build(recipe, backend)
    else:
        env, reason = _decide(recipe)
        _choices[key] = env.backend, reason
        _log.info("%s x %d: backend %s, %s", env.id, env.num_envs, env.backend, reason)
    env.backend_reason = reason
    return env


def _decide(recipe: Recipe) -> tuple[ArrayVectorEnv[Any], str]:
    if recipe.num_envs == 1:
        return SyncVectorEnv(recipe), "one environment leaves nothing to do side by side"
    if recipe.source.spec() is None:
        return SyncVectorEnv(recipe), "a class or function is not built once more to be timed"
    has_native = native.why_not(recipe.source) is None
    if not has_native and min(cores(), recipe.workers or cores()) == 1:
        return SyncVectorEnv(recipe), "there is one core, and no batched form of this environment"
    alone = SyncVectorEnv(recipe)
    try:
        sync = _seconds_per_step(alone)
    except Exception as error:  # an environment that does not take random actions, say
        return SyncVectorEnv(recipe), f"it could not be timed with random actions ({type(error).__name__})"
    finally:
        alone.close()
    if not has_native and sync < _WORTH_PROCESSES:
        return SyncVectorEnv(recipe), f"a step takes {1e6 * sync:.0f} us, too little for several processes"
    name = "native" if has_native else "pool"
    try:
        rival = _build(recipe, name)
        other = _seconds_per_step(rival)
    except RltError as error:  # an environment that only its own process can build, say
        return SyncVectorEnv(recipe), f"{name} failed: {error.what}"
    reason = f"{recipe.num_envs / other:,.0f} steps/s on {rival.backend}, {recipe.num_envs / sync:,.0f} on sync"
    if other < sync and isinstance(rival, PoolVectorEnv):
        rival.renew()
        return rival, reason
    rival.close()
    return (native.build(recipe) if other < sync else SyncVectorEnv(recipe)), reason


def _build(recipe: Recipe, backend: str) -> ArrayVectorEnv[Any]:
    if backend == "native":
        return native.build(recipe)
    return PoolVectorEnv(recipe) if backend == "pool" else SyncVectorEnv(recipe)


def _seconds_per_step(env: ArrayVectorEnv[Any]) -> float:
    """The median time of a step with random actions, the first steps apart."""
    space, rng = copy.deepcopy(env.single_action_space), np.random.default_rng(0)
    actions = [_random(space, env.num_envs, rng) for _ in range(8)]
    env.reset(0)
    env.step(actions[0])
    times: list[float] = []
    end = perf_counter() + _SECONDS
    while perf_counter() < end or len(times) < 3:
        start = perf_counter()
        env.step(actions[len(times) % len(actions)])
        times.append(perf_counter() - start)
    return float(np.median(times))


def _random(space: Space[Any], num_envs: int, rng: np.random.Generator) -> Any:
    """Random actions as an agent would give them: counted from 0."""
    if isinstance(space, spaces.Dict):
        return {key: _random(sub, num_envs, rng) for key, sub in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(_random(sub, num_envs, rng) for sub in space.spaces)
    if isinstance(space, spaces.Discrete):
        return rng.integers(space.n, size=num_envs)
    if isinstance(space, spaces.MultiDiscrete):
        return rng.integers(space.nvec, size=(num_envs, *space.shape))
    if isinstance(space, spaces.MultiBinary):
        return rng.integers(2, size=(num_envs, *(space.shape or ()))).astype(np.bool_)
    assert isinstance(space, spaces.Box)
    low, high = np.maximum(space.low, -1.0), np.minimum(space.high, 1.0)
    return rng.uniform(np.minimum(low, high), np.maximum(low, high), (num_envs, *space.shape)).astype(np.float32)
