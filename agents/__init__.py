"""The agents: each a folder of five short files."""

if not __name__.startswith("rlt."):
    raise ImportError(f"this folder is the package rlt.{__name__}: write 'import rlt.{__name__}' instead of 'import {__name__}'")

from typing import TYPE_CHECKING

from rlt.registry import lazy_names

if TYPE_CHECKING:
    from .dqn import DQN as DQN
    from .ppo import PPO as PPO
    from .sac import SAC as SAC

__all__ = ["DQN", "PPO", "SAC"]
__getattr__, __dir__ = lazy_names(__name__, {"DQN": ".dqn.agent", "PPO": ".ppo.agent", "SAC": ".sac.agent"})
