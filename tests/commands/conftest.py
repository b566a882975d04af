"""Commands called in this process, in an empty working directory."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from rlt import evaluate, report, train

SMALL = [
    "+experiment=ppo_cartpole",
    "env.backend=sync",
    "total_steps=512",
    "env.num_envs=4",
    "agent.n_steps=32",
    "agent.minibatch_size=64",
    "agent.n_epochs=1",
    "evaluation.final_episodes=3",
    "evaluation.episodes=2",
    "log.progress=off",
    "log.tensorboard=false",
]
"""A run of four rollouts."""


@dataclass
class Said:
    code: int
    out: str
    err: str


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """`command("train", "word", …)`."""
    monkeypatch.chdir(tmp_path)
    mains = {"train": train.main, "evaluate": evaluate.main, "report": report.main}

    def call(name, *words):
        capsys.readouterr()
        code = mains[name]([str(word) for word in words])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A run that ended."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    assert train.main([*SMALL, "evaluation.interval=256", f"hydra.run.dir={folder}"]) == 0
    return folder


@pytest.fixture
def run(finished, tmp_path):
    """A copy of it in the working directory, to be spoilt."""
    return Path(shutil.copytree(finished, tmp_path / "run"))
