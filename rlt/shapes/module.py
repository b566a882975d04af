"""`rlt.Module`: a `torch.nn.Module` whose annotated forward is checked when an object is made."""

from __future__ import annotations

import abc
import threading
from typing import Any

import torch
from torch import nn

from rlt.errors import ShapeError
from rlt.shapes.annotation import read_signature
from rlt.shapes.build_check import check_signature
from rlt.shapes.meta_run import current_run
from rlt.shapes.sizes import holder, note, noting, settle, sizes_of
from rlt.shapes.source import user_place
from rlt.shapes.switch import checks_are_on

_MAKING = threading.local()


class CheckedType(abc.ABCMeta):
    """Makes the object, then checks it: only the outermost one, when all of it is there. Each thread for itself."""

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> None:
        super().__init__(name, bases, namespace, **options)
        for base in cls.__mro__:
            if isinstance(base, CheckedType) and "__init__" in vars(base) and base is not holder(cls, "__init__"):
                noting(base)

    def __call__(cls, *args: Any, **options: Any) -> Any:
        depth = getattr(_MAKING, "depth", 0)
        _MAKING.depth = depth + 1
        try:
            module = super().__call__(*args, **options)
        finally:
            _MAKING.depth = depth
        problem = None
        if isinstance(module, nn.Module):
            note(module, holder(cls, "__init__"), args, options)
            settle(module)
            if depth == 0 and checks_are_on() and current_run() is None and not torch.compiler.is_compiling():
                problem = _check(cls, module)
        if problem is not None:
            raise problem
        return module


def _check(cls: type, module: nn.Module) -> ShapeError | None:
    try:
        _refuse_hidden(module)
        signature = read_signature(cls.forward)  # type: ignore[attr-defined]
        reason = check_signature(module, signature, sizes_of(module), cls.__name__, user_place())
    except ShapeError as error:
        return error.with_traceback(None)
    module.__dict__["_rlt_unchecked"] = reason
    return None


def _refuse_hidden(module: nn.Module) -> None:
    """`self.half = nn.Linear(…)`: torch registers it, and `self.half` is still the method, as the class is asked first."""
    for path, owner in module.named_modules():
        for name in owner._modules:
            if hasattr(type(owner), name):
                of = next(c for c in type(owner).__mro__ if name in vars(c))
                raise ShapeError(
                    f"{type(owner).__name__} has a layer called {name}, which nobody can reach",
                    f"self.{f'{path}.' if path else ''}{name} is what the class {of.__name__} has under that name",
                    fix=f"another name, such as self.{name}_layer",
                )


class Module(nn.Module, metaclass=CheckedType):
    """Base class of checked networks: `torch.nn.Module` and nothing else.

    When an object is made, `forward` runs once on meta tensors of the shapes that its annotations declare (about a
    millisecond, no memory), and raises `ShapeError` where layers do not fit. `RLT_CHECK=off` turns it off. A forward
    that cannot run without data is left unchecked; `rlt.summary` says why.
    """
