"""Checkpoints of a run: `last`, `best`, and the periodic ones that `checkpoint.keep` asks for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from rlt.errors import RunError
from rlt.run.folder import RunFolder
from rlt.run.learner import State
from rlt.store.segment import SegmentFiles
from rlt.store.tree import load_tree, named_segments, save_tree


def save_checkpoint(
    folder: RunFolder, state: State, steps: int, keep: int, segments: SegmentFiles | None = None, replay: bool = True
) -> None:
    """Writes the checkpoint of `steps`, points `last.rlt` to it, and removes those beyond the newest `keep` (0: none).

    `segments` knows which segments of the state are written already; without `replay` they are left out. First the new
    segments are there, then the checkpoint, then `last`; only then what no checkpoint names is removed. So a run that is
    killed at any moment has one whole checkpoint with all that it names."""
    path = folder.checkpoints / f"step_{steps:012d}.rlt"
    segments = segments or SegmentFiles(folder.checkpoints)
    save_tree(path, state, kind="checkpoint", segments=segments, leave_out_segments=not replay)
    link = folder.checkpoints / f".last.{os.getpid()}.tmp"
    link.unlink(missing_ok=True)
    os.link(path, link)  # the same file under two names: no second copy on the disk
    os.replace(link, folder.last)
    periodic = sorted(folder.checkpoints.glob("step_*.rlt"))
    for old in periodic[: -keep or len(periodic)] if keep else []:
        old.unlink()
    segments.keep_only({name for file in folder.checkpoints.glob("step_*.rlt") for name in named_segments(file)})


def written_segments(folder: RunFolder) -> SegmentFiles:
    """The segments that the checkpoint to go on from names. Files beside them are leftovers of a killed run."""
    segments = SegmentFiles(folder.checkpoints)
    segments.digests.update(named_segments(_newest(folder)))
    return segments


def save_best(folder: RunFolder, weights: State, steps: int, score: float) -> None:
    """Writes the policy of the best evaluation so far."""
    save_tree(folder.best, {"weights": weights, "steps": steps, "score": score}, kind="weights")


def load_checkpoint(folder: RunFolder) -> State:
    """`last`, or the newest periodic checkpoint where that is gone. RunError where there is none, or it is damaged."""
    state: State = load_tree(_newest(folder), kind="checkpoint")
    return state


def _newest(folder: RunFolder) -> Path:
    periodic = sorted(folder.checkpoints.glob("step_*.rlt"))
    if not folder.last.exists() and not periodic:
        raise RunError(
            f"{folder.path} has no checkpoint to go on from", "it was stopped before the first one was written",
            fix=f"python -m rlt.train like={folder.path} starts it again",
        )
    return folder.last if folder.last.exists() else periodic[-1]


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
