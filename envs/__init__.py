"""Environments: `make`, vector backends, wrappers. Everything an agent sees is `rlt.rl.vector_env.VectorEnv`."""

if not __name__.startswith("rlt."):
    raise ImportError(f"this folder is the package rlt.{__name__}: write 'import rlt.{__name__}' instead of 'import {__name__}'")

from typing import TYPE_CHECKING

from rlt.registry import lazy_names

if TYPE_CHECKING:
    from .checker import check as check
    from .config import EnvConfig as EnvConfig
    from .factory import make as make

__all__ = ["EnvConfig", "check", "make"]
__getattr__, __dir__ = lazy_names(__name__, {"EnvConfig": ".config", "check": ".checker", "make": ".factory"})
