"""rlt: reinforcement learning on PyTorch with networks whose shapes are part of their type.

Names are loaded on first use: `import rlt` alone imports neither torch nor gymnasium.
"""

from __future__ import annotations

import os.path as _path
from typing import TYPE_CHECKING

from rlt.registry import lazy_names as _lazy_names
from rlt.registry import refuse_text_link as _refuse_text_link

__version__ = "0.1.0"

for _top in ("agents", "configs", "envs", "models"):
    if _path.isfile(_path.join(_path.dirname(__file__), _top)):
        _refuse_text_link(_top)

if TYPE_CHECKING:
    from rlt.shapes.believe import like, of_dtype, on_cpu, on_cuda, sized, stored
    from rlt.shapes.build_check import check_network
    from rlt.shapes.call_check import typed
    from rlt.shapes.module import Module
    from rlt.shapes.spaces import check_policy
    from rlt.shapes.summary import summary

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
__getattr__, __dir__ = _lazy_names(
    __name__,
    {
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
    },
)
