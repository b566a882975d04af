"""Environments: `make`, vector backends, wrappers. Everything an agent sees is `rlt.rl.vector_env.VectorEnv`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if not __name__.startswith("rlt."):
    raise ImportError(f"this folder is the package rlt.{__name__}: write 'import rlt.{__name__}', not '{__name__}'")

if TYPE_CHECKING:
    from rlt.envs.config import EnvConfig as EnvConfig
    from rlt.envs.make import make as make

_HOME = {"EnvConfig": "config", "make": "make"}

__all__ = ["EnvConfig", "make"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value  # else the submodule of the same name would be found from the second time on
    return value
