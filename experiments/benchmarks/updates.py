"""One update alone: ours beside Stable-Baselines3's own `train()`, on the same batch size and networks.

    python -m experiments.benchmarks.updates [ppo dqn sac] [--rounds 8] [--out FILE.md]

Both sides of a task run in one process, a block of updates each in turn, with one and with two threads; a row compares the
better of the two on each side. A block's time is divided by its updates; the fastest block counts, the median stands beside it.
On a machine that does other work too, read the last column: seconds of the processor instead of the clock, one thread each.
Ours is compiled, the whole step in one graph.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch

from rlt import envs
from rlt.agents import DQN, PPO, SAC
from rlt.agents.ppo.update import Batch, Coefficients
from rlt.rl.vector_env import Step

THREADS = (1, 2)
OBS, ACT = gym.spaces.Box(-10, 10, (17,), np.float32), gym.spaces.Box(-1, 1, (6,), np.float32)
"""HalfCheetah's spaces: the numbers are drawn, no physics runs."""


class Drawn(gym.Env[Any, Any]):
    """An environment of the given spaces that draws its observations."""

    def __init__(self, observation_space: gym.Space[Any], action_space: gym.Space[Any]) -> None:
        self.observation_space, self.action_space = observation_space, action_space

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        return self.observation_space.sample(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        return self.observation_space.sample(), float(self.np_random.normal()), self.np_random.random() < 0.01, False, {}


@dataclass
class Side:
    """One library on one task: `run(n)` makes `n` updates."""

    run: Callable[[int], None]
    seconds: dict[int, list[float]] = field(default_factory=lambda: {t: [] for t in THREADS})
    processor: list[float] = field(default_factory=list)
    """Of the blocks with one thread."""

    def best(self, of: Callable[[list[float]], float]) -> tuple[float, int]:
        """Microseconds per update, and with how many threads."""
        return min((of(values) * 1e6, threads) for threads, values in self.seconds.items())


@dataclass(frozen=True)
class Task:
    """What is compared."""

    name: str
    bar: float
    block: int
    ours: Callable[[], Callable[[int], None]]
    theirs: Callable[[], Callable[[int], None]]


def ppo_ours() -> Callable[[int], None]:
    env = envs.make(lambda: Drawn(OBS, ACT), 1)
    agent = PPO(env, n_steps=2048, minibatch_size=64, n_epochs=1, compile="on", seed=0)
    agent.settle(1)
    generator = torch.Generator().manual_seed(0)
    obs, action = torch.randn(2048, 17, generator=generator), torch.randn(2048, 6, generator=generator)
    with torch.no_grad():
        parameters, value = agent.policy.evaluate(obs)
        log_prob = agent.policy.distribution.log_prob(parameters, action)
    advantage, target = torch.randn(2, 2048, generator=generator).unbind(0)
    rollout = Batch(obs, action, log_prob, value, advantage, target)
    numbers = Coefficients(*(torch.tensor([x]) for x in (3e-4, 0.2, 0.0)))
    return lambda updates: _discard(agent._update(Batch(*(x[: 64 * updates] for x in rollout)), 64, numbers, generator))


def _discard(result: object) -> None:
    """Metrics that nobody looks at."""


def ppo_theirs() -> Callable[[int], None]:
    from stable_baselines3 import PPO as Theirs
    from stable_baselines3.common.buffers import RolloutBuffer

    generator = np.random.default_rng(0)
    model = Theirs("MlpPolicy", Drawn(OBS, ACT), n_steps=64, batch_size=64, n_epochs=1, device="cpu", seed=0)
    model._setup_learn(1)

    def run(updates: int) -> None:
        n = 64 * updates
        if model.rollout_buffer.buffer_size != n:
            model.rollout_buffer = RolloutBuffer(n, OBS, ACT, device="cpu", n_envs=1)
            model.rollout_buffer.full = True
            for name, shape in (("observations", (17,)), ("actions", (6,)), ("values", ()), ("returns", ()), ("advantages", ())):
                setattr(model.rollout_buffer, name, generator.normal(size=(n, 1, *shape)).astype(np.float32))
            model.rollout_buffer.log_probs = generator.normal(-8, 1, size=(n, 1)).astype(np.float32)
        model.train()

    return run


def dqn_ours() -> Callable[[int], None]:
    space, actions = gym.spaces.Box(-5, 5, (4,), np.float32), gym.spaces.Discrete(2)
    agent = DQN(
        envs.make(lambda: Drawn(space, actions), 1), buffer_size=10_000, batch_size=128, model={"hidden": [120, 84]},
        compile="on", seed=0,
    )
    return _replaying(agent, 4, lambda n: torch.randint(2, (n,)))


def sac_ours() -> Callable[[int], None]:
    agent = SAC(
        envs.make(lambda: Drawn(OBS, ACT), 1), buffer_size=10_000, batch_size=256, model={"hidden": [256, 256]},
        compile="on", seed=0,
    )
    return _replaying(agent, 17, lambda n: torch.rand(n, 6) * 2 - 1)


def _replaying(agent: Any, obs_size: int, actions: Callable[[int], torch.Tensor]) -> Callable[[int], None]:
    """A filled replay, and the agent's own updates from it, sampling included."""
    agent.settle(1)
    obs = torch.randn(1, obs_size)
    for _ in range(5000):
        after = torch.randn(1, obs_size)
        ends = torch.rand(1) < 0.01
        agent.replay.add(obs, actions(1), Step(after, torch.randn(1), ends, torch.zeros_like(ends), after))
        obs = after
    generator = torch.Generator().manual_seed(0)

    def run(updates: int) -> None:
        agent.update(agent.replay.sample(updates, agent.config.batch_size, generator))

    return run


def dqn_theirs() -> Callable[[int], None]:
    from stable_baselines3 import DQN as Theirs

    space, actions = gym.spaces.Box(-5, 5, (4,), np.float32), gym.spaces.Discrete(2)
    model = Theirs(
        "MlpPolicy", Drawn(space, actions), buffer_size=10_000, policy_kwargs={"net_arch": [120, 84]}, device="cpu", seed=0
    )
    return _their_replay(model, 128)


def sac_theirs() -> Callable[[int], None]:
    from stable_baselines3 import SAC as Theirs

    model = Theirs("MlpPolicy", Drawn(OBS, ACT), buffer_size=10_000, device="cpu", seed=0)
    return _their_replay(model, 256)


def _their_replay(model: Any, batch_size: int) -> Callable[[int], None]:
    model._setup_learn(1)
    generator = np.random.default_rng(0)
    space, actions = model.observation_space, model.action_space
    for _ in range(5000):
        obs, after = (generator.normal(size=(1, *space.shape)).astype(np.float32) for _ in range(2))
        model.replay_buffer.add(obs, after, np.array([actions.sample()]), generator.normal(size=1), np.array([False]), [{}])
    return lambda updates: model.train(updates, batch_size)


TASKS = {
    "ppo": Task("PPO, 64-64, minibatch 64", 5.0, 32, ppo_ours, ppo_theirs),
    "dqn": Task("DQN, 120-84, batch 128", 3.0, 50, dqn_ours, dqn_theirs),
    "sac": Task("SAC, 256-256, batch 256", 1.75, 10, sac_ours, sac_theirs),
}


def measure(task: Task, rounds: int) -> tuple[Side, Side]:
    """Blocks of both sides in turn; the first, in which things are compiled, is thrown away."""
    ours = {threads: _with(threads, task.ours) for threads in THREADS}
    theirs = _with(1, task.theirs)
    sides = Side(lambda n: None), Side(theirs)
    for threads in THREADS:
        for run in (ours[threads], theirs):
            _with(threads, lambda run=run: run(task.block))
    for _ in range(rounds):
        for threads in THREADS:
            for side, run in ((sides[0], ours[threads]), (sides[1], theirs)):
                torch.set_num_threads(threads)
                began, worked = time.perf_counter(), time.process_time()
                run(task.block)
                side.seconds[threads].append((time.perf_counter() - began) / task.block)
                if threads == 1:
                    side.processor.append((time.process_time() - worked) / task.block)
    return sides


def _with(threads: int, make: Callable[[], Any]) -> Any:
    torch.set_num_threads(threads)
    return make()


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m experiments.benchmarks.updates", description=__doc__)
    parser.add_argument("tasks", nargs="*", default=[*TASKS])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--out", type=Path, help="also write the table to this file")
    arguments = parser.parse_args()
    lines = [
        "| update | ours, us (threads) | Stable-Baselines3, us (threads) | medians | times as fast | must reach "
        "| processor, us: ours, theirs, ratio |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in arguments.tasks:
        task = TASKS[name]
        ours, theirs = measure(task, arguments.rounds)
        (a, at), (b, bt) = ours.best(min), theirs.best(min)
        medians = f"{ours.best(statistics.median)[0]:.0f} / {theirs.best(statistics.median)[0]:.0f}"
        worked, they_worked = (1e6 * min(side.processor) for side in (ours, theirs))
        processor = f"{worked:.0f}, {they_worked:.0f}, {they_worked / worked:.2f}"
        lines.append(f"| {task.name} | {a:.0f} ({at}) | {b:.0f} ({bt}) | {medians} | {b / a:.2f} | {task.bar:g} | {processor} |")
        print("\n".join(lines), flush=True)
    if arguments.out is not None:
        arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
