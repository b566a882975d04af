"""`torch.compile` as rlt uses it: one graph, fixed shapes, a cache of its own, the C++ wrapper where there is a compiler."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn


def compiled(step: Callable[..., Any], device: torch.device) -> Callable[..., Any]:
    """`step`, whose tensors are on `device`, compiled as one graph. Nothing is compiled before the first call.

    On CUDA torch records its kernels as a CUDA graph and replays that, with the default generator registered. What it is
    given is copied into the graph's own memory at each call, but for tensors that `stay`; what it gives lies in memory that the
    next call writes to.
    """
    chosen = os.environ.get("TORCHINDUCTOR_CACHE_DIR", "")
    if not chosen or Path(chosen).name.startswith("torchinductor_"):  # torch itself sets its default when it is imported
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(cache_folder("inductor"))
    options: dict[str, Any] = {"guard_filter_fn": guards_to_keep}
    if device.type == "cuda":
        options["triton.cudagraphs"] = True
    elif has_compiler():
        options["cpp_wrapper"] = True
    return torch.compile(step, fullgraph=True, dynamic=False, options=options)


_CONSTANT = ("G['__import_torch", "G['__import_rlt", "G['__builtins_dict", "G['___unnamed_scope")
"""How torch's compiler names what the modules of torch, of rlt and Python's own built-ins hold."""


def guards_to_keep(guards: Sequence[Any]) -> list[bool]:
    """Which assumptions are looked at before each call of a compiled step; where one fails, it is compiled anew.

    A small step spends a quarter of its time on them. Left out: that functions and constants of torch and rlt are still the
    same, and each parameter by itself, for the step gets the flat buffers, and `Group.gather` looks for parameters that were
    replaced. All that a user may change stays: what an update reads of its agent, attributes of modules, own globals.
    """
    return [
        not (guard.is_global and guard.name.startswith(_CONSTANT)) and not isinstance(guard.value, nn.Parameter)
        for guard in guards
    ]


def stay(*tensors: torch.Tensor) -> None:
    """Says that these keep their memory: a CUDA graph reads them, and writes to them, where they lie. Where one is replaced after
    all, torch records the graph anew."""
    for tensor in tensors:
        if tensor.device.type == "cuda":
            torch._dynamo.mark_static_address(tensor, guard=False)


def trace_once() -> None:
    """Before a thread compiles while others call modules: does the one trace that is not safe beside them.

    While torch.fx traces symbolically, `nn.Module.__call__` is its own in every thread, and a module that is called in another
    one fails as `not installed as a submodule`. Inductor does so for a graph of one node, once in a process; its other
    traces pass foreign calls on.
    """
    try:
        from torch._inductor.loop_body import InterpreterShim

        InterpreterShim._dummy_gm()
    except (ImportError, AttributeError):  # another torch than the one in constraints.txt
        return


def has_compiler() -> bool:
    """Whether inductor finds a C++ compiler: on the CPU it cannot work without one."""
    named = os.environ.get("CXX")
    return any(shutil.which(name) for name in ([named] if named else []) + ["g++", "clang++", "c++"])


def cache_folder(kind: str) -> Path:
    """Where what was compiled is kept between runs: below `RLT_CACHE`, else the user's cache folder."""
    root = os.environ.get("RLT_CACHE") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "rlt")
    return Path(root) / kind
