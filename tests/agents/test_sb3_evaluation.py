"""Stable-Baselines3's own evaluation plays DQN and SAC as their own evaluation does."""

from __future__ import annotations

import gymnasium as gym
import pytest
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv

from rlt import envs
from rlt.agents import DQN, SAC
from rlt.types import Test

REPLAY = {"buffer_size": 300, "learning_starts": 60, "batch_size": 16, "model": {"hidden": [16]}, "learning_rate": 1e-2}
CASES = {"DQN": (DQN, "CartPole-v1"), "SAC, Discrete": (SAC, "CartPole-v1"), "SAC, Box": (SAC, "Pendulum-v1")}


@pytest.fixture(scope="module", params=CASES)
def trained(request):
    cls, task = CASES[request.param]
    agent = cls(envs.make(task, 2, backend="sync"), seed=0, train_freq=4, **REPLAY)
    agent.learn(160)
    return agent, task


def own_returns(agent, task):
    return agent.evaluate(2, seed=7, env=envs.make(task, 2, purpose=Test))["returns"]


def test_a_vector_environment_gives_the_returns_of_our_own_evaluation(trained):
    agent, task = trained
    env = DummyVecEnv([lambda: Monitor(gym.make(task)) for _ in range(2)])
    env.seed(7)
    returns, lengths = evaluate_policy(agent, env, n_eval_episodes=2, deterministic=True, return_episode_rewards=True)
    assert sorted(returns) == pytest.approx(sorted(own_returns(agent, task)), rel=1e-5)
    assert all(lengths)
    env.close()


def test_a_single_environment_is_played_as_by_hand(trained):
    agent, task = trained
    with Monitor(gym.make(task)) as env:
        env.reset(seed=7)
        returns, _ = evaluate_policy(agent, env, n_eval_episodes=1, deterministic=True, return_episode_rewards=True)
    with gym.make(task) as env:
        env.reset(seed=7)
        obs, total, over = env.reset()[0], 0.0, False
        while not over:
            obs, reward, terminated, truncated, _ = env.step(agent.predict(obs, deterministic=True)[0])
            total, over = total + float(reward), terminated or truncated
    assert returns[0] == pytest.approx(total, rel=1e-5)


def test_without_determinism_the_policys_own_noise_is_drawn(trained):
    agent, _ = trained
    obs = agent.observation_space.sample()
    drawn = {str(agent.predict(obs)[0]) for _ in range(200)}
    assert len(drawn) > 1
    assert len({str(agent.predict(obs, deterministic=True)[0]) for _ in range(20)}) == 1
