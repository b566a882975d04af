"""An agent from outside gets the engine's modes for nothing: TD3's step eager, pure and compiled."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
import torch
from torch._dynamo.utils import counters

from experiments.examples.td3 import TD3
from experiments.proofs.modes import distance
from rlt.rl.replay import Storage

BATCH, UPDATES = 16, 12


def stepped(mode):
    """The step, and the metrics of its updates: both kinds, with the actor and without."""
    agent = TD3.for_spaces(
        gym.spaces.Box(-1, 1, (3,), np.float32), gym.spaces.Box(-2, 2, (2,), np.float32), tau=0.1, model={"hidden": [16]},
        threads=1, target_noise=0.5,
    )
    agent.critics.double()
    agent.policy.double()
    agent.prepare_update()
    step, generator, rows = agent.step, torch.Generator().manual_seed(0), []
    if mode == "compiled":
        step.compile_from(0)
    for number in range(UPDATES):
        frames = torch.randn(2 * BATCH, 3, generator=generator, dtype=torch.float64)
        action = torch.rand(BATCH, 2, generator=generator, dtype=torch.float64) * 4 - 2
        noise = torch.randn(BATCH, 2, generator=generator, dtype=torch.float64)
        storage = Storage(frames, BATCH + torch.arange(BATCH), action, frames[:BATCH, 0] * 2, frames[BATCH:, 1] > 1)
        index = torch.randint(BATCH, (BATCH,), generator=generator)
        given = storage, index, noise, torch.tensor([1e-2], dtype=torch.float64), torch.tensor([number % 2 == 1])
        with torch._dynamo.config.patch(error_on_recompile=number > 0):
            if mode == "pure":
                with torch.no_grad():
                    made = step._pure(*step._held(), *given)[0]
            else:
                made = step(*given)
        rows.append(made["row"].clone())
    return step, torch.stack(rows)


def everything(step):
    parts = [group.flat.buffer for group in step.groups.values()]
    return torch.cat([*parts, *(value.double() for group in step.groups.values() for value in group.state.values())])


def test_the_pure_step_is_the_eager_step():
    (eager, rows), (pure, pure_rows) = stepped("eager"), stepped("pure")
    assert distance(everything(pure), everything(eager)) <= 1e-12
    torch.testing.assert_close(pure_rows, rows, rtol=1e-10, atol=1e-12)
    assert {name: float(group.state["step"]) for name, group in pure.groups.items() if group.state} == {
        "actor": UPDATES / 2, "critics": UPDATES,
    }


@pytest.mark.slow
def test_the_compiled_step_is_one_graph_compiled_once_and_the_eager_step():
    torch._dynamo.reset()
    counters.clear()
    (eager, rows), (compiled, compiled_rows) = stepped("eager"), stepped("compiled")
    assert compiled.compile_at == 0  # it did not fall back to eager steps
    assert distance(everything(compiled), everything(eager)) <= 1e-12
    torch.testing.assert_close(compiled_rows, rows, rtol=1e-10, atol=1e-12)
    assert counters["stats"]["unique_graphs"] == 1
    assert not counters["graph_break"]
