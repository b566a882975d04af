"""Run folders written by hand, as `rlt.train` would leave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rlt.log.metrics_csv import MetricsCsv
from rlt.rl.statistics import summarise
from rlt.run.folder import RunFolder

STEPS = (1000, 2000, 3000)


def write_run(
    path: Path,
    *,
    seed: int = 0,
    experiment: str | None = "ppo_cartpole",
    env: str = "CartPole-v1",
    settings: Mapping[str, Any] | None = None,
    steps: Sequence[int] = STEPS,
    training: Sequence[float] = (10.0, 20.0, 30.0),
    evaluation: Mapping[int, float] | None = None,
    returns: Sequence[float] | None = (40.0, 50.0),
    commit: str = "0123456789abcdef",
    extra: Mapping[str, float] | None = None,
) -> Path:
    """A run of `steps` with one row each, 100 steps a second, and a final evaluation with `returns` (None: running)."""
    config = {
        "total_steps": 3000, "seed": seed, "seeds": {"networks": 17 * seed + 5}, "env": {"id": env, "num_envs": 2},
        "agent": {"name": "ppo", "learning_rate": 3e-4, **(settings or {})}, "log": {"progress": f"off{seed}"},
    }
    status = "running" if returns is None else "finished"
    folder = RunFolder.create(path, config, {"experiment": experiment, "status": status})
    folder.write_record(folder.record() | {"git": {"commit": commit, "changed": False}})
    metrics = MetricsCsv(folder.metrics_file)
    at = {1000: 15.0, 2000: 25.0} if evaluation is None else evaluation
    for step in sorted({*steps, *at}):
        row: dict[str, float] = {}
        if step in steps:
            row = {"episode/return": training[list(steps).index(step)], "time/elapsed": step / 100, **(extra or {})}
        if step in at:
            row["evaluation/return_mean"] = at[step]
        metrics.write(step, row)
    if returns is not None:
        score = summarise(returns)
        folder.write_evaluation({
            "steps": steps[-1], "episodes": len(returns), "returns": list(returns), "lengths": [9] * len(returns),
            "return_mean": score.mean, "return_std": score.std, "return_iqm": score.iqm,
            "return_interval": list(score.interval), "length_mean": 9.0, "seconds": 0.1,
        })
    return path
