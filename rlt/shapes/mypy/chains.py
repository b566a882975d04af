"""One layer after another: what a Sequential's parts make of an input, those made in loops and branches too.

A loop's layers are judged by induction: the first turn takes what comes in, and a second turn takes what the first gave.
What both turns agree on holds after every number of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mypy.types import Instance, TupleType, Type, get_proper_type

from rlt.shapes import dims as D
from rlt.shapes.mypy.calls import NotUnderstood
from rlt.shapes.mypy.layers import layer_of
from rlt.shapes.mypy.modules import Follow, Refused, as_input, call, mended, text_of
from rlt.shapes.mypy.renaming import partly, renamed
from rlt.shapes.mypy.sequences import BOUND
from rlt.shapes.mypy.settings import Settings, settings_of, write
from rlt.shapes.mypy.signatures import Arguments
from rlt.shapes.mypy.tensors import MARKS, TypeMaker, loose, shared
from rlt.shapes.rules.layers import LAYERS
from rlt.shapes.rules.problem import as_dim
from rlt.shapes.rules.tensor import UNKNOWN_TENSOR, TensorSpec
from rlt.shapes.shape import Shape

Tell = Callable[[str, Type], None]
"""Takes the text of a mistake and the layer at fault, whose line it belongs to."""
NEXT = "next_"
"""Begins the names that the second turn gives to sizes of its own."""


def turns(body: Sequence[Type], first: Settings, then: Settings, last: Settings, own: Sequence[str], types: TypeMaker) -> Type:
    """A loop as one part. A size that goes from turn to turn begins as `first`, becomes `then`, and is `last` afterwards;
    `own` names the sizes that every turn has anew."""
    kept: dict[str, Any] = {"own": tuple(D.name(n) for n in own)}
    for name in then:
        kept |= {f"first_{name}": first.get(name), f"then_{name}": then[name], f"last_{name}": last.get(name)}
    return types.tuple([types.instance(MARKS + "Turns", [loose(types.text(write(kept)))]), *body])


def either(ways: Sequence[Sequence[Type]], types: TypeMaker) -> Type:
    """Several ways to build one part."""
    return types.tuple([types.instance(MARKS + "Either"), *(types.tuple(way) for way in ways)])


def mark_of(part: Type) -> str:
    """`Turns`, `Either` or `Same`; empty for a plain layer."""
    p = get_proper_type(part)
    if isinstance(p, TupleType) and p.items:
        p = get_proper_type(p.items[0])
    return p.type.name if isinstance(p, Instance) and p.type.fullname.startswith(MARKS) else ""


class Chain:
    """Takes inputs through parts. Refused at the first mistake, unless `tell` is given it."""

    def __init__(
        self,
        types: TypeMaker,
        tell: Tell | None = None,
        where: str = "",
        lines: Mapping[int, int] | None = None,
        follow: Follow | None = None,
    ) -> None:
        self.types, self.tell, self.where, self.where_now, self.follow = types, tell, where, where, follow
        self.lines = lines or {}
        """Lines of parts that are not those where they were made, by identity."""
        self.fed_by = ""
        self.told: set[tuple[int, int]] = set()
        """Places of mistakes: a layer in a loop is reported once."""

    def through(self, parts: Sequence[Type], current: Any, *, counted: bool = False) -> Any:
        for i, part in enumerate(parts):
            self.where_now = f" at position {i}{self.where}" if counted else self.where
            current = self.part(part, current)
        return current

    def part(self, part: Type, current: Any) -> Any:
        mark, p = mark_of(part), get_proper_type(part)
        if mark == "Same":
            return current
        if mark == "Turns" and isinstance(p, TupleType):
            return self._loop(p.items[0], p.items[1:], current)
        if mark == "Either" and isinstance(p, TupleType):
            return self._ways([w.items for w in map(get_proper_type, p.items[1:]) if isinstance(w, TupleType)], current)
        return self.layer(part, Arguments([current]))

    def layer(self, t: Type, inputs: Arguments) -> Any:
        try:
            where = self.where_now if self.tell is None else ""
            result = call(t, inputs, self.types, where=where, fed_by=self.fed_by, follow=self.follow)
        except Refused as refused:
            if self.tell is None:
                raise Refused(str(refused).replace(BOUND, ""), refused.sizes) from None
            place = (self.lines.get(id(t), t.line), t.column)
            if place not in self.told:
                self.told.add(place)
                self.tell(str(refused).replace(BOUND, ""), t)
            result = mended(t, inputs, self.types)
        except NotUnderstood:
            result = None
        layer = layer_of(t)
        if self.tell is not None and (layer is None or not LAYERS[layer[0]].keeps_shape):
            self.fed_by = f" from {text_of(t)} on line {self.lines.get(id(t), t.line)}"
        return UNKNOWN_TENSOR if result is None else as_input(result)

    def _ways(self, ways: Sequence[Sequence[Type]], current: Any) -> Any:
        """What all ways give."""
        fed_by, results = self.fed_by, []
        for way in ways:
            self.fed_by = fed_by
            results.append(self.through(way, current))
        specs = [r for r in results if isinstance(r, TensorSpec)]
        return shared(specs) if specs and len(specs) == len(results) else UNKNOWN_TENSOR

    def _loop(self, mark: Type, body: Sequence[Type], current: Any) -> Any:
        kept = settings_of(mark) or {}
        carried = [key.removeprefix("then_") for key in kept if key.startswith("then_")]
        own = [str(n) for n in kept.get("own", ())]
        first: dict[str, D.Dim] = {n: as_dim(kept[f"first_{n}"]) for n in carried}
        then: dict[str, D.Dim] = {n: as_dim(kept[f"then_{n}"]) for n in carried}
        once = self.through(self._with(body, first), current)
        second = {n: D.substitute(d, first) for n, d in then.items()}
        fresh: dict[str, D.Dim] = {n: D.name(NEXT + n.partition("_")[2]) for n in own}
        twice = self.through(self._with(body, {**fresh, **second}), once)
        if not isinstance(once, TensorSpec) or not isinstance(twice, TensorSpec):
            return UNKNOWN_TENSOR
        after_one, after_two = second, {n: D.substitute(d, {**fresh, **second}) for n, d in then.items()}

        def settled(a: D.Dim, b: D.Dim) -> D.Dim:
            for n in carried:
                if a is not None and (a, b) == (after_one[n], after_two[n]):
                    return as_dim(kept[f"last_{n}"])
            return a if a == b and not D.names_in(a) & set(own) else None

        one, two = once.shape, twice.shape
        alike = (len(one.dims), one.run, one.run_name) == (len(two.dims), two.run, two.run_name)
        if not alike:
            return TensorSpec(UNKNOWN_TENSOR.shape, shared([once, twice]).dtype, once.device)
        return shared([once, twice]).of(Shape(tuple(map(settled, one.dims, two.dims)), one.run, one.run_name))

    def _with(self, body: Sequence[Type], values: Mapping[str, D.Dim]) -> list[Type]:
        return [renamed(t, partly(values), self.types) for t in body]
