"""Advantages and returns of rollouts, against sums written from their definitions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlt.rl.returns import discounted_running_returns, explained_variance, generalized_advantages
from rlt.rl.rollout import Rollout
from rlt.rl.vector_env import Step


@st.composite
def patterns(draw):
    """How episodes end: `[time, envs]` of going on, terminated, truncated, both."""
    n_steps, num_envs = draw(st.integers(1, 9)), draw(st.integers(1, 3))
    kinds = st.sampled_from([0, 0, 0, 0, 1, 2, 3])
    ends = np.array(draw(st.lists(kinds, min_size=n_steps * num_envs, max_size=n_steps * num_envs))).reshape(n_steps, num_envs)
    return ends & 1 > 0, ends & 2 > 0, draw(st.integers(0, 2**31 - 1))

EXAMPLES = torch.zeros(1, 1, dtype=torch.float64), torch.zeros(1, dtype=torch.int64)


def lambda_returns(reward, value, value_after, terminated, truncated, gamma, lam):
    """G^λ_t = (1 - λ) Σ_n λ^(n-1) G^(n)_t + λ^(N-1) G^(N)_t, each n-step return summed by hand.

    N is how many steps there are from t to the end of the episode, or of the rollout; `value_after[t]` is V of the
    observation that step t truly led to.
    """
    n_steps, num_envs = reward.shape
    out = np.zeros_like(reward)
    for env in range(num_envs):
        for t in range(n_steps):
            n_step_returns, discounted = [], 0.0
            for k in range(t, n_steps):
                discounted += gamma ** (k - t) * reward[k, env]
                follows = 0.0 if terminated[k, env] else value_after[k, env]
                n_step_returns.append(discounted + gamma ** (k - t + 1) * follows)
                if terminated[k, env] or truncated[k, env]:
                    break
            last = len(n_step_returns) - 1
            weights = [(1 - lam) * lam**i for i in range(last)] + [lam**last]
            out[t, env] = np.dot(weights, n_step_returns)
    return out


@settings(max_examples=150, deadline=None)
@given(patterns(), st.sampled_from([0.0, 0.5, 0.9, 0.99, 1.0]), st.sampled_from([0.0, 0.3, 0.95, 1.0]))
def test_gae_equals_the_lambda_return_summed_by_hand(pattern, gamma, lam):
    terminated, truncated, seed = pattern
    random = np.random.default_rng(seed)
    reward, value, value_after = random.normal(size=(3, *terminated.shape))
    goes_on = ~(terminated | truncated)[:-1]
    value_after[:-1][goes_on] = value[1:][goes_on]  # within an episode what follows is the next observation
    oracle = lambda_returns(reward, value, value_after, terminated, truncated, gamma, lam)
    # What follows a termination must not count, whatever the critic says of it.
    given_next = np.where(terminated, np.where(seed % 2, np.nan, 1e9), value_after)
    tensors = [torch.from_numpy(x) for x in (reward, value, given_next, terminated, truncated)]
    advantage = generalized_advantages(*tensors, gamma, lam)
    np.testing.assert_allclose((advantage + tensors[1]).numpy(), oracle, rtol=1e-10, atol=1e-10)


def played(terminated, truncated, seed):
    """A rollout filled through `add` as an environment with same-step reset would, and each step's true next observation.

    An observation is one number; `value_of` is V.
    """
    n_steps, num_envs = terminated.shape
    random = np.random.default_rng(seed)
    rollout = Rollout(n_steps, num_envs, *EXAMPLES, torch.device("cpu"))
    obs = torch.from_numpy(random.normal(size=(num_envs, 1)))
    led_to = np.zeros((n_steps, num_envs))
    for t in range(n_steps):
        term, trunc = torch.from_numpy(terminated[t]), torch.from_numpy(truncated[t])
        final = torch.from_numpy(random.normal(size=(num_envs, 1)))
        led_to[t] = final[:, 0].numpy()
        ended = (term | trunc).unsqueeze(1)
        after = torch.where(ended, torch.from_numpy(random.normal(size=(num_envs, 1))), final) if ended.any() else final
        reward = torch.from_numpy(random.normal(size=num_envs)).float()
        rollout.add(obs, torch.zeros(num_envs, dtype=torch.int64), Step(after, reward, term, trunc, final))
        obs = after
    return rollout, led_to


def value_of(obs):
    return torch.sin(3 * obs[..., 0])


@settings(max_examples=100, deadline=None)
@given(patterns())
def test_a_rollout_bootstraps_each_step_from_the_observation_that_it_truly_led_to(pattern):
    terminated, truncated, seed = pattern
    rollout, led_to = played(terminated, truncated, seed)
    assert rollout.full
    final = rollout.final_observations()
    next_value = rollout.next_values(
        value_of(rollout.obs), value_of(rollout.last_obs), None if final is None else value_of(final)
    ).numpy()
    lives = ~terminated
    np.testing.assert_allclose(next_value[lives], np.sin(3 * led_to)[lives], rtol=0, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(patterns(), st.integers(0, 8))
def test_an_open_rollout_goes_on_in_another_storage(pattern, cut):
    terminated, truncated, seed = pattern
    cut = min(cut, len(terminated))
    whole, led_to = played(terminated, truncated, seed)
    halves = played(terminated, truncated, seed)[0]
    open_part = Rollout(len(terminated), terminated.shape[1], *EXAMPLES, torch.device("cpu"))
    # What the first `cut` steps left behind, taken from a rollout that stopped there.
    stopped = Rollout(len(terminated), terminated.shape[1], *EXAMPLES, torch.device("cpu"))
    for t in range(len(terminated)):
        target = stopped if t < cut else open_part
        if t == cut:
            open_part.load_state(stopped.state())
        after = whole.obs[t + 1] if t + 1 < len(terminated) else whole.last_obs
        ended = (whole.terminated[t] | whole.truncated[t]).any()
        final = torch.from_numpy(led_to[t]).unsqueeze(1).to(after.dtype) if ended else after
        step = Step(after, whole.reward[t], whole.terminated[t], whole.truncated[t], final)
        target.add(whole.obs[t], whole.action[t], step)
    if cut == len(terminated):
        return
    for name in ("obs", "action", "reward", "terminated", "truncated", "last_obs"):
        assert torch.equal(getattr(open_part, name), getattr(halves, name)), name
    ours, theirs = open_part.final_observations(), halves.final_observations()
    assert (ours is None) == (theirs is None)
    if ours is not None and theirs is not None:
        assert torch.equal(ours, theirs)


def test_the_state_of_an_open_rollout_does_not_change_when_the_rollout_goes_on():
    rollout, _ = played(np.zeros((2, 2), dtype=bool), np.array([[False, True], [False, False]]), 0)
    before = rollout.state()
    kept = {name: value.clone() for name, value in before.items() if isinstance(value, torch.Tensor)}
    rollout.clear()
    after = torch.full((2, 1), 7.0, dtype=torch.float64)
    step = Step(after, torch.ones(2), torch.ones(2, dtype=torch.bool), torch.zeros(2, dtype=torch.bool), after)
    rollout.add(after, torch.ones(2, dtype=torch.int64), step)
    assert all(torch.equal(before[name], value) for name, value in kept.items())
    assert len(before["final"]) == 1


@settings(max_examples=60, deadline=None)
@given(patterns(), st.sampled_from([0.0, 0.9, 1.0]), st.integers(0, 9))
def test_running_returns_are_discounted_sums_since_the_episode_began(pattern, gamma, cut):
    terminated, truncated, seed = pattern
    done = terminated | truncated
    reward = np.random.default_rng(seed).normal(size=done.shape)
    oracle = np.zeros_like(reward)
    for env in range(done.shape[1]):
        for t in range(len(done)):
            began = max((k + 1 for k in range(t) if done[k, env]), default=0)
            oracle[t, env] = sum(gamma ** (t - k) * reward[k, env] for k in range(began, t + 1))
    start = torch.zeros(done.shape[1], dtype=torch.float64)
    parts = [slice(0, cut), slice(cut, None)] if 0 < cut < len(done) else [slice(None)]
    out = []
    for part in parts:  # two rollouts in a row are one
        running, start = discounted_running_returns(torch.from_numpy(reward[part]), torch.from_numpy(done[part]), start, gamma)
        out.append(running)
    np.testing.assert_allclose(torch.cat(out).numpy(), oracle, rtol=1e-10, atol=1e-10)


def test_explained_variance_is_the_share_of_the_targets_variance_that_the_values_explain():
    random = np.random.default_rng(0)
    target, noise = random.normal(size=(2, 4000))
    target = target - noise * (target @ noise) / (noise @ noise)  # uncorrelated to the last digit
    for share in (0.0, 0.3, 1.0):
        value = torch.from_numpy(target + share * noise + 5.0)
        expected = 1 - share**2 * noise.var() / target.var()
        assert float(explained_variance(value, torch.from_numpy(target))) == pytest.approx(expected, rel=1e-10)
    assert float(explained_variance(torch.zeros(9).double(), torch.from_numpy(target[:9]))) == pytest.approx(0, abs=1e-12)
    assert explained_variance(torch.rand(9), torch.ones(9)).isnan() or explained_variance(torch.rand(9), torch.ones(9)).isinf()
