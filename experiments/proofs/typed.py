"""Typed networks: what the checks find, what they leave alone, what they cost."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from experiments.proofs.proof import Proof, Result
from experiments.proofs.training import ROOT


def says(folder: Path, *, words: tuple[str, ...], works_in: bool = False, unseen: str = "") -> Result:
    """Runs a program of this repository; its output is the figures, its exit status the verdict.

    `works_in`: the program takes a folder to work in as its first argument. `unseen`: `all` sets of unseen bugs are read.
    """
    given = [words[0], *([str(folder)] if works_in else []), *words[1:]]
    done = subprocess.run(
        [sys.executable, *given], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False, env=os.environ | {"RLT_UNSEEN": unseen},
    )
    shown = [*(["RLT_UNSEEN=" + unseen] if unseen else []), "python", words[0], *(["FOLDER"] if works_in else []), *words[1:]]
    lines = [line for line in done.stdout.splitlines() if not line.startswith("WARNING: Location")]
    text = "\n".join(lines[-40:]).replace(str(folder), "FOLDER").replace(str(ROOT), ".")
    return Result(done.returncode == 0, f"```\n{text}\n```", (" ".join(shown),))


PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")

PROOFS = [
    Proof(
        "cases",
        "Every bug of the case files is reported on its line, no line of correct code; 90 % of the first and 80 % of the second "
        "to eleventh set of unseen bugs are found, and no correct twin is reported.",
        partial(
            says, words=(*PYTEST, "tests/shapes/static/test_cases.py", "tests/shapes/static/test_unseen_bugs.py"), unseen="all",
        ),
    ),
    Proof(
        "false_alarms",
        "stable-baselines3, sb3-contrib, tianshou and torchvision's models: at most 2 new lines.",
        partial(says, words=("experiments/proofs/false_alarms.py",), works_in=True),
    ),
    Proof(
        "rules",
        "20,000 random calls: the rules and torch give the same shapes, dtypes and refusals.",
        partial(says, words=("-m", "experiments.proofs.rules_against_torch", "--cases", "20000")),
    ),
    Proof(
        "cost",
        "The build check costs at most 25 forwards, the call check 0.03; compiled kernels are the same text.",
        partial(says, words=("experiments/benchmarks/typed_cost.py", "--kernels")),
    ),
    Proof(
        "checker_cost",
        "Cold mypy with the plugin takes at most 1.1 times the processor time without.",
        partial(says, words=("experiments/benchmarks/plugin_cost.py", "--repeat", "3")),
    ),
    Proof(
        "mypy_versions",
        "The case files read the same under mypy 1.20 to the newest.",
        partial(
            says, words=("experiments/proofs/mypy_versions.py", "1.20.2", "2.0.0", "2.1.0", "2.2.0", "2.3.1", "2.4.1"),
            works_in=True,
        ),
    ),
    Proof(
        "project",
        "`python -m rlt.check` finds nothing in the project.",
        partial(says, words=("-m", "rlt.check", "rlt", "experiments")),
    ),
]
