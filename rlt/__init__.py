"""rlt: reinforcement learning on PyTorch with networks whose shapes are part of their type.

Names are loaded on first use: `import rlt` alone imports neither torch nor gymnasium.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from rlt.shapes.believe import like, of_dtype, on_cpu, on_cuda, sized, stored
    from rlt.shapes.build_check import check_network
    from rlt.shapes.call_check import typed
    from rlt.shapes.module import Module
    from rlt.shapes.spaces import check_policy
    from rlt.shapes.summary import summary

_HOMES = {
    "Module": "rlt.shapes.module",
    "check_network": "rlt.shapes.build_check",
    "check_policy": "rlt.shapes.spaces",
    "like": "rlt.shapes.believe",
    "of_dtype": "rlt.shapes.believe",
    "on_cpu": "rlt.shapes.believe",
    "on_cuda": "rlt.shapes.believe",
    "sized": "rlt.shapes.believe",
    "stored": "rlt.shapes.believe",
    "summary": "rlt.shapes.summary",
    "typed": "rlt.shapes.call_check",
}

__all__ = [
    "Module",
    "check_network",
    "check_policy",
    "like",
    "of_dtype",
    "on_cpu",
    "on_cuda",
    "sized",
    "stored",
    "summary",
    "typed",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
