"""The saved state of an environment is the same tree whatever backend stepped it, and restores on every other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from rlt import envs
from rlt.envs.backends import native
from rlt.envs.source import Source
from tests.envs.continue_elsewhere import trajectory
from tests.envs.reference import Reference

CLASSIC = ("CartPole-v1", "Acrobot-v1", "MountainCar-v0", "MountainCarContinuous-v0", "Pendulum-v1")
RUNNERS = ("HalfCheetah-v5", "Hopper-v5", "Walker2d-v5", "Swimmer-v5", "Ant-v5", "Humanoid-v5", "HumanoidStandup-v5")
OTHERS = ("InvertedPendulum-v5", "InvertedDoublePendulum-v5", "Reacher-v5", "Pusher-v5")


def differences(a: Any, b: Any, where: str = "state") -> Iterator[str]:
    """Places where two trees are not the same to the bit."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in {**a, **b}:
            if key in a and key in b:
                yield from differences(a[key], b[key], f"{where}.{key}")
            else:
                yield f"{where}.{key}: only one has it"
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            yield from differences(x, y, f"{where}[{i}]")
    elif isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        if (a.dtype, a.shape, a.tobytes()) != (b.dtype, b.shape, b.tobytes()):
            yield where
    elif type(a) is not type(b) or a != b:
        yield f"{where}: {a} / {b}"


def backends_of(env_id: str) -> list[str]:
    pooled = ["pool"] if env_id in ("CartPole-v1", "Hopper-v5", "LunarLander-v3") else []
    return ["sync", *(["native"] if native.why_not(Source(env_id, {})) is None else []), *pooled]


@pytest.mark.parametrize(
    ("env_id", "autoreset"),
    [
        *((env_id, "same_step") for env_id in (*CLASSIC, *RUNNERS, *OTHERS, "LunarLander-v3")),
        *((env_id, "next_step") for env_id in (*CLASSIC, "Hopper-v5", "Reacher-v5")),
    ],
)
def test_states_read_the_same_on_every_backend_after_every_number_of_steps(env_id, autoreset):
    made: list[Any] = [
        envs.make(env_id, 2, backend=b, workers=2, autoreset=autoreset, max_episode_steps=20) for b in backends_of(env_id)
    ]
    reference, rng = Reference(env_id, 2), np.random.default_rng(1)  # for its action space alone
    for env in made:
        env.reset(5)
    for t in range(64):
        if t < 3 or t % 10 == 0 or t in (19, 21, 41, 63):
            first, *rest = (env.get_state() for env in made)
            for env, state in zip(made[1:], rest):
                assert list(differences(first, state)) == [], (env.backend, t)
        action = reference.sample(rng)
        for env in made:
            env.step(action)
    for env in made:
        env.close()


@pytest.mark.parametrize("env_id", ["CartPole-v1", "MountainCarContinuous-v0", "Acrobot-v1", "Reacher-v5", "Hopper-v5"])
@pytest.mark.parametrize("steps", [0, 33])
def test_a_state_of_one_backend_goes_on_equal_on_another(env_id, steps):
    names, rng = backends_of(env_id)[: 3 if steps else 2], np.random.default_rng(2)
    reference = Reference(env_id, 2)
    for name, other in zip(names, [*names[1:], names[0]]):
        env, target = (envs.make(env_id, 2, backend=b, max_episode_steps=25) for b in (name, other))
        env.reset(1), target.reset(77)
        for _ in range(steps):
            env.step(reference.sample(rng))
        state, actions = env.get_state(), [reference.sample(rng) for _ in range(60)]
        np.testing.assert_array_equal(target.set_state(state), env.set_state(state))
        for t, (a, b) in enumerate(zip(trajectory(env, actions), trajectory(target, actions))):
            for x, y in zip(a, b):
                np.testing.assert_array_equal(x, y, err_msg=f"{name} to {other}, step {t}")
        assert list(differences(env.get_state(), target.get_state())) == []
        env.close(), target.close()


def test_a_state_of_sixty_four_copies_is_saved_and_restored_without_mixing_them():
    env, other = (envs.make("CartPole-v1", 64, backend="native") for _ in range(2))
    env.reset(0), other.reset(9)
    actions = np.random.default_rng(0).integers(2, size=(120, 64))
    for action in actions:
        env.step(action)
    other.set_state(env.get_state())
    for a, b in zip(trajectory(env, actions), trajectory(other, actions)):
        for x, y in zip(a, b):
            np.testing.assert_array_equal(x, y)
