"""PPO and SAC learn the true values where actions are continuous: discounts, time limits, a long horizon."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
import torch

from rlt import envs
from rlt.agents import PPO, SAC
from tests.agents import tiny

BOX = gym.spaces.Box(-2, 2, (1,), np.float32)
ON_POLICY = {"n_steps": 32, "minibatch_size": 64, "n_epochs": 8, "learning_rate": 5e-3, "model": {"hidden": [32, 32]}}
REPLAY = {
    "learning_rate": 3e-3, "learning_starts": 64, "buffer_size": 4000, "batch_size": 64, "tau": 0.05, "temperature": 0.01,
    "model": {"hidden": [32, 32]},
}


class ForeverOne(tiny.ForeverOne):
    """Reward 1 for ever, cut after 5 steps, whatever the action."""

    action_space = BOX


class Patience(tiny.Patience):
    """An action below 0 ends at once with 1; one above leads to a second step worth 2."""

    action_space = BOX

    def step(self, action):
        return super().step(int(action[0] > 0))


class Long(tiny.ForeverOne):
    """Cut after 50 steps; the observation does not tell how far it is."""

    action_space = BOX

    def step(self, action):
        self.t += 1
        return np.zeros(1, np.float32), 1.0, False, self.t == 50, {}


def ppo_values(agent, *observations):
    with torch.no_grad():
        return agent.policy(torch.tensor(observations, dtype=torch.float32).unsqueeze(1))[1].tolist()


def sac_values(agent, *pairs):
    """The critics' mean at each observation and action, the latter in units of -1 to 1."""
    obs, unit = torch.tensor(pairs, dtype=torch.float32).unsqueeze(-1).unbind(1)
    with torch.no_grad():
        return agent._update.critics(obs, unit).mean(0).tolist()


def test_ppo_values_a_reward_that_is_only_cut_by_a_time_limit_as_if_it_went_on():
    agent = PPO(envs.make(ForeverOne, 4, backend="sync"), seed=0, gamma=0.8, **ON_POLICY)
    agent.learn(4 * 32 * 20)
    assert ppo_values(agent, 0.0) == pytest.approx([1 / (1 - 0.8)], abs=0.2)  # an end at 5 would make it 2.7 on average


def test_sac_values_a_reward_that_is_only_cut_by_a_time_limit_as_if_it_went_on():
    agent = SAC(envs.make(ForeverOne, 4, backend="sync"), seed=0, gamma=0.8, **REPLAY)
    agent.learn(500)
    assert sac_values(agent, (0.0, -0.9), (0.0, 0.0), (0.0, 0.9)) == pytest.approx([1 / (1 - 0.8)] * 3, abs=0.2)


def test_ppo_learns_patience_and_its_discounted_worth():
    agent = PPO(envs.make(Patience, 8, backend="sync"), seed=0, gamma=0.9, gae_lambda=0.9, **ON_POLICY)
    agent.learn(8 * 32 * 20)
    assert agent.evaluate(20)["return_mean"] == 2.0
    assert ppo_values(agent, 0.0, 1.0) == pytest.approx([0.9 * 2, 2.0], abs=0.1)


def test_sac_learns_patience_and_what_either_action_is_worth():
    agent = SAC(envs.make(Patience, 4, backend="sync"), seed=0, gamma=0.9, **REPLAY)
    agent.learn(600)
    assert agent.evaluate(20)["return_mean"] == 2.0
    assert sac_values(agent, (0.0, -0.8), (0.0, 0.8), (1.0, 0.8)) == pytest.approx([1.0, 0.9 * 2, 2.0], abs=0.15)


def test_ppo_sees_past_a_time_limit_of_fifty_steps():
    options = ON_POLICY | {"n_steps": 50, "minibatch_size": 100, "learning_rate": 1e-2, "gae_lambda": 1.0}
    agent = PPO(envs.make(Long, 4, backend="sync"), seed=0, gamma=0.98, **options)
    agent.learn(4 * 50 * 30)
    assert ppo_values(agent, 0.0) == pytest.approx([1 / (1 - 0.98)], abs=1)  # an end at 50 would make it 19 on average
