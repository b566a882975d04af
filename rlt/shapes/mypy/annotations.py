"""`Float[Tensor, "b 784"]` as a type: dtype from the word, device from the class, sizes from the text."""

from __future__ import annotations

from typing import Any

from mypy.nodes import FuncDef, TypeInfo
from mypy.types import Instance, RawExpressionType, Type, UnboundType, get_proper_type

from rlt.shapes import dims as D
from rlt.shapes.dims import Dim
from rlt.shapes.dtypes import ANNOTATIONS
from rlt.shapes.mypy.classes import class_names, names_in
from rlt.shapes.mypy.reporting import SHAPE
from rlt.shapes.mypy.tensors import MARKS, TENSOR, analyzer_types
from rlt.shapes.rules.tensor import TensorSpec
from rlt.shapes.shape import Shape, parse_shape

# jaxtyping's words are aliases of Annotated to a type checker.
ANNOTATED = ("typing.Annotated", "typing_extensions.Annotated")


def annotated(ctx: Any) -> Type:
    """The hook of every `Annotated[...]`; those that are no tensor's keep their plain meaning."""
    t = ctx.type
    plain = ctx.api.analyze_type(t.args[0])
    p = get_proper_type(plain)
    word = t.name.rpartition(".")[2]
    if word not in ANNOTATIONS or not isinstance(p, Instance) or not p.type.has_base(TENSOR):
        return plain
    text = _text(t.args[1])
    if text is None:
        return plain
    try:
        shape = parse_shape(text)
    except ValueError as problem:
        ctx.api.fail(str(problem), ctx.context, code=SHAPE)
        return plain
    api = getattr(ctx.api, "api", ctx.api)
    types = analyzer_types(api)
    if not types.has(MARKS + "Float") or not types.has(TENSOR):
        return plain
    # mypy compares the parts of a TypedDict as they are declared, and asks no plugin: a name there is some size or other.
    free = getattr(ctx.api, "prohibit_special_class_field_types", None) == "TypedDict"
    known = set() if free else _known_names(api)
    if known is not None:
        shape = Shape(tuple(_if_known(d, known) for d in shape.dims), shape.run, shape.run_name)
    device = {"Cuda": "cuda", "Cpu": "cpu"}.get(p.type.name)
    if p.type.fullname != TENSOR and device is None:
        return plain
    made = types.tensor(TensorSpec(shape, ANNOTATIONS[word], device))
    made.line, made.column = t.line, t.column
    return made


def _text(t: Type) -> str | None:
    if isinstance(t, RawExpressionType) and isinstance(t.literal_value, str):
        return t.literal_value
    return t.original_str_expr if isinstance(t, UnboundType) else None


def _if_known(d: Dim, known: set[str]) -> Dim:
    return d if D.names_in(d) <= known else None


def _known_names(api: Any) -> set[str] | None:
    """The names that mean a size here: those of the parameters, and of the class. None at the top of a file or class.

    A name that only a result or a local variable uses stands for some size or other.
    """
    function = api.function_stack[-1] if api.function_stack else getattr(api, "statement", None)
    if not isinstance(function, FuncDef):
        return None
    known = {a.variable.name for a in function.arguments} | _parameter_names(function)
    for f in api.function_stack:
        if isinstance(f, FuncDef):
            known |= {a.variable.name for a in f.arguments} | _parameter_names(f)
    cls: TypeInfo | None = api.type
    return known | class_names(cls) if cls is not None else known


def _parameter_names(function: FuncDef) -> set[str]:
    declared = function.unanalyzed_type
    if declared is None or not hasattr(declared, "arg_types"):
        return set()
    return {n for t in declared.arg_types for n in names_in(t)}

