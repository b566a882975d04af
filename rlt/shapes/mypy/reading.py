"""Code that builds networks, read statement by statement with the sizes as names.

`for i, o in pairwise(sizes): parts.append(nn.Linear(i, o))` puts no layer in sight, yet says what each of them is. The
reader follows a function's assignments, the lists of layers that it fills, its branches and its loops: of a loop it keeps
one turn, and how sizes go from one turn to the next. What it does not follow is unknown from there on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mypy.nodes import (
    ARG_POS,
    ARG_STAR,
    AssignmentStmt,
    Block,
    BreakStmt,
    CallExpr,
    ClassDef,
    ContinueStmt,
    Decorator,
    Expression,
    ExpressionStmt,
    ForStmt,
    FuncDef,
    GeneratorExpr,
    IfStmt,
    IndexExpr,
    ListComprehension,
    ListExpr,
    MemberExpr,
    NameExpr,
    OperatorAssignmentStmt,
    OpExpr,
    PassStmt,
    RaiseStmt,
    ReturnStmt,
    SliceExpr,
    StarExpr,
    Statement,
    TupleExpr,
    TypeInfo,
)  # fmt: skip
from mypy.types import TupleType, Type, get_proper_type

from rlt.shapes.mypy.assignments import assignments
from rlt.shapes.mypy.chains import either, mark_of
from rlt.shapes.mypy.classes import StaticScope, attribute_size
from rlt.shapes.mypy.constants import evaluate
from rlt.shapes.mypy.iterating import iteration
from rlt.shapes.mypy.layers import layer_of
from rlt.shapes.mypy.looping import Parts, one_turn, turned
from rlt.shapes.mypy.making import made
from rlt.shapes.mypy.mutations import everywhere
from rlt.shapes.mypy.sequences import BOUND
from rlt.shapes.mypy.tensors import TypeMaker
from rlt.shapes.rules.layers import LAYERS
from rlt.shapes.rules.problem import UNKNOWN


class _Reached(Exception):
    """The expression whose place is wanted is here."""


class _Lost(Exception):
    """Code that is not followed."""


class Reader(StaticScope):
    """The names of a function, at the statement that is being read."""

    def __init__(self, function: FuncDef, module: list[Statement], types: TypeMaker, cls: TypeInfo | None = None) -> None:
        super().__init__(function, module)
        self.types, self.cls = types, cls
        self.values: dict[str, Any] = {}
        self.until: Expression | None = None
        self.results: list[Type | None] = []
        """What the function returns; None for None."""
        self.values_returned: list[Any] = []
        self.lists_returned: list[list[Type] | None] = []
        """The same, as values and as lists of layers."""
        self.bound = BOUND
        """Begins the names of sizes that a turn of the next loop has: longer within a loop."""
        self.worked_out: list[str] = []
        """Names to which a loop has given a size of its own."""

    # ------------------------------------------------------------------------------------------------ questions

    def before(self, node: Expression) -> bool:
        """Reads up to the statement that holds `node`; whether it is there."""
        assert self.function is not None
        self.until = node
        try:
            self.block(self.function.body.body)
        except _Reached:
            return True
        except _Lost:
            pass
        return False

    def all_results(self) -> list[Type]:
        """What the function returns; empty where one of its results is not followed."""
        assert self.function is not None
        try:
            self.block(self.function.body.body)
        except _Lost:
            return []
        returns = sum(isinstance(s, ReturnStmt) for s in everywhere(self.function.body.body))
        return [r for r in self.results if r is not None] if len(self.results) == returns else []

    def runs(self) -> bool:
        """Reads all of the function; whether it could be followed to its end."""
        assert self.function is not None
        try:
            return not self.block(self.function.body.body)
        except _Lost:
            return False

    def parts(self, arguments: Iterable[tuple[Expression, Any]]) -> list[Type] | None:
        """The layers that a container's arguments are; None where they are not all in sight."""
        found: list[Type] = []
        for e, kind in arguments:
            if kind == ARG_POS:
                found.append(self.one(e))
            elif kind == ARG_STAR and (several := self.several(e)) is not None:
                found.extend(several)
            else:
                return None
        return found

    def one(self, e: Expression) -> Type:
        """The layer that an expression is."""
        return made(e, self)

    def several(self, e: Expression) -> list[Type] | None:
        """The layers of a list, a display or a comprehension; None where they are not in sight."""
        if isinstance(e, NameExpr):
            held = self.values.get(e.name)
            return list(held) if isinstance(held, Parts) else None
        if isinstance(e, IndexExpr) and isinstance(e.index, SliceExpr):
            return self._slice(self.several(e.base), e.index)
        if isinstance(e, CallExpr):
            from rlt.shapes.mypy.running import layers_of_call

            return layers_of_call(e, self, self.outer, self.types)
        if isinstance(e, (ListExpr, TupleExpr)):
            return self.parts((i.expr, ARG_STAR) if isinstance(i, StarExpr) else (i, ARG_POS) for i in e.items)
        if isinstance(e, (ListComprehension, GeneratorExpr)):
            generator = e.generator if isinstance(e, ListComprehension) else e
            if len(generator.sequences) != 1 or any(generator.condlists):
                return None
            over = iteration(generator.indices[0], generator.sequences[0], self, self.bound)
            return turned(self, over, lambda: [self.one(generator.left_expr)])
        return None

    def _slice(self, parts: list[Type] | None, of: SliceExpr) -> list[Type] | None:
        """`layers[:-1]`: without the last one, which may be the end of a loop's turn if it keeps the shape."""
        ends = (of.begin_index, of.end_index, of.stride)
        bounds = [None if e is None else evaluate(e, self) for e in ends]
        if parts is None or not all(b is None or type(b) is int for b in bounds):
            return None
        if not any(map(mark_of, parts)):
            return parts[slice(*bounds)]
        last = get_proper_type(parts[-1])
        if bounds != [None, -1, None] or not isinstance(last, TupleType) or mark_of(last) != "Turns":
            return None
        layer = layer_of(last.items[-1])
        return parts if layer is not None and LAYERS[layer[0]].keeps_shape else None

    # ----------------------------------------------------------------------------------------------- the scope

    def name(self, e: NameExpr, depth: int) -> Any:
        if e.name in self.values:
            held = self.values[e.name]
            return UNKNOWN if isinstance(held, Parts) else held
        return super().name(e, depth)

    def called(self, e: CallExpr, depth: int) -> Any:
        from rlt.shapes.mypy.running import value_of_call

        return value_of_call(e, self, self.outer, self.types, depth)

    def member(self, e: MemberExpr, depth: int) -> Any:
        found = super().member(e, depth)
        if found is UNKNOWN and self.cls is not None and isinstance(e.expr, NameExpr) and e.expr.name == "self":
            size = attribute_size(self.cls, e.name)
            return size[0] if size is not None and size[1] is self.cls else UNKNOWN
        return found

    # ---------------------------------------------------------------------------------------------- statements

    def block(self, body: Sequence[Statement]) -> bool:
        """Reads statements; whether the end of them is reached."""
        return all(self._statement(s) for s in body)

    def _statement(self, s: Statement) -> bool:
        if isinstance(s, ForStmt):
            self._for(s)
        elif isinstance(s, IfStmt):
            return self._if(s)
        elif isinstance(s, (ReturnStmt, RaiseStmt, AssignmentStmt, OperatorAssignmentStmt, ExpressionStmt, PassStmt)):
            if self.until is not None and s.line <= self.until.line <= (s.end_line or s.line):
                raise _Reached
            return self._plain(s)
        elif isinstance(s, (FuncDef, Decorator, ClassDef)):
            raise _Lost  # a function within sees and changes what this one holds
        else:
            self._forget(s)
        return True

    def _plain(self, s: Statement) -> bool:
        if isinstance(s, ReturnStmt):
            if s.expr is not None:
                self.results.append(self.result(s.expr))
                self.values_returned.append(evaluate(s.expr, self))
                self.lists_returned.append(self.several(s.expr))
            return False
        if isinstance(s, RaiseStmt):
            return False
        if isinstance(s, AssignmentStmt):
            self._assign(s)
        elif isinstance(s, OperatorAssignmentStmt):
            self._add(s)
        elif isinstance(s, ExpressionStmt) and isinstance(s.expr, CallExpr):
            self._call(s.expr)
        return True

    def result(self, e: Expression) -> Type | None:
        """What is returned, None for None."""
        return None if isinstance(e, NameExpr) and e.name == "None" else made(e, self)

    def _assign(self, s: AssignmentStmt) -> None:
        for lvalue in s.lvalues:
            if isinstance(lvalue, NameExpr):
                self.values[lvalue.name] = self._value(s.rvalue)
            elif isinstance(lvalue, (TupleExpr, ListExpr)):
                self._unpack(lvalue.items, s.rvalue)
            elif isinstance(lvalue, IndexExpr) and isinstance(lvalue.base, NameExpr):
                self.values[lvalue.base.name] = UNKNOWN

    def _unpack(self, targets: Sequence[Expression], value: Expression) -> None:
        alike = isinstance(value, (TupleExpr, ListExpr)) and len(value.items) == len(targets)
        held = evaluate(value, self)
        known = isinstance(held, (tuple, list)) and len(held) == len(targets)
        new: dict[str, Any] = {}
        for i, target in enumerate(targets):
            target = target.expr if isinstance(target, StarExpr) else target
            if isinstance(target, NameExpr):
                assert not alike or isinstance(value, (TupleExpr, ListExpr))
                new[target.name] = self._value(value.items[i]) if alike else held[i] if known else UNKNOWN  # type: ignore[attr-defined]
        self.values |= new

    def _value(self, e: Expression) -> Any:
        if isinstance(e, (ListExpr, TupleExpr, ListComprehension)):
            value = evaluate(e, self)
            empty = isinstance(e, ListExpr) and not e.items
            if not empty and value is not UNKNOWN and not _unknown_inside(value):
                return value
            several = self.several(e)
            return UNKNOWN if several is None else Parts(several)
        if isinstance(e, NameExpr) and isinstance(self.values.get(e.name), Parts):
            return UNKNOWN  # two names for one list
        return evaluate(e, self)

    def _add(self, s: OperatorAssignmentStmt) -> None:
        if not isinstance(s.lvalue, NameExpr):
            return
        held = self.values.get(s.lvalue.name)
        more = self.several(s.rvalue) if isinstance(held, Parts) and s.op == "+" else None
        if isinstance(held, Parts) and more is not None:
            held.extend(more)
        else:
            added = OpExpr(s.op, s.lvalue, s.rvalue)
            self.values[s.lvalue.name] = UNKNOWN if isinstance(held, Parts) else evaluate(added, self)

    def _call(self, call: CallExpr) -> None:
        callee = call.callee
        owner = callee.expr if isinstance(callee, MemberExpr) else None
        held = self.values.get(owner.name) if isinstance(owner, NameExpr) else None
        if isinstance(owner, NameExpr) and isinstance(callee, MemberExpr):
            if not isinstance(held, Parts):
                self.values[owner.name] = UNKNOWN
            elif callee.name == "append" and len(call.args) == 1:
                held.append(self.one(call.args[0]))
            elif callee.name == "extend" and len(call.args) == 1 and (more := self.several(call.args[0])) is not None:
                held.extend(more)
            else:
                self.values[owner.name] = UNKNOWN
        for a in call.args:  # a list that is given away may come back with more in it
            if isinstance(a, NameExpr) and isinstance(self.values.get(a.name), Parts):
                self.values[a.name] = UNKNOWN

    def _forget(self, s: Statement) -> None:
        """Names that a statement sets, and lists that it may change, are unknown after it."""
        if self.until is not None and s.line <= self.until.line <= (s.end_line or s.line):
            raise _Lost
        if any(isinstance(inner, ReturnStmt) for inner in everywhere([s])):
            raise _Lost
        for found in assignments([s]):
            if not found.of_self:
                self.values[found.name] = UNKNOWN
        for name, held in self.values.items():
            if isinstance(held, Parts):
                self.values[name] = UNKNOWN

    # -------------------------------------------------------------------------------------- branches and loops

    def _if(self, s: IfStmt) -> bool:
        blocks: list[Block | None] = [*s.body, s.else_body]
        for condition, block in zip(s.expr, s.body):
            known = evaluate(condition, self)
            if known is True or (isinstance(known, (tuple, list)) and known):
                return self.block(block.body)
            if known is False:
                blocks.remove(block)
            else:
                break
        start = self._copied()
        ends: list[dict[str, Any]] = []
        for block in blocks:
            self.values = {k: Parts(v) if isinstance(v, Parts) else v for k, v in start.items()}
            if block is None or self.block(block.body):
                ends.append(self.values)
        if not ends:
            return False
        names = set().union(*ends)
        self.values = {name: self._either(start.get(name), [end.get(name, UNKNOWN) for end in ends]) for name in names}
        return True

    def _copied(self) -> dict[str, Any]:
        return {k: Parts(v) if isinstance(v, Parts) else v for k, v in self.values.items()}

    def _either(self, start: Any, ends: list[Any]) -> Any:
        if not all(isinstance(end, Parts) for end in ends):
            return ends[0] if all(type(end) is type(ends[0]) and end == ends[0] for end in ends) else UNKNOWN
        begun = len(start) if isinstance(start, Parts) else 0
        ways = [list(end[begun:]) for end in ends]
        if all(way == ways[0] for way in ways):
            return ends[0]
        return Parts([*ends[0][:begun], either(ways, self.types)])

    def _for(self, s: ForStmt) -> None:
        if any(isinstance(inner, (ReturnStmt, BreakStmt, ContinueStmt)) for inner in everywhere(s.body.body)):
            self._forget(s)
            return
        if self.until is not None and s.line <= self.until.line <= (s.end_line or s.line):
            raise _Lost
        over = iteration(s.index, s.expr, self, self.bound)
        lists = {name for name, held in self.values.items() if isinstance(held, Parts)}
        for values in over.each or ():
            self.values |= values
            self.block(s.body.body)
        if over.each is None:
            one_turn(self, s, over, lists)


def _unknown_inside(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and any(v is UNKNOWN or _unknown_inside(v) for v in value)
