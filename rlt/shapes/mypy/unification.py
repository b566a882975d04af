"""A tensor against what a parameter declares: names take their values from the arguments."""

from __future__ import annotations

from dataclasses import dataclass, field

from rlt.shapes import dims as D
from rlt.shapes import dtypes
from rlt.shapes.dims import Dim
from rlt.shapes.rules.tensor import TensorSpec
from rlt.shapes.shape import Shape


class Unfit(Exception):
    """An argument that a declared parameter does not take; the text goes after the callee's name."""

    def __init__(self, text: str, sizes: tuple[Dim, Dim] | None = None) -> None:
        super().__init__(text)
        self.sizes = sizes
        """Expected and got, where it is one size against another."""


@dataclass
class Bindings:
    """What the names of a signature stand for in one call."""

    sizes: dict[str, Dim] = field(default_factory=dict)
    runs: dict[str, Shape] = field(default_factory=dict)

    def rename(self, d: Dim) -> Dim:
        """A declared size in the caller's terms; unknown where a name of it was not bound."""
        if not isinstance(d, D.Sym):
            return d
        return D.substitute(d, {n: self.sizes.get(n) for n in D.names_in(d)})

    def bind(self, parameter: str, declared: TensorSpec, given: TensorSpec) -> None:
        """Takes one argument. Unfit where dtype, device, rank or a size cannot be."""
        if not dtypes.fits(given.dtype, declared.dtype):
            want = TensorSpec(Shape(()), declared.dtype)
            raise Unfit(f'expects {str(want).split("(")[0]} for "{parameter}", gets {given}')
        if declared.device is not None and given.device is not None and declared.device != given.device:
            raise Unfit(
                f'expects "{parameter}" on {declared.device}, gets {given}; write {parameter}.to("{declared.device}")'
            )
        self._bind_shape(parameter, declared.shape, given.shape)

    def _bind_shape(self, parameter: str, declared: Shape, given: Shape) -> None:
        if given.rank is not None and declared.rank is not None and given.rank != declared.rank:
            raise Unfit(
                f'expects "{parameter}" with {_count(declared.rank)} {declared}, gets {_count(given.rank)} {given}'
            )
        if given.rank is not None and given.rank < declared.least_rank:
            raise Unfit(f'expects "{parameter}" with at least {_count(declared.least_rank)} {declared}, gets {given}')
        if declared.rank is not None and given.least_rank > declared.rank:
            raise Unfit(f'expects "{parameter}" with {_count(declared.rank)} {declared}, gets {given}')
        pairs = _aligned(declared, given)
        for wanted, got in pairs:  # plain names first: an expression such as 2*n is read with them
            if isinstance(wanted, D.Sym) and str(wanted).isidentifier():
                name = str(wanted)
                if self.sizes.get(name) is None:
                    self.sizes[name] = got
                elif D.differ(self.sizes[name], got):
                    raise Unfit(
                        f'expects "{parameter}" of shape {declared} with {name}={self.sizes[name]}, '
                        f"gets {given} where {name}={got}",
                        (self.sizes[name], got),
                    )
        for wanted, got in pairs:
            value = self.rename(wanted)
            if D.differ(value, got):
                names = ", ".join(f"{n}={self.sizes[n]}" for n in sorted(D.names_in(wanted)))
                raise Unfit(
                    f'expects "{parameter}" of shape {declared}{f" with {names}" if names else ""}, '
                    f"gets {given}: size {got} where {value} is expected",
                    (value, got),
                )
        if declared.run is not None and declared.run_name and given.rank is not None:
            after = len(declared.dims) - declared.run
            middle = Shape(given.dims[declared.run : len(given.dims) - after])
            self._bind_run(parameter, declared, given, middle)
        elif declared.run_name and given.run == declared.run and len(given.dims) == len(declared.dims):
            self.runs.setdefault(declared.run_name, Shape((), 0, given.run_name))

    def _bind_run(self, parameter: str, declared: Shape, given: Shape, middle: Shape) -> None:
        known = self.runs.setdefault(declared.run_name, middle)
        if known is middle or known.rank is None:
            self.runs[declared.run_name] = middle
            return
        if known.rank != middle.rank or any(D.differ(a, b) for a, b in zip(known.dims, middle.dims)):
            raise Unfit(
                f'expects "{parameter}" of shape {declared} with *{declared.run_name}={known}, '
                f"gets {given} where *{declared.run_name}={middle}"
            )


def _count(rank: int) -> str:
    return "1 dimension" if rank == 1 else f"{rank} dimensions"


def _aligned(declared: Shape, given: Shape) -> list[tuple[Dim, Dim]]:
    """Pairs of sizes that must be equal: from the front and from the back, as far as both are known."""
    if declared.rank is not None and given.rank is not None:
        return list(zip(declared.dims, given.dims))
    front = min(len(declared.before), len(given.before))
    back = min(len(declared.after), len(given.after))
    whole = next((s.rank for s in (declared, given) if s.rank is not None), None)
    if whole is not None:  # never count a size of the fixed side twice
        back = min(back, whole - front)
    pairs = list(zip(declared.before[:front], given.before[:front]))
    if back > 0:
        pairs += list(zip(declared.after[-back:], given.after[-back:]))
    return pairs
