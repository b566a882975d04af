"""How training steps are run: threads, and compiled or not. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rlt.config import from_mapping
from rlt.errors import ConfigError


@dataclass(frozen=True)
class EngineConfig:
    """The part of a configuration that `rlt.engine` owns. A run's resolved configuration holds what was decided."""

    threads: int | None = None
    """Threads for torch. null: one, for networks of a million parameters and more up to four. 2 speeds up 256-256 networks by a
    sixth to a third on an otherwise idle machine, and slows them down tenfold on a busy one."""
    compile: Literal["auto", "on", "off"] = "auto"
    """Compile the training step. auto: where a run makes updates enough to win more than compiling costs."""
    compile_at: int | None = None
    """The update from which on it runs compiled; until then the compiler works beside it. null: 0 for on and on CUDA, else
    10,000."""

    def __post_init__(self) -> None:
        for name, least in (("threads", 1), ("compile_at", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise ConfigError(f"{name}={value} does not fit", f"expected a whole number of at least {least}, or null")
        if self.compile == "off" and self.compile_at is not None:
            raise ConfigError(
                f"compile=off and compile_at={self.compile_at} contradict each other", "there is nothing that could begin then",
                fix="compile=on, or compile_at=null",
            )


def engine_config(threads: int | None, compile: str, compile_at: int | None) -> EngineConfig:
    """Keyword arguments as a configuration, checked like one."""
    return from_mapping(EngineConfig, {"threads": threads, "compile": compile, "compile_at": compile_at})
