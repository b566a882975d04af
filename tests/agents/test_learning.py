"""PPO finds the best policy and the true values of environments where both are known."""

from __future__ import annotations

import pytest
import torch

from rlt import envs
from rlt.agents import PPO
from tests.agents import tiny

FAST = {"n_steps": 32, "minibatch_size": 64, "n_epochs": 8, "learning_rate": 5e-3}


def values(agent, *observations):
    with torch.no_grad():
        return agent.policy(torch.tensor(observations, dtype=torch.float32).unsqueeze(1))[1]


@pytest.mark.parametrize(
    "options", [{}, {"normalize_observation": True, "clip_range_vf": 0.2, "ent_coef": 0.001, "target_kl": 0.2}]
)
def test_the_right_one_of_two_actions_is_found(options):
    agent = PPO(envs.make(tiny.RightAction, 8), seed=1, **FAST, **options)
    agent.learn(8 * 32 * 10)
    assert agent.evaluate(50)["return_mean"] == 1.0


def test_two_steps_of_patience_are_worth_two_discounted():
    agent = PPO(envs.make(tiny.Patience, 8), seed=0, gamma=0.9, gae_lambda=0.9, **FAST)
    agent.learn(8 * 32 * 20)
    assert agent.evaluate(20)["return_mean"] == 2.0
    assert values(agent, 0.0, 1.0).tolist() == pytest.approx([0.9 * 2, 2.0], abs=0.1)


def test_a_time_limit_does_not_end_the_future():
    agent = PPO(envs.make(tiny.ForeverOne, 4), seed=0, gamma=0.8, **FAST)
    agent.learn(4 * 32 * 20)
    assert float(values(agent, 0.0)) == pytest.approx(1 / (1 - 0.8), abs=0.2)  # an end at 5 would make it 2.7 on average


def test_a_termination_ends_the_future():
    agent = PPO(envs.make(tiny.EndsAtFive, 4), seed=0, gamma=0.8, **FAST)
    agent.learn(4 * 32 * 24)
    expected = [sum(0.8**k for k in range(5 - t)) for t in range(5)]
    assert values(agent, *(t / 5 for t in range(5))).tolist() == pytest.approx(expected, abs=0.25)


@pytest.mark.parametrize("options", [{}, {"normalize_reward": True, "normalize_observation": True}])
def test_a_continuous_action_follows_its_target(options):
    agent = PPO(envs.make(tiny.Target, 8), seed=0, model={"log_std_init": -1.0}, **FAST, **options)
    agent.learn(8 * 32 * 18)
    assert agent.evaluate(50)["return_mean"] > -0.01  # standing still at 0 gives -0.083
