"""Sizes for names, and meta tensors of the shapes that annotations declare."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Set
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from rlt.shapes import dims as D
from rlt.shapes.annotation import Hint, ManyHint, OptionalHint, RecordHint, Signature, TensorHint, tensors_in
from rlt.shapes.meta_run import CannotRun, torch_dtype

_SIZES = (
    (101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197, 199, 211, 223, 227),
    (12, 24, 36, 48, 60, 72, 84, 108, 120, 132, 144, 156),
)
"""Two sets for names that nothing determines. Primes first: no product of layer sizes is one of them. Then round
numbers, for a forward that divides."""
_PIXELS = ((352, 416, 544, 608), (128, 192, 320, 256))
"""Two sets for heights, widths and depths: divisible by 32, large enough for the usual networks, and such that their
halves (176, 88, 44) are not the channel counts that people choose."""


class CannotInvent(CannotRun):
    """An argument for which no value can be made up; its text is the reason."""


def own_sizes(network: nn.Module) -> set[int]:
    """The sizes of the network's parameters."""
    return {size for p in network.parameters() if not is_lazy(p) for size in p.shape}


def choose_sizes(hints: list[Hint], known: Mapping[str, int], attempt: int, own: Set[int] = frozenset()) -> dict[str, int]:
    """A size for each name that `known` leaves open. A run `*batch` is one dimension, under the name `*batch`.

    `own` are the network's: a prime that is in one of them, or in a known size, stands for no name, since a message could
    not tell them apart."""
    real = {*own, *known.values()} - {0} if attempt == 0 else set()
    general = (size for size in _SIZES[attempt] if not any(r % size == 0 for r in real))
    pixels = iter(_PIXELS[attempt])
    chosen: dict[str, int] = {}
    for hint in (t for h in hints for t in tensors_in(h)):
        shape = hint.shape
        for i, d in enumerate(shape.dims):
            for name in sorted(D.names_in(d)):
                if name not in known and name not in chosen:
                    chosen[name] = next(pixels if is_spatial(hint, i) else general)
        if shape.run is not None:
            run = f"*{shape.run_name}" if shape.run_name else "..."
            if run not in chosen:
                chosen[run] = next(general)
    return chosen


def is_spatial(hint: TensorHint, i: int) -> bool:
    """Whether a dimension of an image is a height, a width or a depth."""
    return hint.shape.rank is not None and hint.shape.rank >= 4 and i >= 2


def other_pixels(hints: list[Hint], sizes: Mapping[str, int], free: Set[str]) -> dict[str, int]:
    """The same sizes, but for heights and widths that nothing fixes."""
    others = iter(_PIXELS[1])
    images = [(t, i, d) for h in hints for t in tensors_in(h) for i, d in enumerate(t.shape.dims) if is_spatial(t, i)]
    names = {n for _, _, d in images for n in D.names_in(d) if d == D.name(n) and n in free}
    changed = {n: next(others) for n in sorted(names)}
    return {**sizes, **changed, **({UNNAMED: next(others)} if any(d is None for _, _, d in images) else {})}


UNNAMED = "_"
"""The size of an image's dimensions that have no name, if it is among the sizes."""


def unnamed_at(i: int) -> str:
    """Stands for the size of another dimension without a name, if a layer has asked for one."""
    return f"_{i}"


def example_of(hint: Hint, sizes: Mapping[str, int], dtype: torch.dtype | None) -> Any:
    """Meta tensors in the containers of `hint`. `dtype` is what `Float` stands for."""
    if isinstance(hint, TensorHint):
        return _tensor(hint, sizes, dtype)
    if isinstance(hint, OptionalHint):
        return None
    if isinstance(hint, ManyHint):
        if hint.kind == "dict":
            raise CannotInvent("the keys of a dict are not known")
        items = [example_of(hint.item, sizes, dtype) for _ in range(2)]
        return tuple(items) if hint.kind == "tuple" else items
    if isinstance(hint, RecordHint):
        values: dict[Any, Any] = {}
        for key, item in hint.fields:
            if item is None and not _has_default(hint.make, key):
                raise CannotInvent(f"the field {key} has no shape")
            if item is not None:
                values[key] = example_of(item, sizes, dtype)
        if hint.kind == "tuple":
            return tuple(values.values())
        return values if hint.kind == "dict" else hint.make(**values)
    raise CannotInvent("it has no shape")


def _has_default(make: Any, key: str | int) -> bool:
    try:
        parameter = inspect.signature(make).parameters.get(str(key))
    except (TypeError, ValueError):
        return False
    return parameter is not None and parameter.default is not parameter.empty


def _tensor(hint: TensorHint, sizes: Mapping[str, int], dtype: torch.dtype | None) -> Tensor:
    out: list[int] = []
    for i, d in enumerate((*hint.shape.dims, None)):
        if i == hint.shape.run:
            out.append(sizes[f"*{hint.shape.run_name}" if hint.shape.run_name else "..."])
        if i == len(hint.shape.dims):
            break
        value = D.substitute(d, sizes)
        if d is not None and (not isinstance(value, int) or value < 0):
            raise CannotInvent(f"no size for {d} was found")
        unnamed = sizes.get(UNNAMED, _PIXELS[0][-1]) if is_spatial(hint, i) else sizes.get(unnamed_at(i), 3)
        out.append(value if isinstance(value, int) else unnamed)
    kind = dtype if hint.dtype in ("float", None) and dtype is not None else torch_dtype(hint.dtype)
    return torch.empty(out, dtype=kind, device="meta")


def hints_of(signature: Signature) -> list[Hint]:
    """Of the arguments that are handed in: names that only the others have are open."""
    return [h for key, h in signature.arguments.items() if not _is_left_out(signature.parameters[key], h)]


def _is_left_out(parameter: inspect.Parameter, hint: Hint | None) -> bool:
    if parameter.default is parameter.empty:
        return False
    return hint is None or isinstance(hint, OptionalHint) or parameter.default is None


def inputs_of(signature: Signature, sizes: Mapping[str, int], dtype: torch.dtype | None) -> tuple[list[Any], dict[str, Any]]:
    """Positional and keyword arguments for a forward; optional ones are left out."""
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    skipped = False
    for key, parameter in signature.parameters.items():
        hint = signature.arguments.get(key)
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            if hint is not None and not skipped:
                positional += [example_of(hint, sizes, dtype) for _ in range(2)]
            continue
        if _is_left_out(parameter, hint):
            skipped = True
            continue
        if hint is None:
            reason = signature.unread.get(key)
            raise CannotInvent(f"argument {key} has no shape" + (f": {reason}" if reason else ""))
        try:
            value = example_of(hint, sizes, dtype)
        except CannotInvent as error:
            raise CannotInvent(f"argument {key}: {error}") from None
        if parameter.kind is parameter.KEYWORD_ONLY or skipped:
            keywords[key] = value
        else:
            positional.append(value)
    return positional, keywords


def floating_dtype(network: nn.Module) -> torch.dtype | None:
    """The dtype of the network's first floating parameter; None where it has none."""
    return next((p.dtype for p in network.parameters() if p.is_floating_point()), None)


def tensors_inside(value: Any) -> Iterator[Tensor]:
    """The tensors of nested containers, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        for v in value.values():
            yield from tensors_inside(v)
    elif isinstance(value, (tuple, list)):
        for v in value:
            yield from tensors_inside(v)
    elif hasattr(value, "__dataclass_fields__"):
        for key in value.__dataclass_fields__:
            yield from tensors_inside(getattr(value, key, None))
