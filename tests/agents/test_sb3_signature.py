"""Stable-Baselines3's own evaluation takes our agent."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv

from rlt import envs
from rlt.agents import PPO
from rlt.errors import SpaceError
from rlt.types import Test


@pytest.mark.parametrize("task", ["CartPole-v1", "Pendulum-v1"])
@pytest.mark.parametrize("kind", ["vector", "single"])
def test_evaluate_policy_plays_our_agent_as_we_do(task, kind):
    agent = PPO(envs.make(task, 2), seed=0, n_steps=32, minibatch_size=32, n_epochs=1)
    env = DummyVecEnv([lambda: Monitor(gym.make(task)) for _ in range(2)]) if kind == "vector" else Monitor(gym.make(task))
    (env.seed(7) if kind == "vector" else env.reset(seed=7))
    mean, std = evaluate_policy(agent, env, n_eval_episodes=2, deterministic=True)
    assert np.isfinite(mean) and std >= 0
    if kind == "vector":
        assert mean == pytest.approx(
            np.mean(agent.evaluate(2, seed=7, env=envs.make(task, 2, purpose=Test))["returns"]), rel=1e-5
        )
    env.close()


def test_predict_gives_numpy_for_numpy_tensors_for_tensors_and_one_for_one():
    agent = PPO(envs.make("CartPole-v1", 2), seed=0, n_steps=32, minibatch_size=32)
    one, state = agent.predict(np.zeros(4, np.float32), deterministic=True)
    assert state is None
    assert np.shape(one) == ()
    assert gym.spaces.Discrete(2).contains(one)
    many, _ = agent.predict(np.zeros((5, 4)), state=None, episode_start=np.ones(5, bool))
    assert many.shape == (5,)
    assert many.dtype == np.int64
    tensor, _ = agent.predict(torch.zeros(5, 4))
    assert isinstance(tensor, torch.Tensor)
    with pytest.raises(SpaceError, match=r"\(5, 3\)"):
        agent.predict(np.zeros((5, 3)))


def test_box_actions_stay_within_their_bounds_and_dtype():
    agent = PPO(envs.make("Pendulum-v1", 2), seed=0, model={"log_std_init": 3.0}, n_steps=32, minibatch_size=32)
    actions, _ = agent.predict(np.zeros((500, 3), np.float32))
    assert actions.dtype == np.float32
    assert actions.min() == -2 and actions.max() == 2


def test_a_discrete_space_that_starts_elsewhere_is_counted_from_its_start():
    class Shifted(gym.Env):
        observation_space = gym.spaces.Box(-1, 1, (2,), np.float32)
        action_space = gym.spaces.Discrete(3, start=5)

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            return np.zeros(2, np.float32), {}

        def step(self, action):
            assert self.action_space.contains(action), action
            return np.zeros(2, np.float32), float(action == 6), True, False, {}

    agent = PPO(envs.make(Shifted, 4), seed=0, n_steps=64, minibatch_size=64, n_epochs=8, learning_rate=1e-2)
    agent.learn(2560)
    assert agent.predict(np.zeros(2, np.float32), deterministic=True)[0] == 6
