"""The house's order: short files, nothing of one machine, names and figures that agree."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import rlt
from experiments.proofs.packaging import tracked
from rlt.assembly.compose import plan
from tests.house.source import ROOT

LIMIT, LIMIT_OF_TESTS = 380, 520
"""Lines: about 350; tests may list cases."""


def files() -> list[Path]:
    """What git has or would add, links apart."""
    return [p for p in (ROOT / name for name in tracked(ROOT)) if p.is_file() and not p.is_symlink()]


def texts(*suffixes: str) -> list[tuple[Path, str]]:
    found = [p for p in files() if p.suffix in suffixes or (not suffixes and p.suffix not in (".png", ".svg", ".csv", ".rlt"))]
    return [(p.relative_to(ROOT), p.read_text(encoding="utf-8")) for p in found]


def test_files_are_short_but_for_tables_of_cases():
    lines = {p: len(text.splitlines()) for p, text in texts(".py") if p.parts[0] != "experiments"}
    limits = {p: LIMIT_OF_TESTS if p.parts[0] == "tests" else LIMIT for p in lines}
    assert not {str(p): count for p, count in lines.items() if count > limits[p]}


def test_nothing_names_a_place_of_one_machine():
    place = re.compile(r"(?<![\w.])/(?:home|root|Users|work|opt|mnt|data)/[\w.-]+|[A-Z]:\\\\\w+")
    found = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in texts() for number, line in enumerate(text.splitlines(), 1)
        if place.search(line)
    ]
    assert not found, "\n".join(found)


def test_nothing_is_left_to_do():
    mark = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
    found = [f"{path}:{n}" for path, text in texts(".py") for n, line in enumerate(text.splitlines(), 1) if mark.search(line)]
    assert not found


def test_no_file_is_called_after_nothing():
    nothing = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
    assert not [p for p, _ in texts(".py") if nothing & set(re.split(r"[_/]", str(p.with_suffix(""))))]


def test_the_version_is_one():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == rlt.__version__


def test_the_base_yaml_files_are_those_of_the_dataclasses():
    done = subprocess.run(
        [sys.executable, "-m", "rlt.assembly.yaml_files", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr + "fix: make configs"


EXPERIMENTS = sorted(p.stem for p in (ROOT / "configs/experiment").glob("*.yaml"))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_composes(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    planned = plan([f"+experiment={name}"])
    assert planned.experiment.name == name
    assert planned.folder.parts[:2] == ("runs", name)
    assert list(tmp_path.iterdir()) == []
    assert plan([f"experiment={name}"]).experiment == planned.experiment


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_says_what_it_is_in_its_first_lines(name):
    lines = (ROOT / f"configs/experiment/{name}.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# @package _global_"
    assert lines[1].startswith("# ")
    assert lines[1].endswith(".")


def test_every_preset_of_an_agent_composes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for file in (ROOT / "configs/agent").glob("*.yaml"):
        plan([f"agent={file.stem}"])
