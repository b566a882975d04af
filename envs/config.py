"""What the Hydra group `env` may say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class EnvConfig:
    """Which environment, how many of it, and how they are stepped."""

    id: str = "LunarLander-v3"
    """A Gymnasium id, `package.module:Id-v0` (importing the module registers the id), or `package.module:Class`, or a function
    in its place that makes an environment."""
    num_envs: int = 1
    """Sub-environments stepped together. More: faster collection, older data per update. PPO 1 to 16, DQN and SAC 1."""
    backend: str = "auto"
    """`auto`, `sync` (in this process), `native` (classic control and MuJoCo in batches), `pool` (worker processes).
    With other numbers, only by name: `envpool`, `warp` (MuJoCo in thousands on CUDA)."""
    workers: int | None = None
    """Processes of backend `pool`. None: one for each core but one; this process steps a share too."""
    timeout: float = 120.0
    """Seconds after which a worker of `pool` counts as hung: a warning names it, and a new one catches up; where that is
    impossible, or happens again in the same step, the run stops."""
    options: dict[str, Any] = field(default_factory=dict)
    """Arguments of the environment's constructor, and `max_episode_steps`."""
    wrappers: list[Any] = field(default_factory=list)
    """Innermost first: a name (`rescale_action`), one with options (`{name: frame_stack, size: 4}`), or
    `package.module:Wrapper`, called with each sub-environment; these and `frame_skip` rule out `native`."""
