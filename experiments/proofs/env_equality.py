"""Every backend beside `gym.make`, one by one, treated as the autoreset mode says."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

from experiments.proofs.proof import Result, kept, table
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
        backends = backends_of(env_id)
        parts = [
            kept(folder / f"{env_id}-{mode}-{seed}.json", partial(_compare, env_id, backends, mode, seed, steps))
            for mode in AUTORESETS for seed in SEEDS
        ]  # fmt: skip
        ended = sum(part["ended"] for part in parts)
        for backend in backends:
            wrong = sum(part["wrong"][backend] for part in parts)
            rows.append((env_id, backend, f"{steps * NUM_ENVS * len(parts):,}", f"{ended:,}", wrong))
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


def _compare(env_id: str, backends: list[str], autoreset: Any, seed: int, steps: int) -> dict[str, Any]:
    """Episodes ended, and for each backend the transitions that differ."""
    ours: dict[str, Any] = {
        backend: envs.make(env_id, NUM_ENVS, backend=backend, autoreset=autoreset, workers=2, timeout=3600)
        for backend in backends
    }
    theirs = [gym.make(env_id) for _ in range(NUM_ENVS)]
    first = [reset_as_reference(env, seed + i) for i, env in enumerate(theirs)]
    wrong = {backend: sum(not _same(a, b) for a, b in zip(env.reset(seed), first)) for backend, env in ours.items()}
    over, ended = [False] * NUM_ENVS, 0
    for action in random_actions(env_id, steps, seed):
        wanted = []
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
            wanted.append((value, np.float32(gain), terminated, truncated, final))
        for backend, env in ours.items():
            parts = [np.asarray(part) for part in env.step(action)[:5]]
            wrong[backend] += sum(
                not all(_same(part[i], want) for part, want in zip(parts, row)) for i, row in enumerate(wanted)
            )
        if autoreset == "disabled" and any(over):
            again = [reset_as_reference(env) if done else None for env, done in zip(theirs, over)]
            for backend, env in ours.items():
                rows = np.asarray(env.reset(only=over))
                wrong[backend] += sum(not _same(row, want) for row, want in zip(rows, again) if want is not None)
            over = [False] * NUM_ENVS
    for env in ours.values():
        env.close()
    return {"ended": ended, "wrong": wrong}


def _same(got: Any, want: Any) -> bool:
    want = np.asarray(want)
    return np.array_equal(got, want.astype(np.float32) if want.dtype.kind == "f" else want)
