"""Proximal policy optimisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlt.registry import lazy_names

if TYPE_CHECKING:
    from .agent import PPO as Agent
    from .agent import PPO as PPO
    from .config import PPOConfig as Config
    from .config import PPOConfig as PPOConfig

__all__ = ["PPO", "Agent", "Config", "PPOConfig"]
__getattr__, __dir__ = lazy_names(
    __name__, {"Agent": ".agent:PPO", "PPO": ".agent", "Config": ".config:PPOConfig", "PPOConfig": ".config"}
)
