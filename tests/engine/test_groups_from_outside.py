"""What happens to a group's network and optimiser from outside, between updates."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from rlt.engine.optimizers import SGD, Adam, RMSprop
from rlt.engine.step import Group
from rlt.engine.torch_optim import from_torch, to_torch
from rlt.engine.training import TrainingStep
from rlt.errors import ConfigError

RATE = 0.05
RULES = [
    Adam(epsilon=1e-5), Adam(weight_decay=0.1, decoupled=True), Adam(weight_decay=0.1), RMSprop(),
    RMSprop(momentum=0.9, centered=True), SGD(), SGD(momentum=0.9, dampening=0.3), SGD(momentum=0.9, nesterov=True),
]
NAMES = [f"{n} {type(rule).__name__}" for n, rule in enumerate(RULES)]


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()


def data(n):
    return torch.randn(8, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(n))


def step_of(module, rule):
    rate = torch.tensor([RATE], dtype=torch.float64)

    def update(step, x):
        return {"loss": step.minimise("net", lambda net: (net(x).square().sum(), ()), rate).loss}

    return TrainingStep({"net": Group(module, rule)}, update)


def in_torch(module, optimizer, batches):
    for n in batches:
        optimizer.zero_grad()
        module(data(n)).square().sum().backward()
        optimizer.step()


def weights(module):
    return torch.cat([p.detach().reshape(-1) for p in module.parameters()])


def engine(step, batches):
    for n in batches:
        step.gather()
        step(data(n))


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
@pytest.mark.parametrize("before", [0, 4])
def test_training_goes_on_in_torch_and_back_with_the_same_numbers(rule, before):
    whole, moved = network(), network()
    step = step_of(whole, rule)
    engine(step, range(12))
    other = step_of(moved, rule)
    engine(other, range(before))
    optimizer = to_torch(other.groups["net"], RATE)
    in_torch(moved, optimizer, range(before, 8))
    from_torch(other.groups["net"], optimizer)
    engine(other, range(8, 12))
    torch.testing.assert_close(weights(moved), weights(whole), rtol=1e-12, atol=1e-12)


def test_an_optimiser_of_another_kind_or_of_other_parameters_is_refused():
    module = network()
    group = Group(module, Adam())
    with pytest.raises(ConfigError, match="(?s)expected Adam without amsgrad.*SGD"):
        from_torch(group, torch.optim.SGD(module.parameters(), lr=0.1))
    with pytest.raises(ConfigError, match="without amsgrad"):
        from_torch(group, torch.optim.Adam(module.parameters(), amsgrad=True))
    with pytest.raises(ConfigError, match="it lacks 0.weight, 0.bias"):
        from_torch(group, torch.optim.Adam(module[2].parameters()))
    uneven = torch.optim.Adam(module.parameters())
    in_torch(module, uneven, [0])
    uneven.state[module[0].weight]["step"] += 3
    with pytest.raises(ConfigError, match="unequal numbers of steps"):
        from_torch(group, uneven)


@pytest.mark.parametrize("rule", [Adam(), RMSprop(momentum=0.5)], ids=["Adam", "RMSprop"])
def test_a_layer_that_is_frozen_stays_and_the_others_learn_on_with_their_state(rule):
    ours, theirs = network(), network()
    step = step_of(ours, rule)
    engine(step, range(5))
    optimizer = to_torch(Group(theirs, rule), RATE)
    in_torch(theirs, optimizer, range(5))
    for module in (ours, theirs):
        module[0].requires_grad_(False)
        optimizer.zero_grad()
    frozen = ours[0].weight.clone()
    engine(step, range(5, 9))
    in_torch(theirs, optimizer, range(5, 9))
    assert torch.equal(ours[0].weight, frozen)
    torch.testing.assert_close(weights(ours), weights(theirs), rtol=1e-12, atol=1e-12)
    for module in (ours, theirs):
        module[0].requires_grad_(True)
    engine(step, range(9, 11))
    assert not torch.equal(ours[0].weight, frozen)


def two_networks(tau):
    learner, target = network(), network()
    rate = torch.tensor([RATE], dtype=torch.float64)

    def update(step, x):
        loss = step.minimise("net", lambda net: (net(x).square().sum(), ()), rate).loss
        step.average("target", "net", tau)
        return {"loss": loss}

    return TrainingStep({"net": Group(learner, Adam()), "target": Group(target, None)}, update), learner, target


def test_a_target_follows_a_network_of_which_a_layer_is_frozen():
    step, learner, target = two_networks(0.25)
    engine(step, range(3))
    learner[0].requires_grad_(False)
    before, at = [p.detach().clone() for p in target.parameters()], learner[0].weight.clone()
    engine(step, [3])
    assert torch.equal(learner[0].weight, at)
    for old, now, source in zip(before, target.parameters(), learner.parameters()):
        torch.testing.assert_close(now, 0.75 * old + 0.25 * source, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("frozen_in", ["the saved", "the loading"])
def test_a_state_knows_which_layers_were_frozen(frozen_in):
    saved, learner, _ = two_networks(0.1)
    engine(saved, range(3))
    loading, other, _ = two_networks(0.1)
    (learner if frozen_in == "the saved" else other)[0].requires_grad_(False)
    saved.gather()
    loading.gather()
    engine(saved, range(3, 5))
    state = saved.state()
    for group, of in zip(loading.groups.values(), saved.groups.values()):
        group.module.load_state_dict(of.module.state_dict())
    loading.load_state(state)
    assert other[0].weight.requires_grad == (frozen_in != "the saved")
    for each in (saved, loading):
        engine(each, range(5, 8))
    for one, two in zip(saved.groups.values(), loading.groups.values()):
        assert torch.equal(weights(one.module), weights(two.module))


def test_a_network_that_is_frozen_whole_is_refused():
    module = network()
    step = step_of(module, Adam())
    module.requires_grad_(False)
    with pytest.raises(ConfigError, match="no parameters that require a gradient"):
        step.gather()
