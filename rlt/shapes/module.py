"""`rlt.Module`: a `torch.nn.Module` whose annotated forward is checked when an object is made."""

from __future__ import annotations

import abc
import functools
import inspect
import threading
from typing import Any

import torch
from torch import nn

from rlt.errors import ShapeError
from rlt.shapes.annotation import read_signature
from rlt.shapes.build_check import check_signature
from rlt.shapes.meta_run import current_run
from rlt.shapes.source import user_place
from rlt.shapes.switch import checks_are_on

_MAKING = threading.local()


class CheckedType(abc.ABCMeta):
    """Makes the object, then checks it: only the outermost one, when all of it is there. Each thread for itself."""

    def __call__(cls, *args: Any, **options: Any) -> Any:
        depth = getattr(_MAKING, "depth", 0)
        _MAKING.depth = depth + 1
        try:
            module = super().__call__(*args, **options)
        finally:
            _MAKING.depth = depth
        problem = None
        if isinstance(module, nn.Module):
            module.__dict__["_rlt_sizes"] = sizes = _sizes(cls, module, args, options)
            if depth == 0 and checks_are_on() and current_run() is None and not torch.compiler.is_compiling():
                problem = _check(cls, module, sizes)
        if problem is not None:
            raise problem
        return module


def _check(cls: type, module: nn.Module, sizes: dict[str, int]) -> ShapeError | None:
    try:
        signature = read_signature(cls.forward)  # type: ignore[attr-defined]
        reason = check_signature(module, signature, sizes, cls.__name__, user_place())
    except ShapeError as error:
        return error.with_traceback(None)
    module.__dict__["_rlt_unchecked"] = reason
    return None


@functools.lru_cache(maxsize=512)
def _constructors(cls: type) -> tuple[inspect.Signature | None, bool]:
    """The constructor's signature, and whether its names may stand in the annotations of forward.

    They may where both are written in one class, or forward in a class below: then the author of forward saw them. A
    subclass with a constructor of its own may mean something else by the same name.
    """
    owner = {key: next((c for c in cls.__mro__ if key in vars(c)), cls) for key in ("__init__", "forward")}
    try:
        signature = inspect.signature(vars(owner["__init__"])["__init__"])
    except (TypeError, ValueError):
        return None, False
    return signature, issubclass(owner["forward"], owner["__init__"])


def _sizes(cls: type, module: nn.Module, args: Any, options: Any) -> dict[str, int]:
    """The integers of the constructor and of the object's own attributes, by name."""
    signature, usable = _constructors(cls)
    found: dict[str, int] = {}
    if signature is not None and usable:
        try:
            bound = signature.bind(module, *args, **options)
        except TypeError:
            bound = None  # a class whose __new__ or metaclass changes the arguments
        if bound is not None:
            bound.apply_defaults()
            found = {k: v for k, v in bound.arguments.items() if type(v) is int}
    for key, value in vars(module).items():
        if type(value) is int and not key.startswith("_"):
            found.setdefault(key, value)
    return found


class Module(nn.Module, metaclass=CheckedType):
    """Base class of checked networks: `torch.nn.Module` and nothing else.

    When an object is made, `forward` runs once on meta tensors of the shapes that its annotations declare (about a
    millisecond, no memory), and raises `ShapeError` where layers do not fit. `RLT_CHECK=off` turns it off. A forward
    that cannot run without data is left unchecked; `rlt.summary` says why.
    """
