"""The squashed Gaussian, against torch.distributions and against integrals."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlt.errors import SpaceError
from rlt.rl.distributions import GaussianParameters
from rlt.rl.squashed import SquashedGaussian

BOUNDS = [([-1.0], [1.0]), ([-2.0, 0.0, -0.4], [2.0, 5.0, 0.1])]


def squashed(low=(-2.0, 0.0, -0.4), high=(2.0, 5.0, 0.1)):
    return SquashedGaussian(gym.spaces.Box(np.array(low, np.float32), np.array(high, np.float32))).double()


def torchs(d, parameters):
    """torch's own, without its epsilon: TanhTransform keeps the sample before the tanh in its cache. Its Jacobian alone is
    written again, for torch cuts its softplus off at 20, an error of 2e-9 in each dimension of a large sample."""
    from torch.distributions import AffineTransform, Independent, Normal, TanhTransform, TransformedDistribution

    class Tanh(TanhTransform):
        def log_abs_det_jacobian(self, x, y):
            return 2 * (np.log(2) - x - torch.nn.functional.softplus(-2 * x, threshold=700))

    plain = Normal(parameters.mean, parameters.log_std.exp().expand_as(parameters.mean))
    bounds = [Tanh(cache_size=1), AffineTransform(d.centre, d.half_width, cache_size=1)]
    return Independent(TransformedDistribution(plain, bounds), 1)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 6), st.sampled_from(BOUNDS), st.floats(0.01, 4), st.integers(0, 2**31))
def test_it_has_torchs_log_probability_of_the_same_sample(batch, bounds, spread, seed):
    d, generator = squashed(*bounds), torch.Generator().manual_seed(seed)
    mean, log_std, noise = torch.randn(3, batch, d.size, dtype=torch.float64, generator=generator)
    parameters = GaussianParameters(spread * mean, log_std)
    u = d.pre_tanh(parameters, noise)
    theirs = torchs(d, parameters)
    transforms = theirs.base_dist.transforms
    action = transforms[1](transforms[0](u))  # fills the caches, so that their inverse is u itself
    torch.testing.assert_close(d.action(u), action, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(d.log_prob(parameters, u), theirs.log_prob(action), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(("mean", "log_std"), [(0.3, -0.5), (-2.0, 0.7), (1.0, -2.0)])
@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (-0.4, 0.1), (0.0, 50.0)])
def test_the_density_of_actions_integrates_to_one_and_its_mean_log_is_minus_the_entropy(mean, log_std, low, high):
    d = squashed([low], [high])
    u = torch.linspace(-30, 30, 400_001, dtype=torch.float64).unsqueeze(1)  # actions on a grid that is dense at the bounds
    parameters = GaussianParameters(torch.full_like(u, mean), torch.full_like(u, log_std))
    action, log_prob = d.action(u).squeeze(1), d.log_prob(parameters, u)
    assert float(torch.trapezoid(log_prob.exp(), action)) == pytest.approx(1, abs=1e-8)
    entropy = -torch.trapezoid(log_prob.exp() * log_prob, action)
    drawn = d.pre_tanh(
        GaussianParameters(*(p[:1].expand(400_000, 1) for p in parameters)),
        d.noise(400_000, torch.Generator().manual_seed(0)).double(),
    )
    sampled = -d.log_prob(GaussianParameters(*(p[:1].expand(400_000, 1) for p in parameters)), drawn)
    assert float(sampled.mean()) == pytest.approx(float(entropy), abs=5 * float(sampled.std()) / 400_000**0.5)


@pytest.mark.parametrize("u", [-400.0, -40.0, -12.0, -9.99, 0.0, 9.99, 12.0, 40.0, 400.0])
def test_saturation_loses_neither_value_nor_gradient(u):
    """log(1 - tanh(u)^2) is log 4 - 2|u| - 2 log(1 + exp(-2|u|)), and its slope -2 tanh(u)."""
    d = squashed([-1.0], [1.0])
    at = torch.tensor([[u]], dtype=torch.float64, requires_grad=True)
    parameters = GaussianParameters(at.detach(), torch.zeros(1, 1, dtype=torch.float64))
    gaussian = -0.5 * np.log(2 * np.pi)  # the sample is its own mean
    log_prob = d.log_prob(parameters, at)
    log_prob.sum().backward()
    exact = np.log(4) - 2 * abs(u) - 2 * np.log1p(np.exp(-2 * abs(u)))
    assert float(log_prob.detach()) == pytest.approx(gaussian - exact, rel=1e-14, abs=1e-12)
    assert float(at.grad) == pytest.approx(2 * np.tanh(u), rel=1e-12, abs=1e-12)


def test_in_single_precision_too_it_is_finite_far_out():
    d = SquashedGaussian(gym.spaces.Box(-2, 2, (1,), np.float32))
    mean = torch.tensor([[50.0]], requires_grad=True)
    parameters = GaussianParameters(mean, torch.tensor([[2.0]]))
    d.log_prob(parameters, d.pre_tanh(parameters, torch.ones(1, 1))).sum().backward()
    assert torch.isfinite(mean.grad).all()


def test_wider_bounds_are_more_entropy_by_the_logarithm_of_their_width():
    narrow, wide = squashed([-1.0, -1.0], [1.0, 1.0]), squashed([-0.4, 0.0], [0.4, 6.0])
    parameters = GaussianParameters(torch.randn(5, 2, dtype=torch.float64), torch.zeros(5, 2, dtype=torch.float64))
    u = torch.randn(5, 2, dtype=torch.float64)
    difference = narrow.log_prob(parameters, u) - wide.log_prob(parameters, u)
    assert wide.log_half_widths == pytest.approx(np.log(0.4) + np.log(3))
    torch.testing.assert_close(difference, torch.full((5,), wide.log_half_widths, dtype=torch.float64), rtol=1e-6, atol=1e-6)


def test_what_the_environment_gets_is_within_its_bounds_to_the_last_digit():
    space = gym.spaces.Box(np.array([-0.1, 0.1, -3e3], np.float32), np.array([0.3, 0.7, 1.1], np.float32))
    d = SquashedGaussian(space)
    u = torch.cat([torch.full((1, 3), s * 100.0) for s in (-1, 1)])
    actions = [*d.within(d.action(u)).numpy(), *d.uniform(5000, torch.Generator().manual_seed(0)).numpy()]
    assert all(space.contains(a) for a in actions)
    np.testing.assert_allclose(actions[:2], [space.low, space.high], rtol=1e-6)


def test_uniform_actions_fill_the_bounds_in_each_dimension_alone():
    d = squashed()
    drawn = d.uniform(100_000, torch.Generator().manual_seed(0)).double()
    unit = d.unit(drawn)
    assert float(unit.min()) < -0.999 and float(unit.max()) > 0.999
    assert torch.allclose(unit.var(0), torch.full((3,), 1 / 3, dtype=torch.float64), rtol=0.02)
    assert (torch.corrcoef(unit.T) - torch.eye(3, dtype=torch.float64)).abs().max() < 0.02


def test_unit_undoes_the_bounds_and_shapes_are_the_spaces():
    d = SquashedGaussian(gym.spaces.Box(-3, 3, (2, 2), np.float32))
    u = torch.randn(7, 4)
    action = d.within(d.action(u))
    assert action.shape == (7, 2, 2)
    torch.testing.assert_close(d.unit(action), u.tanh())


@pytest.mark.parametrize(
    "space",
    [
        gym.spaces.Box(-np.inf, np.inf, (2,), np.float32), gym.spaces.Box(0, np.inf, (2,), np.float32),
        gym.spaces.Box(np.array([0, 1], np.float32), np.array([1, 1], np.float32)), gym.spaces.Discrete(3),
        gym.spaces.Box(0, 9, (2,), np.int64),
    ],
)
def test_spaces_without_bounds_or_of_another_kind_are_refused(space):
    with pytest.raises(SpaceError, match="squashed Gaussian"):
        SquashedGaussian(space)
