"""One training of one side, in a process of its own: `python -m experiments.studies.against_sb3.sides SIDE TASK SEED FOLDER`.

Writes FOLDER/result.json at its end. Ours is an ordinary run in FOLDER/run, begun or gone on with; SB3's begins anew, for it
cannot go on to the bit. Torch is imported by the sides alone.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from experiments.studies.against_sb3.playing import EPISODES, Act, play, play_at_random
from experiments.studies.against_sb3.tasks import TASKS, Task
from rlt.run.collection import LoggedRun
from rlt.run.folder import RunFolder, provenance
from rlt.store.atomic import write_text

OURS, THEIRS, RANDOM = "rlt", "sb3", "random"


@dataclass(frozen=True)
class Score:
    """One training and its final policy's evaluation."""

    task: str
    side: str
    seed: int
    steps: int
    returns: list[float]
    """Of each episode of the evaluation."""
    wall_seconds: float | None
    """Of training alone; what else the machine did counts in."""
    processor_seconds: float | None
    """Of the whole process that trained, imports and compiling included. None where it was interrupted on the way."""
    revision: str
    """The last commit that touched rlt, agents, envs or configs; `+` where their files were changed."""
    versions: str

    @property
    def mean(self) -> float:
        """Over the episodes: the score of this seed."""
        return sum(self.returns) / len(self.returns)

    @classmethod
    def read(cls, file: Path) -> Score:
        """What `main` wrote."""
        return cls(**json.loads(file.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class _Trained:
    act: Act
    steps: int
    wall_seconds: float | None
    processor_seconds: float | None


def ours(task: Task, seed: int, folder: Path) -> _Trained:
    """The last policy of a run of `rlt.train`."""
    from experiments.proofs.training import train
    from rlt.assembly.build import evaluated_agent

    begun = (folder / "run").exists()
    before = _processor(resource.RUSAGE_CHILDREN)
    run = train(folder / "run", task.training_words(seed))
    spent = _processor(resource.RUSAGE_CHILDREN) - before
    agent, env, steps = evaluated_agent(RunFolder(run.path), "last", 1, True, (), "")
    env.close()
    elapsed = LoggedRun.read(run).elapsed
    return _Trained(_actions(agent.predict), steps, elapsed, None if begun else spent)


def theirs(task: Task, seed: int, folder: Path) -> _Trained:
    """SB3's policy after `learn`."""
    import stable_baselines3
    import torch
    from stable_baselines3.common.env_util import make_vec_env

    from experiments.studies.against_sb3.translation import translate

    torch.set_num_threads(1)  # as ours for networks of this size
    made = translate(task.experiment(seed))
    env = make_vec_env(made.env_id, made.num_envs, seed=seed)
    model = getattr(stable_baselines3, made.algorithm)("MlpPolicy", env, seed=seed, device="cpu", **made.arguments)
    began = time.perf_counter()
    model.learn(task.steps)
    wall = time.perf_counter() - began
    model.save(folder / "model.zip")
    env.close()
    return _Trained(_actions(model.predict), model.num_timesteps, wall, _processor(resource.RUSAGE_SELF))


def _actions(predict: Callable[..., tuple[Any, Any]]) -> Act:
    return lambda obs: predict(obs, deterministic=True)[0]


def _processor(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def _revision() -> str:
    """The last commit that touched what trains."""
    if provenance()["git"] is None:
        return ""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words, "--", *_TRAINS], capture_output=True, text=True, check=True, timeout=60)
        return done.stdout.strip()

    return git("log", "-1", "--format=%h", "--abbrev=7") + ("+" if git("status", "--porcelain", "--untracked-files=no") else "")


_TRAINS = ("rlt", "agents", "envs", "configs")
SIDES = {OURS: ours, THEIRS: theirs}


def score(side: str, task: Task, seed: int, folder: Path, episodes: int = EPISODES) -> Score:
    """Trains and evaluates. RANDOM trains nothing."""
    packages = {k: v for k, v in provenance()["versions"].items() if k in ("rlt", "torch", "numpy", "gymnasium", "box2d")}
    packages |= {"stable-baselines3": version("stable-baselines3")} if side == THEIRS else {}
    about = _revision(), " ".join(f"{name}={number}" for name, number in packages.items())
    env_id = str(task.experiment(seed).env.id)
    if side == RANDOM:
        returns = play_at_random(env_id, episodes)
        return Score(task.name, side, seed, 0, returns, None, None, *about)
    made = SIDES[side](task, seed, folder)
    returns = play(env_id, made.act, episodes)
    return Score(task.name, side, seed, made.steps, returns, made.wall_seconds, made.processor_seconds, *about)


def main(words: list[str]) -> None:
    """The process of one training."""
    side, task, seed, folder = words
    found = score(side, TASKS[task], int(seed), Path(folder))
    write_text(Path(folder) / "result.json", json.dumps(asdict(found)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
