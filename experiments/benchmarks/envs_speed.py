"""Steps per second of every backend and of Gymnasium's own vector environments, with random actions.

    python experiments/benchmarks/envs_speed.py [--ids CartPole-v1 …] [--num-envs 8 64] [--seconds 0.5] [--rounds 7]

All candidates of a row are built first and stepped in turn, round after round, so that what else the machine does falls
on each alike; the median round counts. Ratios are what to read: steps per second of the same row, divided by those of
Gymnasium's SyncVectorEnv. `physics` is one environment without a vector around it, in one process: MuJoCo's engine alone;
for Box2D the bare environment's `step`, with its resets. Memory is
the resident set of this process's tree that a candidate added. The table is printed and written beside this file's
results as Markdown and CSV.
"""

from __future__ import annotations

import argparse
import csv
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
import torch

from rlt import envs
from rlt.envs.backends import native
from rlt.envs.cores import cores
from rlt.envs.source import Source

IDS = ("CartPole-v1", "Acrobot-v1", "MountainCar-v0", "MountainCarContinuous-v0", "Pendulum-v1", "LunarLander-v3",
       "BipedalWalker-v3", "CarRacing-v3", "HalfCheetah-v5", "Hopper-v5", "Ant-v5", "Humanoid-v5")  # fmt: skip
RESULTS = Path(__file__).parent / "results"
MOST_PROCESSES = 128
"""Gymnasium's async has a process for each environment; with more it is left out."""


class Candidate(NamedTuple):
    name: str
    step: Callable[[int], Any]
    close: Callable[[], None]
    per_step: int
    """Environment steps that one call makes."""
    megabytes: float
    """Resident memory that building it added, for each environment."""


def resident() -> float:
    """Megabytes of this process and its descendants."""
    pages, todo = 0, [os.getpid()]
    while todo:
        pid = todo.pop()
        try:
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            for task in Path(f"/proc/{pid}/task").iterdir():
                todo += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def candidate(name: str, build: Callable[[], tuple[Callable[[int], Any], Callable[[], None]]], per_step: int) -> Candidate:
    """Builds one and notes what memory that took."""
    before = resident()
    step, close = build()
    step(0)
    return Candidate(name, step, close, per_step, (resident() - before) / per_step)


def ours(env_id: str, n: int, backend: str, actions: Any) -> tuple[Any, Any]:
    env = envs.make(env_id, n, backend=backend)
    tensors = [torch.from_numpy(action) for action in actions]
    env.reset(0)
    return (lambda t: env.step(tensors[t % len(tensors)])), env.close


def gymnasiums(env_id: str, n: int, mode: str, actions: Any) -> tuple[Any, Any]:
    env = gym.make_vec(env_id, n, vectorization_mode=mode)
    env.reset(seed=0)
    return (lambda t: env.step(actions[t % len(actions)])), env.close


def physics(env_id: str, actions: Any) -> tuple[Any, Any]:
    import mujoco

    bare: Any = gym.make(env_id).unwrapped
    bare.reset(seed=0)

    def step(t: int) -> None:
        bare.data.ctrl[:] = actions[t % len(actions)][0]
        mujoco.mj_step(bare.model, bare.data, nstep=bare.frame_skip)

    return step, bare.close


def bare(env_id: str, actions: Any) -> tuple[Any, Any]:
    env: Any = gym.make(env_id).unwrapped
    env.reset(seed=0)

    def step(t: int) -> None:
        if env.step(actions[t % len(actions)][0])[2]:
            env.reset()

    return step, env.close


def row(env_id: str, n: int, seconds: float, rounds: int) -> dict[str, Any]:
    """Median steps per second and memory per environment of each candidate."""
    example = gym.make(env_id)
    rng, space = np.random.default_rng(0), example.action_space
    if isinstance(space, gym.spaces.Discrete):
        actions: Any = [rng.integers(space.n, size=n) for _ in range(32)]
    else:
        assert isinstance(space, gym.spaces.Box)
        actions = [rng.uniform(space.low, space.high, (n, *space.shape)).astype(np.float32) for _ in range(32)]
    example.close()
    modes = ["sync"] + (["async"] if n <= MOST_PROCESSES else []) + (["vector_entry_point"] if env_id == "CartPole-v1" else [])
    candidates = [candidate(f"gym {m}", lambda m=m: gymnasiums(env_id, n, m, actions), n) for m in modes]  # type: ignore[misc]
    has_native = native.why_not(Source(env_id, {})) is None
    backends = ["sync", "pool"] + (["native"] if has_native else [])
    candidates += [candidate(b, lambda b=b: ours(env_id, n, b, actions), n) for b in backends]  # type: ignore[misc]
    if env_id.endswith("-v5"):
        candidates.append(candidate("physics", lambda: physics(env_id, actions), 1))
    if env_id in ("LunarLander-v3", "BipedalWalker-v3"):
        candidates.append(candidate("physics", lambda: bare(env_id, actions), 1))
    rates: dict[str, list[float]] = {c.name: [] for c in candidates}
    for _ in range(rounds):
        for c in candidates:
            count, start = 0, perf_counter()
            while (spent := perf_counter() - start) < seconds or count == 0:
                c.step(count)
                count += 1
            rates[c.name].append(count * c.per_step / spent)
    for c in candidates:
        c.close()
    result: dict[str, Any] = {"id": env_id, "num_envs": n}
    result |= {f"{name} steps/s": round(median(values)) for name, values in rates.items()}
    return result | {f"{c.name} MB/env": round(c.megabytes, 1) for c in candidates if c.name != "physics"}


def table(rows: list[dict[str, Any]]) -> str:
    """Ratios to Gymnasium's SyncVectorEnv, whose own rate stands in the third column."""
    names = ["gym async", "gym vector_entry_point", "sync", "pool", "native", "physics"]
    lines = ["| environment | num_envs | gym sync, steps/s | " + " | ".join(names) + " |", "|---" * (3 + len(names)) + "|"]
    for r in rows:
        base = r["gym sync steps/s"]
        ratios = [f"{r[f'{name} steps/s'] / base:.2f}" if f"{name} steps/s" in r else "" for name in names]
        lines.append(f"| {r['id']} | {r['num_envs']} | {base:,} | " + " | ".join(ratios) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--ids", nargs="+", default=list(IDS))
    parser.add_argument("--num-envs", nargs="+", type=int, default=[8, 64])
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    rows = []
    for env_id in asked.ids:
        for n in asked.num_envs:
            rows.append(row(env_id, n, asked.seconds, asked.rounds))
            print(table(rows[-1:]).splitlines()[-1], flush=True)
    load = " ".join(f"{x:.1f}" for x in os.getloadavg())
    note = f"{cores()} cores, load average at the end {load}; {asked.rounds} rounds of {asked.seconds} s each; ratios to gym sync"
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "envs_speed.md").write_text(f"{note}\n\n{table(rows)}\n")
    columns = list(dict.fromkeys(key for r in rows for key in r))
    with (asked.out / "envs_speed.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    print(f"\n{note}\n\n{table(rows)}")


if __name__ == "__main__":
    main()
