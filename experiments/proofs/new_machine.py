"""What a person sees who has nothing but the repository, or nothing but the wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments.proofs.packaging import run_in, strangers_folder
from experiments.proofs.proof import Result, table
from experiments.proofs.readme import blocks, environment_of, run
from experiments.proofs.training import ROOT, command


def clone(folder: Path) -> Path:
    """A fresh clone of the last commit."""
    target = folder / "clone"
    if target.exists():
        shutil.rmtree(target)
    subprocess.run(["git", "clone", "--quiet", ROOT, target], check=True)
    return target


def login() -> dict[str, str]:
    """The variables of a person who has just logged in: nothing of this virtual environment."""
    wanted = ("HOME", "LANG", "LC_", "PATH", "PIP_", "SSL_", "TERM", "USER")
    kept = {name: value for name, value in os.environ.items() if name.startswith(wanted)}
    own = str(Path(sys.executable).parent)
    return kept | {"PATH": os.pathsep.join(p for p in kept["PATH"].split(os.pathsep) if p != own)}


def fresh_clone(folder: Path, *, budget: float = 300.0) -> Result:
    """make in a fresh clone; then every block of the README there, in order, uncut. `budget`: seconds for make test."""
    checkout, environment = clone(folder), login()
    commit = _output(["git", "rev-parse", "--short", "HEAD"], checkout, os.environ).strip()
    rows: list[tuple[object, ...]] = []

    def note(what: str, began: float, output: str) -> float:
        seconds = time.monotonic() - began
        last = next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "")
        rows.append((what, f"{seconds:.0f}", last.replace("|", "/")[:100]))
        print(f"  {what}: {seconds:.0f} s", flush=True)
        return seconds

    for what in ("make setup", "make setup, a second time"):
        note(what, time.monotonic(), _output(["make", "setup"], checkout, environment))
    began = time.monotonic()
    tests = note("make test", began, _output(["make", "test"], checkout, environment))
    inside = {**environment, "PATH": f"{checkout / '.venv' / 'bin'}{os.pathsep}{environment['PATH']}"}
    for block in blocks((checkout / "README.md").read_text(encoding="utf-8")):
        if block.code.strip() != "make test":
            began = time.monotonic()
            note(f"README, line {block.line}", began, run(block, checkout, inside))
    measured = f"A clone of {commit}; make test: {tests:.0f} s (budget: {budget:.0f} s)."
    commands = ("git clone REPOSITORY rlt && cd rlt", "make setup", "make test", "make train")
    return Result(tests < budget, f"{measured}\n\n{table(('what', 'seconds', 'last line'), rows)}", commands)


def wheel(folder: Path) -> Result:
    """The wheel with all its dependencies in a new environment, used from a stranger's folder."""
    checkout, environment, here = clone(folder), folder / "environment", folder / "project"
    python = environment / "bin" / "python"
    version = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
    pip = [str(python), "-m", "pip", "--quiet"]
    constrained = environment_of(python.parent, PIP_CONSTRAINT=str(ROOT / "constraints.txt"))
    _output([*pip, "wheel", "--no-deps", "--wheel-dir", str(folder / "dist"), str(checkout)], folder, constrained)
    _output([*pip, "install", str(folder / "dist" / f"rlt-{version}-py3-none-any.whl")], folder, constrained)
    if here.exists():
        shutil.rmtree(here)
    strangers_folder(here)
    own = ["+experiment=mine", "model.name=models.mine:Mine"]
    origin = run_in(here, python, ["-c", "import rlt.agents; print(rlt.agents.__file__)"]).strip()
    shown = run_in(here, python, ["-m", "rlt.train", *own, "hydra.run.dir=run"])
    shown += run_in(here, python, ["-m", "rlt.evaluate", "run", "episodes=20", "trust=models"])
    holds = "site-packages" in origin and (here / "run" / "evaluation.json").is_file()
    where = Path(origin).relative_to(environment)
    figures = f"`rlt.agents` comes from `{where}`. Output:\n\n```\n{shown.strip()[-1500:]}\n```"
    return Result(holds, figures, ("make wheel", "pip install dist/rlt-*.whl", command(own)))


def _output(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        words, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}\n{done.stdout[-3000:]}")
    return done.stdout
