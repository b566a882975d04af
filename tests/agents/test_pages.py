"""The agents' pages: every metric explained, every point's function there, every block of code runs."""

from __future__ import annotations

import ast
import os
import re
import signal
from dataclasses import dataclass

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rlt import envs
from rlt.agents import DQN, PPO, SAC
from rlt.config import to_mapping
from rlt.log.metrics_csv import read_metrics
from rlt.rl.extensions import IntrinsicReward, LossTerm
from rlt.run.checkpoint import load_checkpoint
from rlt.run.config import EvaluationConfig, LogConfig, RunConfig
from rlt.run.folder import RunFolder
from rlt.run.timetable import resolved
from tests.house.source import ROOT

AGENTS = {
    "ppo": (PPO, "CartPole-v1", {"n_steps": 32, "minibatch_size": 32, "n_epochs": 1}),
    "dqn": (DQN, "CartPole-v1", {"buffer_size": 500, "learning_starts": 32, "train_freq": 16}),
    "sac": (SAC, "Pendulum-v1", {"buffer_size": 500, "learning_starts": 32, "train_freq": 16}),
}


def page(name):
    return (ROOT / "agents" / name / "README.md").read_text(encoding="utf-8")


def part(text, heading):
    return text.split(f"\n## {heading}\n")[1].split("\n## ")[0]


@dataclass(eq=False)
class Penalty(LossTerm):
    """Of the first loss that an agent has."""

    METRICS = ("size",)

    def __call__(self, network, batch):
        output = network(batch.obs)
        size = (output[0] if isinstance(output, tuple) else output).square().mean()
        return 0.01 * size, (size,)


class OfTheActor(Penalty):
    of = "actor"


@dataclass(eq=False)
class Bonus(IntrinsicReward):
    """Always the same."""

    def reward(self, obs, action, step):
        return torch.ones_like(step.reward)


def explained(text, term):
    """Names of the first column; NAME and METRIC as the run has them, `final/…` for each of `evaluation/…`."""
    rows = [line.split(" | ")[0] for line in part(text, "What the metrics mean").splitlines() if line.startswith("| `")]
    found = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert len(found) == len(set(found))
    concrete = {"loss/NAME": f"loss/{term}", "NAME/METRIC": f"{term}/size", "intrinsic/NAME": "intrinsic/bonus"}
    assert concrete.keys() <= set(found)
    names = {concrete.get(name, name) for name in found} - {"final/…"}
    return names, {name.replace("evaluation/", "final/") for name in names if name.startswith("evaluation/")}


@pytest.mark.parametrize("name", AGENTS)
def test_the_page_explains_what_a_run_logs_and_nothing_else(name, tmp_path):
    make, task, options = AGENTS[name]
    term = OfTheActor if name == "sac" else Penalty
    agent = make(envs.make(task, 2, backend="sync"), seed=0, threads=1, extensions=[term(), Bonus()], **options)
    asked = RunConfig(
        total_steps=512, evaluation=EvaluationConfig(interval=128, episodes=2, final_episodes=2), log=LogConfig(interval=64),
    )
    config = resolved(asked, agent, "cpu")
    folder = RunFolder.create(tmp_path / "run", agent.describe() | to_mapping(config), {"status": "running"})
    agent.run(config, folder)
    agent.close()
    table = read_metrics(folder.metrics_file)
    rows, final = explained(page(name), "of_the_actor" if name == "sac" else "penalty")
    assert set(table) - {"steps"} == rows
    assert not [column for column, values in table.items() if all(value != value for value in values)]
    board = EventAccumulator(str(folder.path)).Reload()
    assert set(board.Tags()["scalars"]) == rows | final


def names_in(file):
    """Functions, classes, their methods and constants of a file."""
    found = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)}
    return found


@pytest.mark.parametrize("name", AGENTS)
def test_each_point_names_the_functions_that_do_it(name):
    points = re.split(r"\n(?=\d+\. )", part(page(name), "What it does, step by step"))[1:]
    assert [int(point.split(".")[0]) for point in points] == list(range(1, len(points) + 1))
    for point in points:
        words = re.sub(r"\s+", " ", point)
        references = re.findall(r"`([\w/]+\.py)`: ((?:`[\w.]+`(?:, )?)+)", words)
        assert references, point
        for file, functions in references:
            path = ROOT / (file if "/" in file else f"agents/{name}/{file}")
            for function in re.findall(r"`([\w.]+)`", functions):
                assert function in names_in(path), f"{file}: {function}"


@pytest.mark.parametrize("name", AGENTS)
def test_every_difference_has_its_why(name):
    rows = [line for line in part(page(name), "Differences from other libraries").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows if not row.startswith("|---")]
    assert all(len(row) == 5 and (row[4] or i == 0) for i, row in enumerate(cells)), cells
    assert cells[0][4] == "why"


@pytest.mark.parametrize("name", AGENTS)
def test_the_pages_code_runs(name, capsys):
    found = re.findall(r"```python\n(.*?)```", page(name), re.DOTALL)
    assert len(found) == 2
    names = {"__name__": "page"}
    for code in found:
        code = re.sub(r"(\.learn\()[\d_]+", r"\g<1>110", code)
        code = re.sub(r"(\.evaluate\()\d+", r"\g<1>1", code)
        exec(compile(code, f"agents/{name}/README.md", "exec", dont_inherit=True), names)
    assert isinstance(names["agent"], AGENTS[name][0])
    assert type(names["agent"].policy).__name__.startswith(name.upper())


def block_with(words):
    text = (ROOT / "rlt" / "rl" / "README.md").read_text(encoding="utf-8")
    found = next(block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if words in block)
    return compile(found.replace("50_000", "4_096"), "rlt/rl/README.md", "exec", dont_inherit=True)


@pytest.mark.slow
def test_the_example_of_a_callback_runs_and_goes_on_as_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "page", "load_checkpoint": load_checkpoint, "RunFolder": RunFolder, "RunConfig": RunConfig}
    exec(block_with("class Patience"), names)
    assert names["agent"].steps == 4096

    class Interrupted(names["Patience"]):
        def on_log(self, run, metrics):
            super().on_log(run, metrics)
            if run.steps == 2048:
                os.kill(os.getpid(), signal.SIGINT)

    def fresh():
        return PPO(envs.make("CartPole-v1", num_envs=8), seed=0, n_steps=128)

    with pytest.raises(KeyboardInterrupt):
        fresh().learn(4096, callback=Interrupted(10), run="runs/x")
    exec(block_with("load_checkpoint(folder)"), names | {"agent": (agent := fresh()), "resolved": resolved})
    assert agent.steps == 4096
    assert all(torch.equal(value, agent.weights()[name]) for name, value in names["agent"].weights().items())
