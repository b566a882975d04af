"""Options of the networks that come with the agents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from rlt.errors import ConfigError


@dataclass(frozen=True)
class MLPConfig:
    """Fully connected layers on a vector observation."""

    hidden: tuple[int, ...] | None = None
    """Widths of the hidden layers. null: the agent's own (PPO and DQN 64, 64; SAC 256, 256)."""
    activation: Literal["tanh", "relu", "gelu", "elu", "silu"] | None = None
    """Between the layers. null: the agent's own (PPO tanh; DQN and SAC relu)."""
    orthogonal_init: bool | None = None
    """Orthogonal weights with the gains of the PPO papers, zero biases; false: torch's own. null: the agent's own (PPO true, DQN
    and SAC false)."""
    shared: bool = False
    """One trunk for actor and critic instead of one each."""
    log_std_init: float = 0.0
    """Start of the logarithm of a Gaussian policy's standard deviation. -2 (careful) to 0."""
    critic: dict[str, Any] | None = None
    """SAC: critics of your own, {name: package.module:Class, …} with their constructor's options. null: like the actor."""

    def __post_init__(self) -> None:
        """ConfigError where a layer has no width."""
        if self.hidden is not None and any(width < 1 for width in self.hidden):
            raise ConfigError(
                f"model.hidden={list(self.hidden)} does not fit", "expected widths of at least 1 each",
                fix="model.hidden=[] is a network without hidden layers",
            )


@dataclass(frozen=True)
class CNNConfig:
    """The convolutions of Mnih et al. 2015 (doi:10.1038/nature14236) on images of bytes, of either channel order."""

    features: int = 512
    """Width of the layer after the convolutions."""
    shared: bool = True
    """PPO: one stack of convolutions for actor and critic instead of one each."""
