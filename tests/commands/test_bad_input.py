"""Each mistake has one clear error, exit code 2, and leaves nothing behind."""

from __future__ import annotations

import json
import shutil
import sys

import pytest
import torch
import yaml
from safetensors import safe_open
from safetensors.torch import save_file

from rlt import registry
from rlt.errors import TrustError
from tests.commands.conftest import SMALL

OWN = "model.name=tests.commands.own"

MISTAKES = {
    "an unknown experiment": (["+experiment=nope"], ["experiment=nope", "ppo_"]),
    "an unknown experiment without plus": (["experiment=ppo_cartpol"], ["did you mean ppo_cartpole"]),
    "a misspelt key": ([*SMALL, "agent.learning_rte=1e-3"], ["agent.learning_rte", "fix: agent.learning_rate"]),
    "a misspelt key at the root": ([*SMALL, "total_step=9"], ["total_step", "fix: total_steps"]),
    "a misspelt key that is added": ([*SMALL, "+agent.learning_rte=1e-3"], ["agent.learning_rte", "fix: agent.learning_rate"]),
    "a misspelt group": ([*SMALL, "agnt=ppo"], ["agnt", "agent"]),
    "an unknown agent": ([*SMALL, "agent=pp"], ["agent=pp", "did you mean ppo"]),
    "a word for a number": ([*SMALL, "agent.learning_rate=fast"], ["agent.learning_rate=fast", "expected a number"]),
    "a part for a whole number": ([*SMALL, "agent.n_steps=12.5"], ["agent.n_steps=12.5", "whole number"]),
    "a list for a number": ([*SMALL, "agent.gamma=[1,2]"], ["agent.gamma", "expected a number"]),
    "a number for a truth": ([*SMALL, "agent.normalize_reward=3"], ["agent.normalize_reward=3", "true or false"]),
    "a discount above 1": ([*SMALL, "agent.gamma=1.5"], ["agent.gamma=1.5", "0 to 1"]),
    "a negative seed": ([*SMALL, "seed=-1"], ["seed=-1", "at least 0"]),
    "no steps": ([*SMALL, "total_steps=0"], ["total_steps=0", "at least 1"]),
    "an unknown environment": ([*SMALL, "env.id=LunarLandr-v3"], ["LunarLandr-v3", "did you mean LunarLander-v3"]),
    "an unknown backend": ([*SMALL, "env.backend=fast"], ["backend", "fast"]),
    "an unknown option of the environment": ([*SMALL, "env.id=LunarLander-v3", "env.options.continous=true"], ["continuous"]),
    "no environments": ([*SMALL, "env.num_envs=0"], ["num_envs", "at least 1"]),
    "an unknown device": ([*SMALL, "device=gpu"], ["device=gpu", "cuda"]),
    "minibatches that do not divide": ([*SMALL, "agent.minibatch_size=48"], ["128 / 48", "fix: n_steps=36", "minibatch_size=32"]),
    "an interval below a vector step": ([*SMALL, "evaluation.interval=3"], ["interval=3", "fix: evaluation.interval=4"]),
    "a reason to stop that is never looked at": (
        [*SMALL, "stop.reward=9", "evaluation.interval=0"],
        ["stop.reward=9", "evaluation.interval=0"],
    ),
    "several values without -m": ([*SMALL, "seed=0,1"], ["seed=0,1", "-m"]),
    "an unknown option": (["--sed=3", *SMALL], ["--sed=3", "key=value"]),
    "a word that is no override": ([*SMALL, "seed"], ["command line", "seed"]),
    "no folder of configs": (["--config-dir", "nowhere", *SMALL], ["nowhere"]),
    "a network that is not there": ([*SMALL, f"{OWN}:Nit"], ["Nit", "did you mean Net"]),
    "a module that is not there": ([*SMALL, "model.name=nowhere.nets:Net"], ["nowhere.nets"]),
    "a network by a wrong name": ([*SMALL, "model.name=resnat"], ["resnat", "mlp"]),
    "a network's misspelt parameter": ([*SMALL, f"{OWN}:Net", "model.widht=3"], ["model.widht", "model.width"]),
    "a default network's misspelt parameter": ([*SMALL, "model.hiden=[3]"], ["model.hiden", "model.hidden"]),
    "the default network's parameter for an own one": ([*SMALL, f"{OWN}:Net", "model.hidden=[3]"], ["model.hidden"]),
    "a layer without width": ([*SMALL, "model.hidden=[64,0]"], ["model.hidden=[64, 0]", "at least 1"]),
    "a network with too many outputs": (
        [*SMALL, f"{OWN}:TooMany"],
        ["actions are Discrete(2)", "must give 2 numbers", "(batch, 4)"],
    ),
    "a network whose value is a column": ([*SMALL, f"{OWN}:ValueAsColumn"], ["(batch, 1)", "squeeze(-1)"]),
    "a network for other observations": (
        [*SMALL, f"{OWN}:WrongInput"],
        ["WrongInput", "expects 5 input features, gets 4", "Linear(4, 8)"],
    ),
    "a network that asks for what is not there": ([*SMALL, f"{OWN}:ForBoxes"], ["action_dim", "n_actions"]),
    "weights from nowhere": ([*SMALL, "init_from=nowhere"], ["nowhere"]),
    "resume of nothing": (["resume=nowhere"], ["nowhere"]),
    "like nothing": (["like=nowhere", "seed=1"], ["nowhere"]),
    "a bad sweep": (["-m", *SMALL, "agent.gama=0.9,2"], ["agent.gama", "agent.gamma"]),
    "a sweep of an unknown experiment": (["-m", "+experiment=ppo_cartpole,nope"], ["experiment=nope"]),
}
if not torch.cuda.is_available():
    MISTAKES["CUDA without CUDA"] = ([*SMALL, "device=cuda"], ["device=cuda", "fix: device=cpu"])


def refused(said, *fragments):
    assert said.code == 2, said.err
    for fragment in fragments:
        assert fragment in said.err, said.err
    assert "Traceback" not in said.err
    assert 1 <= len(said.err.splitlines()) <= 12
    assert said.out == ""


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_on_the_command_line_is_named_and_nothing_is_made(mistake, command, tmp_path):
    words, fragments = MISTAKES[mistake]
    refused(command("train", *words), *fragments)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_a_run_is_refused_and_left_as_it_is(command, run):
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    refused(command("train", *SMALL, f"hydra.run.dir={run}"), "already holds a run", f"resume={run}")
    refused(command("train", f"like={run}", f"hydra.run.dir={run}"), "already holds a run")
    assert before == {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


def test_what_is_no_run_is_refused_by_every_command_and_names_the_run_that_is_near(command, run, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in ("empty", "nowhere"):
        refused(command("train", f"resume={folder}"), folder)
        refused(command("train", f"like={folder}"), folder)
        refused(command("evaluate", folder), folder)
        refused(command("report", folder), folder)
    assert "give the folder of a run: run\n" in command("evaluate", "nowhere").err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty", "run"]
    assert not list((tmp_path / "empty").iterdir())


def test_a_run_that_is_finished_is_not_resumed(command, run):
    refused(command("train", f"resume={run}"), "is finished", "like=", "init_from=")


def test_resume_takes_no_other_settings(command, run):
    refused(command("train", f"resume={run}", "agent.gamma=0.5"), "agent.gamma=0.5", f"like={run} agent.gamma=0.5")


def unfinished(run):
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(record | {"status": "running"}))


def test_a_checkpoint_cut_short_or_damaged_is_refused(command, run):
    unfinished(run)
    last = run / "checkpoints" / "last.rlt"
    whole = last.read_bytes()
    for content in (whole[: len(whole) // 2], whole[:5], b"", whole[:-1] + bytes([whole[-1] ^ 1])):
        last.unlink()
        last.write_bytes(content)
        refused(command("train", f"resume={run}"), "last.rlt")
    refused(command("evaluate", run, "episodes=1"), "last.rlt")
    refused(command("train", *SMALL, f"init_from={run}", "hydra.run.dir=new"), "last.rlt")
    assert not (run.parent / "new").exists()


def test_a_checkpoint_of_a_newer_format_is_refused(command, run):
    unfinished(run)
    last = run / "checkpoints" / "last.rlt"
    with safe_open(last, framework="pt") as file:
        header, entries = dict(file.metadata()), {name: file.get_tensor(name) for name in file.keys()}
    last.unlink()
    save_file(entries, last, metadata={**header, "version": "99"})
    refused(command("train", f"resume={run}"), "version 99", "fix:")
    refused(command("evaluate", run), "version 99", "fix:")


def test_a_run_without_a_checkpoint_says_how_to_start_again(command, run):
    unfinished(run)
    shutil.rmtree(run / "checkpoints")
    refused(command("train", f"resume={run}"), "no checkpoint", f"like={run}")
    refused(command("evaluate", run), "last.rlt")


@pytest.mark.parametrize("file", ["config.yaml", "run.json"])
@pytest.mark.parametrize("content", ["", "[1, 2]", "{", "a: b: c\n\t"])
def test_a_spoilt_file_of_a_run_is_named(command, run, file, content):
    unfinished(run)
    (run / file).write_text(content)
    refused(command("train", f"resume={run}"), file)
    refused(command("train", f"like={run}"), file)


def test_a_config_that_was_edited_wrongly_is_named(command, run):
    unfinished(run)
    config = yaml.safe_load((run / "config.yaml").read_text())
    config["agent"]["gama"] = config["agent"].pop("gamma")
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    for said in (command("train", f"resume={run}"), command("evaluate", run)):
        refused(said, "config.yaml", "agent.gama", "agent.gamma")


@pytest.mark.parametrize(
    ("word", "fragment"),
    [
        ("episodes=0", "episodes=0"), ("episodes=many", "whole number"), ("episods=3", "episodes"), ("checkpoint=wurst", "wurst"),
        ("seed=-1", "seed=-1"), ("num_envs=0", "num_envs=0"), ("out=nowhere/x.json", "nowhere"),
    ],
)
def test_a_mistake_in_a_word_of_evaluate_is_named(command, run, word, fragment):
    refused(command("evaluate", run, word), fragment)


def test_evaluate_wants_a_run(command):
    refused(command("evaluate"), "RUN", "python -m rlt.evaluate")


EVIL = """
open({mark!r}, "w").close()
import gymnasium
"Evil-v0" in gymnasium.registry or gymnasium.register("Evil-v0", entry_point="gymnasium.envs.classic_control:CartPoleEnv")
from tests.commands.own import Net
from rlt.agents.ppo import Agent, Config
def wrap(env): return env
"""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("env.id", "foreign.part:Evil-v0"), ("model.name", "foreign.part:Net"), ("env.wrappers", ["foreign.part:wrap"]),
        ("agent.name", "foreign.part:Agent"),
    ],
)
def test_code_that_a_run_folder_names_is_imported_only_where_it_is_trusted(command, run, tmp_path, monkeypatch, key, value):
    mark = tmp_path / "imported"
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "__init__.py").write_text(EVIL.format(mark=str(mark)))
    (tmp_path / "foreign" / "part.py").write_text(EVIL.format(mark=str(mark)))
    monkeypatch.syspath_prepend(tmp_path)
    for module in ("foreign", "foreign.part"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    unfinished(run)
    config = yaml.safe_load((run / "config.yaml").read_text())
    group, name = key.split(".")
    config[group][name] = value
    config["env"]["backend"] = "sync"  # takes wrappers
    if key == "model.name":
        config["model"] = {"name": value}
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    for words in (["train", f"resume={run}"], ["train", f"like={run}", "hydra.run.dir=new"], ["evaluate", run]):
        said = command(*words)
        refused(said, key, "foreign", "trust=foreign")
        asked = f"python -m rlt.{words[0]} " + " ".join(str(w) for w in words[1:2])
        assert asked in said.err, said.err
        assert not mark.exists()
        refused(command(*words, "trust=foreig"), "trust=foreig,foreign")
        refused(command(*words, "trust=foreig,fore"), "trust=foreig,fore,foreign")
        refused(command(*words, "trust=part"), "trust=part,foreign")
        assert not mark.exists()
    assert not (tmp_path / "new").exists()
    command("evaluate", run, "episodes=1", "trust=foreign")
    assert mark.exists()


@pytest.mark.parametrize(
    "name", ["rlt.run.folder:os.system", "rlt.registry:load_object", "rlt.envs.source:load_object", "rlt.run.folder:Path"]
)
def test_what_can_be_reached_through_rlt_is_not_registered(name):
    with pytest.raises(TrustError, match="trust=rlt"):
        registry.check_trust(name, key="env.id", trust=())
    registry.check_trust(name, key="env.id", trust=None)  # a person typed it


def test_a_class_that_a_room_of_rlt_defines_is_registered():
    registry.check_trust("rlt.agents.ppo.agent:PPO", key="agent.name", trust=())
    registry.check_trust("CartPole-v1", key="env.id", trust=())


def test_a_mistake_in_an_experiments_file_names_the_file(command, tmp_path):
    (tmp_path / "configs/experiment").mkdir(parents=True)
    (tmp_path / "configs/experiment/mine.yaml").write_text(
        "# @package _global_\ndefaults:\n  - ppo_cartpole\n  - _self_\nagent:\n  gama: 0.5\n"
    )
    refused(command("train", "+experiment=mine"), "agent.gama", "experiment/mine.yaml", "fix: agent.gamma")
    assert "mine.yaml" not in command("train", "+experiment=ppo_cartpole", "agent.gama=1").err
