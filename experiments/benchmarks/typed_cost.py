"""What typed networks cost, as multiples of a plain forward that is timed in the same run, in turn with each part.

    python experiments/benchmarks/typed_cost.py [--rounds 40] [--kernels]

Network: MLP 8-64-64-4, tanh, batch 32, one thread. The call check is measured on a method that returns at once, so that
the forward's own noise is not in it. `--kernels` compiles a fullgraph training step with and without annotations,
compares the generated code and counts the guards of each.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

import rlt
from rlt.shapes.sizes import SIZES, key_of
from rlt.types import Float


def layers(n_in: int, n_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n_in, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, n_out))


class Plain(nn.Module):
    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.net = layers(obs_dim, n_actions)

    def forward(self, obs: Tensor) -> Tensor:
        return self.net(obs)


class Typed(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.net = layers(obs_dim, n_actions)

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self.net(obs)


class Returns(nn.Module):
    """Gives what it was told to, so that only the check around a call costs time."""

    answer: Tensor

    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.obs_dim, self.n_actions = obs_dim, n_actions
        self.__dict__[SIZES] = {key_of(Returns): {"obs_dim": obs_dim, "n_actions": n_actions}}

    def plain(self, obs: Tensor) -> Tensor:
        return self.answer

    @rlt.typed
    def typed(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self.answer


def seconds(function: Callable[[], Any], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        function()
    return (time.perf_counter() - start) / times


def measure(rounds: int) -> dict[str, float]:
    """Median seconds of each part; the parts take turns, so that a busy machine is busy for all of them."""
    torch.set_num_threads(1)
    x = torch.randn(32, 8)
    plain, typed, returns = Plain(8, 4), Typed(8, 4), Returns(8, 4)
    returns.answer = plain(x).detach()
    parts: dict[str, tuple[Callable[[], Any], int]] = {
        "forward": (lambda: plain(x), 200),
        "check": (lambda: rlt.check_network(typed), 20),
        "construct plain": (lambda: Plain(8, 4), 20),
        "construct typed": (lambda: Typed(8, 4), 20),
        "call plain": (lambda: returns.plain(x), 5000),
        "call typed": (lambda: returns.typed(x), 5000),
    }
    found: dict[str, list[float]] = {k: [] for k in parts}
    with torch.inference_mode():
        for function, times in parts.values():
            seconds(function, times)
        for _ in range(rounds):
            for key, (function, times) in parts.items():
                found[key].append(seconds(function, times))
    return {k: statistics.median(v) for k, v in found.items()}


def graph_step(network: nn.Module) -> Callable[..., Any]:
    """Gradients as a function of parameters: forward and backward in one graph."""

    def loss(parameters: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        return (torch.func.functional_call(network, parameters, (x,)) - y).square().mean()

    return torch.func.grad_and_value(loss)


def kernels(network: nn.Module) -> list[str]:
    """The code that inductor generates for one fullgraph training step."""
    from torch._inductor.utils import run_and_get_code

    torch._dynamo.reset()
    compiled = torch.compile(graph_step(network), fullgraph=True, dynamic=False)
    parameters = {k: v.detach() for k, v in network.named_parameters()}
    _, code = run_and_get_code(compiled, parameters, torch.ones(32, 8), torch.ones(32, 4))
    return code


def guards(network: nn.Module) -> list[str]:
    """The guards of the compiled forward, each as text."""
    found: list[str] = []
    torch._dynamo.reset()

    def collect(exported: Any) -> None:
        found.extend(f"{g.create_fn_name()} {g.name() if callable(g.name) else g.name}" for g in exported)

    compiled = torch._dynamo.optimize("eager", nopython=True, guard_export_fn=collect)(network)
    compiled(torch.ones(32, 8))
    return found


def main() -> int:
    logging.disable(logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--kernels", action="store_true", help="compile too (a minute)")
    options = parser.parse_args()
    t = measure(options.rounds)
    forward = t["forward"]
    call = t["call typed"] - t["call plain"]
    construct = t["construct typed"] - t["construct plain"]
    print(f"plain forward, MLP 8-64-64-4, batch 32 {forward * 1e6:8.1f} us")
    for what, value, bar in (
        ("build check", t["check"], 25),
        ("what the constructor adds", construct, 25),
        ("call check", call, 0.03),
    ):
        print(f"{what:38s} {value * 1e6:8.2f} us {value / forward:8.4f} forwards (bar {bar})")
    fine = t["check"] / forward <= 25 and call / forward <= 0.03
    if options.kernels:
        torch.manual_seed(0)
        plain, typed = Plain(8, 4), Typed(8, 4)
        same = kernels(plain) == kernels(typed)
        before, after = guards(plain), guards(typed)
        print(f"generated kernels: {'the same text' if same else 'DIFFERENT'}")
        print(f"guards: {len(before)} plain, {len(after)} typed")
        for guard in sorted(set(after) - set(before)):
            print(f"    {guard}")
        fine = fine and same
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
