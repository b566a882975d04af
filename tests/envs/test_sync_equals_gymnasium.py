import numpy as np
import pytest

from rlt import envs
from tests.envs.reference import Reference, assert_equal_run

CASES = [
    ("CartPole-v1", {}, 1000),
    ("Acrobot-v1", {"max_episode_steps": 90}, 300),
    ("MountainCar-v0", {}, 500),
    ("MountainCarContinuous-v0", {"max_episode_steps": 150}, 500),
    ("Pendulum-v1", {"g": 9.81}, 500),
    ("FrozenLake-v1", {}, 500),
    ("LunarLander-v3", {}, 500),
    ("LunarLander-v3", {"continuous": True, "enable_wind": True}, 300),
    ("BipedalWalker-v3", {"max_episode_steps": 70}, 250),
    ("BipedalWalkerHardcore-v3", {"max_episode_steps": 70}, 250),
    ("CarRacing-v3", {"max_episode_steps": 30}, 62),
    ("HalfCheetah-v5", {"max_episode_steps": 100}, 250),
    ("Hopper-v5", {}, 250),
    ("Ant-v5", {"max_episode_steps": 50}, 120),
    ("Humanoid-v5", {}, 120),
]


@pytest.mark.parametrize(("env_id", "options", "steps"), CASES, ids=lambda v: v if isinstance(v, str) else "")
def test_sync_gives_the_numbers_of_gym_make_through_resets(env_id, options, steps):
    num_envs = 2 if env_id == "CarRacing-v3" else 3
    env = envs.make(env_id, num_envs, backend="sync", **options)
    ended = assert_equal_run(env, Reference(env_id, num_envs, **options), 7, steps, np.random.default_rng(1))
    assert ended >= 2, "a run without resets proves little"
    env.close()


def test_a_second_seeded_reset_starts_the_same_episodes_again():
    env = envs.make("LunarLander-v3", 2)
    first = env.reset(3)
    for _ in range(20):
        env.step([0, 2])
    assert env.reset(3).equal(first)
    assert not env.reset().equal(first)


def test_a_seed_given_to_make_stands_for_a_first_reset_without_one():
    assert envs.make("CartPole-v1", 2, seed=5).reset().equal(envs.make("CartPole-v1", 2).reset(5))


def test_two_first_resets_without_any_seed_differ():
    assert not envs.make("CartPole-v1").reset().equal(envs.make("CartPole-v1").reset())
