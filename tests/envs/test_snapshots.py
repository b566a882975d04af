import pickle
import subprocess
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch

from rlt import envs
from rlt.envs.backends import native
from rlt.envs.source import Source
from tests.envs import toys
from tests.envs.continue_elsewhere import trajectory
from tests.envs.reference import Reference

ROOT = Path(__file__).parents[2]

# Episodes are cut short so that every snapshot is taken after several resets.
CASES: list[tuple[str, dict[str, Any]]] = [
    ("CartPole-v1", {}),
    ("Acrobot-v1", {"max_episode_steps": 40}),
    ("MountainCar-v0", {"max_episode_steps": 40}),
    ("MountainCarContinuous-v0", {"max_episode_steps": 40}),
    ("Pendulum-v1", {"max_episode_steps": 40}),
    ("Blackjack-v1", {}),
    ("LunarLander-v3", {}),
    ("LunarLander-v3", {"continuous": True, "enable_wind": True, "max_episode_steps": 60}),
    ("BipedalWalker-v3", {"max_episode_steps": 45}),
    ("BipedalWalkerHardcore-v3", {"max_episode_steps": 45}),
    ("CarRacing-v3", {"max_episode_steps": 12, "domain_randomize": True}),
    ("HalfCheetah-v5", {"max_episode_steps": 60}),
    ("Hopper-v5", {}),
    ("Ant-v5", {"max_episode_steps": 60}),
    ("Humanoid-v5", {}),
    ("Reacher-v5", {}),
    ("Pusher-v5", {}),
]


def plain_tree(value):
    """Whether a value is made of what a checkpoint can hold without pickle."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and plain_tree(v) for key, v in value.items())
    if isinstance(value, list):
        return all(plain_tree(v) for v in value)
    if isinstance(value, np.ndarray):
        return not value.dtype.hasobject
    return value is None or type(value) in (bool, int, float, str) or isinstance(value, torch.Tensor)


def continued_elsewhere(cases, tmp_path, python):
    file = tmp_path / "cases"
    file.write_bytes(pickle.dumps(cases))
    command = [python, "-m", "tests.envs.continue_elsewhere", str(file)]
    subprocess.run(command, check=True, cwd=ROOT, stderr=subprocess.DEVNULL)
    return pickle.loads(file.read_bytes())


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["sync", "native"])
def test_a_state_restores_to_the_bit_in_a_new_process_after_several_resets(backend, tmp_path, warm):
    cases, wanted = [], []
    for env_id, options in CASES:
        if backend == "native" and native.why_not(Source(env_id, options)) is not None:
            continue
        steps = 20 if env_id == "CarRacing-v3" else 120
        rng, num_envs = np.random.default_rng(3), 1 if env_id in ("CarRacing-v3", "Blackjack-v1") else 2
        reference = Reference(env_id, num_envs, **options)  # for its action space alone
        env: Any = envs.make(env_id, num_envs, backend=backend, **options)
        env.reset(11)
        ended = np.zeros(num_envs)
        warm_up = 2 if env_id == "CarRacing-v3" else 3
        while (ended < warm_up).any() or rng.random() > 0.1:  # stop somewhere inside an episode
            step = env.step(reference.sample(rng))
            ended += np.asarray(step.terminated | step.truncated)
        assert env.inexact_resume is None, (env_id, env.inexact_resume)
        state = env.get_state()
        assert plain_tree(state), env_id
        actions = [reference.sample(rng) for _ in range(steps)]
        cases.append((env_id, num_envs, backend, options, state, actions))
        wanted.append((current_obs(env), trajectory(env, actions)))
        env.close()
    for case, got, want in zip(cases, continued_elsewhere(cases, tmp_path, warm.python), wanted):
        assert_same_tree(got, want, case[0])


def current_obs(env):
    return np.asarray(env._tree(env._current))


def assert_same_tree(got, want, name):
    np.testing.assert_array_equal(got[0], want[0], err_msg=f"{name}: current observation")
    for t, (a, b) in enumerate(zip(got[1], want[1], strict=True)):
        for part, x, y in zip(("obs", "reward", "terminated", "truncated", "final_obs"), a, b):
            np.testing.assert_array_equal(x, y, err_msg=f"{name}: {part} of step {t}")


@pytest.mark.parametrize("env_id", ["LunarLander-v3", "Hopper-v5", "CartPole-v1"])
def test_a_state_restores_into_the_environment_that_went_on(env_id):
    env, reference, rng = envs.make(env_id, 2), Reference(env_id, 2), np.random.default_rng(0)
    env.reset(0)
    for _ in range(150):
        env.step(reference.sample(rng))
    state, actions = env.get_state(), [reference.sample(rng) for _ in range(200)]
    first = trajectory(env, actions)
    env.set_state(state)
    for a, b in zip(first, trajectory(env, actions)):
        for x, y in zip(a, b):
            np.testing.assert_array_equal(x, y)


def test_an_environment_that_cannot_be_saved_says_why_and_starts_anew_from_its_generator():
    env = envs.make(toys.HoldsALock)
    env.reset(0)
    env.step([0])
    expected = "HoldsALock offers no get_state and set_state, and its attribute lock is a _thread.lock"
    assert expected in str(env.inexact_resume)
    state = env.get_state()
    assert plain_tree(state)
    env.step([0])
    first = env.set_state(state)
    assert first[0, 0] == 0, "a new episode"
    assert env.set_state(state).equal(first), "always the same one"


def test_an_environment_with_get_state_and_set_state_is_saved_by_them():
    env, other = envs.make(toys.HoldsALockButSavesItself), envs.make(toys.HoldsALockButSavesItself)
    env.reset(0)
    for _ in range(7):
        env.step([0])
    assert env.inexact_resume is None
    assert other.set_state(env.get_state()).equal(env.set_state(env.get_state()))
    assert other.step([0]).obs.equal(env.step([0]).obs)


def test_the_state_of_wrappers_is_saved_with_them():
    wrappers: list[Any] = [
        gym.wrappers.NormalizeObservation,
        lambda e: gym.wrappers.FrameStackObservation(e, 3),
        gym.wrappers.TimeAwareObservation,
        lambda e: gym.wrappers.StickyAction(e, 0.5),
        gym.wrappers.NormalizeReward,
        lambda e: gym.wrappers.TimeLimit(e, 9),
    ]
    for env_id in ("CartPole-v1", "LunarLander-v3"):
        env, other = (envs.make(env_id, 2, wrappers=[wrappers[0], wrappers[1], *wrappers[3:]]) for _ in range(2))
        env.reset(0)
        for _ in range(25):
            env.step([0, 1])
        assert env.inexact_resume is None
        assert plain_tree(env.get_state())
        other.set_state(env.get_state())
        actions = [[1, 0], [1, 1], [0, 0]] * 10
        for a, b in zip(trajectory(env, actions), trajectory(other, actions)):
            for x, y in zip(a, b):
                np.testing.assert_array_equal(x, y)


def test_gymnasiums_own_bipedal_walker_is_not_promised_to_restore():
    from gymnasium.envs.box2d import BipedalWalker

    env = envs.make(BipedalWalker)
    env.reset(0)
    assert "Box2D environment that rlt does not know" in str(env.inexact_resume)


def test_a_mujoco_model_changed_after_construction_is_not_promised_to_restore():
    env: Any = envs.make("Hopper-v5", backend="sync")
    env.reset(0)
    assert env.inexact_resume is None
    env._group.envs[0].unwrapped.model.body_mass[1] *= 2
    assert "model was changed" in str(env.inexact_resume)


def test_a_state_taken_before_the_first_reset_restores_to_before_it():
    env = envs.make("CartPole-v1", seed=3)
    assert env.set_state(env.get_state()).equal(envs.make("CartPole-v1").reset(3))


def test_records_and_second_names_of_one_generator_are_restored():
    env, other = envs.make(toys.Walker, 2), envs.make(toys.Walker, 2)
    env.reset(4)
    for _ in range(17):
        env.step([0, 0])
    assert env.inexact_resume is None
    state = env.get_state()
    assert plain_tree(state)
    other.set_state(state)
    for a, b in zip(trajectory(env, [[0, 1]] * 30), trajectory(other, [[0, 1]] * 30)):
        for x, y in zip(a, b):
            np.testing.assert_array_equal(x, y)
