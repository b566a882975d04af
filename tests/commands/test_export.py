"""`rlt.export`: what it writes acts as the agent does, whatever the spaces; what it cannot do it says."""

from __future__ import annotations

from pathlib import Path

import gymnasium as gym
import numpy as np
import onnxruntime
import pytest
import torch

from rlt import envs, export
from rlt.agents import PPO, SAC
from rlt.rl.deployment import Deployed, samples

PARTS = gym.spaces.Dict(
    {
        "x": gym.spaces.Box(-1, 1, (2,), np.float32),
        "kind": gym.spaces.Discrete(3, start=2),
        "flags": gym.spaces.Tuple([gym.spaces.MultiBinary(2), gym.spaces.MultiDiscrete([2, 3])]),
    }
)
ACTS = gym.spaces.Dict({"turn": gym.spaces.Box(-0.5, 0.5, (1,), np.float32), "gear": gym.spaces.Discrete(3, start=-1)})


class Parts(gym.Env):
    """Spaces of several parts."""

    observation_space, action_space = PARTS, ACTS

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        return self.observation_space.sample(), {}

    def step(self, action):
        assert self.action_space.contains(action)
        return self.observation_space.sample(), float(action["turn"][0]), bool(self.np_random.random() < 0.2), False, {}


RUNS = {
    "PPO, nested": (PPO, Parts, {"normalize_observation": True, "n_steps": 32, "minibatch_size": 32}),
    "SAC, Box": (SAC, "Pendulum-v1", {"learning_starts": 8, "batch_size": 8, "buffer_size": 99, "model": {"hidden": [16]}}),
}


@pytest.fixture(params=RUNS)
def run(request, tmp_path):
    cls, task, options = RUNS[request.param]
    agent = cls(envs.make(task, 2, backend="sync", max_episode_steps=5), seed=0, **options)
    agent.learn(64, run=tmp_path / "run")
    return tmp_path / "run", agent


def test_both_files_act_as_the_agent_does(run, capsys):
    folder, agent = run
    assert export.main([str(folder), "trust=tests"]) == 0, capsys.readouterr().err
    assert capsys.readouterr().out.count("the agent's actions") == 2
    obs = samples(agent.observation_space, 5, seed=9)
    numpy = torch.utils._pytree.tree_map(lambda leaf: leaf.numpy(), obs)
    expected = torch.utils._pytree.tree_leaves(agent.predict(numpy, deterministic=True)[0])
    with torch.no_grad():
        written = torch.utils._pytree.tree_leaves(torch.export.load(folder / "export/policy.pt2").module()(obs))
    session = onnxruntime.InferenceSession(str(folder / "export/policy.onnx"))
    feed = zip(session.get_inputs(), torch.utils._pytree.tree_leaves(numpy))
    onnx = session.run(None, {given.name: value for given, value in feed})
    for one, other, wanted in zip(written, onnx, expected, strict=True):
        np.testing.assert_allclose(one.numpy(), wanted, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(other, wanted, rtol=1e-4, atol=1e-5)


def test_the_normaliser_is_part_of_what_is_written(tmp_path):
    agent = PPO(envs.make("Pendulum-v1", 2, backend="sync"), seed=0, normalize_observation=True, n_steps=32, minibatch_size=32)
    obs = samples(agent.observation_space, 5)
    before = Deployed(agent)(obs)
    agent.policy.normalizer.update(torch.full((9, 3), 4.0) + torch.randn(9, 3))
    assert not torch.allclose(before, Deployed(agent)(obs))


def test_a_missing_package_is_named_with_what_brings_it(tmp_path, monkeypatch, capsys):
    import sys

    env = envs.make("CartPole-v1", 2, backend="sync", max_episode_steps=5)
    PPO(env, seed=0, n_steps=32, minibatch_size=32).learn(64, run=tmp_path / "run")
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    assert export.main([str(tmp_path / "run")]) == 2
    assert "pip install 'rlt[onnx]'" in capsys.readouterr().err
    assert export.main([str(tmp_path / "run"), "format=torch", f"out={tmp_path / 'there'}"]) == 0
    assert [file.name for file in Path(tmp_path / "there").iterdir()] == ["policy.pt2"]


def test_a_folder_that_is_no_run_is_refused(tmp_path, capsys):
    assert export.main([str(tmp_path)]) == 2
    assert "is no run" in capsys.readouterr().err
