"""Functions of torch and torch.nn.functional, methods and operators of tensors."""

from __future__ import annotations

from typing import Any

from mypy.nodes import CallExpr, Expression, IndexExpr, MemberExpr, NameExpr, OpExpr
from mypy.types import Instance, Type, UnionType, get_proper_type

from rlt.shapes import dims as D
from rlt.shapes.mypy.calls import (
    Given,
    Many,
    NotUnderstood,
    apply,
    given_arguments,
    name_of,
    scope_of,
    type_of_result,
    values_of,
)
from rlt.shapes.mypy.causes import report
from rlt.shapes.mypy.conversions import CONVERSIONS
from rlt.shapes.mypy.guards import may_be_equal
from rlt.shapes.mypy.reporting import operator_problem
from rlt.shapes.mypy.scope import CheckedScope
from rlt.shapes.mypy.targets import as_stored, unpacked_into
from rlt.shapes.mypy.tensors import TypeMaker, any_type, checker_types, spec_of
from rlt.shapes.rules import broadcasting
from rlt.shapes.rules.operators import is_in_place, operator_rule
from rlt.shapes.rules.problem import UNKNOWN, Problem
from rlt.shapes.rules.tensor import UNKNOWN_TENSOR, TensorSpec

FUNCTIONS = (
    "torch._C._VariableFunctions.",
    "torch.functional.",
    "torch.nn.functional.",
    "torch._C._nn.",
    "torch.linalg.",
)
METHODS = (
    "torch._C.TensorBase.",
    "torch._tensor.Tensor.",
    "torch.nn.parameter.Parameter.",
    "torch.nn.parameter.Buffer.",
)
SYMBOLS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "pow": "**", "mod": "%", "matmul": "@",
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "and": "&", "or": "|", "xor": "^", "div": "/",
}  # fmt: skip
_PAIRWISE = {
    "add", "sub", "mul", "div", "truediv", "floordiv", "pow", "mod", "remainder", "fmod", "maximum", "minimum", "fmax",
    "fmin", "eq", "ne", "lt", "le", "gt", "ge", "and", "or", "xor", "subtract", "multiply", "divide", "true_divide",
    "floor_divide", "logical_and", "logical_or", "atan2", "hypot", "rsub",
}  # fmt: skip
"""Operations on two tensors that broadcast, by their name without `__`, `__r` or `__i`."""


_RESHAPING = {"unsqueeze_", "squeeze_", "transpose_", "t_", "swapaxes_", "swapdims_", "resize_", "set_", "as_strided_"}
"""In-place operations that change the tensor's own shape."""


def _is_pairwise(name: str) -> bool:
    bare = name.strip("_")
    return bare in _PAIRWISE or (name.startswith("__") and bare[1:] in _PAIRWISE)



def short_name(fullname: str) -> tuple[str, bool] | None:
    """The bare name of a torch function or tensor method that has a rule, and whether it is a method."""
    method = fullname.startswith(METHODS)
    if not method and not fullname.startswith(FUNCTIONS):
        return None
    name = fullname.rpartition(".")[2]
    if name == "__rmatmul__" or (name in CONVERSIONS and (method or name in ("tensor", "as_tensor", "from_numpy"))):
        return name, method
    return (name, method) if operator_rule(name, method) is not None else None


def operator(ctx: Any, name: str, method: bool) -> Type:
    """The hook of a function or method: its result, or a report of what does not fit."""
    types = checker_types(ctx.api)
    given = given_arguments(ctx)
    scope = scope_of(ctx, given)
    owner = spec_of(ctx.type) if method else None
    if method and owner is None:
        return ctx.default_return_type
    positional, keywords = values_of(given, scope)
    if owner is not None:
        positional.insert(0, owner)
    node = ctx.context
    operands = [node.left, node.right] if isinstance(node, OpExpr) else [g.expression for g in given]
    try:
        result = _answer(name, method, positional, keywords, given, operands)
        if result is None and name in ("split", "unbind", "chunk") and positional:
            result = _pieces(name, positional, keywords, unpacked_into(ctx.api, node))
    except Problem as problem:
        asked = _is_pairwise(name) and problem.rests_on_names and may_be_equal(scope.functions, node)
        if not asked and not _may_be_another(ctx, scope):
            _report(ctx, problem, name, method, given, positional)
        result = UNKNOWN_TENSOR
    return as_stored(ctx.api, ctx.context, type_of_result(result, ctx.default_return_type, types), types)


def _answer(
    name: str,
    method: bool,
    positional: list[Any],
    keywords: dict[str, Any],
    given: list[Given],
    operands: list[Expression],
) -> Any:
    if name == "__rmatmul__":
        name, positional = "__matmul__", positional[::-1]
    if name in CONVERSIONS:
        return CONVERSIONS[name](positional, keywords, given)
    rule = operator_rule(name, method)
    assert rule is not None
    if positional and isinstance(positional[0], Many):
        return _joined_many(name, rule, positional[0], positional[1:], keywords)
    if _is_pairwise(name) and len(positional) == 2 and not keywords:
        shift = len(positional) - len(given)
        for i, g in enumerate(given):
            if positional[i + shift] is UNKNOWN:
                positional[i + shift] = _number_like(g.type)
        refuse_silent_outer(positional, operands)
    elif not _creates(rule) and not any(map(_holds_tensor, (*positional, *keywords.values()))):
        raise NotUnderstood
    result = apply(rule, positional, keywords)
    if is_in_place(name) and name not in _RESHAPING and positional and isinstance(positional[0], TensorSpec):
        return _in_place(positional[0], result, name)
    return result


def _pieces(name: str, positional: list[Any], keywords: dict[str, Any], wanted: int | None) -> Any:
    """Pieces whose number is a named size. Problem where they are unpacked into another number of names."""
    arguments = dict(zip(("x", "dim") if name == "unbind" else ("x", "size", "dim"), positional)) | keywords
    x, dim = arguments["x"], arguments.get("dim", 0)
    if name == "chunk":
        known = isinstance(x, TensorSpec) and type(dim) is int and wanted == arguments.get("size", arguments.get("chunks"))
        return (x.of(x.shape.replace(dim, None)),) * wanted if known and wanted is not None else None
    step = arguments.get("size", arguments.get("split_size_or_sections", arguments.get("split_size", 1)))
    if not isinstance(x, TensorSpec) or type(dim) is not int or not isinstance(step, (int, D.Sym)):
        return None
    size = x.shape.size(dim)
    count = D.ceildiv(size, step)
    if wanted is not None and D.differ(count, wanted):
        each = f" of {D.show(step)}" if name == "split" else ""
        raise Problem(f"{wanted} pieces{each}", f"{D.show(count)} in dimension {dim} of {x.shape}", dimension=dim)
    if x.rank is None:
        return None
    at = dim % x.rank if x.rank else 0
    if name == "split":
        return [x.of(x.shape.replace(dim, step if D.exact_quotient(size, step) is not None else None))]
    return [x.of(x.dims[:at] + x.dims[at + 1 :])]


def _joined_many(name: str, rule: Any, many: Many, rest: list[Any], keywords: dict[str, Any]) -> Any:
    """cat or stack of a list of alike tensors; the size along `dim` is known where their number is."""
    dim = keywords.get("dim", rest[0] if rest else 0)
    if name not in ("cat", "stack", "concat", "concatenate") or type(dim) is not int:
        raise NotUnderstood
    one = rule([many.each], dim)
    if one.rank is None:
        return one
    return one.of(one.shape.replace(dim, many.count if name == "stack" else D.mul(many.each.shape.size(dim), many.count)))


def _holds_tensor(v: Any) -> bool:
    return isinstance(v, TensorSpec) or (isinstance(v, (tuple, list)) and any(isinstance(i, TensorSpec) for i in v))


def _creates(rule: Any) -> bool:
    return rule.__module__.endswith(".creation")


def _number_like(t: Type) -> Any:
    """Some number of the same kind, for promotion: its value does not matter."""
    p = get_proper_type(t)
    name = p.type.fullname if isinstance(p, Instance) else ""
    return {"builtins.int": 1, "builtins.bool": True, "builtins.float": 1.0}.get(name, UNKNOWN)


def _in_place(owner: TensorSpec, result: Any, name: str) -> TensorSpec:
    """`x += y` writes into x: the broadcast must be x's own shape."""
    if isinstance(result, TensorSpec) and result.rank is not None and owner.rank is not None:
        grown = result.rank != owner.rank or any(D.differ(a, b) for a, b in zip(result.dims, owner.dims))
        if grown:
            raise Problem(f"a result of the shape {owner.shape} that it writes into", str(result.shape), argument=1)
    return owner


def refuse_silent_outer(operands: list[Any], expressions: list[Expression]) -> None:
    """`[b] - [b, 1]` gives `[b, b]`: torch broadcasts it without a word, and nobody means it.

    Only where the ranks differ and one size meets itself across two dimensions; an operand that is expanded on the
    spot (`x[:, None]`, `x.unsqueeze(1)`) is meant.
    """
    a, b = operands
    if not (isinstance(a, TensorSpec) and isinstance(b, TensorSpec)) or a.rank is None or b.rank is None:
        return
    if a.rank == b.rank or any(map(_expanded_here, expressions)):
        return
    low, high = (a, b) if a.rank < b.rank else (b, a)
    padded = (1,) * (len(high.dims) - len(low.dims)) + low.dims
    for i, (small, large) in enumerate(zip(padded, high.dims)):
        crossed = large == 1 and small not in (1, None)
        if crossed and any(h == small and s == 1 for h, s in zip(high.dims[:i], padded[:i])):
            raise Problem(
                f"equal shapes or a dimension added on purpose, {a.shape} and {b.shape}",
                f"{broadcasting.broadcast_shapes(a.shape, b.shape)}: {D.show(small)} against itself",
                fix="",
                argument=0 if low is a else 1,
                involved=(0, 1),
            )


def _expanded_here(e: Expression) -> bool:
    if isinstance(e, IndexExpr):
        items = e.index.items if hasattr(e.index, "items") else [e.index]
        return any(isinstance(i, NameExpr) and i.name == "None" for i in items)
    if isinstance(e, CallExpr) and isinstance(e.callee, MemberExpr):
        return e.callee.name in ("unsqueeze", "view", "reshape", "expand")
    return False


def _report(
    ctx: Any, problem: Problem, name: str, method: bool, given: list[Given], positional: list[Any]
) -> None:
    written = _operands(ctx, method, given)
    at = problem.argument if isinstance(problem.argument, int) else 0
    here = written[at] if at < len(written) else ""
    bare = name.strip("_")
    symbol = SYMBOLS.get(bare[1:] if bare.startswith(("r", "i")) and bare[1:] in SYMBOLS else bare)
    if name.startswith("__") and symbol is not None:
        if name.startswith("__r"):
            written = written[::-1]
        if name.startswith("__i"):
            symbol += "="
        said = f"{written[0] or '...'} {symbol} {written[1] or '...'}" if len(written) == 2 else symbol
        if not any(written):
            said = f'"{symbol}"'
    else:
        said = name
    report(ctx, operator_problem(problem, said, here), problem.sizes)


def _may_be_another(ctx: Any, scope: CheckedScope) -> bool:
    """Whether the tensor is one of several that mypy asks about in turn: code may tell them apart by `x.dim()`."""
    node = ctx.context
    owners = [node.callee.expr] if isinstance(node, CallExpr) and isinstance(node.callee, MemberExpr) else []
    owners += [node.left, node.right] if isinstance(node, OpExpr) else []
    for e in owners:
        t = scope.type_of(e)
        p = get_proper_type(t) if t is not None else None
        if isinstance(p, UnionType) and sum(spec_of(i) is not None for i in p.items) > 1:
            return True
    return False


def _operands(ctx: Any, method: bool, given: list[Given]) -> list[str]:
    """How the operands are written, where that is short."""
    node = ctx.context
    names = [name_of(g.expression) for g in given]
    if not method:
        return names
    if isinstance(node, OpExpr):
        both = [name_of(node.left), name_of(node.right)]
        return both if given and given[0].expression is node.right else both[::-1]
    if isinstance(node, CallExpr) and isinstance(node.callee, MemberExpr):
        return [name_of(node.callee.expr), *names]
    return ["", *names]


def attribute(ctx: Any, name: str) -> Type:
    """`x.T`, `x.mT`, `x.data`."""
    spec = spec_of(ctx.type)
    rule = operator_rule(name, True)
    if spec is None or rule is None or ctx.is_lvalue:
        return ctx.default_attr_type
    types: TypeMaker = checker_types(ctx.api)
    try:
        return types.tensor(rule(spec))
    except Problem:
        return ctx.default_attr_type


def reversed_operator(ctx: Any) -> Type:
    """`1 - x`: torch's decorated operators are Any to mypy; this gives them back a signature, so that hooks run."""
    from mypy.nodes import ARG_POS
    from mypy.types import CallableType

    types = checker_types(ctx.api)
    return CallableType(
        [any_type()], [ARG_POS], [None], types.unknown_tensor(), types.instance("builtins.function"), name="operator"
    )
