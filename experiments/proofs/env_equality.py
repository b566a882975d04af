"""Every backend beside `gym.make`, one by one, treated as the autoreset mode says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

from experiments.proofs.proof import Result, table
from rlt import envs
from rlt.envs.backends import native
from rlt.envs.factory import AUTORESETS
from rlt.envs.source import Source

NUM_ENVS = 3
SEEDS = (0, 100, 200)


def equal(folder: Path, ids: tuple[str, ...], steps: int) -> Result:
    """Observations, rewards, flags and final observations of all backends that run each id, in every mode."""
    rows: list[tuple[object, ...]] = []
    for env_id in ids:
        for backend in backends_of(env_id):
            compared = resets = wrong = 0
            for autoreset in AUTORESETS:
                for seed in SEEDS:
                    a, b, c = _compare(env_id, backend, autoreset, seed, steps)
                    compared, resets, wrong = compared + a, resets + b, wrong + c
            rows.append((env_id, backend, f"{compared:,}", f"{resets:,}", wrong))
    head = ("environment", "backend", "transitions", "episodes ended", "transitions that differ")
    return Result(all(row[-1] == 0 for row in rows), table(head, rows))


def backends_of(env_id: str) -> list[str]:
    """The backends that run `env_id`."""
    return ["sync", "pool", *(["native"] if native.why_not(Source(env_id, {})) is None else [])]


def random_actions(env_id: str, steps: int, seed: int, num_envs: int = NUM_ENVS) -> Any:
    """`[steps, num_envs, …]`."""
    space, rng = gym.make(env_id).action_space, np.random.default_rng(seed)
    if isinstance(space, gym.spaces.Discrete):
        return rng.integers(space.n, size=(steps, num_envs))
    assert isinstance(space, gym.spaces.Box)
    return rng.uniform(space.low, space.high, (steps, num_envs, *space.shape)).astype(np.float32)


def reset_as_reference(env: gym.Env[Any, Any], seed: int | None = None) -> Any:
    """`reset`, for BipedalWalker and CarRacing in a new world."""
    bare: Any = env.unwrapped
    if type(bare).__name__ in ("BipedalWalker", "CarRacing"):
        import Box2D

        bare._destroy()
        bare.terrain = bare.road = None
        bare.world = Box2D.b2World((0, 0)) if type(bare).__name__ == "CarRacing" else Box2D.b2World()
    return env.reset(seed=seed)[0]


def _compare(env_id: str, backend: str, autoreset: Any, seed: int, steps: int) -> tuple[int, int, int]:
    """Transitions compared, episodes ended, transitions that differ."""
    ours: Any = envs.make(env_id, NUM_ENVS, backend=backend, autoreset=autoreset, workers=2)
    theirs = [gym.make(env_id) for _ in range(NUM_ENVS)]
    obs = np.asarray(ours.reset(seed))
    wrong = sum(not _same(obs[i], reset_as_reference(env, seed + i)) for i, env in enumerate(theirs))
    over, ended = [False] * NUM_ENVS, 0
    for action in random_actions(env_id, steps, seed):
        step = ours.step(action)
        parts = [np.asarray(part) for part in step[:5]]
        for i, env in enumerate(theirs):
            if autoreset == "next_step" and over[i]:
                value = final = reset_as_reference(env)
                gain, terminated, truncated = 0.0, False, False
            else:
                final, gain, terminated, truncated, _ = env.step(action[i])  # type: ignore[assignment]
                value = final
            over[i] = terminated or truncated
            ended += int(over[i])
            if over[i] and autoreset == "same_step":
                value = reset_as_reference(env)
            got = [part[i] for part in parts]
            same = _same(got[0], value) and _same(got[4], final) and got[1] == np.float32(gain)
            wrong += not (same and got[2] == terminated and got[3] == truncated)
        if autoreset == "disabled" and any(over):
            rows = np.asarray(ours.reset(only=over))
            for row, env, ended_here in zip(rows, theirs, over):
                wrong += ended_here and not _same(row, reset_as_reference(env))
            over = [False] * NUM_ENVS
    ours.close()
    return steps * NUM_ENVS, ended, wrong


def _same(got: Any, want: Any) -> bool:
    want = np.asarray(want)
    return np.array_equal(got, want if want.dtype == np.uint8 else want.astype(np.float32))
