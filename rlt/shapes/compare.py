"""What a forward returned, beside what it declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from rlt.shapes import dims as D
from rlt.shapes import dtypes
from rlt.shapes.annotation import Hint, ManyHint, OptionalHint, RecordHint, TensorHint


@dataclass
class Mismatch:
    """One part of a result that is not what was declared."""

    path: str
    """Which part: `` (all of it), `[1]`, `.value`."""
    hint: Hint
    got: Any
    """The tensor, or whatever came in its place."""
    wanted: tuple[D.Dim, ...] = ()
    """The declared sizes, with names that are known replaced."""
    dimension: int | None = None
    """Which size differs, counted from the end; None where the rank, dtype or structure does."""
    words: str = ""
    """What is wrong, where it is not a size."""


def compare(hint: Hint, value: Any, sizes: dict[str, int], path: str = "") -> Mismatch | None:
    """The first part that differs, None where all fits. Names that nothing has bound are bound by the result."""
    if hint is None:
        return None
    if isinstance(hint, OptionalHint):
        return None if value is None else compare(hint.item, value, sizes, path)
    if isinstance(hint, TensorHint):
        return _tensor(hint, value, sizes, path)
    if isinstance(hint, ManyHint):
        kind = dict if hint.kind == "dict" else (list, tuple)
        if not isinstance(value, kind):
            return Mismatch(path, hint, value, words=f"a {hint.kind} expected")
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return _first(compare(hint.item, v, sizes, f"{path}[{k!r}]") for k, v in items)
    return _record(hint, value, sizes, path)


def _first(found: Any) -> Mismatch | None:
    return next((m for m in found if m is not None), None)


def _record(hint: RecordHint, value: Any, sizes: dict[str, int], path: str) -> Mismatch | None:
    n = len(hint.fields)
    if hint.kind == "tuple":
        if not isinstance(value, (tuple, list)) or len(value) != n:
            return Mismatch(path, hint, value, words=f"a tuple of {n} expected")
        return _first(compare(h, value[int(k)], sizes, f"{path}[{k}]") for k, h in hint.fields)
    if hint.kind == "dict":
        missing = [str(k) for k, h in hint.fields if not isinstance(value, dict) or (h is not None and k not in value)]
        if missing:
            return Mismatch(
                path, hint, value, words=f"a dict with {', '.join(str(k) for k, _ in hint.fields)} expected"
            )
        return _first(compare(h, value[k], sizes, f"{path}[{k!r}]") for k, h in hint.fields)
    if not isinstance(value, hint.make):
        return Mismatch(path, hint, value, words=f"a {hint.make.__name__} expected")
    return _first(compare(h, getattr(value, str(k)), sizes, f"{path}.{k}") for k, h in hint.fields)


def _tensor(hint: TensorHint, value: Any, sizes: dict[str, int], path: str) -> Mismatch | None:
    if not isinstance(value, Tensor):
        return Mismatch(path, hint, value, words="a tensor expected")
    shape, got = hint.shape, tuple(value.shape)
    wanted = tuple(D.substitute(d, sizes) for d in shape.dims)
    at = len(wanted) if shape.run is None else shape.run
    after = len(wanted) - at
    if len(got) < len(wanted) or (shape.run is None and len(got) != len(wanted)):
        return Mismatch(path, hint, value, wanted)
    run = f"*{shape.run_name}"
    if shape.run_name:
        middle = got[at : len(got) - after]
        if run in sizes and middle != (sizes[run],) and len(middle) == 1:
            return Mismatch(path, hint, value, wanted, dimension=at - len(got))
    kept = got[:at] + (got[len(got) - after :] if after else ())
    for i, (d, want, size) in enumerate(zip(shape.dims, wanted, kept)):
        if isinstance(want, int):
            if want != size:
                return Mismatch(path, hint, value, wanted, dimension=i - len(wanted))
        elif isinstance(d, D.Sym):
            _bind(d, size, sizes)
    if not dtypes.fits(str(value.dtype)[6:], hint.dtype):
        return Mismatch(path, hint, value, wanted, words=f"{hint.word} expected")
    return None


def _bind(d: D.Sym, size: int, sizes: dict[str, int]) -> None:
    """A name alone, seen for the first time."""
    names = D.names_in(d)
    name = next(iter(names))
    if D.name(name) == d:
        sizes.setdefault(name, size)


def named(sizes: Mapping[str, int], hint: TensorHint) -> dict[str, int]:
    """The names of a hint that have a value."""
    return {n: sizes[n] for n in sorted(hint.shape.names()) if n in sizes}
