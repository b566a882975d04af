"""What a person reads: a rule's problem, said of the layer or operator in the source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mypy.errorcodes import ErrorCode

from rlt.shapes.mypy.layers import describe
from rlt.shapes.rules.problem import Problem
from rlt.shapes.rules.tensor import TensorSpec

SHAPE = ErrorCode("shape", "Sizes, dtypes or devices of tensors that do not fit", "rlt")


def layer_problem(
    problem: Problem,
    name: str,
    settings: Mapping[str, Any] | None,
    inputs: list[Any],
    *,
    where: str = "",
    fed_by: str = "",
    written: Sequence[str] = (),
) -> str:
    """`Linear(256, 10) expects 256 input features, gets 128 (input shape (b, 128)) from …; write Linear(128, 10)`."""
    at = problem.argument if isinstance(problem.argument, int) else 0
    x = inputs[at] if at < len(inputs) else None
    shape = ""
    if problem.sizes is not None and isinstance(x, TensorSpec) and str(x.shape) not in problem.got:
        shape = f" (input shape {x.shape})"
    layer = describe(name, None if settings is None else dict(settings))
    text = f"{layer}{where} expects {problem.expected}, gets {problem.got}{shape}{fed_by}"
    change = {
        k: v for k, v in problem.change.items() if v is not None and settings is not None and (k in settings or v is True)
    }
    if change:
        return f"{text}; write {describe(name, {**(settings or {}), **change})}"
    return text + _fix(problem, (written[at] if at < len(written) else "") or "x")


def operator_problem(problem: Problem, name: str, written: str = "") -> str:
    """`h + x expects sizes that broadcast with (b, 32), gets (b, 16): 32 against 16 at dimension -1`."""
    return f"{name} expects {problem.expected}, gets {problem.got}" + _fix(problem, written or "x")


def _fix(problem: Problem, written: str) -> str:
    fix = problem.fix_for(written)
    return f"; write {fix}" if fix else ""
