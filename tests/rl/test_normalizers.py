"""Running statistics: those of everything seen, changed by `update` alone, saved with the policy."""

from __future__ import annotations

import copy

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlt.rl.normalizers import ObservationNormalizer, ReturnScaler, RunningMoments


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=6),
    st.sampled_from([(), (3,), (2, 2)]),
    st.floats(-1e6, 1e6),
    st.integers(0, 2**31),
)
def test_moments_are_the_mean_and_variance_of_everything_seen(sizes, shape, offset, seed):
    random = np.random.default_rng(seed)
    batches = [offset + random.normal(scale=1 + i, size=(size, *shape)) for i, size in enumerate(sizes)]
    moments = RunningMoments(shape)
    for batch in batches:
        moments.update(torch.from_numpy(batch))
    seen = np.concatenate(batches)
    scale = 1 + abs(offset)
    np.testing.assert_allclose(moments.mean.numpy(), seen.mean(0), rtol=1e-12, atol=1e-10 * scale)
    np.testing.assert_allclose(moments.variance.numpy(), seen.var(0), rtol=1e-9, atol=1e-14 * scale**2)
    assert int(moments.count) == len(seen)


def test_float32_observations_keep_their_variance_far_from_zero():
    seen = (10_000 + torch.rand(50, 200, generator=torch.Generator().manual_seed(0))).float()
    moments = RunningMoments(())
    for batch in seen:
        moments.update(batch)
    np.testing.assert_allclose(float(moments.variance), seen.double().var(correction=0).item(), rtol=1e-9)


def test_a_normalised_observation_is_the_z_score_clipped():
    seen = np.random.default_rng(0).normal(5, 3, size=(500, 4))
    normalizer = ObservationNormalizer((4,), clip=2.0)
    normalizer.update(torch.from_numpy(seen))
    obs = np.random.default_rng(1).normal(5, 6, size=(64, 4))
    expected = np.clip((obs - seen.mean(0)) / np.sqrt(seen.var(0) + 1e-8), -2, 2)
    np.testing.assert_allclose(normalizer(torch.from_numpy(obs)).numpy(), expected, rtol=1e-10)
    assert normalizer(torch.zeros(1, 4)).dtype == torch.float32


def test_scaled_rewards_keep_their_sign_and_are_divided_by_the_returns_deviation():
    returns = np.random.default_rng(0).normal(100, 4, size=300)
    scaler = ReturnScaler(clip=10.0)
    scaler.update(torch.from_numpy(returns))
    reward = np.array([0.0, 1.0, -2.5, 1e4])
    np.testing.assert_allclose(scaler(torch.from_numpy(reward)).numpy(), np.clip(reward / np.sqrt(returns.var() + 1e-8), -10, 10))


def test_forward_never_changes_the_statistics_in_either_mode():
    normalizer, scaler = ObservationNormalizer((2,)), ReturnScaler()
    normalizer.update(torch.randn(20, 2))
    scaler.update(torch.randn(20))
    before = copy.deepcopy([normalizer.state_dict(), scaler.state_dict()])
    for train in (True, False):
        normalizer.train(train)(torch.randn(50, 2))
        scaler.train(train)(torch.randn(50))
    for old, module in zip(before, (normalizer, scaler)):
        assert all(torch.equal(old[name], value) for name, value in module.state_dict().items())


def test_before_the_first_update_observations_pass_through_clipped():
    obs = torch.tensor([[-20.0, 0.25, 3.0]], dtype=torch.float64)
    assert torch.allclose(ObservationNormalizer((3,))(obs), obs.clamp(-10, 10), rtol=1e-7)


def test_a_constant_observation_stays_finite():
    normalizer = ObservationNormalizer((1,))
    normalizer.update(torch.full((10, 1), 7.0))
    assert torch.isfinite(normalizer(torch.tensor([[7.0], [8.0]]))).all()
