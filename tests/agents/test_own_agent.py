"""An agent from outside rlt: its own options, its runs, what it may import; TD3 is the example."""

from __future__ import annotations

import ast
import copy
import inspect
import json
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
import torch

from experiments.examples import td3
from experiments.examples.td3 import TD3, TD3Config
from rlt import envs, evaluate, train
from rlt.assembly.compose import plan
from rlt.config import defaults, from_mapping
from rlt.errors import ConfigError, ShapeError, SpaceError
from rlt.rl.replay import Storage, gather
from rlt.run.folder import RunFolder
from tests.agents import tiny
from tests.agents.twins import went_on_and_resumed

NAME = "agent.name=experiments.examples.td3:TD3"
SMALL = {"learning_starts": 30, "buffer_size": 200, "batch_size": 16, "model": {"hidden": [16]}, "threads": 1}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_its_own_options_stand_where_the_defaults_stood():
    found = plan([NAME, "env.id=Pendulum-v1", "agent.tau=0.1"])
    assert found.experiment.agent == TD3Config(tau=0.1)
    assert found.folder.parts[:2] == ("runs", "td3_Pendulum_v1")
    assert set(found.experiment.describe()["agent"]) == {"name", *defaults(TD3Config)}


@pytest.mark.parametrize("key", ["agent.n_epochs", "agent.clip_range"])
def test_nothing_of_the_default_agent_stays(key):
    with pytest.raises(ConfigError, match=f"there is no key {key}"):
        plan([NAME, "env.id=Pendulum-v1", f"{key}=0.1"])


def test_a_misspelt_option_gets_the_nearest_of_its_own():
    with pytest.raises(ConfigError) as caught:
        plan([NAME, "agent.target_nois=0.1"])
    assert caught.value.fix.startswith("agent.target_noise")


def test_an_experiments_file_may_name_it():
    Path("configs/experiment").mkdir(parents=True)
    Path("configs/experiment/mine.yaml").write_text(
        "# @package _global_\n# TD3.\ntotal_steps: 99\nenv: {id: Pendulum-v1}\n"
        "agent: {name: 'experiments.examples.td3:TD3', tau: 0.5}\n"
    )
    assert plan(["experiment=mine", "agent.gamma=0.9"]).experiment.agent == TD3Config(tau=0.5, gamma=0.9)
    sweep = plan(["-m", "experiment=mine", "agent.tau=0.1,0.2"])
    assert sweep.experiment.agent == TD3Config(tau=0.1)


@pytest.mark.parametrize(("words", "name"), [(["agent.name=sac"], "sac"), (["agent=sac"], "sac"), ([], "ppo")])
def test_rlts_own_agents_come_with_their_own_group_too(words, name):
    found = plan([*words, "env.id=Pendulum-v1"]).experiment
    assert found.agent_name == name


def test_an_agent_that_is_not_there_is_named_as_ever():
    with pytest.raises(ConfigError, match="has no TD4"):
        plan(["agent.name=experiments.examples.td3:TD4"])
    with pytest.raises(ConfigError, match="there is no such name"):
        plan(["agent.name=pp"])


def test_a_run_of_it_is_like_any_other(capsys):
    words = [
        NAME, "env.id=Pendulum-v1", "env.backend=sync", "env.num_envs=2", "total_steps=200", "agent.learning_starts=30",
        "agent.batch_size=16", "agent.buffer_size=500", "model.hidden=[16]", "threads=1", "evaluation.interval=100",
        "evaluation.episodes=2", "evaluation.final_episodes=2", "log.interval=50", "hydra.run.dir=run",
    ]
    assert train.main(words) == 0
    folder = RunFolder("run")
    assert folder.config()["agent"]["name"] == "experiments.examples.td3:TD3"
    assert list(Path("run").glob("events.out*"))
    assert "td3/q" in folder.metrics_file.read_text()
    assert json.loads(folder.evaluation_file.read_text())["episodes"] == 2
    capsys.readouterr()
    assert evaluate.main(["run", "episodes=2"]) == 2  # a name from a file is not imported unasked
    assert "trust=experiments" in capsys.readouterr().err
    assert evaluate.main(["run", "episodes=2", "trust=experiments"]) == 0


@pytest.mark.parametrize("at", [20, 150, 200])
def test_a_resumed_agent_ends_bit_equal_to_one_that_went_on(at, tmp_path):
    def make():
        return TD3(envs.make("Pendulum-v1", 2, backend="sync"), seed=4, **SMALL)

    whole, resumed, _ = went_on_and_resumed(make, at, 300, tmp_path)
    assert all(torch.equal(value, resumed.weights()[name]) for name, value in whole.weights().items())
    for name, value in whole.update_state()["networks"].items():
        assert torch.equal(value, resumed.update_state()["networks"][name])
    optimizers = resumed.update_state()["step"]["optimizers"]
    for name, state in whole.update_state()["step"]["optimizers"].items():
        assert all(torch.equal(value, optimizers[name][key]) for key, value in state.items())


def test_it_learns_and_refuses_what_it_cannot_do():
    agent = TD3(
        envs.make(tiny.Target, 4, backend="sync"), seed=0, learning_rate=3e-3, learning_starts=64, buffer_size=4000,
        batch_size=64, tau=0.05, model={"hidden": [32, 32]}, threads=1,
    )
    agent.learn(700)
    assert agent.evaluate(50)["return_mean"] > -0.01  # standing still at 0 gives -0.083
    with pytest.raises(SpaceError, match="bounded Box"):
        TD3.for_spaces(tiny.Target.observation_space, gym.spaces.Discrete(2))
    with pytest.raises(ShapeError, match="obs"):
        agent.policy(torch.zeros(5, 3))


def plain_update(networks, adams, batch, noise, config, due):
    """Algorithm 1 of arXiv:1802.09477 with the networks as functions, autograd and torch's Adam."""
    actor, critics, target_actor, target_critics = networks
    with torch.no_grad():
        smoothing = torch.clamp(config.target_noise * noise, -config.target_noise_clip, config.target_noise_clip)
        next_action = torch.clamp(target_actor(batch.next_obs) + smoothing, -1, 1)
        y = batch.reward + batch.discount * torch.min(*target_critics(batch.next_obs, next_action))
    adams[1].zero_grad()
    first, second = critics(batch.obs, batch.action / 2)  # bounds of -2 and 2
    (((first - y) ** 2).mean() + ((second - y) ** 2).mean()).backward()
    adams[1].step()
    if due:
        adams[0].zero_grad()
        (-critics(batch.obs, actor(batch.obs))[0].mean()).backward()
        adams[0].step()
        with torch.no_grad():
            for target, source in ((target_actor, actor), (target_critics, critics)):
                for a, b in zip(target.parameters(), source.parameters()):
                    a.copy_((1 - config.tau) * a + config.tau * b)


def test_four_updates_equal_plain_torchs():
    agent = TD3.for_spaces(
        gym.spaces.Box(-1, 1, (3,), np.float32), gym.spaces.Box(-2, 2, (2,), np.float32), tau=0.1, **SMALL
    )
    modules = [agent.policy.actor.double(), agent.critics.double()]
    agent.policy.double()
    agent.prepare_update()
    plain = [copy.deepcopy(m) for m in (*modules, *modules)]
    adams = [torch.optim.Adam(m.parameters(), lr=1e-2, foreach=False) for m in plain[:2]]
    generator = torch.Generator().manual_seed(0)
    for number in range(1, 5):
        drawn = torch.randn(2 * 8, 3, generator=generator, dtype=torch.float64)
        action = torch.rand(8, 2, generator=generator, dtype=torch.float64) * 4 - 2
        reward, noise = drawn[:8, 0] * 2, torch.randn(8, 2, generator=generator, dtype=torch.float64)
        storage = Storage(drawn, 8 + torch.arange(8), action, reward, drawn[8:, 1] > 1)
        due = number % 2 == 0
        rate = torch.tensor([1e-2], dtype=torch.float64)
        agent.step(storage, torch.arange(8), noise, rate, torch.tensor([due]))
        plain_update(plain, adams, gather(storage, torch.arange(8), 0.99), noise, agent.config, due)
    for group, module in zip(agent.groups.values(), plain):
        theirs = torch.cat([p.detach().reshape(-1) for p in module.parameters()])
        torch.testing.assert_close(group.flat.buffer, theirs, rtol=1e-10, atol=1e-12)


def test_the_example_is_short_and_uses_public_names_only():
    source = inspect.getsource(td3)
    assert len(source.splitlines()) <= 200
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_") or node.attr == "__init__", node.attr
        if isinstance(node, ast.ImportFrom) and node.module.startswith("rlt"):
            assert not node.module.startswith(("rlt.agents", "rlt.assembly"))
            assert not any(alias.name.startswith("_") for alias in node.names)


def test_options_are_read_like_any_agents():
    with pytest.raises(ConfigError, match="policy_delay"):
        from_mapping(TD3Config, {"policy_delay": "often"})
