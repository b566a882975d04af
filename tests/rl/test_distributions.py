"""Action distributions, against torch.distributions and against what is drawn from them."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlt.errors import SpaceError
from rlt.rl.distributions import Categorical, DiagonalGaussian, GaussianParameters
from rlt.rl.product import Bernoulli, MultiCategorical, distribution_for
from rlt.rl.trees import tree_leaves


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


@pytest.mark.parametrize("distribution", [Categorical(5), DiagonalGaussian(5), MultiCategorical((2, 3)), Bernoulli((5,))])
def test_noise_comes_from_the_generator_alone(distribution):
    first = distribution.noise(7, torch.Generator().manual_seed(3))
    before = torch.get_rng_state()
    again = distribution.noise(7, torch.Generator().manual_seed(3))
    other = distribution.noise(7, torch.Generator().manual_seed(4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(before, torch.get_rng_state())
    assert len({tuple(row.tolist()) for row in first}) == 7  # drawn for each environment


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 6), st.lists(st.integers(1, 5), min_size=1, max_size=4), st.floats(0.01, 20), st.integers(0, 2**31))
def test_components_of_choices_have_torchs_log_probability_and_entropy_summed(batch, choices, spread, seed):
    generator = torch.Generator().manual_seed(seed)
    logits = spread * torch.randn(batch, sum(choices), dtype=torch.float64, generator=generator)
    d = MultiCategorical(tuple(choices))
    action = torch.stack([torch.randint(n, (batch,), generator=generator) for n in choices], 1)
    parts = [torch.distributions.Categorical(logits=part) for part in logits.split(choices, 1)]
    expected = sum(part.log_prob(action[:, i]) for i, part in enumerate(parts))
    torch.testing.assert_close(d.log_prob(logits, action), expected, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(d.entropy(logits), sum(part.entropy() for part in parts), rtol=1e-10, atol=1e-10)
    assert torch.equal(d.mode(logits), torch.stack([part.probs.argmax(1) for part in parts], 1))


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 6), st.sampled_from([(1,), (5,), (2, 3)]), st.floats(0.01, 30), st.integers(0, 2**31))
def test_bits_have_torchs_log_probability_and_entropy_summed(batch, shape, spread, seed):
    generator = torch.Generator().manual_seed(seed)
    n = int(np.prod(shape))
    logits = spread * torch.randn(batch, n, dtype=torch.float64, generator=generator)
    action = torch.rand(batch, *shape, generator=generator) < 0.5
    ours, theirs = Bernoulli(shape), torch.distributions.Independent(torch.distributions.Bernoulli(logits=logits), 1)
    expected = theirs.log_prob(action.reshape(batch, n).double())
    torch.testing.assert_close(ours.log_prob(logits, action), expected, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(ours.entropy(logits), theirs.entropy(), rtol=1e-10, atol=1e-10)
    assert torch.equal(ours.mode(logits), (logits > 0).reshape(batch, *shape))


NESTED = gym.spaces.Dict(
    {
        "move": gym.spaces.Box(-1, 1, (2, 2)),
        "rest": gym.spaces.Tuple(
            [gym.spaces.MultiBinary(3), gym.spaces.Discrete(4), gym.spaces.Box(-1, 1, (1,)), gym.spaces.MultiDiscrete([[2, 3]])]
        ),
    }
)


def test_a_nested_space_has_the_product_of_torchs_distributions():
    d = distribution_for(NESTED)
    assert (d.size, d.gaussian_size) == (4 + 3 + 4 + 1 + 5, 5)
    generator = torch.Generator().manual_seed(0)
    output = torch.randn(7, d.size, dtype=torch.float64, generator=generator)
    log_std = torch.randn(5, dtype=torch.float64, generator=generator)
    parameters = d.parameters(output, log_std)
    noise = tuple(n.double() for n in d.noise(7, generator))
    action = d.sample(parameters, noise)
    assert [tuple(leaf.shape) for leaf in tree_leaves(action)] == [(7, 2, 2), (7, 3), (7,), (7, 1), (7, 1, 2)]
    t, move, (bits, one, small, several) = torch.distributions, action["move"], action["rest"]
    logits = output.split([4, 3, 4, 1, 5], 1)
    expected = [
        (t.Normal(logits[0], log_std[:4].exp()), move.reshape(7, 4)), (t.Bernoulli(logits=logits[1]), bits.double()),
        (t.Categorical(logits=logits[2]), one), (t.Normal(logits[3], log_std[4:].exp()), small),
        (t.Categorical(logits=logits[4][:, :2]), several[:, 0, 0]), (t.Categorical(logits=logits[4][:, 2:]), several[:, 0, 1]),
    ]
    log_prob = sum(part.log_prob(a).reshape(7, -1).sum(1) for part, a in expected)
    torch.testing.assert_close(d.log_prob(parameters, action), log_prob, rtol=1e-10, atol=1e-10)
    entropy = sum(part.entropy().reshape(7, -1).sum(1) for part, _ in expected)
    torch.testing.assert_close(d.entropy(parameters), entropy, rtol=1e-10, atol=1e-10)
    in_structure = {"rest": logits[1:], "move": logits[0]}  # in another order than the space's
    again = d.parameters(in_structure, log_std)
    assert torch.equal(d.log_prob(again, action), d.log_prob(parameters, action))
    assert torch.equal(d.mode(parameters)["rest"][0], logits[1] > 0)


def test_components_and_bits_are_drawn_as_often_as_their_probabilities_and_independently():
    logits = torch.tensor([[0.0, 1.0, 2.0, -1.0, 0.5]]).expand(60_000, 5)
    d = MultiCategorical((3, 2))
    drawn = d.sample(logits, d.noise(60_000, torch.Generator().manual_seed(0)))
    joint = torch.bincount(drawn[:, 0] * 2 + drawn[:, 1], minlength=6) / 60_000
    p = torch.outer(logits[0, :3].softmax(0), logits[0, 3:].softmax(0)).flatten()
    assert ((joint - p).abs() < 5 * (p * (1 - p) / 60_000).sqrt()).all()
    b = Bernoulli((5,))
    bits = b.sample(logits, b.noise(60_000, torch.Generator().manual_seed(0))).float()
    p = logits[0].sigmoid()
    assert ((bits.mean(0) - p).abs() < 5 * (p * (1 - p) / 60_000).sqrt()).all()
    assert (torch.corrcoef(bits.T) - torch.eye(5)).abs().max() < 0.02


def test_a_space_without_a_distribution_is_refused():
    for space in (gym.spaces.Box(0, 9, (2,), np.int64), gym.spaces.Dict({"a": gym.spaces.Text(3)})):
        with pytest.raises(SpaceError, match="a float Box, Discrete"):
            distribution_for(space)
