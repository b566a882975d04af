"""Sequences of sizes whose length is not known: `hidden: tuple[int, ...]`, `(n_in, *hidden)`.

An item of one is a size whose name is how it is written: `hidden[0]`, `hidden[-1]`. A run is taken to hold at least one
size: where it is empty there is no layer that could be wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rlt.shapes import dims as D
from rlt.shapes.rules.problem import UNKNOWN, as_dim


@dataclass(frozen=True)
class Sizes:
    """`(*before, *run, *after)`, the run of unknown length."""

    before: tuple[Any, ...]
    run: str
    after: tuple[Any, ...]

    def __getitem__(self, at: int) -> Any:
        """One size; UNKNOWN where its place depends on the run's length."""
        if at >= 0:
            rest = at - len(self.before)
            inside = rest == 0 or not self.after
            return self.before[at] if rest < 0 else D.name(f"{self.run}[{rest}]") if inside else UNKNOWN
        rest = -at - len(self.after)
        inside = rest == 1 or not self.before
        return self.after[at] if rest <= 0 else D.name(f"{self.run}[-{rest}]") if inside else UNKNOWN

    def spread(self, before: tuple[Any, ...], after: tuple[Any, ...]) -> Sizes:
        return Sizes((*before, *self.before), self.run, (*self.after, *after))

    def values(self) -> tuple[Any, ...]:
        return (*self.before, *self.after)


def parameter(name: str) -> Sizes:
    """A parameter that is a sequence of sizes."""
    return Sizes((), name, ())


def joined(parts: Iterable[Any]) -> Any:
    """Tuples, lists and at most one `Sizes`, one after the other; UNKNOWN for others."""
    out: Any = ()
    for part in parts:
        if isinstance(part, (tuple, list)):
            out = out.spread((), tuple(part)) if isinstance(out, Sizes) else (*out, *part)
        elif isinstance(part, Sizes) and isinstance(out, tuple):
            out = part.spread(out, ())
        else:
            return UNKNOWN
    return out


def item(values: Any, at: Any) -> Any:
    """`values[at]` of a tuple, list or `Sizes`."""
    if type(at) is not int:
        return UNKNOWN
    if isinstance(values, Sizes):
        return values[at]
    return values[at] if isinstance(values, (tuple, list)) and -len(values) <= at < len(values) else UNKNOWN


BOUND = "each_"
"""Begins the names of sizes that one turn of a loop has: they mean the same wherever the type that holds them goes."""


def looked_up(name: str, values: Mapping[str, Any]) -> D.Dim:
    """What a size's name is in `values`, where `hidden[-1]` is the last item of `hidden`; None where it is not known."""
    if name in values:
        return as_dim(values[name])
    if name.startswith(BOUND):
        return D.name(name)
    base, bracket, at = name.partition("[")
    return as_dim(item(values.get(base), int(at[:-1]))) if bracket and at[:-1].lstrip("-").isdigit() else None


def in_terms_of(value: Any, values: Mapping[str, Any]) -> Any:
    """A size or sequence of sizes with every name replaced; UNKNOWN where one of them is not in `values`."""
    if isinstance(value, D.Sym):
        size = D.substitute(value, {n: looked_up(n, values) for n in D.names_in(value)})
        return UNKNOWN if size is None else size
    if isinstance(value, tuple):
        return tuple(in_terms_of(v, values) for v in value)
    if isinstance(value, Sizes):
        before, after = in_terms_of(value.before, values), in_terms_of(value.after, values)
        return joined((before, values.get(value.run, UNKNOWN), after))
    return value


def given_sizes(parameters: list[str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a constructor's arguments that are sizes, sequences of sizes or flags."""
    sizes = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items() if k in parameters}
    return {k: v for k, v in sizes.items() if as_dim(v) is not None or isinstance(v, (bool, Sizes)) or _all_sizes(v)}


def _all_sizes(value: Any) -> bool:
    return isinstance(value, tuple) and all(as_dim(v) is not None or _all_sizes(v) for v in value)
