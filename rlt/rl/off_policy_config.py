"""What every off-policy agent is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from rlt.errors import ConfigError
from rlt.rl.named import Handed


@dataclass(frozen=True)
class OffPolicyConfig:
    """Options of every agent that learns from replay."""

    buffer_size: int = 1_000_000
    """Transitions that replay holds. More: older experience, more memory. 10,000 (classic control) to 1,000,000."""
    learning_starts: int = 100
    """Transitions that must be stored before the first update. More: a broader start. 0 to 50,000."""
    train_freq: int = 1
    """Steps between updates, counted over all environments: 8 environments make 8 steps at once. 1 to 256."""
    gradient_steps: int = 1
    """Updates every train_freq steps; -1: as many as train_freq. gradient_steps / train_freq is the update-to-data ratio."""
    batch_size: int = 256
    """Transitions per update. 32 to 512."""
    gamma: float = 0.99
    """Discount: how far ahead rewards count, about 1 / (1 - gamma) steps. 0.9 to 0.9999."""
    n_steps: int = 1
    """Rewards summed before what follows is valued (n-step returns, arXiv:1710.02298). More: faster, but biased. 1 to 5."""
    extensions: tuple[Handed, ...] = ()
    """Loss terms, intrinsic rewards, an exploration of your own: objects, package.module:Class, or {name: …, weight: 0.1}."""

    def __post_init__(self) -> None:
        """ConfigError where a number makes no update."""
        for name, least in (("buffer_size", 1), ("learning_starts", 0), ("train_freq", 1), ("batch_size", 1), ("n_steps", 1)):
            if getattr(self, name) < least:
                raise ConfigError(
                    f"agent.{name}={getattr(self, name)} does not fit", f"expected a whole number of at least {least}"
                )
        if self.gradient_steps < 1 and self.gradient_steps != -1:
            raise ConfigError(
                f"agent.gradient_steps={self.gradient_steps} does not fit", "expected at least 1, or -1 for as many as train_freq"
            )
        if not 0 <= self.gamma <= 1:
            raise ConfigError(f"agent.gamma={self.gamma} does not fit", "expected a number from 0 to 1")
        if self.learning_starts > self.buffer_size:
            raise ConfigError(
                f"agent.learning_starts={self.learning_starts} and agent.buffer_size={self.buffer_size} contradict each other",
                "replay never holds as many transitions as learning waits for", fix=f"agent.buffer_size={self.learning_starts}",
            )

    @property
    def updates_per_event(self) -> int:
        """Gradient steps each time that `train_freq` steps are over."""
        return self.train_freq if self.gradient_steps == -1 else self.gradient_steps
