"""What DQN is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rlt.errors import ConfigError
from rlt.rl.off_policy_config import OffPolicyConfig
from rlt.rl.schedules import Schedule, refuse_negative


@dataclass(frozen=True)
class DQNConfig(OffPolicyConfig):
    """Deep Q-learning, Mnih et al. 2015 (doi:10.1038/nature14236), with double and dueling as switches."""

    train_freq: int = 4
    """Steps between updates, counted over all environments: 8 environments make 8 steps at once. 1 to 256."""
    batch_size: int = 32
    """Transitions per update. 32 to 512."""
    learning_rate: Schedule = Schedule("constant", 1e-4, 1e-4)
    """Adam's step size; linear:1e-4 anneals it to 0 over the run. 5e-5 to 5e-3."""
    exploration: Schedule = Schedule("linear", 1.0, 0.05, 0.1)
    """Epsilon, the chance of a random action, drawn for each environment by itself. linear:1:0.05@0.1: a tenth of the run."""
    double: bool = False
    """The network picks the next action and the target network values it (arXiv:1509.06461): less overestimation."""
    dueling: bool = False
    """Action values as a state's value plus advantages (arXiv:1511.06581). Helps where many actions are alike."""
    advantage_learning: float = 0.0
    """Widens the gap between the best action's value and the others' (arXiv:1512.04860) where errors blur it. 0 (off) to 0.9."""
    tau: float = 1.0
    """How far the target network moves towards the network at an update of it: 1 copies (hard), 0.005 follows (soft)."""
    target_update_interval: int | None = None
    """Steps between updates of the target network, over all environments. null: 10,000 with tau=1, else every gradient step."""
    loss: Literal["huber", "squared"] = "huber"
    """huber is linear beyond an error of 1, so that outliers pull less; squared is half the square throughout."""
    max_grad_norm: float | None = 10.0
    """The gradient's norm is clipped to this. 0.5 to 10; null: off."""
    adam_epsilon: float = 1e-8
    """Adam's epsilon: larger damps steps where gradients are tiny. 1e-8 to 1e-4."""

    def __post_init__(self) -> None:
        """ConfigError where a number makes no update."""
        super().__post_init__()
        if not 0 < self.tau <= 1:
            raise ConfigError(f"agent.tau={self.tau} does not fit", "expected a number above 0, at most 1")
        refuse_negative(self, "learning_rate", "adam_epsilon")
        if not 0 <= self.advantage_learning < 1:
            raise ConfigError(
                f"agent.advantage_learning={self.advantage_learning} does not fit", "expected a number from 0 to below 1",
                "at 1 the gap grows without end",
            )
        if self.target_update_interval is not None and self.target_update_interval < 1:
            raise ConfigError(
                f"agent.target_update_interval={self.target_update_interval} does not fit",
                "expected a whole number of at least 1",
            )
        if self.max_grad_norm is not None and not self.max_grad_norm > 0:
            raise ConfigError(f"agent.max_grad_norm={self.max_grad_norm} does not fit", "expected a number above 0")
        for value in (self.exploration.start, self.exploration.end):
            if not 0 <= value <= 1:
                raise ConfigError(
                    f"agent.exploration={self.exploration.plain()} does not fit", f"a chance is 0 to 1, got {value:g}"
                )

    @property
    def copy_interval(self) -> int | None:
        """Steps between updates of the target network; None: it moves with every gradient step."""
        return 10_000 if self.target_update_interval is None and self.tau == 1 else self.target_update_interval
