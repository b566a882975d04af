"""`rlt.train` in its forms: a run, a sweep, resume, like, init_from; own experiments and networks."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rlt.log.metrics_csv import read_metrics
from rlt.run.checkpoint import find_weights
from tests.commands.conftest import SMALL

SIGNALS = [
    *SMALL, "env.id=tests.commands.own:Signals",
    "env.options.max_episode_steps=100", "evaluation.interval=200", "hydra.run.dir=r",
]


def table(folder):
    columns = read_metrics(Path(folder) / "metrics.csv")
    return str({name: column for name, column in columns.items() if not name.startswith("time/")})


def weights(folder):
    return find_weights(folder)[0]


def equal(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def config(folder):
    return yaml.safe_load((Path(folder) / "config.yaml").read_text())


def test_the_same_command_gives_the_same_numbers_and_another_seed_does_not(command):
    for name, words in (("a", []), ("b", []), ("c", ["seed=1"]), ("d", ["evaluation.interval=0"])):
        assert command("train", *SMALL, f"hydra.run.dir={name}", *words).code == 0
    assert table("a") == table("b") != table("c")
    assert equal(weights("a"), weights("b"))
    assert not equal(weights("a"), weights("c"))
    assert equal(weights("a"), weights("d"))  # without periodic evaluation
    finals = [json.loads(Path(name, "evaluation.json").read_text())["returns"] for name in "abd"]
    assert finals[0] == finals[1] == finals[2]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_leaves_a_checkpoint_says_how_to_go_on_and_the_resumed_run_is_the_whole_one(command, tmp_path, number, code):
    Path("SIGNAL").write_text(str(int(number)))
    said = command("train", *SIGNALS)
    assert said.code == code, said.err
    name = signal.Signals(number).name
    assert name in said.err
    assert "python -m rlt.train resume=r trust=tests\n" in said.err
    assert "Traceback" not in said.err
    assert config("r")["env"]["id"] == "tests.commands.own:Signals"
    assert command("train", "resume=r").code == 2  # a name from a file
    said = command("train", "resume=r", "trust=tests")
    assert said.code == 0, said.err
    assert json.loads(Path("r/run.json").read_text())["status"] == "finished"
    assert command("train", *SIGNALS[:-1], "hydra.run.dir=whole").code == 0
    assert equal(weights("r"), weights("whole"))
    assert table("r") == table("whole")
    assert Path("r/evaluation.json").exists()


@pytest.mark.slow
def test_a_process_ends_with_the_signals_exit_code(tmp_path):
    (tmp_path / "SIGNAL").write_text(str(int(signal.SIGTERM)))
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-m", "rlt.train", *SIGNALS], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 143, done.stderr
    assert "go on: python -m rlt.train resume=r" in done.stderr
    assert "Traceback" not in done.stderr


def test_like_repeats_a_run_with_its_choices_and_a_few_changes(command, run):
    assert command("train", f"like={run}", "hydra.run.dir=again", "log.progress=off").code == 0
    assert table("again") == table(run)
    assert equal(weights("again"), weights(run))
    assert command("train", f"like={run}", "hydra.run.dir=other", "seed=7", "agent.gamma=0.9").code == 0
    assert (config("other")["seed"], config("other")["agent"]["gamma"]) == (7, 0.9)
    assert config("other")["agent"]["n_steps"] == 32
    said = command("train", f"like={run}", "agent.gama=0.9")
    assert said.code == 2
    assert "agent.gamma" in said.err


def test_init_from_starts_from_another_runs_weights(command, run):
    best = run / "checkpoints" / "best.rlt"
    for name, source in (("run", run), ("file", best)):
        assert command("train", *SMALL, f"init_from={source}", "agent.learning_rate=0", f"hydra.run.dir={name}_on").code == 0
        assert equal(weights(f"{name}_on"), find_weights(source)[0])
    assert json.loads((Path("run_on") / "run.json").read_text())["steps"] == 512


def test_an_own_network_takes_its_own_parameters(command, tmp_path):
    net = "model.name=tests.commands.own:Net"
    assert command("train", *SMALL, net, "model.width=5", "hydra.run.dir=r").code == 0
    assert weights("r")["network.actor.body.0.weight"].shape == (5, 4)
    assert config("r")["model"] == {"name": "tests.commands.own:Net", "width": 5}
    assert command("evaluate", "r", "episodes=2", "trust=tests").code == 0


EXPERIMENT = "# @package _global_\n# Mine.\ndefaults:\n  - ppo_cartpole\n  - _self_\ntotal_steps: 256\nagent:\n  gamma: 0.5\n"


@pytest.mark.parametrize("where", ["configs", "elsewhere"])
def test_own_experiments_are_found_in_the_working_directory_and_in_config_dir(command, tmp_path, where):
    (tmp_path / where / "experiment").mkdir(parents=True)
    (tmp_path / where / "experiment" / "mine.yaml").write_text(EXPERIMENT)
    option = [] if where == "configs" else ["--config-dir", "elsewhere"]
    words = [word for word in SMALL if not word.startswith(("+experiment", "total"))]
    said = command("train", *option, "+experiment=mine", *words)
    assert said.code == 0, said.err
    (made,) = tmp_path.glob("runs/mine/*")
    assert (config(made)["agent"]["gamma"], config(made)["total_steps"]) == (0.5, 256)
    assert json.loads((made / "run.json").read_text())["experiment"] == "mine"
    shown = command("train", *option, "+experiment=mine", "--cfg", "job")
    assert yaml.safe_load(shown.out)["agent"]["gamma"] == 0.5
    assert "mine" in command("train", *option, "+experiment=min").err


def sweep_table(folder):
    with open(Path(folder) / "sweep.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_a_sweep_gathers_its_jobs_in_one_table_and_in_hparams(command):
    words = [word for word in SMALL if "tensorboard" not in word]
    said = command("train", "-m", *words, "seed=0,1", "agent.gamma=0.9,2", "hydra.sweep.dir=s")
    assert said.code == 2  # two jobs were refused, the others ran
    assert "Traceback" not in said.err
    rows = sweep_table("s")
    assert sorted(row["job"] for row in rows) == [f"agent.gamma={g},seed={s}" for g in (0.9, 2) for s in (0, 1)]
    for row in rows:
        assert ("agent.gamma=2" in row["error"]) == row["job"].startswith("agent.gamma=2")
        if not row["error"]:
            result = json.loads((Path("s") / row["job"] / "evaluation.json").read_text())
            assert float(row["return_mean"]) == pytest.approx(result["return_mean"], abs=0.01)
            reader = EventAccumulator(str(Path("s") / row["job"]))
            reader.Reload()
            assert "_hparams_/session_start_info" in reader.PluginTagToContent("hparams")
            assert [e.step for e in reader.Scalars("final/return_mean")] == [512]
    assert "agent.gamma=0.9,seed=1" in said.out


def test_a_sweep_over_experiments_and_names_with_slashes_keeps_its_jobs_apart(command, run):
    Path("configs/experiment").mkdir(parents=True)
    Path("configs/experiment/mine.yaml").write_text(EXPERIMENT)
    sources = f"init_from=null,{run.name}/checkpoints/last.rlt"
    said = command("train", "-m", "+experiment=ppo_cartpole,mine", *SMALL[1:], sources, "hydra.sweep.dir=s")
    assert said.code == 0, said.err
    rows = sweep_table("s")
    assert len(rows) == 4
    assert len({row["job"] for row in rows}) == 4
    assert not any(row.get("error") for row in rows)


def test_a_sweep_of_one_job_is_a_sweep(command):
    assert command("train", "-m", *SMALL, "hydra.sweep.dir=s").code == 0
    assert [row["job"] for row in sweep_table("s")] == ["0"]
    said = command("train", "-m", *SMALL, "hydra.sweep.dir=s")
    assert said.code == 2
    assert "already holds a sweep" in said.err


def test_evaluate_prints_and_keeps_the_scores_of_a_run_and_says_the_same_twice(command, run):
    first = command("evaluate", run, "episodes=4", "out=scores.json")
    again = command("evaluate", run, "episodes=4")
    best = command("evaluate", run, "episodes=4", "checkpoint=best")
    assert first.code == again.code == best.code == 0
    assert first.out == again.out
    scores = json.loads(Path("scores.json").read_text())
    assert len(scores["returns"]) == 4
    assert f"{scores['return_mean']:.2f}" in first.out
    final = json.loads((run / "evaluation.json").read_text())
    assert scores["returns"][:3] != final["returns"]  # seeds of its own
