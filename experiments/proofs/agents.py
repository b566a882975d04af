"""The claims of engine and agents: modes that are equal, runs that resume, scores, what an update and a checkpoint cost."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import torch

from experiments.proofs.learning import learns, resumes
from experiments.proofs.modes import equal_modes, no_growth
from experiments.proofs.packaging import run_in
from experiments.proofs.proof import Proof, Result, table
from experiments.proofs.training import ROOT
from experiments.studies.against_sb3.comparison import compare_all
from experiments.studies.against_sb3.page import summary
from experiments.studies.against_sb3.study import complete, scores_in
from experiments.studies.against_sb3.tasks import TASKS
from rlt.rl.replay import Replay
from rlt.rl.vector_env import Step
from rlt.run.checkpoint import save_checkpoint
from rlt.run.folder import RunFolder
from rlt.store.segment import SegmentFiles


def checkpoint_stall(folder: Path, *, transitions: int = 1_000_000, between: int = 100_000, num_envs: int = 8) -> Result:
    """Seconds that a checkpoint takes with a full replay of HalfCheetah's sizes; the first writes all, the others what is new."""
    replay = Replay(transitions, num_envs, (17,), torch.float32, (6,), torch.float32, torch.device("cpu"))
    run, files, seconds = RunFolder(folder / "run"), SegmentFiles(folder / "run" / "checkpoints"), []
    flags = torch.zeros(num_envs, dtype=torch.bool)
    obs = torch.randn(num_envs, 17)
    for count in (transitions, *[between] * 4):
        for _ in range(count // num_envs):
            after = torch.randn(num_envs, 17)
            replay.add(obs, torch.randn(num_envs, 6), Step(after, after[:, 0], flags, flags, after))
            obs = after
        began = time.perf_counter()
        save_checkpoint(run, {"replay": replay.state()}, replay.added * num_envs, 1, files)
        seconds.append(time.perf_counter() - began)
    rows: list[tuple[object, ...]] = [(n + 1, f"{s:.2f}") for n, s in enumerate(seconds)]
    asked = f"{transitions:,} transitions stored, {between:,} new ones between checkpoints; asked of all but the first: 1 s."
    return Result(max(seconds[1:]) <= 1.0, f"{table(('checkpoint', 'seconds'), rows)}\n\n{asked}")


def benchmark(folder: Path, *, module: str, holds: Callable[[Mapping[str, str]], bool]) -> Result:
    """The table that a benchmark prints last, and whether each of its rows holds."""
    printed = run_in(folder, sys.executable, ["-m", f"experiments.benchmarks.{module}"], pythonpath=ROOT)
    shown, rows = last_table(printed)
    return Result(bool(rows) and all(map(holds, rows)), shown, (f"python -m experiments.benchmarks.{module}",))


def last_table(printed: str) -> tuple[str, list[dict[str, str]]]:
    """The last Markdown table of `printed`, as it is and by its columns: a benchmark prints it anew with each row."""
    lines = [line for line in printed.splitlines() if line.startswith("|")]
    last = lines[max(n for n, line in enumerate(lines) if line == lines[0]) :]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in last]
    return "\n".join(last), [dict(zip(cells[0], row)) for row in cells[2:]]


def fast_enough(row: Mapping[str, str]) -> bool:
    """Of `updates`."""
    return float(row["times as fast"]) >= float(row["must reach"])


def no_slower(row: Mapping[str, str]) -> bool:
    """Of `eager_step`."""
    return float(row["ratio"]) <= 1.0


def against_sb3(folder: Path, *, task: str) -> Result:
    """Our final policies and Stable-Baselines3's over the seeds of a task of the study."""
    complete([task], folder)
    (found,) = compare_all(scores_in(folder, [task]))
    return Result(found.holds, summary([found]), (f"python -m experiments.studies.against_sb3 {task}",))


LUNARLANDER = ["+experiment=dqn_lunarlander", "total_steps=8_000", "evaluation.final_episodes=10"]
PENDULUM = ["+experiment=sac_pendulum", "total_steps=4_000", "evaluation.final_episodes=10"]
HOPPER = ["+experiment=sac_hopper", "total_steps=5_000", "agent.learning_starts=1_000", "evaluation.final_episodes=10"]
"""Long enough for three kills with updates before, between and after them."""
MODES = {
    "eager": ["compile=off"], "compiled": ["compile=on", "compile_at=0"], "switch": ["compile=on", "compile_at=2_500"],
}

RESUMED = {"dqn_lunarlander": LUNARLANDER, "sac_pendulum": PENDULUM, "sac_hopper": HOPPER}

PROOFS = [
    Proof("equal_modes", "Compiled and eager updates of DQN, PPO and SAC are equal but for rounding.", equal_modes),
    Proof("no_growth", "A thousand compiled updates compile nothing anew and leave no tensor behind.", no_growth),
    Proof(
        "checkpoint_stall", "With a million stored transitions a checkpoint after the first takes at most a second.",
        checkpoint_stall,
    ),
    Proof(
        "updates", "One update costs a fifth (PPO), a third (DQN), 1 / 1.75 (SAC) of Stable-Baselines3's, or less.",
        partial(benchmark, module="updates", holds=fast_enough),
    ),
    Proof(
        "eager_step", "An eager step of 10 million parameters costs no more than plain torch's.",
        partial(benchmark, module="eager_step", holds=no_slower),
    ),
    *(
        Proof(
            f"resume_{name}_{mode}",
            f"A {name} run ({mode}), killed at three random moments, ends equal to one that was not, to the bit.",
            partial(resumes, words=[*words, *options], seed=number),
        )
        for number, (name, words) in enumerate(RESUMED.items())
        for mode, options in MODES.items()
    ),
    Proof(
        "dqn_cartpole", "DQN reaches 490 on CartPole-v1 within 50,000 steps.",
        partial(learns, experiment="dqn_cartpole", mean=490, least=475),
    ),
    Proof(
        "dqn_lunarlander", "DQN reaches 180 on LunarLander-v3 within 100,000 steps.",
        partial(learns, experiment="dqn_lunarlander", mean=180, least=100), long=True,
    ),
    Proof(
        "sac_pendulum", "SAC reaches -160 on Pendulum-v1 within 20,000 steps.",
        partial(learns, experiment="sac_pendulum", mean=-160, least=-200), long=True,
    ),
    *(
        Proof(
            f"against_sb3_{name}",
            f"{task.title}: not below Stable-Baselines3 by more than 5 % of the range, with confidence by no more than 15 %.",
            partial(against_sb3, task=name), long=True,
        )
        for name, task in TASKS.items()
    ),
]
