"""The benchmark's figures against what is claimed, and stepping beside a learner."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch

from experiments.proofs.proof import Result, table
from rlt import envs

ROOT = Path(__file__).resolve().parents[2]
BENCHMARK = "experiments/benchmarks/envs_speed.py"
# (environment, number, ours, theirs, at least)
CLAIMS = (
    *((env_id, n, "native", "gym sync", least)
      for n in (8, 64)
      for env_id, least in (("HalfCheetah-v5", 2.5), ("Humanoid-v5", 1.5), ("Ant-v5", 1.5))),
    *((env_id, n, "pool", "gym sync", 1.5) for n in (8, 64) for env_id in ("LunarLander-v3", "BipedalWalker-v3")),
    ("CartPole-v1", 1024, "native", "gym vector_entry_point", 0.85),
)


def fast(folder: Path) -> Result:
    """Runs the benchmark, then reads its ratios."""
    rates: dict[tuple[str, int], dict[str, float]] = {}
    for number, words in (("8-64", ["--num-envs", "8", "64"]), ("1024", ["--ids", "CartPole-v1", "--num-envs", "1024"])):
        out = folder / number
        if not (out / "envs_speed.csv").exists():
            command = [sys.executable, BENCHMARK, "--out", str(out), *words]
            subprocess.run(command, check=True, cwd=ROOT, stderr=subprocess.DEVNULL)
        with (out / "envs_speed.csv").open(newline="") as file:
            for row in csv.DictReader(file):
                found = {k.removesuffix(" steps/s"): float(v) for k, v in row.items() if k.endswith("steps/s") and v}
                rates[row["id"], int(row["num_envs"])] = found
    claims = [(i, n, ours, theirs, least, rates[i, n][ours] / rates[i, n][theirs]) for i, n, ours, theirs, least in CLAIMS]
    held = [ratio >= least for *_, least, ratio in claims]
    rows: list[tuple[object, ...]] = [(i, n, a, b, least, f"{ratio:.2f}") for i, n, a, b, least, ratio in claims]
    for (env_id, n), rate in rates.items():
        best = max(rate[name] for name in ("sync", "pool", "native") if name in rate)
        theirs = max(rate["gym sync"], rate.get("gym async", 0.0))
        held.append(best >= theirs)
        rows.append((env_id, n, "the best of ours", "the better of gym sync and async", 1, f"{best / theirs:.2f}"))
    full = "\n\n".join((folder / number / "envs_speed.md").read_text() for number in ("8-64", "1024"))
    figures = table(("environment", "number", "ours", "theirs", "at least", "measured"), rows)
    return Result(all(held), f"{figures}\n\n{full}", (f"python {BENCHMARK}",))


def overlaps(folder: Path) -> Result:
    """Interleaved rounds of stepping alone, learning alone, and both with `send` before and `recv` after."""
    torch.set_num_threads(1)
    env = envs.make("LunarLander-v3", 32, backend="pool", workers=1)
    env.reset(0)
    actions = [torch.randint(4, (32,)) for _ in range(200)]
    matrix, products = torch.randn(160, 160), 1  # small ones are slower beside a busy core, whoever keeps it busy

    def step() -> None:
        for action in actions:
            env.step(action)

    def learn(times: int = len(actions)) -> None:
        for _ in range(times * products):
            matrix @ matrix

    def both() -> None:
        for action in actions:
            env.send(action)
            learn(times=1)
            env.recv()

    for _ in range(3):  # the learner is made to take as long as stepping, once both are warm
        pairs = [(_time(step), _time(learn)) for _ in range(5)]
        stepping, learning = np.median(pairs, axis=0)
        products = max(1, round(products * stepping / learning))
    times = [(_time(step), _time(learn), _time(both)) for _ in range(7)]
    stepping, learning, together = np.median(times, axis=0) / len(actions) * 1e6
    env.close()
    ratio = together / max(stepping, learning)
    figures = f"stepping {stepping:.0f} us, learning {learning:.0f} us, both {together:.0f} us: {ratio:.2f} times the longer"
    return Result(bool(ratio <= 1.3), figures)


def _time(work: Any) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start
