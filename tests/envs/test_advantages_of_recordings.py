"""The same episodes recorded in Gymnasium's three autoreset modes give the same advantages, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode

from rlt.rl.returns import generalized_advantages
from tests.envs.test_transitions import CASES, recorded

GAMMA, LAMBDA, TIME = 0.97, 0.9, 60


def value(rows):
    """Some function of observations `[time, envs, …]`."""
    obs = torch.from_numpy(np.array(rows)).double().flatten(2)
    return torch.sin(obs @ torch.linspace(-1, 1, obs.shape[-1], dtype=torch.float64))


def columns(mode, case):
    """What a rollout needs: values before and after, rewards, ends; all `[time, envs]`."""
    by_env = recorded(CASES[case], mode, TIME)
    assert all(len(transition[0]) == 1 for row in by_env for transition in row)  # one array for each observation
    obs = [[row[t][0][0] for row in by_env] for t in range(TIME)]
    next_obs = [[row[t][4][0] for row in by_env] for t in range(TIME)]
    reward, terminated, truncated = (
        torch.from_numpy(np.array([[row[t][part] for row in by_env] for t in range(TIME)])) for part in (1, 2, 3)
    )
    return reward.double(), value(obs), value(next_obs), terminated, truncated


@pytest.mark.parametrize("case", ["CartPole", "LunarLander", "Hopper"])
def test_advantages_do_not_depend_on_how_the_recording_environment_resets(case):
    found = [columns(mode, case) for mode in AutoresetMode]
    assert bool((found[0][3] | found[0][4]).any())
    first, *others = (generalized_advantages(*rollout, GAMMA, LAMBDA) for rollout in found)
    assert all(torch.equal(other, first) for other in others)
    # Each episode by itself: an advantage sees nothing of what came after its end.
    reward, before, after, terminated, truncated = found[0]
    for env in range(reward.shape[1]):
        total = torch.zeros((), dtype=torch.float64)
        for t in reversed(range(TIME)):
            follows = 0.0 if terminated[t, env] else after[t, env]
            over = bool(terminated[t, env] | truncated[t, env])
            total = reward[t, env] + GAMMA * follows - before[t, env] + (0.0 if over else GAMMA * LAMBDA * total)
            assert float(first[t, env]) == pytest.approx(float(total), rel=1e-9, abs=1e-10)
