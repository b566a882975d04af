"""Deep Q-learning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlt.registry import lazy_names

if TYPE_CHECKING:
    from .agent import DQN as Agent
    from .agent import DQN as DQN
    from .config import DQNConfig as Config
    from .config import DQNConfig as DQNConfig

__all__ = ["DQN", "Agent", "Config", "DQNConfig"]
__getattr__, __dir__ = lazy_names(
    __name__, {"Agent": ".agent:DQN", "DQN": ".agent", "Config": ".config:DQNConfig", "DQNConfig": ".config"}
)
