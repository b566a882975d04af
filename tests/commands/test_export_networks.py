"""`rlt.export` of every agent and kind of network: what is written acts as the agent does."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from rlt import envs, export
from rlt.agents import DQN, PPO, SAC
from rlt.rl.deployment import samples
from tests.agents.test_dqn import Picture

REPLAY = {"learning_starts": 8, "batch_size": 8, "buffer_size": 99, "model": {"hidden": [16]}}


class Own(nn.Module):
    """Batch norm and dropout: what is written is the network in eval mode."""

    def __init__(self, obs_dim: int, n_actions: int, width: int = 16) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs_dim, width), nn.BatchNorm1d(width), nn.ELU(), nn.Dropout(0.5))
        self.head = nn.Linear(width, n_actions)

    def forward(self, obs):
        return self.head(self.body(obs))


ROLLOUT = {"n_steps": 32, "minibatch_size": 32, "n_epochs": 1}
RUNS = {
    "DQN": (DQN, "LunarLander-v3", REPLAY | {"dueling": True}),
    "SAC, Discrete": (SAC, "LunarLander-v3", REPLAY),
    "PPO, CNN": (PPO, Picture, {"model": {"name": "cnn", "features": 16}} | ROLLOUT),
    "DQN, own network": (DQN, "LunarLander-v3", REPLAY | {"model": {"name": Own, "width": 8}}),
    "PPO, own network": (PPO, "LunarLander-v3", {"model": Own, "normalize_observation": True} | ROLLOUT),
}


@pytest.mark.parametrize("name", RUNS)
def test_both_files_choose_the_agents_actions(name, tmp_path, capsys):
    cls, task, options = RUNS[name]
    agent = cls(envs.make(task, 2, backend="sync", max_episode_steps=5), seed=0, **options)
    agent.learn(64, run=tmp_path / "run")
    assert export.main([str(tmp_path / "run"), "trust=tests"]) == 0, capsys.readouterr().err
    obs = samples(agent.observation_space, 200, seed=9)
    expected = agent.predict(obs.numpy(), deterministic=True)[0]
    assert len(set(expected.tolist())) > 1  # one action for everything would be no test
    loaded = torch.export.load(tmp_path / "run/export/policy.pt2").module()
    session = onnxruntime.InferenceSession(str(tmp_path / "run/export/policy.onnx"))
    with torch.no_grad():
        np.testing.assert_array_equal(loaded(obs).numpy(), expected)
    np.testing.assert_array_equal(session.run(None, {session.get_inputs()[0].name: obs.numpy()})[0], expected)
