"""What is compared: tasks with their values, how many seeds, and the score that a difference is measured against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rlt.assembly.compose import plan
from rlt.assembly.root import Experiment


@dataclass(frozen=True)
class Task:
    """One comparison."""

    name: str
    title: str
    words: tuple[str, ...]
    """What `rlt.train` is given, steps and seed apart. The other side's arguments are translated from the same words."""
    steps: int
    """Of both sides: whole rollouts of PPO, whole `train_freq` of DQN, so that neither rounds."""
    seeds: int
    """A side: 0 to seeds - 1."""
    best_published: float
    """The highest published score of the same algorithm, whatever its number of steps."""
    source: str
    """Of that score."""

    def experiment(self, seed: int) -> Experiment:
        """The checked configuration."""
        return plan(self.training_words(seed)).experiment

    def training_words(self, seed: int) -> list[str]:
        """For `rlt.train`. Evaluations on the way change no weight; the one at the end is this study's own."""
        apart = ["evaluation.interval=0", "evaluation.final_episodes=0", "log.tensorboard=false"]
        return [*self.words, f"total_steps={self.steps}", f"seed={seed}", *apart]


ZOO = "rl-baselines3-zoo"
SLM = "SLM-Lab, 300,000 steps"

PENDULUM_PPO: dict[str, Any] = {
    "n_steps": 1024, "minibatch_size": 64, "n_epochs": 10, "gamma": 0.9, "gae_lambda": 0.95, "learning_rate": 1e-3,
    "clip_range": 0.2, "ent_coef": 0.0,
}
"""rl-baselines3-zoo's tuned values without gSDE, which neither side then uses."""


def _options(values: dict[str, Any]) -> tuple[str, ...]:
    return tuple(f"agent.{key}={value}" for key, value in values.items())


TASKS = {
    task.name: task
    for task in (
        Task("ppo_cartpole", "PPO, CartPole-v1", ("+experiment=ppo_cartpole",), 390 * 256, 10, 500.0, ZOO),
        Task("dqn_cartpole", "DQN, CartPole-v1", ("+experiment=dqn_cartpole",), 196 * 256, 10, 500.0, ZOO),
        Task(
            "ppo_pendulum", "PPO, Pendulum-v1", ("agent=ppo", "env.id=Pendulum-v1", "env.num_envs=4", *_options(PENDULUM_PPO)),
            24 * 4096, 10, -172.2, ZOO,
        ),
        Task("sac_pendulum", "SAC, Pendulum-v1", ("+experiment=sac_pendulum",), 20_000, 5, -151.0, SLM),
        Task("dqn_lunarlander", "DQN, LunarLander-v3", ("+experiment=dqn_lunarlander",), 100_000, 10, 195.2, SLM),
        Task("ppo_lunarlander", "PPO, LunarLander-v3", ("+experiment=ppo_lunarlander",), 61 * 16_384, 5, 242.1, ZOO),
    )
}
"""In the order in which they are trained: quick ones first."""
