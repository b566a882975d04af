"""Runs of rlt.train in processes of their own: to the end, killed on the way, and compared to the bit."""

from __future__ import annotations

import csv
import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch

from rlt.log.metrics_csv import read_metrics
from rlt.run.folder import RunFolder
from rlt.store.segment import Segment
from rlt.store.tree import load_tree

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
"""What runs are started with."""
_TRIES = 5
"""Runs that may end before their kill reaches them: a busy machine can hold the killer up."""


def command(words: Sequence[str]) -> str:
    """As a person would type it."""
    return "python -m rlt.train " + shlex.join(words)


def train(run: Path, words: Sequence[str]) -> RunFolder:
    """A run in the folder `run`, to its end. One that was begun goes on; one that is finished stays as it is."""
    folder = RunFolder(run)
    if not finished(folder):
        _wait(_start(run, _words(folder, words)), run)
    return folder


def train_killed(run: Path, words: Sequence[str], kills: int, seed: int) -> list[int]:
    """The same, killed by SIGKILL at `kills` random moments after the first checkpoint and resumed after each.

    The steps that were logged at each kill. A run that ended before its kill is begun anew; RuntimeError where that
    happens again and again.
    """
    for tried in range(_TRIES):
        shutil.rmtree(run, ignore_errors=True)
        rng, logged = random.Random(seed + 1000 * tried), []
        for fraction in sorted(rng.uniform(0.15, 0.85) for _ in range(kills)):
            steps = _killed(run, words, fraction, rng)
            if steps is None:
                break
            logged.append(steps)
        else:
            train(run, words)
            return logged
    raise RuntimeError(f"{run} ended before it could be killed, {_TRIES} times\n{_tail(run)}")


def _killed(run: Path, words: Sequence[str], fraction: float, rng: random.Random) -> int | None:
    """Starts the run, or goes on with it, and kills it between two rows when `fraction` of it is logged.

    The steps logged then; None where it ended first.
    """
    folder = RunFolder(run)
    process = _start(run, _words(folder, words))
    while not (folder.last.exists() and _steps(folder) >= fraction * folder.config()["total_steps"]):
        if process.poll() is not None:
            if process.returncode:
                raise RuntimeError(f"{run} ended with {process.returncode}\n{_tail(run)}")
            return None
        time.sleep(0.03)
    elapsed = [t for t in read_metrics(folder.metrics_file).get("time/elapsed", []) if t == t]  # evaluations have none
    time.sleep(rng.random() * (elapsed[-1] - elapsed[-2] if len(elapsed) > 1 else 0.0))  # anywhere between two rows
    process.send_signal(signal.SIGKILL)
    return _steps(folder) if process.wait() == -signal.SIGKILL else None


def finished(folder: RunFolder) -> bool:
    """Whether the run came to its end."""
    return folder.record_file.is_file() and folder.record()["status"] == "finished"


def _words(folder: RunFolder, words: Sequence[str]) -> list[str]:
    if folder.last.exists():
        return [f"resume={folder.path.name}"]
    return [*words, f"hydra.run.dir={folder.path.name}"]


def _start(run: Path, words: Sequence[str]) -> subprocess.Popen[bytes]:
    run.parent.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with open(_log(run), "ab") as log:
        return subprocess.Popen(
            [PYTHON, "-m", "rlt.train", *words], cwd=run.parent, env=environment, stdin=subprocess.DEVNULL,
            stdout=log, stderr=subprocess.STDOUT,
        )


def _wait(process: subprocess.Popen[bytes], run: Path) -> None:
    try:
        code = process.wait()
    except BaseException:
        process.terminate()  # Ctrl-C here stops the run with a checkpoint, and the next call goes on from it
        process.wait()
        raise
    if code:
        raise RuntimeError(f"{run} ended with {code}\n{_tail(run)}")


def _log(run: Path) -> Path:
    return run.with_name(run.name + ".log")


def _tail(run: Path) -> str:
    return _log(run).read_text(errors="replace")[-3000:]


def _steps(folder: RunFolder) -> int:
    """Steps of the last whole row of metrics.csv."""
    try:
        lines = folder.metrics_file.read_text(encoding="utf-8").splitlines()
        return int(lines[-1].partition(",")[0]) if len(lines) > 1 else 0
    except (FileNotFoundError, ValueError):
        return 0


def evaluation(folder: RunFolder) -> dict[str, Any]:
    """The final evaluation."""
    result: dict[str, Any] = json.loads(folder.evaluation_file.read_text(encoding="utf-8"))
    return result


def differences(one: RunFolder, other: RunFolder) -> list[str]:
    """What differs between two runs: the state in last.rlt (weights, optimiser, normalisers, generators, environments,
    counters), the best policy, metrics.csv, the final evaluation. All to the bit; the clock apart."""
    last = [load_tree(folder.last, kind="checkpoint") for folder in (one, other)]
    found = [f"last.rlt: {d}" for d in _tree_differences(*last)]
    found += [f"metrics.csv: {d}" for d in metrics_differences(one, other)]
    if one.best.exists() != other.best.exists():
        found.append("best.rlt: only one has it")
    elif one.best.exists():
        best = [load_tree(folder.best, kind="weights") for folder in (one, other)]
        found += [f"best.rlt: {d}" for d in _tree_differences(*best)]
    results = [evaluation(folder) if folder.evaluation_file.exists() else {} for folder in (one, other)]
    if results[0] | {"seconds": 0} != results[1] | {"seconds": 0}:
        found.append("evaluation.json differs")
    return found


def weights_differences(one: RunFolder, other: RunFolder) -> list[str]:
    """Of the last policies and optimisers alone."""
    first, second = (load_tree(folder.last, kind="checkpoint")["learner"] for folder in (one, other))
    return [d for key in ("weights", "own") for d in _tree_differences(first[key], second[key], f"{key}.")]


def metrics_differences(one: RunFolder, other: RunFolder) -> list[str]:
    """Rows of metrics.csv that are not the same text, columns under time/ apart."""
    first, second = ([_timeless(row) for row in _rows(folder.metrics_file)] for folder in (one, other))
    found = [f"row {n}: {a} / {b}" for n, (a, b) in enumerate(zip(first, second)) if a != b]
    return [*found, *([f"{len(first)} / {len(second)} rows"] if len(first) != len(second) else [])]


def _rows(file: Path) -> Iterator[dict[str, str]]:
    handle: IO[str]
    with open(file, newline="", encoding="utf-8") as handle:
        yield from csv.DictReader(handle)


def _timeless(row: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in row.items() if not name.startswith("time/")}


def _tree_differences(one: Any, other: Any, where: str = "") -> Iterator[str]:
    if isinstance(one, Segment) and isinstance(other, Segment):
        yield from _tree_differences(one.read(), other.read(), where)
    elif isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in sorted({*one, *other}):
            if key.startswith("time/") or f"{where}{key}" == "run.elapsed":
                continue
            if key not in one or key not in other:
                yield f"{where}{key}: only one has it"
            else:
                yield from _tree_differences(one[key], other[key], f"{where}{key}.")
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        for n, (a, b) in enumerate(zip(one, other)):
            yield from _tree_differences(a, b, f"{where}{n}.")
    elif isinstance(one, torch.Tensor | np.ndarray) and isinstance(other, torch.Tensor | np.ndarray):
        a, b = np.asarray(one), np.asarray(other)
        if a.dtype != b.dtype or a.shape != b.shape:
            yield f"{where[:-1]}: {a.dtype}{list(a.shape)} / {b.dtype}{list(b.shape)}"
        elif a.tobytes() != b.tobytes():
            yield f"{where[:-1]}: {int((a != b).sum())} of {a.size} numbers differ"
    elif type(one) is not type(other) or repr(one) != repr(other):  # repr: NaN equals NaN, 0.0 is not -0.0
        yield f"{where[:-1]}: {str(one)[:60]} / {str(other)[:60]}"
