"""`torch.compile` as rlt uses it: one graph, fixed shapes, a cache of its own, the C++ wrapper where there is a compiler."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch


def compiled(step: Callable[..., Any]) -> Callable[..., Any]:
    """`step` compiled as one graph. Nothing is compiled before the first call."""
    chosen = os.environ.get("TORCHINDUCTOR_CACHE_DIR", "")
    if not chosen or Path(chosen).name.startswith("torchinductor_"):  # torch itself sets its default when it is imported
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(cache_folder())
    options: dict[str, Any] = {"cpp_wrapper": True} if has_compiler() and not torch.cuda.is_available() else {}
    return torch.compile(step, fullgraph=True, dynamic=False, options=options)


def has_compiler() -> bool:
    """Whether inductor finds a C++ compiler: on the CPU it cannot work without one."""
    named = os.environ.get("CXX")
    return any(shutil.which(name) for name in ([named] if named else []) + ["g++", "clang++", "c++"])


def cache_folder() -> Path:
    """Where compiled steps are kept between runs: `RLT_CACHE`, else the user's cache folder."""
    root = os.environ.get("RLT_CACHE") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "rlt")
    return Path(root) / "inductor"
