"""What the names in a network's annotations stand for: the integers of constructors and of attributes.

A name means the argument with which the constructor that its author saw was called: the nearest `__init__` to the class
that holds the method. Classes above and below may use the same name for another size, so each class has its own sizes.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

SIZES = "_rlt_sizes"
"""Where a `rlt.Module` keeps its sizes: those of each of its classes, under `key_of` the class."""

_GIVEN = "_rlt_given"
"""Where an object that is being made keeps the integers given to each constructor."""


def key_of(cls: type) -> str:
    """The key of a class: text, since an object is pickled with its sizes."""
    return f"{cls.__module__}.{cls.__qualname__}"


def key_of_method(function: Callable[..., Any]) -> str:
    """The key of the class in whose body a function is written."""
    return f"{function.__module__}.{function.__qualname__.rpartition('.')[0]}"


def sizes_of(network: nn.Module) -> dict[str, int]:
    """The sizes that names in the network's forward stand for."""
    return dict(network.__dict__.get(SIZES, {}).get(key_of(holder(type(network), "forward")), {}))


def holder(cls: type, method: str) -> type:
    """The class in whose body the method of `cls` is written."""
    return next((c for c in cls.__mro__ if method in vars(c)), cls)


def note(module: nn.Module, constructor: type, args: Any, options: Any) -> None:
    """Keeps the integers with which the `__init__` of the class `constructor` is called."""
    signature = _signature(vars(constructor)["__init__"])
    try:
        bound = signature.bind(module, *args, **options) if signature is not None else None
    except TypeError:
        return  # the call itself says what is wrong, or a metaclass or `__new__` changed the arguments
    if bound is not None:
        bound.apply_defaults()
        given = module.__dict__.setdefault(_GIVEN, {})
        given[key_of(constructor)] = {k: v for k, v in bound.arguments.items() if type(v) is int}


@functools.lru_cache(maxsize=512)
def _signature(init: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(init)
    except (TypeError, ValueError):
        return None


def noting(constructor: type) -> None:
    """Makes a class's own `__init__` note its arguments. Only one that a class below calls needs it: what the outermost is
    called with, the metaclass sees."""
    init = vars(constructor)["__init__"]
    if getattr(init, "_rlt_notes", False):
        return

    @functools.wraps(init)
    def __init__(self: nn.Module, *args: Any, **options: Any) -> None:
        note(self, constructor, args, options)
        init(self, *args, **options)

    __init__._rlt_notes = True  # type: ignore[attr-defined]
    constructor.__init__ = __init__  # type: ignore[misc]


def settle(module: nn.Module) -> None:
    """Gives each class of a finished object its sizes: those of the constructor nearest to it, then the attributes'."""
    given = module.__dict__.pop(_GIVEN, {})
    attributes = {k: v for k, v in vars(module).items() if type(v) is int and not k.startswith("_")}
    mro = type(module).__mro__
    classes = mro[: mro.index(nn.Module)]
    module.__dict__[SIZES] = {key_of(c): attributes | given.get(key_of(holder(c, "__init__")), {}) for c in classes}
