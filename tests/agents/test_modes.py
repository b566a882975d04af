"""What the compiler is given is what runs eagerly, for every agent. Compiled, and over 100 updates: experiments/proofs."""

from __future__ import annotations

import gc

import pytest
import torch

from experiments.proofs.modes import CASES, after, distance, living
from tests.agents.operations import Operations


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("count", "bound"), [(1, 1e-13), (20, 1e-12)])
def test_the_pure_step_is_the_eager_step(name, count, bound):
    (eager, steps), (pure, pure_steps) = (after(name, count, torch.float64, mode) for mode in ("eager", "pure"))
    assert distance(pure, eager) <= bound
    assert set(steps) == set(pure_steps) == {count}


@pytest.mark.parametrize("name", CASES)
def test_a_pure_step_reads_nothing_back_to_the_host(name):
    step, updates = CASES[name](torch.float32)
    arguments = next(updates)
    with torch.no_grad(), Operations() as operations:
        step._pure(*step._held(), *arguments)
    assert operations.total > 50
    assert not operations.host_reads()


@pytest.mark.parametrize("name", CASES)
def test_updates_leave_no_tensor_behind(name):
    gc.collect()
    gc.freeze()  # the tensors of this test alone are counted: looking at all others takes seconds
    step, updates = CASES[name](torch.float32)
    for _ in range(3):
        step(*next(updates))
    before = living()
    for _ in range(40):
        step(*next(updates))
    assert living() == before
