"""What every run is asked for, whatever it learns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from rlt.errors import ConfigError


@dataclass(frozen=True)
class EvaluationConfig:
    """Evaluation during and after training: own environments, own seeds, frozen normalisers."""

    interval: int | None = None
    """Steps between evaluations. null: a tenth of total_steps, but a rollout (PPO) or train_freq if longer; 0: never."""
    episodes: int = 10
    """Episodes of one periodic evaluation, the same number from each environment (from the first, one more)."""
    num_envs: int | None = None
    """Environments to evaluate in. null: as many as in training, at most `episodes` and at most 16."""
    deterministic: bool = True
    """Take the policy's most likely action instead of a sample."""
    final_episodes: int = 100
    """Episodes of the evaluation after the last step. 0: none."""

    def __post_init__(self) -> None:
        _at_least(1, self, "evaluation.", "episodes", "num_envs")
        _at_least(0, self, "evaluation.", "interval", "final_episodes")


@dataclass(frozen=True)
class CheckpointConfig:
    """Checkpoints: what a killed run goes on from."""

    interval: int | None = None
    """Steps between checkpoints. null: as for evaluations; 0: only at the end and when the run is stopped."""
    keep: int = 1
    """How many periodic checkpoints stay, the newest first; 0 keeps all. `best` is kept apart."""
    replay: bool = True
    """Store replay too (off-policy agents). false saves disk, and a resumed run then starts with an empty replay."""

    def __post_init__(self) -> None:
        _at_least(0, self, "checkpoint.", "interval", "keep")


@dataclass(frozen=True)
class LogConfig:
    """What is written while a run goes on."""

    interval: int | None = None
    """Steps between rows of metrics.csv and points in TensorBoard. null: the agent's own (PPO: one rollout)."""
    tensorboard: bool = True
    """Write TensorBoard events."""
    progress: Literal["auto", "rich", "plain", "off"] = "auto"
    """The progress line. auto: rich in a terminal, else plain lines."""

    def __post_init__(self) -> None:
        _at_least(0, self, "log.", "interval")


@dataclass(frozen=True)
class StopConfig:
    """Reasons to stop before total_steps, looked at after each periodic evaluation."""

    reward: float | None = None
    """Stop once the mean return of an evaluation reaches this."""
    patience: int | None = None
    """Stop after so many evaluations in a row without a new best."""

    def __post_init__(self) -> None:
        _at_least(1, self, "stop.", "patience")


@dataclass(frozen=True)
class RunConfig:
    """The part of a configuration that `rlt.run` owns."""

    total_steps: int = 1_000_000
    """Steps to train: one step is one transition of one environment. On-policy agents round down to whole rollouts."""
    seed: int = 0
    """Fixes everything: networks, exploration, environments, evaluation. Each gets a seed of its own from this one."""
    device: str = "auto"
    """cpu, cuda, cuda:1. auto: cuda where there is one and the network is large enough to gain (a CNN), else cpu."""
    init_from: str | None = None
    """A run folder or checkpoint whose policy weights (normalisers included) the run starts from."""
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)
    checkpoint: CheckpointConfig = field(default_factory=CheckpointConfig)
    log: LogConfig = field(default_factory=LogConfig)
    stop: StopConfig = field(default_factory=StopConfig)

    def __post_init__(self) -> None:
        _at_least(1, self, "", "total_steps")
        _at_least(0, self, "", "seed")


def _at_least(least: int, config: Any, prefix: str, *names: str) -> None:
    for name in names:
        value = getattr(config, name)
        if value is not None and value < least:
            raise ConfigError(f"{prefix}{name}={value} does not fit", f"expected a whole number of at least {least}")
