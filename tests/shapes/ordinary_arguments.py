"""Arguments for any network's constructor, and what torch itself says of its forward on real tensors.

The rule: an integer without default gets a prime of its own, an image's sides numbers of theirs; a sequence of integers two
primes; a sequence of tuples of integers two of (prime, 2); a class of modules `nn.Tanh`; a bool without default False. What
has a default keeps it. Each network is tried twice, the second time with every bool turned round.
"""

from __future__ import annotations

import inspect
import itertools
import typing
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from rlt.errors import ShapeError

PRIMES = (5, 7, 11, 13, 17, 19, 23, 29)
IMAGE = {"height": 51, "width": 59}
"""Sides of an image that three convolutions leave something of, and more of if a side is longer by one."""
WORDS = {"activation_name": "tanh"}
LEADING = (2, 3)
"""Sizes of a run such as `*batch`."""


def settings(kind: type) -> list[dict[str, Any]]:
    """Arguments for a constructor, once with the bools as they are, once with all of them turned."""
    primes = iter(PRIMES)
    plain: dict[str, Any] = {}
    turned: dict[str, Any] = {}
    constructor: Any = inspect.getattr_static(kind, "__init__")
    parameters = inspect.signature(constructor).parameters
    for name, parameter in list(parameters.items())[1:]:
        annotation = str(parameter.annotation)
        if parameter.default is not parameter.empty:
            if isinstance(parameter.default, bool):
                turned[name] = not parameter.default
        elif annotation == "bool":
            plain[name], turned[name] = False, True
        elif annotation == "int" and name in IMAGE and IMAGE.keys() <= parameters.keys():
            plain[name] = IMAGE[name]
        elif annotation == "int":
            plain[name] = next(primes)
        elif annotation == "str" and name in WORDS:
            plain[name] = WORDS[name]
        elif "tuple[int" in annotation and "Sequence" in annotation:
            plain[name] = [(next(primes), 2), (next(primes), 2)]
        elif "int" in annotation:
            plain[name] = (next(primes), next(primes))
        elif "type[" in annotation:
            plain[name] = nn.Tanh
        else:
            raise AssertionError(f"no rule gives {kind.__name__} its {name}: {annotation}")
    return [plain, plain | turned] if turned else [plain]


def torch_accepts(network: nn.Module, arguments: dict[str, Any]) -> bool:
    """Whether real tensors of the declared shapes go through, and what comes out has the declared shape."""
    hints = typing.get_type_hints(inspect.unwrap(type(network).forward))
    result = hints.pop("return")
    bound = inspect.signature(type(network).__init__).bind(network, **arguments)
    bound.apply_defaults()
    known = {k: v for k, v in {**vars(network), **bound.arguments}.items() if type(v) is int}
    return any(_fits(network, hints, result, sizes) for sizes in _choices(network, hints, known))


def _choices(network: nn.Module, hints: dict[str, Any], known: dict[str, int]) -> Iterator[dict[str, int]]:
    """Values of the names that the constructor does not give: primes, then for each name every size of a parameter."""
    names = {word for hint in hints.values() for dims in _shapes(hint) for word in dims.split() if word.isidentifier()}
    free = sorted(names - known.keys())
    primes = dict(zip(free, (2, 31, 37, 41, 43))) | known
    yield primes
    sizes = {size for p in network.parameters() for size in p.shape}
    for name, size in itertools.product(free, sorted(sizes)):
        yield primes | {name: size}


def _shapes(hint: Any) -> Iterator[str]:
    if hasattr(hint, "dim_str"):
        yield hint.dim_str
    for part in (*typing.get_args(hint), *getattr(hint, "__annotations__", {}).values()):
        yield from _shapes(part)


def _fits(network: nn.Module, hints: dict[str, Any], result: Any, sizes: dict[str, int]) -> bool:
    known = dict(sizes)
    try:
        with torch.no_grad():
            out = network(*(_made(hint, known) for hint in hints.values()))
    except (RuntimeError, ValueError, ShapeError):  # ShapeError: a block of the project that is part of it declares otherwise
        return False
    return _declared(result, out, known)


def _parts(hint: Any) -> list[Any] | None:
    """The hints inside a tuple or a record."""
    if typing.get_origin(hint) is tuple:
        return list(typing.get_args(hint))
    return list(typing.get_type_hints(hint).values()) if hasattr(hint, "_fields") else None


def _made(hint: Any, sizes: dict[str, int]) -> Any:
    parts = _parts(hint)
    if parts is not None:
        made = [_made(part, sizes) for part in parts]
        return hint(*made) if hasattr(hint, "_fields") else tuple(made)
    shape: list[int] = []
    for word in hint.dim_str.split():
        shape += LEADING if word.startswith("*") else [int(eval(word, {}, sizes))]
    kinds = set(hint.dtypes)
    if "float32" in kinds:
        return torch.rand(shape)
    return torch.zeros(shape, dtype=torch.bool if kinds == {"bool"} else torch.uint8 if kinds == {"uint8"} else torch.int64)


def _declared(hint: Any, value: Any, sizes: dict[str, int]) -> bool:
    """Whether a result has its declared shape. A name met for the first time takes the size that it meets."""
    parts = _parts(hint)
    if parts is not None:
        return len(parts) == len(value) and all(_declared(p, v, sizes) for p, v in zip(parts, value))
    wanted: list[int | str] = []
    for word in hint.dim_str.split():
        wanted += LEADING if word.startswith("*") else [word]
    if len(wanted) != value.ndim:
        return False
    for word, size in zip(wanted, value.shape):
        if isinstance(word, str) and word.isidentifier():
            word = sizes.setdefault(word, size)
        if int(eval(str(word), {}, sizes)) != size:
            return False
    return True
