"""What is checked of every agent on a GPU: its modes are equal, it resumes to the bit, it learns. `make cuda` runs them there,
the tests at small size on the CPU; a CUDA device alone tells whether they hold on one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from rlt import envs
from rlt.agents import DQN, PPO, SAC
from rlt.rl.agent import Agent
from rlt.store.tree import load_tree, save_tree
from tests.agents import tiny

STORED = {"learning_starts": 64, "buffer_size": 5000, "batch_size": 64}
LEARNING: dict[type[Agent], dict[str, Any]] = {
    PPO: {"n_steps": 32, "minibatch_size": 64, "n_epochs": 8, "learning_rate": 5e-3},
    DQN: STORED | {
        "learning_rate": 1e-2, "train_freq": 8, "gradient_steps": 4, "target_update_interval": 64,
        "exploration": "linear:1:0.1@0.5",
    },
    SAC: STORED | {"learning_rate": 3e-3, "temperature": 0.01, "tau": 0.05, "model": {"hidden": [32, 32]}},
}
TASKS: dict[type[Agent], tuple[Any, int, int, float]] = {
    PPO: (tiny.RightAction, 8, 2560, 0.99), DQN: (tiny.RightAction, 8, 1600, 0.99), SAC: (tiny.Target, 4, 700, -0.01),
}
"""Environment, how many, steps, and the mean return that must be reached; what they can be at best is known by heart."""


def made(agent: type[Agent], device: str, **options: Any) -> Agent:
    """An agent of `TASKS` on `device`."""
    task, num_envs, _, _ = TASKS[agent]
    return agent(envs.make(task, num_envs, backend="sync", device=device), seed=1, threads=1, **LEARNING[agent] | options)


def equal_modes(agent: type[Agent], device: str, folder: Path, compile: str = "on") -> str:
    """From the same state the same data, then updates: eager and compiled weights differ by rounding alone."""
    # One rollout, or random actions throughout: what is learned from does not depend on what was learned.
    once = {} if agent is PPO else {"learning_starts": 64, "train_freq": 128, "gradient_steps": 16}
    vectors = []
    for mode in ("off", compile):
        one = made(agent, device, compile=mode, **once)
        steps = one.log_interval if agent is PPO else 128
        one.settle(steps)
        one.begin(steps)
        one.advance(steps)
        groups = {name: group for step in one.training_steps for name, group in step.groups.items()}
        assert max(step.updates for step in one.training_steps) >= 16
        assert all(group.flat.buffer.device.type == torch.device(device).type for group in groups.values())
        vectors.append(torch.cat([group.flat.buffer.double().cpu() for group in groups.values()]))
    distance = float((vectors[0] - vectors[1]).norm() / vectors[0].norm())
    assert distance < 1e-4, f"eager and compiled weights differ by {distance:.1e}"
    return f"relative distance {distance:.1e}"


def resume(agent: type[Agent], device: str, folder: Path) -> str:
    """A state written in the middle, read into a new agent: it ends bit-equal to one that went on."""
    steps = 512 if agent is PPO else 160
    whole, stopped, resumed = (made(agent, device) for _ in range(3))
    for one in (whole, stopped):
        stop = one.begin(steps)
    whole.advance(stop)
    stopped.advance(steps // 2)
    save_tree(folder / f"{agent.__name__}.rlt", stopped.state(), kind="checkpoint")
    inexact = resumed.load_state(load_tree(folder / f"{agent.__name__}.rlt", kind="checkpoint"))
    assert inexact is None, inexact
    resumed.advance(stop)
    for name, value in whole.weights().items():
        assert torch.equal(value, resumed.weights()[name]), f"{name} differs"
    return f"{len(whole.weights())} tensors bit-equal after {stop} steps"


def learning(agent: type[Agent], device: str, folder: Path) -> str:
    """A short training reaches what is known to be reached."""
    _, _, steps, least = TASKS[agent]
    one = made(agent, device)
    one.learn(steps)
    reached = float(one.evaluate(50)["return_mean"])
    one.close()
    assert reached >= least, f"mean return {reached:.3f}, expected {least}"
    return f"mean return {reached:.3f} after {steps} steps (asked: {least})"


CHECKS: dict[str, Callable[..., str]] = {"equal_modes": equal_modes, "resume": resume, "learning": learning}
