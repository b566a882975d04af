"""Returns and lengths of episodes, counted by hand."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlt.rl.episodes import WINDOW, EpisodeStatistics
from rlt.rl.vector_env import Step


def steps(seed, n_steps, num_envs):
    random = np.random.default_rng(seed)
    obs = torch.zeros(num_envs, 1)
    for _ in range(n_steps):
        reward = torch.from_numpy(random.normal(size=num_envs)).float()
        terminated, truncated = (torch.from_numpy(random.random(num_envs) < 0.15) for _ in range(2))
        yield Step(obs, reward, terminated, truncated, obs)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 60), st.integers(1, 5), st.integers(0, 60))
def test_each_episode_is_counted_once_with_its_sum_and_length(seed, n_steps, num_envs, cut):
    counted, under_way = [], [[] for _ in range(num_envs)]
    statistics, taken = EpisodeStatistics(num_envs), []
    for t, step in enumerate(steps(seed, n_steps, num_envs)):
        statistics.update(step)
        for env in range(num_envs):
            under_way[env].append(float(step.reward[env]))
            if step.terminated[env] or step.truncated[env]:
                counted.append((sum(under_way[env]), len(under_way[env])))
                under_way[env] = []
        if t == cut:  # a checkpoint in the middle
            taken.append(statistics.take())
            state, statistics = statistics.state(), EpisodeStatistics(num_envs)
            statistics.load_state(state)
    taken.append(statistics.take())
    returns, lengths = (torch.cat([part[f"episode/{name}"] for part in taken]) for name in ("return", "length"))
    assert len(counted) == statistics.finished == len(returns)
    if counted:
        np.testing.assert_allclose(returns.numpy(), [r for r, _ in counted], atol=1e-12)
        np.testing.assert_array_equal(lengths.numpy(), [n for _, n in counted])
        last = counted[-WINDOW:]
        headline = statistics.headline()
        np.testing.assert_allclose(headline["return"], np.mean([r for r, _ in last]), atol=1e-12)
        np.testing.assert_allclose(headline["length"], np.mean([n for _, n in last]))
    else:
        assert statistics.headline() == {}
    assert all(len(part) == 0 for part in statistics.take().values())
