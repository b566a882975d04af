"""A tensor's shape: sizes, with at most one run of any number of further sizes (`*batch`, `...`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rlt.shapes import dims as D
from rlt.shapes.dim_text import parse_dim
from rlt.shapes.dims import Dim


@dataclass(frozen=True, slots=True)
class Shape:
    """`Shape((b, 3))`; `Shape((3,), run=0, run_name="batch")` is `*batch 3`, any number of sizes before the 3."""

    dims: tuple[Dim, ...]
    run: int | None = None
    """Where in `dims` the run stands; None for a shape of known rank."""
    run_name: str = ""
    """The name of a `*name` run; two runs of one name in one signature are the same sizes. Empty for `...`."""

    @property
    def rank(self) -> int | None:
        """The number of dimensions; None where a run makes it unknown."""
        return len(self.dims) if self.run is None else None

    @property
    def least_rank(self) -> int:
        return len(self.dims)

    @property
    def before(self) -> tuple[Dim, ...]:
        """The sizes before the run; all of them where there is none."""
        return self.dims if self.run is None else self.dims[: self.run]

    @property
    def after(self) -> tuple[Dim, ...]:
        """The sizes after the run; all of them where there is none."""
        return self.dims if self.run is None else self.dims[self.run :]

    def size(self, index: int) -> Dim:
        """The size of one dimension (negative: from the end), None where it is unknown or hidden in the run."""
        side = self.before if index >= 0 else self.after
        return side[index] if -len(side) <= index < len(side) else None

    def last(self, n: int) -> tuple[Dim, ...]:
        """The last `n` sizes, unknown ones for those that the run hides."""
        return tuple(self.size(i) for i in range(-n, 0))

    def expose_last(self, n: int) -> Shape:
        """The same shape with at least `n` sizes after the run.

        The missing ones are unknown: the run may be empty, and they are then among the sizes before it, which are
        no longer told apart.
        """
        missing = n - len(self.after)
        if self.run is None or missing <= 0:
            return self
        return Shape((None,) * missing + self.after, run=0)

    def expose_first(self, n: int) -> Shape:
        """The same shape with at least `n` sizes before the run; those after it are then no longer told apart."""
        missing = n - len(self.before)
        if self.run is None or missing <= 0:
            return self
        return Shape(self.before + (None,) * missing, run=self.run + missing)

    def with_last(self, sizes: Iterable[Dim], drop: int) -> Shape:
        """The last `drop` sizes replaced by `sizes`."""
        exposed = self.expose_last(drop)
        keep = exposed.dims[: len(exposed.dims) - drop]
        return Shape(keep + tuple(sizes), exposed.run, exposed.run_name)

    def replace(self, index: int, size: Dim) -> Shape:
        """One size replaced; the shape unchanged where the run hides that dimension."""
        exposed = self.expose_first(index + 1) if index >= 0 else self.expose_last(-index)
        at = index if index >= 0 else index + len(exposed.dims)
        if not 0 <= at < len(exposed.dims):
            return self
        return Shape((*exposed.dims[:at], size, *exposed.dims[at + 1 :]), exposed.run, exposed.run_name)

    def substitute(self, values: Mapping[str, Dim]) -> Shape:
        """Names of sizes replaced by their values; the run stays."""
        return Shape(tuple(D.substitute(d, values) for d in self.dims), self.run, self.run_name)

    def names(self) -> set[str]:
        return set().union(*(D.names_in(d) for d in self.dims)) if self.dims else set()

    def numel(self) -> Dim:
        """The number of elements, None where it is unknown."""
        return D.product(self.dims) if self.run is None else None

    def __str__(self) -> str:
        sizes = [D.show(d) for d in self.dims]
        if self.run is not None:
            sizes.insert(self.run, f"*{self.run_name}" if self.run_name else "...")
        return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


UNKNOWN_SHAPE = Shape((), run=0)
"""Any shape whatever."""


def shape_of(sizes: Iterable[Dim]) -> Shape:
    """A shape of known rank."""
    return Shape(tuple(sizes))


def unknown_sizes(rank: int) -> Shape:
    """`rank` dimensions of unknown size."""
    return Shape((None,) * rank)


def parse_shape(text: str) -> Shape:
    """An annotation's text: `batch 3 32 32`, `b 2*n`, `*batch d`, `b ... c`, `_ d`; empty for a scalar.

    jaxtyping's further marks are understood as far as they matter here: `#n` (may be 1) and `?n` are unknown sizes,
    `n=3` is 3, `{expr}` is unknown. ValueError says what cannot be read.
    """
    sizes: list[Dim] = []
    run: int | None = None
    run_name = ""
    for token in text.split():
        bare = token.lstrip("#")
        if bare == "..." or bare.startswith("*"):
            if run is not None:
                raise ValueError(f'the shape "{text}" has two runs of sizes ("*name" or "..."); only one can be matched')
            run, run_name = (
                len(sizes),
                "" if bare == "..." or bare[1:] == "_" or token != bare else bare[1:].lstrip("?"),
            )
            if run_name and not run_name.isidentifier():
                raise ValueError(f'cannot read "{token}" in the shape "{text}": a run is written *name')
            continue
        if "=" in token:
            token = token.split("=", 1)[1]
        if token[0] in "#?" or "{" in token:
            sizes.append(None)
        else:
            try:
                sizes.append(None if token.startswith("_") else parse_dim(token))
            except ValueError:
                raise ValueError(f'cannot read "{token}" in the shape "{text}"') from None
    return Shape(tuple(sizes), run, run_name)
