"""Any nesting of spaces has the product of torch's distributions over its leaves."""

from __future__ import annotations

import math

import gymnasium as gym
import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import distributions as torchs

from rlt.rl.product import distribution_for

SHAPES = st.lists(st.integers(1, 3), max_size=2).map(tuple)
LEAVES = st.one_of(
    st.builds(lambda n, start: gym.spaces.Discrete(n, start=start), st.integers(1, 5), st.integers(-3, 3)),
    st.builds(lambda shape: gym.spaces.Box(-1, 1, shape, np.float32), SHAPES),
    st.builds(lambda shape: gym.spaces.MultiBinary(shape or 2), SHAPES),
    st.builds(gym.spaces.MultiDiscrete, st.lists(st.integers(1, 4), min_size=1, max_size=3)),
    st.builds(lambda a, b: gym.spaces.MultiDiscrete([a, b]), *[st.lists(st.integers(1, 4), min_size=2, max_size=2)] * 2),
)
NAMES = st.text("abcxyz", min_size=1, max_size=3)
SPACES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(gym.spaces.Tuple),
        st.dictionaries(NAMES, inner, min_size=1, max_size=3).map(gym.spaces.Dict),
    ),
    max_leaves=6,
)


def leaves(space, tree):
    """Each leaf's space and its part of `tree`, in the space's own order."""
    if isinstance(space, gym.spaces.Dict):
        return [pair for key, part in space.spaces.items() for pair in leaves(part, tree[key])]
    if isinstance(space, gym.spaces.Tuple):
        return [pair for i, part in enumerate(space.spaces) for pair in leaves(part, tree[i])]
    return [(space, tree)]


def torchs_leaf(space, numbers, spreads, action):
    """Log-probability and entropy of one leaf's `action`; what it takes of the network's numbers is popped off both lists."""
    batch = action.shape[0]

    def taken(source, count):
        return torch.stack([source.pop(0) for _ in range(count)], -1)

    if isinstance(space, gym.spaces.Box):
        size = math.prod(space.shape)
        d = torchs.Normal(taken(numbers, size), taken(spreads, size).exp())
        return d.log_prob(action.reshape(batch, size)).sum(1), d.entropy().sum(1)
    if isinstance(space, gym.spaces.MultiBinary):
        d = torchs.Bernoulli(logits=taken(numbers, math.prod(space.shape)))
        return d.log_prob(action.reshape(batch, -1).double()).sum(1), d.entropy().sum(1)
    choices = [space.n] if isinstance(space, gym.spaces.Discrete) else space.nvec.reshape(-1).tolist()
    chosen = action.reshape(batch, len(choices))
    parts = [torchs.Categorical(logits=taken(numbers, int(n))) for n in choices]
    return sum(d.log_prob(chosen[:, i]) for i, d in enumerate(parts)), sum(d.entropy() for d in parts)


@settings(max_examples=120, deadline=None)
@given(SPACES, st.integers(1, 4), st.integers(0, 2**31))
def test_log_probability_and_entropy_of_any_space_are_the_sums_of_torchs_over_its_leaves(space, batch, seed):
    ours, generator = distribution_for(space), torch.Generator().manual_seed(seed)
    output = 2 * torch.randn(batch, ours.size, dtype=torch.float64, generator=generator)
    log_std = torch.randn(ours.gaussian_size, dtype=torch.float64, generator=generator) if ours.gaussian_size else None
    parameters = ours.parameters(output, log_std)
    noise = ours.noise(batch, generator)
    noise = tuple(part.double() for part in noise) if isinstance(noise, tuple) else noise.double()
    action = ours.sample(parameters, noise)
    numbers, spreads = list(output.unbind(1)), [] if log_std is None else [s.expand(batch) for s in log_std]
    log_prob, entropy = torch.zeros(2, batch, dtype=torch.float64)
    for leaf, part in leaves(space, action):
        assert part.shape == (batch, *leaf.shape)
        of_leaf = torchs_leaf(leaf, numbers, spreads, part)
        log_prob, entropy = log_prob + of_leaf[0], entropy + of_leaf[1]
    assert not numbers and not spreads  # every number belongs to one leaf
    torch.testing.assert_close(ours.log_prob(parameters, action), log_prob, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(ours.entropy(parameters), entropy, rtol=1e-10, atol=1e-10)


@settings(max_examples=60, deadline=None)
@given(SPACES, st.integers(0, 2**31))
def test_the_mode_of_any_space_is_at_least_as_likely_as_what_is_drawn(space, seed):
    ours, generator = distribution_for(space), torch.Generator().manual_seed(seed)
    output = torch.randn(32, ours.size, generator=generator)
    log_std = torch.zeros(ours.gaussian_size) if ours.gaussian_size else None
    parameters = ours.parameters(output, log_std)
    best = ours.log_prob(parameters, ours.mode(parameters))
    drawn = ours.log_prob(parameters, ours.sample(parameters, ours.noise(32, generator)))
    assert (best >= drawn - 1e-4).all()
