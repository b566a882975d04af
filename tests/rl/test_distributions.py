"""Action distributions, against torch.distributions and against what is drawn from them."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlt.errors import SpaceError
from rlt.rl.distributions import Categorical, DiagonalGaussian, GaussianParameters, distribution_for


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 7), st.integers(2, 6), st.floats(0.01, 50), st.integers(0, 2**31))
def test_categorical_has_torchs_log_probability_and_entropy(batch, n, spread, seed):
    generator = torch.Generator().manual_seed(seed)
    logits = spread * torch.randn(batch, n, dtype=torch.float64, generator=generator)
    action = torch.randint(n, (batch,), generator=generator)
    ours, theirs = Categorical(n), torch.distributions.Categorical(logits=logits)
    torch.testing.assert_close(ours.log_prob(logits, action), theirs.log_prob(action), rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(ours.entropy(logits), theirs.entropy(), rtol=1e-10, atol=1e-10)
    assert torch.equal(ours.mode(logits), theirs.probs.argmax(-1))


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 7), st.sampled_from([(), (1,), (3,), (2, 2)]), st.booleans(), st.integers(0, 2**31))
def test_a_gaussian_has_torchs_log_probability_and_entropy(batch, shape, per_observation, seed):
    generator = torch.Generator().manual_seed(seed)
    d = int(np.prod(shape))
    mean = torch.randn(batch, d, dtype=torch.float64, generator=generator)
    log_std = torch.randn(*((batch,) if per_observation else ()), d, dtype=torch.float64, generator=generator)
    action = torch.randn(batch, *shape, dtype=torch.float64, generator=generator)
    ours, parameters = DiagonalGaussian(d, shape), GaussianParameters(mean, log_std)
    theirs = torch.distributions.Independent(torch.distributions.Normal(mean, log_std.exp().expand_as(mean)), 1)
    log_prob, entropy = ours.log_prob(parameters, action), ours.entropy(parameters)
    assert log_prob.shape == entropy.shape == (batch,)
    torch.testing.assert_close(log_prob, theirs.log_prob(action.reshape(batch, d)), rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(entropy, theirs.entropy(), rtol=1e-10, atol=1e-10)
    assert torch.equal(ours.mode(parameters), mean.reshape(batch, *shape))


def test_categorical_draws_each_action_as_often_as_its_probability():
    logits = torch.tensor([[0.0, 1.0, -2.0, 3.0]]).expand(60_000, 4)
    d = Categorical(4)
    drawn = d.sample(logits, d.noise(60_000, torch.Generator().manual_seed(0)))
    frequency = torch.bincount(drawn, minlength=4) / 60_000
    p = logits[0].softmax(-1)
    assert ((frequency - p).abs() < 5 * (p * (1 - p) / 60_000).sqrt() + 1e-6).all()


def test_a_gaussian_draws_with_its_mean_and_spread_and_independent_parts():
    parameters = GaussianParameters(torch.tensor([[3.0, -1.0]]).expand(60_000, 2), torch.tensor([0.5, -2.0]))
    d = DiagonalGaussian(2)
    drawn = d.sample(parameters, d.noise(60_000, torch.Generator().manual_seed(0)))
    std = parameters.log_std.exp()
    assert ((drawn.mean(0) - parameters.mean[0]).abs() < 5 * std / 60_000**0.5).all()
    assert torch.allclose(drawn.std(0), std, rtol=0.02)
    assert abs(float(torch.corrcoef(drawn.T)[0, 1])) < 0.02


@pytest.mark.parametrize("distribution", [Categorical(5), DiagonalGaussian(5)])
def test_noise_comes_from_the_generator_alone(distribution):
    first = distribution.noise(7, torch.Generator().manual_seed(3))
    before = torch.get_rng_state()
    again = distribution.noise(7, torch.Generator().manual_seed(3))
    other = distribution.noise(7, torch.Generator().manual_seed(4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(before, torch.get_rng_state())
    assert len({tuple(row.tolist()) for row in first}) == 7  # drawn for each environment


def test_a_space_without_a_distribution_is_refused():
    with pytest.raises(SpaceError, match="MultiBinary"):
        distribution_for(gym.spaces.MultiBinary(3))
    with pytest.raises(SpaceError, match="Discrete or a float Box"):
        distribution_for(gym.spaces.Box(0, 9, (2,), np.int64))
