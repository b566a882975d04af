"""Every optimiser against torch's own, step by step."""

from __future__ import annotations

import pytest
import torch

from rlt.engine.optimizers import SGD, Adam, RMSprop

CASES = {
    "adam": (Adam(0.8, 0.95, 1e-6), torch.optim.Adam, {"betas": (0.8, 0.95), "eps": 1e-6}),
    "adam with weight decay": (Adam(weight_decay=0.1), torch.optim.Adam, {"weight_decay": 0.1}),
    "adamw": (Adam(weight_decay=0.1, decoupled=True), torch.optim.AdamW, {"weight_decay": 0.1}),
    "rmsprop": (RMSprop(0.9, 1e-5), torch.optim.RMSprop, {"alpha": 0.9, "eps": 1e-5}),
    "rmsprop centred with momentum": (
        RMSprop(0.95, momentum=0.7, centered=True, weight_decay=0.02),
        torch.optim.RMSprop,
        {"alpha": 0.95, "momentum": 0.7, "centered": True, "weight_decay": 0.02},
    ),
    "sgd": (SGD(), torch.optim.SGD, {}),
    "sgd with momentum": (
        SGD(momentum=0.9, dampening=0.3, weight_decay=0.01),
        torch.optim.SGD,
        {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01},
    ),
    "sgd with Nesterov's momentum": (SGD(momentum=0.9, nesterov=True), torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
}


@pytest.mark.parametrize("name", CASES)
def test_fifty_steps_equal_torchs(name):
    ours, theirs, options = CASES[name]
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(40, dtype=torch.float64, generator=generator)
    parameter = torch.nn.Parameter(start.clone())
    optimizer = theirs([parameter], lr=0.0, **options)
    values, state = start.clone(), ours.initial_state(start)
    for step in range(50):
        rate = 0.03 / (1 + step)
        gradient = torch.randn(40, dtype=torch.float64, generator=generator)
        parameter.grad = gradient.clone()
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        values, state = ours.step(values, gradient, state, torch.tensor([rate], dtype=torch.float64))
    assert (values - parameter.detach()).norm() <= 1e-13 * parameter.detach().norm()


@pytest.mark.parametrize("name", CASES)
def test_no_state_is_a_number_without_dimension_and_a_step_writes_to_nothing(name):
    ours = CASES[name][0]
    values, gradient = torch.ones(3), torch.full((3,), 0.5)
    state = ours.initial_state(values)
    before = {key: value.clone() for key, value in state.items()}
    new, after = ours.step(values, gradient, state, torch.tensor([0.1]))
    assert torch.equal(values, torch.ones(3))
    assert torch.equal(gradient, torch.full((3,), 0.5))
    assert not torch.equal(new, values)
    assert all(torch.equal(before[key], state[key]) for key in before)
    assert after.keys() == state.keys()
    assert all(value.dim() > 0 for value in after.values())
