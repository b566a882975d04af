"""Adam and clipping over one buffer give torch's numbers; the network keeps ordinary parameters."""

from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from rlt.engine.flat import FlatParameters
from rlt.engine.optimizers import Adam, clip_by_norm
from rlt.errors import ConfigError


def network(dtype=torch.float64, seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)).to(dtype)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-13), (torch.float32, 2e-6)])
@pytest.mark.parametrize("options", [{}, {"beta1": 0.5, "beta2": 0.9, "epsilon": 1e-5}])
def test_flat_adam_equals_torchs_adam_step_by_step(dtype, tolerance, options):
    ours, theirs = network(dtype), network(dtype)
    flat, adam = FlatParameters(ours.parameters()), Adam(**options)
    state = adam.initial_state(flat.buffer)
    betas = (adam.beta1, adam.beta2)
    optimizer = torch.optim.Adam(theirs.parameters(), betas=betas, eps=adam.epsilon, foreach=False)
    generator = torch.Generator().manual_seed(1)
    for step in range(40):
        learning_rate = 1e-2 / (1 + step)
        x = torch.randn(16, 3, dtype=dtype, generator=generator)
        optimizer.param_groups[0]["lr"] = learning_rate
        optimizer.zero_grad()
        theirs(x).square().sum().backward()
        optimizer.step()
        flat.gradient.zero_()
        ours(x).square().sum().backward()
        new, state = adam.step(flat.buffer, flat.gradient, state, torch.tensor([learning_rate], dtype=torch.float64))
        flat.buffer.copy_(new.detach())
        expected = torch.cat([p.detach().reshape(-1) for p in theirs.parameters()])
        torch.testing.assert_close(flat.buffer, expected, rtol=tolerance, atol=tolerance)


@settings(max_examples=50, deadline=None)
@given(st.floats(1e-8, 1e4), st.one_of(st.none(), st.floats(1e-3, 1e3)), st.integers(0, 2**31))
def test_clipping_equals_torchs(scale, max_norm, seed):
    gradient = scale * torch.randn(31, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    parameter = nn.Parameter(torch.zeros(31, dtype=torch.float64))
    parameter.grad = gradient.clone()
    norm = nn.utils.clip_grad_norm_([parameter], float("inf") if max_norm is None else max_norm)
    clipped, ours = clip_by_norm(gradient, max_norm)
    torch.testing.assert_close(clipped, parameter.grad, rtol=1e-13, atol=0)
    torch.testing.assert_close(ours, norm.reshape(1), rtol=1e-13, atol=0)


@pytest.mark.parametrize("options", [{}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "decoupled": True, "epsilon": 1e-5}])
@pytest.mark.parametrize("scale", [None, 0.25])
def test_the_one_kernel_for_large_buffers_gives_the_numbers_of_the_formula(options, scale):
    adam, generator = Adam(**options), torch.Generator().manual_seed(0)
    buffer = torch.randn(1000, dtype=torch.float64, generator=generator)
    parameters, state = buffer.clone(), adam.initial_state(buffer)
    in_place, held = buffer.clone(), adam.initial_state(buffer)
    factor = None if scale is None else torch.tensor([scale], dtype=torch.float64)
    for step in range(20):
        gradient = torch.randn(1000, dtype=torch.float64, generator=generator)
        rate = torch.tensor([1e-2 / (1 + step)], dtype=torch.float64)
        parameters, state = adam.step(parameters, gradient if factor is None else gradient * factor, state, rate)
        assert adam.step_in_place(in_place, gradient.clone(), held, rate, factor)
        torch.testing.assert_close(in_place, parameters, rtol=1e-12, atol=1e-13)
        for name in state:
            torch.testing.assert_close(held[name], state[name], rtol=1e-12, atol=1e-13)


def test_a_step_writes_to_nothing_that_it_was_given():
    adam, parameters, gradient = Adam(), torch.randn(9), torch.randn(9)
    state = adam.initial_state(parameters)
    given = [parameters.clone(), gradient.clone(), copy.deepcopy(state)]
    adam.step(parameters, gradient, state, torch.tensor([0.1]))
    assert torch.equal(parameters, given[0])
    assert torch.equal(gradient, given[1])
    assert all(torch.equal(state[name], given[2][name]) for name in state)
    assert all(value.dim() > 0 for value in state.values())


def test_the_networks_parameters_are_views_of_the_buffer_and_its_gradients_land_in_the_other():
    net = network()
    before = copy.deepcopy(net.state_dict())
    flat = FlatParameters(net.parameters())
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    net(torch.randn(4, 3, dtype=torch.float64)).sum().backward()
    assert torch.equal(flat.gradient, torch.cat([p.grad.reshape(-1) for p in net.parameters()]))
    flat.buffer.zero_()
    assert all(not p.any() for p in net.parameters())


def test_copies_and_state_dicts_are_independent_of_the_buffer():
    net = network()
    flat = FlatParameters(net.parameters())
    twin = copy.deepcopy(net)
    kept = copy.deepcopy(twin.state_dict())
    flat.buffer.add_(1.0)
    assert all(torch.equal(kept[name], value) for name, value in twin.state_dict().items())


@pytest.mark.parametrize("how", ["load_state_dict", "assign", "dtype", "zero_grad"])
def test_parameters_replaced_from_outside_are_gathered(how):
    net, other = network(seed=0), network(seed=1)
    flat = FlatParameters(net.parameters())
    if how == "load_state_dict":
        net.load_state_dict(other.state_dict())
    elif how == "assign":
        net.load_state_dict(copy.deepcopy(other.state_dict()), assign=True)
    elif how == "dtype":
        net.load_state_dict(other.state_dict())
        net.float().double()
    else:
        net.load_state_dict(other.state_dict())
        net.zero_grad(set_to_none=True)
    flat.gather(net.parameters())
    expected = torch.cat([p.detach().reshape(-1) for p in other.parameters()])
    torch.testing.assert_close(flat.buffer, expected, rtol=1e-6, atol=1e-7)
    flat.gradient.zero_()
    net(torch.ones(1, 3, dtype=torch.float64)).sum().backward()
    assert flat.gradient.any()
    flat.buffer.zero_()
    assert all(not p.any() for p in net.parameters())


def test_tied_parameters_count_once_and_frozen_ones_not_at_all():
    a, b, frozen = nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(5, 5).requires_grad_(False)
    b.weight = a.weight
    flat = FlatParameters([*a.parameters(), *b.parameters(), *frozen.parameters()])
    assert flat.buffer.numel() == 4 + 2 + 2


def test_parameters_of_two_kinds_or_none_are_refused():
    with pytest.raises(ConfigError, match=r"torch\.float32 on cpu, torch\.float64 on cpu"):
        FlatParameters([nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2, dtype=torch.float64))])
    with pytest.raises(ConfigError, match="no parameters"):
        FlatParameters([])
