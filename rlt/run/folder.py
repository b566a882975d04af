"""A run is a folder.

    config.yaml        the resolved configuration, automatic choices written in
    run.json           versions, git revision, machine, command, seeds, how the run stands
    metrics.csv        one row per event
    events.out.…       TensorBoard
    checkpoints/       last.rlt, best.rlt, step_000100000.rlt
    evaluation.json    the final evaluation
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

from rlt.errors import RunError, nearest
from rlt.store.atomic import write_text

_PACKAGES = ("rlt", "torch", "numpy", "gymnasium", "mujoco", "box2d", "hydra-core", "safetensors")


class RunFolder:
    """The paths of a run, and what stands in its two small files."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.config_file = self.path / "config.yaml"
        self.record_file = self.path / "run.json"
        self.metrics_file = self.path / "metrics.csv"
        self.evaluation_file = self.path / "evaluation.json"
        self.checkpoints = self.path / "checkpoints"
        self.last = self.checkpoints / "last.rlt"
        self.best = self.checkpoints / "best.rlt"

    @classmethod
    def create(cls, path: Path | str, config: dict[str, Any], record: dict[str, Any]) -> RunFolder:
        """Makes the folder with its config and record. RunError where it already holds a run."""
        folder = cls(path)
        folder.refuse_existing()
        folder.path.mkdir(parents=True, exist_ok=True)
        write_text(folder.config_file, yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=120))
        import torch

        folder.write_record({**provenance(), "capability": torch.backends.cpu.get_cpu_capability(), **record})
        return folder

    @classmethod
    def open(cls, path: Path | str) -> RunFolder:
        """An existing run. RunError where the folder holds none."""
        folder = cls(path)
        if not folder.path.is_dir():
            raise RunError(f"there is no folder {path}", "expected the folder of a run", fix=_other_runs(folder.path))
        if not folder.config_file.is_file() or not folder.record_file.is_file():
            raise RunError(
                f"{path} is no run", "a run has config.yaml and run.json; this folder has not", fix=_other_runs(folder.path)
            )
        return folder

    def refuse_existing(self) -> None:
        """RunError where a run (or the start of one) is already in this folder."""
        if self.config_file.exists() or self.metrics_file.exists() or self.checkpoints.exists():
            raise RunError(
                f"{self.path} already holds a run",
                fix=f"python -m rlt.train resume={self.path} goes on with it; hydra.run.dir=OTHER starts a new one",
            )

    def config(self) -> dict[str, Any]:
        """The resolved configuration as plain values."""
        try:
            return _mapping(yaml.safe_load(self.config_file.read_text(encoding="utf-8")), self.config_file)
        except yaml.YAMLError as error:
            raise RunError(f"{self.config_file} cannot be read", str(error)) from None

    def record(self) -> dict[str, Any]:
        """What `run.json` says."""
        try:
            return _mapping(json.loads(self.record_file.read_text(encoding="utf-8")), self.record_file)
        except json.JSONDecodeError as error:
            raise RunError(f"{self.record_file} cannot be read", str(error)) from None

    def write_record(self, record: dict[str, Any]) -> None:
        """Replaces `run.json`."""
        write_text(self.record_file, json.dumps(record, indent=2) + "\n")

    def write_evaluation(self, result: dict[str, Any]) -> None:
        """Replaces `evaluation.json`."""
        write_text(self.evaluation_file, json.dumps(result, indent=2) + "\n")


def _mapping(value: Any, file: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RunError(f"{file} holds no mapping", f"got {type(value).__name__}")
    return value


_TRAIN = "give the folder of a run; python -m rlt.train +experiment=NAME makes one under runs/"


def _other_runs(path: Path) -> str:
    """Runs near `path`, newest first, as a hint."""
    near = next((p for p in (path, *path.parents) if p.is_dir()), Path())
    if near.anchor and near == Path(near.anchor):  # not through the whole disk
        return _TRAIN
    found = sorted(near.glob("*/run.json"), key=os.path.getmtime, reverse=True) or sorted(
        near.glob("*/*/run.json"), key=os.path.getmtime, reverse=True
    )
    by_name = {f.parent.name: f.parent for f in reversed(found)}
    close = [by_name[name] for name in nearest(path.name, by_name)] or [f.parent for f in found[:3]]
    return "give the folder of a run: " + ", ".join(map(str, close)) if found else _TRAIN


def provenance() -> dict[str, Any]:
    """Where a run comes from: versions, revision, machine, command."""
    return {
        "command": " ".join(sys.argv),
        "python": platform.python_version(),
        "versions": {name: v for name in _PACKAGES if (v := _version(name)) is not None},
        "git": _git_revision(),
        "machine": {"system": platform.platform(), "processor": platform.machine(), "cores": os.cpu_count()},
    }


def _version(package: str) -> str | None:
    if package == "rlt":
        import rlt

        return rlt.__version__
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _git_revision() -> dict[str, Any] | None:
    """Commit of the working directory and whether it had changes; None outside git."""

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(["git", *words], capture_output=True, text=True, timeout=10)
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    commit = git("rev-parse", "HEAD")
    return None if commit is None else {"commit": commit, "changed": bool(git("status", "--porcelain", "--untracked-files=no"))}
