"""Compiled for real: one graph for each agent's step, compiled once, with the numbers of the eager step."""

from __future__ import annotations

import pytest
import torch
from torch._dynamo.utils import counters

from experiments.proofs.modes import CASES, distance


def everything(step):
    parts = [group.flat.buffer for group in step.groups.values()]
    return torch.cat([*parts, *(value.double() for group in step.groups.values() for value in group.state.values())])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dqn", "ppo"])
def test_a_compiled_step_is_one_graph_compiled_once_and_the_eager_step(name):
    torch._dynamo.reset()
    counters.clear()
    (eager, batches), (compiled, same_batches) = (CASES[name](torch.float64) for _ in range(2))
    compiled.compile_from(0)
    for number in range(12):
        metrics = eager(*next(batches))
        with torch._dynamo.config.patch(error_on_recompile=number > 0):
            got = compiled(*next(same_batches))
        torch.testing.assert_close(got["row"], metrics["row"], rtol=1e-10, atol=1e-12)
    assert compiled.compile_at == 0  # it did not fall back to eager steps
    assert distance(everything(compiled), everything(eager)) <= 1e-12
    assert counters["stats"]["unique_graphs"] == 1
    assert not counters["graph_break"]
