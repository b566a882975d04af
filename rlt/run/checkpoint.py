"""Checkpoints of a run: `last`, `best`, and the periodic ones that `checkpoint.keep` asks for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from rlt.errors import RunError
from rlt.run.folder import RunFolder
from rlt.run.learner import State
from rlt.store.tree import load_tree, save_tree


def save_checkpoint(folder: RunFolder, state: State, steps: int, keep: int) -> None:
    """Writes the checkpoint of `steps`, points `last.rlt` to it, and removes those beyond the newest `keep` (0: none)."""
    path = folder.checkpoints / f"step_{steps:012d}.rlt"
    save_tree(path, state, kind="checkpoint")
    link = folder.checkpoints / f".last.{os.getpid()}.tmp"
    link.unlink(missing_ok=True)
    os.link(path, link)  # the same file under two names: no second copy on the disk
    os.replace(link, folder.last)
    periodic = sorted(folder.checkpoints.glob("step_*.rlt"))
    for old in periodic[: -keep or len(periodic)] if keep else []:
        old.unlink()


def save_best(folder: RunFolder, weights: State, steps: int, score: float) -> None:
    """Writes the policy of the best evaluation so far."""
    save_tree(folder.best, {"weights": weights, "steps": steps, "score": score}, kind="weights")


def load_checkpoint(folder: RunFolder) -> State:
    """`last`, or the newest periodic checkpoint where that is gone. RunError where there is none, or it is damaged."""
    periodic = sorted(folder.checkpoints.glob("step_*.rlt"))
    if not folder.last.exists() and not periodic:
        raise RunError(
            f"{folder.path} has no checkpoint to go on from", "it was stopped before the first one was written",
            fix=f"python -m rlt.train like={folder.path} starts it again",
        )
    state: State = load_tree(folder.last if folder.last.exists() else periodic[-1], kind="checkpoint")
    return state


def find_weights(path: Path | str, which: str = "last") -> tuple[State, int]:
    """Policy weights and their step from a run folder (`which`: last or best) or a file of either kind."""
    path = Path(path)
    if path.is_dir():
        folder = RunFolder.open(path)
        if which not in ("last", "best"):
            raise RunError(f"checkpoint={which}: a run has 'last' and 'best', or give a file")
        path = folder.best if which == "best" else folder.last
        if which == "best" and not path.exists():
            raise RunError(f"{folder.path} has no best checkpoint", "the run made no periodic evaluation", fix="checkpoint=last")
    kind = "weights" if path.name == "best.rlt" else "checkpoint"
    tree: dict[str, Any] = load_tree(path, kind=kind)
    return (tree["weights"], tree["steps"]) if kind == "weights" else (tree["learner"]["weights"], tree["run"]["steps"])
