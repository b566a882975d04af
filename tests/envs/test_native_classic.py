from typing import Any

import numpy as np
import pytest

from rlt import envs
from rlt.envs.classic.task import power_of_two
from tests.envs.reference import Reference, assert_equal_run, assert_same

CASES = [
    ("CartPole-v1", {}),
    ("CartPole-v0", {"sutton_barto_reward": True}),
    ("Acrobot-v1", {"max_episode_steps": 120}),
    ("MountainCar-v0", {"goal_velocity": 0.01}),
    ("MountainCarContinuous-v0", {"max_episode_steps": 90}),
    ("Pendulum-v1", {"g": 9.81}),
]


@pytest.mark.filterwarnings("ignore:.*The environment CartPole-v0 is out of date")
@pytest.mark.parametrize(("env_id", "options"), CASES, ids=lambda v: v if isinstance(v, str) else "")
def test_native_gives_the_numbers_of_gym_make_through_resets(env_id, options):
    num_envs, steps = 5, 800 if env_id.startswith("CartPole") else 300
    env = envs.make(env_id, num_envs, backend="native", **options)
    ended = assert_equal_run(env, Reference(env_id, num_envs, **options), 21, steps, np.random.default_rng(5))
    assert ended >= 4
    assert ended > 160 or not env_id.startswith("CartPole"), "each has more resets than one block of draws"


@pytest.mark.parametrize(("env_id", "push"), [("MountainCar-v0", 1), ("MountainCarContinuous-v0", 1.5)])
def test_native_reaches_goals_and_walls_as_gymnasium_does(env_id, push):
    """Pushing in the direction of motion climbs the hill; pushing left all the time meets the wall."""
    env, reference = envs.make(env_id, 2, backend="native"), Reference(env_id, 2)
    obs, _ = env.reset(0), reference.reset(0)
    ended = walls = 0
    for t in range(450):
        direction = np.array([np.sign(obs[0, 1].item()) or 1.0, -1.0]) * push
        scale = 1.0 if t % 3 else 0.4  # forces within bounds and beyond them
        action = (direction + 1).astype(np.int64) if push == 1 else (scale * direction[:, None]).astype(np.float32)
        step, want = env.step(action), reference.step(action)
        for got, wanted, dtype in zip(step, (*want,), (np.float32, np.float32, np.bool_, np.bool_, np.float32)):
            assert_same(got, wanted, dtype)
        obs = step.obs
        ended += int(step.terminated.sum())
        walls += int((step.obs[:, 0] == np.float32(-1.2)).sum())
    assert ended >= 2
    assert walls >= 3


def test_native_refuses_what_it_cannot_run_and_says_why():
    from rlt.errors import ConfigError

    for target, options, reason in (
        ("LunarLander-v3", {}, "native has no LunarLander-v3"),
        ("CartPole-v1", {"render_mode": "rgb_array"}, "cannot render"),
        ("CartPole-v1", {"wrappers": ["gymnasium.wrappers:FlattenObservation"]}, "no single environments to put wrappers on"),
    ):
        with pytest.raises(ConfigError, match=reason):
            envs.make(target, backend="native", **options)


@pytest.mark.parametrize("env_id", [env_id for env_id, _ in CASES if env_id != "CartPole-v0"])
def test_the_state_of_native_is_gymnasiums_before_any_rounding(env_id):
    env: Any = envs.make(env_id, 4, backend="native")
    reference = Reference(env_id, 4)
    rng = np.random.default_rng(4)
    env.reset(9), reference.reset(9)
    for _ in range(150):
        action = reference.sample(rng)
        env.step(action), reference.step(action)
        want = [np.asarray(sub.unwrapped.state, np.float64) for sub in reference.envs]  # type: ignore[attr-defined]
        np.testing.assert_array_equal(env._task.state.T, want)


def test_a_square_is_that_of_a_numpy_number_not_that_of_an_array():
    numbers = np.random.default_rng(0).normal(size=20_000)
    np.testing.assert_array_equal(power_of_two(numbers), [number**2 for number in numbers])
