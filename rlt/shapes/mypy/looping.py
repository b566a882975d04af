"""Loops of code that builds networks: one turn is read, with a name for each size that goes from turn to turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mypy.nodes import ForStmt
from mypy.types import Type

from rlt.shapes import dims as D
from rlt.shapes.mypy.assignments import assignments
from rlt.shapes.mypy.chains import turns
from rlt.shapes.mypy.iterating import Iteration
from rlt.shapes.mypy.sequences import BOUND
from rlt.shapes.rules.problem import UNKNOWN, as_dim

if TYPE_CHECKING:
    from rlt.shapes.mypy.reading import Reader


class Parts(list[Type]):
    """A list of layers, filled as the code is read."""


def one_turn(reader: Reader, s: ForStmt, over: Iteration, lists: set[str]) -> None:
    """Reads the body once. `lists` names the lists of layers that it may fill."""
    changed = [a.name for a in assignments(s.body.body) if not a.of_self]
    given = {n: value for n in changed if (value := reader.parameter(n)) is not None}
    begun, bound = given | reader.values, reader.bound
    carried = [n for n in dict.fromkeys(changed) if n in begun and n not in lists]
    reader.values |= {n: D.name(bound + n) for n in carried} | over.own | {n: Parts() for n in lists}
    _within(reader, lambda: reader.block(s.body.body))
    first = {bound + n: begun[n] for n in carried} | over.first
    then = {bound + n: reader.values[n] for n in carried} | over.then
    after = {n: _after(reader, n, begun[n], reader.values[n], over) for n in carried}
    last = {bound + n: after[n] for n in carried} | over.last
    for name in lists:
        body = reader.values[name]
        reader.values[name] = begun[name]
        if not isinstance(body, Parts):
            reader.values[name] = UNKNOWN
        elif body:
            begun[name].append(_as_turns(reader, body, first, then, last, over))
    reader.values |= {n: UNKNOWN for n in changed if n not in lists} | after | over.after


def turned(reader: Reader, over: Iteration, body: Callable[[], list[Type]]) -> list[Type]:
    """The layers of a comprehension, of which `body` reads one turn."""
    kept = dict(reader.values)
    found: list[Type] = []
    for values in over.each or ():
        reader.values |= values
        found += body()
    if over.each is None:
        reader.values |= over.own
        found = [_as_turns(reader, _within(reader, body), over.first, over.then, over.last, over)]
    reader.values = kept
    return found


def _within(reader: Reader, body: Callable[[], Any]) -> Any:
    """Reads the body of a loop, in which the sizes of an inner loop's turns have names of their own."""
    bound = reader.bound
    reader.bound += BOUND
    found = body()
    reader.bound = bound
    return found


def _after(reader: Reader, name: str, begun: Any, value: Any, over: Iteration) -> Any:
    """A variable's value after the loop, given what it was before and what one turn makes of it."""
    size, each = as_dim(value), D.name(reader.bound + name)
    if size is None or size == each:  # a turn leaves it as it is
        return UNKNOWN
    if not _of_a_turn(size):
        return size
    for own, end in over.ends.items():
        if size == D.name(own):
            return end
    more = D.sub(size, each)
    if over.count is not None and as_dim(begun) is not None and not _of_a_turn(more):
        return D.add(as_dim(begun), D.mul(over.count, more))
    if reader.function is None or reader.function.name != "__init__":
        return UNKNOWN
    reader.worked_out.append(name)
    times = reader.worked_out.count(name)  # the next loop makes another size of it
    return D.name(name + (f"_{times}" if times > 1 else "") + D.AFTER_LOOP)


def _of_a_turn(size: D.Dim) -> bool:
    return any(n.startswith(BOUND) for n in D.names_in(size))


def _as_turns(reader: Reader, body: list[Type], first: Any, then: Any, last: Any, over: Iteration) -> Type:
    own = [str(v) for v in over.own.values() if isinstance(v, D.Sym)]
    return turns(body, first, then, last, [n for n in own if n not in then], reader.types)
