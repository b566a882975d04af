"""An eager step of a large network: the engine beside plain torch with the same optimiser.

    python -m experiments.benchmarks.eager_step [--rounds 12]

10 million parameters in 36 tensors, batch 32, Adam, gradient clipping; blocks in turn, the fastest counts. Seconds of the
processor are shown too: on a machine that does other work, read those.
"""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Callable

import torch
from torch import nn

from rlt.engine.optimizers import Adam
from rlt.engine.step import Group, Step
from rlt.engine.training import TrainingStep
from rlt.types import Tensor

BATCH = 32


def network() -> nn.Sequential:
    """18 linear layers, 36 tensors, 10,0 million parameters."""
    torch.manual_seed(0)
    layers: list[nn.Module] = [nn.Linear(64, 784), nn.Tanh()]
    for _ in range(16):
        layers += [nn.Linear(784, 784), nn.Tanh()]
    return nn.Sequential(*layers, nn.Linear(784, 8))


def ours(module: nn.Module, x: Tensor, y: Tensor) -> Callable[[], object]:
    """A step of the engine."""

    def update(step: Step, x: Tensor, y: Tensor, rate: Tensor) -> dict[str, Tensor]:
        done = step.minimise("net", lambda net: ((net(x) - y).square().mean(), ()), rate)
        return {"loss": done.loss}

    step = TrainingStep({"net": Group(module, Adam(), 1.0)}, update)
    rate = torch.tensor([1e-3])
    return lambda: step(x, y, rate)


def plain(module: nn.Module, x: Tensor, y: Tensor) -> Callable[[], object]:
    """The same as one writes it with torch alone."""
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)

    def step() -> None:
        optimizer.zero_grad()
        (module(x) - y).square().mean().backward()
        nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()

    return step


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m experiments.benchmarks.eager_step", description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    rounds: int = parser.parse_args().rounds
    module = network()
    x, y = torch.randn(BATCH, 64), torch.randn(BATCH, 8)
    sides = {"engine": ours(copy.deepcopy(module), x, y), "plain torch": plain(module, x, y)}
    print("| threads | engine, ms | plain torch, ms | ratio | processor: engine, plain, ratio |\n|---|---|---|---|---|")
    for threads in (1, 2):
        torch.set_num_threads(threads)
        wall: dict[str, list[float]] = {name: [] for name in sides}
        worked: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(rounds):
            for name, step in sides.items():
                began, before = time.perf_counter(), time.process_time()
                step()
                wall[name].append(1e3 * (time.perf_counter() - began))
                worked[name].append(1e3 * (time.process_time() - before))
        (a, b), (c, d) = ([min(values) for values in of.values()] for of in (wall, worked))
        print(f"| {threads} | {a:.1f} | {b:.1f} | {a / b:.2f} | {c:.1f}, {d:.1f}, {c / d:.2f} |", flush=True)


if __name__ == "__main__":
    main()
