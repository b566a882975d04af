"""How equal `envpool` is to Gymnasium, and that the backend adds nothing to its numbers."""

import warnings
from typing import Any

import numpy as np
import pytest

from rlt import envs
from rlt.agents import PPO

envpool: Any = pytest.importorskip("envpool", reason="the extra is not installed: pip install 'rlt[envpool]'")

from experiments.proofs.env_extras import envpool_steps, means_apart  # noqa: E402
from rlt.envs.backends.envpool import TASKS  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*precision lowered")  # Gymnasium's, of envpool's float64 bounds
ALIKE = [env_id for env_id, what in TASKS.items() if "means" in what]
STEPPED = {env_id: 1e-2 if "1 %" in what else 1e-6 for env_id, what in TASKS.items() if env_id not in ALIKE}


@pytest.mark.parametrize(("env_id", "tolerance"), STEPPED.items())
def test_the_first_steps_of_an_episode_are_gymnasiums_within_the_stated_tolerance(env_id, tolerance):
    for seed in (0, 50):
        obs, reward, flags = envpool_steps(env_id, steps=5, seed=seed)
        assert obs < tolerance and reward < tolerance and flags == 0


@pytest.mark.parametrize("env_id", ALIKE)
def test_random_episodes_have_gymnasiums_mean_return_and_length(env_id):
    returns, lengths = means_apart(env_id, 40)
    assert abs(returns) < 4 and abs(lengths) < 4


@pytest.mark.parametrize("env_id", ["CartPole-v1", "Hopper-v5", "LunarLander-v3"])
def test_the_backend_gives_envpools_numbers_and_resets_in_the_same_step(env_id):
    n, rng = 3, np.random.default_rng(0)
    env: Any = envs.make(env_id, n, backend="envpool", max_episode_steps=30, workers=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pool: Any = envpool.make(env_id, env_type="gymnasium", num_envs=n, seed=7, max_episode_steps=30)
    np.testing.assert_array_equal(env.reset(7), pool.reset()[0].astype(np.float32))
    ended = 0
    for _ in range(100):
        space = env.single_action_space
        shape = () if hasattr(space, "n") else space.shape
        action = rng.integers(space.n, size=n) if hasattr(space, "n") else rng.uniform(-1, 1, (n, *shape)).astype(np.float32)
        step = env.step(action)
        obs, reward, terminated, truncated, _ = pool.step(action)
        np.testing.assert_array_equal(step.final_obs, obs.astype(np.float32))
        np.testing.assert_array_equal(step.reward, reward.astype(np.float32))
        np.testing.assert_array_equal(step.terminated, terminated)
        np.testing.assert_array_equal(step.truncated, truncated)
        over = np.flatnonzero(terminated | truncated)
        assert (step.final_obs is step.obs) == (len(over) == 0)
        if len(over):
            obs = obs.copy()
            obs[over] = pool.reset(over.astype(np.int32))[0]
            ended += len(over)
        np.testing.assert_array_equal(step.obs, obs.astype(np.float32))
    assert ended >= 6
    env.close()


def test_seeds_are_its_own_and_count_up_over_the_copies():
    env, other = (envs.make("CartPole-v1", 3, backend="envpool") for _ in range(2))
    assert env.reset(3)[1:].equal(other.reset(4)[:2])
    assert not env.reset(3).equal(envs.make("CartPole-v1", 3).reset(3))
    assert env.reset(3).equal(env.reset(3)) and not env.reset().equal(env.reset(3))
    unseeded = envs.make("CartPole-v1", 3, backend="envpool").reset()
    assert not unseeded.equal(envs.make("CartPole-v1", 3, backend="envpool").reset())


def test_it_says_that_it_cannot_be_saved_and_begins_new_episodes():
    env = envs.make("CartPole-v1", 2, backend="envpool")
    first = env.reset(0)
    env.step([0, 1])
    assert env.inexact_resume == "envpool offers no way to save its environments"
    other = envs.make("CartPole-v1", 2, backend="envpool")
    obs = other.set_state(env.get_state())
    assert (obs.abs() <= 0.05).all() and not obs.equal(first)
    other.step([0, 1])


def test_its_twin_is_envpool_too():
    env = envs.make("Pendulum-v1", 2, backend="envpool")
    assert env.config is not None and env.config["backend"] == "envpool"
    assert "Gymnasium's" in env.backend_reason
    twin = env.twin(4)
    assert (twin.backend, twin.num_envs) == ("envpool", 4)


def test_an_agent_trains_on_it_and_says_that_a_resume_is_not_exact():
    agent = PPO(envs.make("CartPole-v1", 4, backend="envpool"), seed=0, n_steps=16, minibatch_size=32)
    agent.learn(128)
    assert "envpool offers no way" in str(agent.load_state(agent.state()))
    assert 5 < agent.evaluate(8)["length_mean"] < 500
