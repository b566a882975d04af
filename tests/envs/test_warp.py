"""How equal `warp` is to Gymnasium, on Warp's CPU device. Its kernels are compiled once, which takes minutes."""

from typing import Any

import numpy as np
import pytest
import torch

from rlt import envs
from rlt.agents import PPO

pytest.importorskip("mujoco_warp", reason="the extra is not installed: pip install 'rlt[warp]'")

from experiments.proofs.env_extras import warp_steps
from rlt.envs.backends.warp_tasks import TASKS

pytestmark = pytest.mark.timeout(1200)


@pytest.mark.parametrize("env_id", TASKS)
def test_the_first_steps_of_an_episode_are_gymnasiums_within_the_stated_tolerance(env_id):
    for seed in (0, 50):
        obs, reward, flags = warp_steps(env_id, steps=5, seed=seed)
        assert obs < 1e-3 and reward < 1e-3 and flags == 0


@pytest.mark.parametrize("env_id", TASKS)
def test_episodes_begin_and_end_as_gymnasiums_do(env_id):
    env: Any = envs.make(env_id, 64, backend="warp", max_episode_steps=12)
    bare = env._bare
    obs, scale = env.reset(3), bare._reset_noise_scale
    qpos = env._held["qpos"]
    assert ((qpos - env._task.first_qpos).abs() <= scale).all()
    assert (qpos - env._task.first_qpos).abs().max() > 0.9 * scale
    assert obs.shape == (64, *env.single_observation_space.shape) and obs.dtype == torch.float32
    rng, lengths = np.random.default_rng(0), np.zeros(64, int)
    ended = 0
    for _ in range(26):
        low, high = env.single_action_space.low, env.single_action_space.high
        step = env.step(rng.uniform(low, high, (64, len(low))).astype(np.float32))
        lengths += 1
        over = np.asarray(step.terminated | step.truncated)
        np.testing.assert_array_equal(np.asarray(step.truncated), lengths >= 12)
        assert (step.final_obs is step.obs) == (not over.any())
        assert step.obs[~over].equal(step.final_obs[~over])
        begun = env._held["qpos"][over]
        assert ((begun - env._task.first_qpos).abs() <= scale).all()
        lengths[over] = 0
        ended += int(over.sum())
    assert ended >= 128


def test_constructor_arguments_count():
    options: dict[str, Any] = {"exclude_current_positions_from_observation": False, "terminate_when_unhealthy": False}
    env = envs.make("Hopper-v5", 2, backend="warp", **options, healthy_reward=5.0)
    assert env.reset(0).shape == (2, 12)
    ended = [env.step(np.ones((2, 3), np.float32)).terminated.any() for _ in range(60)]
    assert not any(ended)


def test_the_tensors_are_the_simulations_own_memory():
    env: Any = envs.make("HalfCheetah-v5", 2, backend="warp")
    for name in ("qpos", "qvel", "ctrl"):
        assert env._held[name].data_ptr() == getattr(env._data, name).ptr


def test_a_state_goes_on_to_the_bit_in_another_environment():
    env, other = (envs.make("Hopper-v5", 4, backend="warp", max_episode_steps=20) for _ in range(2))
    rng = np.random.default_rng(0)
    env.reset(1)
    for _ in range(25):
        env.step(rng.uniform(-1, 1, (4, 3)).astype(np.float32))
    assert env.inexact_resume is None
    other.set_state(env.get_state())
    for _ in range(50):
        action = rng.uniform(-1, 1, (4, 3)).astype(np.float32)
        for ours, theirs in zip(env.step(action)[:5], other.step(action)[:5]):
            assert torch.equal(ours, theirs)


def test_seeds_fix_every_episode():
    env, other = (envs.make("Swimmer-v5", 3, backend="warp", max_episode_steps=4) for _ in range(2))
    assert env.reset(5).equal(other.reset(5))
    for _ in range(9):
        assert env.step(torch.zeros(3, 2)).obs.equal(other.step(torch.zeros(3, 2)).obs)
    assert not env.reset(6).equal(other.reset(5))


def test_an_agent_trains_on_it():
    agent = PPO(envs.make("Hopper-v5", 16, backend="warp"), seed=0, n_steps=8, minibatch_size=64)
    agent.learn(256)
    assert 5 < agent.evaluate(16)["length_mean"] < 500
