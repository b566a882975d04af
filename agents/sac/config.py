"""What SAC is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rlt.errors import ConfigError
from rlt.rl.off_policy_config import OffPolicyConfig
from rlt.rl.schedules import Schedule, refuse_negative


@dataclass(frozen=True)
class SACConfig(OffPolicyConfig):
    """Soft actor-critic, Haarnoja et al. 2018 (arXiv:1812.05905); for Discrete actions Christodoulou 2019 (arXiv:1910.07207)."""

    learning_rate: Schedule = Schedule("constant", 3e-4, 3e-4)
    """Adam's step size for actor, critics and temperature, where they name none of their own. 1e-4 to 1e-3."""
    actor_learning_rate: Schedule | None = None
    """The actor's own. null: learning_rate."""
    critic_learning_rate: Schedule | None = None
    """The critics' own; often larger than the actor's. null: learning_rate."""
    temperature_learning_rate: Schedule | None = None
    """The temperature's own. null: learning_rate."""
    learning_starts: int = 10_000
    """Steps with uniform random actions, stored before the first update. 100 (a simple task) to 10_000 (MuJoCo)."""
    tau: float = 0.005
    """How far the target critics move towards the critics in a target update. 0.005 to 0.02; 1: a copy."""
    target_update_interval: int = 1
    """Updates between target updates. 1 with a small tau; hundreds with tau=1."""
    policy_delay: int = 1
    """Updates of the critics for each update of actor and temperature. 1 to 3."""
    temperature: Literal["auto"] | float = "auto"
    """Weight of the entropy in the return. auto: learned, so that the policy's entropy approaches target_entropy. 0.01 to 0.5."""
    temperature_init: float = 1.0
    """Where a learned temperature starts. 0.1 to 1."""
    target_entropy: Literal["auto"] | float = "auto"
    """Entropy in nats that a learned temperature aims at. auto: minus the action's dimension for bounds of -1 and 1, shifted to
    the bounds that there are; for Discrete 0.5 times that of the uniform policy. More: more exploration. For d dimensions and
    bounds of -1 and 1 -d to -d / 2, for Discrete 0.2 to 0.9 times that of the uniform policy."""
    n_critics: int = 2
    """Critics; the smallest of their values counts. 2 to 5."""
    max_grad_norm: float | None = None
    """The gradient's norm, of actor and critics each, is clipped to this. null: off; 1 to 10."""
    adam_epsilon: float = 1e-8
    """Adam's epsilon: larger damps steps where gradients are tiny. 1e-8 to 1e-5."""

    def __post_init__(self) -> None:
        """ConfigError where a number makes no update, or two options contradict each other."""
        super().__post_init__()
        for name in ("target_update_interval", "policy_delay", "n_critics"):
            if getattr(self, name) < 1:
                raise ConfigError(f"agent.{name}={getattr(self, name)} does not fit", "expected a whole number of at least 1")
        if not 0 < self.tau <= 1:
            raise ConfigError(f"agent.tau={self.tau} does not fit", "expected a number above 0, at most 1")
        rates = ("learning_rate", "actor_learning_rate", "critic_learning_rate", "temperature_learning_rate")
        refuse_negative(self, *rates, "adam_epsilon")
        for name in ("temperature_init", "max_grad_norm"):
            if getattr(self, name) is not None and not getattr(self, name) > 0:
                raise ConfigError(f"agent.{name}={getattr(self, name)} does not fit", "expected a number above 0")
        if self.temperature == "auto":
            return
        if self.temperature < 0:
            raise ConfigError(f"agent.temperature={self.temperature} does not fit", "expected auto or a number of at least 0")
        for name, kept in (("target_entropy", "auto"), ("temperature_learning_rate", None), ("temperature_init", 1.0)):
            if getattr(self, name) != kept:
                raise ConfigError(
                    f"agent.temperature={self.temperature:g} and agent.{name} contradict each other",
                    "a fixed temperature is not learned, and has no target, learning rate or start",
                    fix=f"agent.temperature=auto, or leave agent.{name} out",
                )
