"""The eager, the pure and the compiled training step are one step."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from rlt.engine.optimizers import Adam
from rlt.engine.step import Group, PureStep
from rlt.engine.training import TrainingStep


class Net(nn.Module):
    """Batch norm, a tied weight and a parameter of its own."""

    def __init__(self):
        super().__init__()
        # No bias before batch norm: its gradient is zero but for rounding, which Adam would blow up.
        self.first, self.norm, self.second = nn.Linear(5, 8, bias=False), nn.BatchNorm1d(8), nn.Linear(8, 8)
        self.tied = nn.Linear(8, 8, bias=False)
        self.tied.weight = self.second.weight
        self.scale = nn.Parameter(torch.ones(8))

    def forward(self, x):
        h = torch.tanh(self.norm(self.first(x)))
        return (self.tied(torch.tanh(self.second(h))) * self.scale).sum(-1)


def update(step, x, y, rate):
    """A critic-like step with a target network, a second group that looks through the first, and an average."""
    with torch.no_grad():
        aim = y + 0.5 * step.network("target")(x)

    def critic(network):
        value = network(x)
        return (value - aim).square().mean(), value.detach().mean()

    done = step.minimise("critic", critic, rate)

    def actor(network):
        action = network(x)
        return (action.square() - step.network("critic")(x + action.unsqueeze(-1))).mean(), ()

    other = step.minimise("actor", actor, rate, active=lambda kept: rate > 0)
    step.average("target", "critic", 0.1)
    return {"critic": done.loss.reshape(1), "norm": done.norm, "actor": other.loss.reshape(1), "mean": done.kept.reshape(1)}


def groups(dtype=torch.float64):
    torch.manual_seed(0)
    critic, target, actor = Net().to(dtype), Net().to(dtype), nn.Sequential(nn.Linear(5, 1), nn.Flatten(0)).to(dtype)
    target.load_state_dict(critic.state_dict())
    target.eval()
    return {
        "critic": Group(critic, Adam(), 0.5),
        "target": Group(target, None),
        "actor": Group(actor, Adam(epsilon=1e-5), None),
    }


def batches(count, dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    rate = torch.tensor([1e-2], dtype=dtype)
    for _ in range(count):
        drawn = torch.randn(16, 6, dtype=torch.float64, generator=generator).to(dtype)
        yield drawn[:, :5], drawn[:, 5], rate


def everything(made):
    parts = [g.flat.buffer for g in made.values()]
    parts += [value.to(g.flat.buffer.dtype) for g in made.values() for value in g.state.values()]
    parts += [b.reshape(-1).to(g.flat.buffer.dtype) for g in made.values() for b in g.module.buffers()]
    return torch.cat(parts)


def run(count, dtype=torch.float64, compile_at=None, pure=False):
    made = groups(dtype)
    step = TrainingStep(made, update, compile_at)
    for batch in batches(count, dtype):
        if pure:
            _, statistics = step._pure(*step._held(), *batch)
            for name, written in statistics.items():
                for key, value in written.items():
                    made[name].statistics[key].copy_(value)
        else:
            step(*batch)
    return everything(made)


@pytest.mark.parametrize(("count", "bound"), [(1, 1e-13), (100, 1e-12)])
def test_the_pure_step_is_the_eager_step(count, bound):
    eager, pure = run(count), run(count, pure=True)
    assert (eager - pure).norm() <= bound * eager.norm()


@pytest.mark.slow
def test_a_run_that_goes_over_to_the_compiled_step_has_the_numbers_of_both_halves():
    switched = run(100, compile_at=15)
    assert (switched - run(100)).norm() <= 1e-12 * switched.norm()


@pytest.mark.slow
def test_the_compiled_step_in_float32_is_no_further_from_float64_than_the_eager_one():
    single, compiled = run(60, torch.float32).double(), run(60, torch.float32, compile_at=0).double()
    reference = run(60)
    assert (compiled - reference).norm() <= 1.5 * (single - reference).norm()


def test_gradients_reach_only_the_group_that_is_minimised():
    made = groups()
    before = made["critic"].flat.buffer.clone()
    step = TrainingStep(
        made,
        lambda s, x, y, r: {
            "l": s.minimise("actor", lambda n: (-s.network("critic")(x + n(x).unsqueeze(-1)).mean(), ()), r).loss
        },
    )
    step(*next(batches(1)))
    assert torch.equal(before, made["critic"].flat.buffer)
    assert torch.equal(made["critic"].flat.gradient, torch.zeros_like(before))


def test_the_state_of_a_training_step_restores():
    stopped = groups()
    step = TrainingStep(stopped, update)
    all_batches = list(batches(10))
    for batch in all_batches[:4]:
        step(*batch)
    state, weights = step.state(), {name: {k: v.clone() for k, v in g.module.state_dict().items()} for name, g in stopped.items()}
    resumed = groups()
    for name, group in resumed.items():
        group.module.load_state_dict(weights[name])
    second = TrainingStep(resumed, update)
    second.load_state(state)
    for batch in all_batches[4:]:
        step(*batch)
        second(*batch)
    assert second.updates == 10
    assert torch.equal(everything(stopped), everything(resumed))


def test_a_pure_step_leaves_what_it_was_given_alone():
    made = groups()
    held = {name: g.flat.buffer.clone() for name, g in made.items()}
    x, y, rate = next(batches(1))
    pure = PureStep(
        made,
        {n: g.flat.buffer for n, g in made.items()},
        {n: g.state for n, g in made.items()},
        {n: g.statistics for n, g in made.items()},
    )
    update(pure, x, y, rate)
    assert all(torch.equal(held[name], g.flat.buffer) for name, g in made.items())
    assert not torch.equal(pure.values["critic"], held["critic"])
