from typing import Any

import numpy as np
import pytest

from rlt import envs
from rlt.errors import EnvironmentFault
from tests.envs import toys
from tests.envs.reference import Reference, assert_same


@pytest.mark.parametrize("backend", ["sync", "native"])
def test_next_step_ignores_the_action_after_an_end_and_pays_nothing_for_it(backend):
    reference, rng = Reference("CartPole-v1", 3), np.random.default_rng(2)
    env: Any = envs.make("CartPole-v1", 3, backend=backend, autoreset="next_step")
    assert_same(env.reset(4), reference.reset(4))
    over, resets = [False] * 3, 0
    for _ in range(200):
        action = reference.sample(rng)
        step = env.step(action)
        sub: Any
        for i, sub in enumerate(reference.envs):
            if over[i]:
                want, reward, terminated, truncated = sub.reset()[0], 0.0, False, False
                resets += 1
            else:
                want, reward, terminated, truncated, _ = sub.step(action[i])
            over[i] = terminated or truncated
            assert_same(step.obs[i], want)
            assert (step.reward[i], step.terminated[i], step.truncated[i]) == (reward, terminated, truncated)
        assert step.final_obs is step.obs
    assert resets > 10


@pytest.mark.parametrize("backend", ["sync", "native"])
def test_disabled_leaves_resets_to_the_caller(backend):
    reference, rng = Reference("CartPole-v1", 3), np.random.default_rng(2)
    env: Any = envs.make("CartPole-v1", 3, backend=backend, autoreset="disabled")
    assert_same(env.reset(4), reference.reset(4))
    resets = 0
    for _ in range(200):
        action = reference.sample(rng)
        step = env.step(action)
        want = [sub.step(a) for sub, a in zip(reference.envs, action)]
        assert_same(step.obs, [w[0] for w in want])
        over = step.terminated | step.truncated
        if over.any():
            resets += 1
            obs = env.reset(only=over)
            rows = [sub.reset()[0] if o else w[0] for sub, o, w in zip(reference.envs, over, want)]
            assert_same(obs, rows)
    assert resets > 10


def test_disabled_refuses_a_step_of_an_ended_episode():
    env = envs.make(toys.Toy, 2, autoreset="disabled", length=1)
    env.reset(0)
    env.step([0, 0])
    with pytest.raises(EnvironmentFault, match=r"reset\(only=terminated \| truncated\)"):
        env.step([0, 0])
