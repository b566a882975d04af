"""Soft actor-critic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlt.registry import lazy_names

if TYPE_CHECKING:
    from .agent import SAC as Agent
    from .agent import SAC as SAC
    from .config import SACConfig as Config
    from .config import SACConfig as SACConfig

__all__ = ["SAC", "Agent", "Config", "SACConfig"]
__getattr__, __dir__ = lazy_names(
    __name__, {"Agent": ".agent:SAC", "SAC": ".agent", "Config": ".config:SACConfig", "SACConfig": ".config"}
)
