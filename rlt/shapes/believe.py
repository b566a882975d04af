"""Say what you believe of a tensor in the middle of an expression: identity functions that check.

    h = rlt.sized(net(x), "batch 64").flatten(1)

The type checker reads them as facts. `RLT_CHECK=off` and `python -O` make them plain identities.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor

from rlt.errors import ConfigError, ShapeError
from rlt.shapes import dims as D
from rlt.shapes.annotation import parsed
from rlt.shapes.dims import Dim
from rlt.shapes.names import refuse_unused
from rlt.shapes.switch import checks_are_on

T = TypeVar("T", bound=Tensor)


def _is_off() -> bool:
    return torch.compiler.is_dynamo_compiling() or not _ON


_ON = checks_are_on()


def sized(x: T, shape: str | tuple[int, ...] | list[int], **sizes: int) -> T:
    """`x`, which has this shape: `"batch 3 32 32"`, `"*batch d"`, or numbers. Names have one value within the text.

    `sizes` gives names a value: `sized(x, "batch n", n=4)`.
    """
    if _is_off():
        return x
    got = tuple(_tensor(x, "sized").shape)
    if not isinstance(shape, (str, tuple, list)):
        raise ConfigError(f"sized: {shape!r} is no shape", 'expected text or a tuple of numbers: "batch 64", (32, 64)')
    if not isinstance(shape, str):
        wanted = tuple(shape)
        if got != wanted:
            raise ShapeError(f"sized: the tensor must be {wanted}, got {got}", fix=_numel_fix(x, wanted))
        return x
    try:
        pattern = parsed(shape)
    except ValueError as error:
        raise ConfigError(f"sized: {error}") from None
    refuse_unused(sizes, pattern.names(), "sized")
    layout = f"({', '.join(shape.split())})"
    at = len(pattern.dims) if pattern.run is None else pattern.run
    after = len(pattern.dims) - at
    if len(got) < len(pattern.dims) or (pattern.run is None and len(got) != len(pattern.dims)):
        raise ShapeError(f"sized: the tensor must be {layout}, got {got}", f"{len(got)} dimensions given")
    bound: dict[str, Dim] = dict(sizes)
    kept = got[:at] + (got[len(got) - after :] if after else ())
    for late in (False, True):
        for d, size in zip(pattern.dims, kept):
            _meet(d, size, bound, layout, got, late)
    return x


def _meet(d: Dim, size: int, bound: dict[str, Dim], layout: str, got: tuple[int, ...], late: bool) -> None:
    want = D.substitute(d, bound)
    if isinstance(want, int):
        if want != size:
            reason = f"{size} where {d} is expected" if isinstance(d, int) else f"{D.show(d)} is {want}, here it is {size}"
            raise ShapeError(f"sized: the tensor must be {layout}, got {got}", reason)
    elif isinstance(d, D.Sym) and not late:
        names = D.names_in(d)
        if len(names) == 1 and D.name(*names) == d:
            bound[next(iter(names))] = size


def _numel_fix(x: Tensor, wanted: tuple[int, ...]) -> str | None:
    count = 1
    for w in wanted:
        count *= w
    return f".reshape{wanted}" if count == x.numel() else None


def of_dtype(x: T, dtype: torch.dtype) -> T:
    """`x`, whose dtype is this."""
    if _is_off():
        return x
    if not isinstance(dtype, torch.dtype):
        meant = getattr(torch, getattr(dtype, "__name__", str(dtype)), None)
        fix = str(meant) if isinstance(meant, torch.dtype) else None
        raise ConfigError(f"of_dtype: a torch.dtype is expected, got {dtype!r}", fix=fix)
    if _tensor(x, "of_dtype").dtype is not dtype:
        raise ShapeError(f"of_dtype: the tensor must be {str(dtype)[6:]}, got {str(x.dtype)[6:]}", fix=f".to({dtype})")
    return x


def stored(x: T, device: str | torch.device) -> T:
    """`x`, which lies on this device: `"cpu"`, `"cuda"` (any index), `"cuda:1"`."""
    return x if _is_off() else _stored(x, device, "stored")


def on_cpu(x: T) -> T:
    """`x`, which lies in the CPU's memory."""
    return x if _is_off() else _stored(x, "cpu", "on_cpu")


def on_cuda(x: T) -> T:
    """`x`, which lies on a CUDA device."""
    return x if _is_off() else _stored(x, "cuda", "on_cuda")


def _stored(x: T, device: str | torch.device, who: str) -> T:
    try:
        wanted = torch.device(device)
    except (RuntimeError, TypeError):
        raise ConfigError(f"{who}: {device!r} is no device", 'expected one like "cpu", "cuda", "cuda:1"') from None
    have = _tensor(x, who).device
    if have.type != wanted.type or (wanted.index is not None and have.index != wanted.index):
        raise ShapeError(f"{who}: the tensor must be on {wanted}, but is on {have}", fix=f'.to("{wanted}")')
    return x


def like(x: T, other: Tensor, *, shape: bool = True, dtype: bool = True, device: bool = True) -> T:
    """`x`, which has the shape, dtype and device of `other`; each can be left out."""
    if _is_off():
        return x
    for t in (x, other):
        _tensor(t, "like")
    facts: list[tuple[bool, Callable[[Tensor], Any], str]] = [
        (shape, lambda t: tuple(t.shape), "shape"),
        (dtype, lambda t: t.dtype, "dtype"),
        (device, lambda t: t.device, "device"),
    ]
    for asked, fact, word in facts:
        if asked and fact(x) != fact(other):
            raise ShapeError(f"like: the tensor must have the {word} {fact(other)}, got {fact(x)}".replace("torch.", ""))
    return x


def _tensor(x: Any, who: str) -> Tensor:
    if not isinstance(x, Tensor):
        raise ShapeError(f"{who}: a tensor is expected, got {type(x).__name__}")
    return x
