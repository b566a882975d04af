"""One random call, asked of torch and of a shape rule, and the comparison of the two answers."""

from __future__ import annotations

import random
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from rlt.shapes import dims as D
from rlt.shapes import dtypes
from rlt.shapes.rules import LAYERS, Problem, TensorSpec, operator_rule
from rlt.shapes.shape import Shape

NAMES = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight"}


@dataclass(frozen=True)
class Slot:
    """Where a case's tensor number `index` goes among the arguments."""

    index: int


@dataclass
class Case:
    """One call, for torch and for the rule alike. `args` may hold `Slot`s, at any depth of tuples and lists."""

    kind: str
    tensors: list[Tensor]
    torch_call: Callable[..., Any]
    rule_call: Callable[..., Any]
    args: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    exact: bool = True
    """False where torch accepts more than the rule, by intent: a loss that broadcasts in silence."""
    named: bool = True
    """False where a rule takes named sizes to be larger than they are here: a slice that goes over the end."""

    def __str__(self) -> str:
        shapes = ", ".join(f"{tuple(t.shape)} {str(t.dtype)[6:]}" for t in self.tensors)
        return f"{self.text or self.kind}{self.args} {self.options or ''} on {shapes}"


REFUSED = "refused"


def fill(value: Any, given: list[Any]) -> Any:
    if isinstance(value, Slot):
        return given[value.index]
    if isinstance(value, (tuple, list)):
        return type(value)(fill(v, given) for v in value)
    if isinstance(value, torch.dtype):
        return value if given and isinstance(given[0], Tensor) else str(value)[6:]
    return value


def answer_of_torch(case: Case) -> Any:
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            out = case.torch_call(
                *fill(case.args, case.tensors), **{k: fill(v, case.tensors) for k, v in case.options.items()}
            )
    except (RuntimeError, ValueError, IndexError, TypeError, AssertionError, NotImplementedError):
        return REFUSED
    return out


def answer_of_rule(case: Case, specs: list[TensorSpec]) -> Any:
    try:
        return case.rule_call(*fill(case.args, specs), **{k: fill(v, specs) for k, v in case.options.items()})
    except Problem:
        return REFUSED


def spec_of(t: Tensor) -> TensorSpec:
    return TensorSpec(Shape(tuple(t.shape)), str(t.dtype)[6:], t.device.type)


def agrees(torch_says: Any, rule_says: Any, values: dict[str, D.Dim]) -> bool:
    """Whether the rule's answer, with names given their values, is compatible with torch's."""
    if isinstance(torch_says, Tensor):
        if not isinstance(rule_says, TensorSpec):
            return rule_says is None
        shape = rule_says.shape.substitute(values)
        got = tuple(torch_says.shape)
        before, after = (shape.before, ()) if shape.rank is not None else (shape.before, shape.after)
        if (shape.rank is not None and shape.rank != len(got)) or len(before) + len(after) > len(got):
            return False
        pairs = [*zip(before, got), *zip(reversed(after), reversed(got))]
        dtype_fits = dtypes.fits(str(torch_says.dtype)[6:], rule_says.dtype)
        return dtype_fits and all(d is None or d == s for d, s in pairs)
    if isinstance(torch_says, (tuple, list)):
        if rule_says is None:
            return True
        if not isinstance(rule_says, (tuple, list)) or len(rule_says) != len(torch_says):
            return False
        return all(agrees(t, r, values) for t, r in zip(torch_says, rule_says))
    return torch_says is None and rule_says is None


def is_complete(rule_says: Any) -> bool:
    """Whether nothing in the answer is left unknown."""
    if isinstance(rule_says, TensorSpec):
        return rule_says.rank is not None and None not in rule_says.dims
    return rule_says is not None and all(is_complete(r) for r in rule_says if r is not None)


def generalised(case: Case, rng: random.Random) -> tuple[list[TensorSpec], dict[str, D.Dim]]:
    """The same inputs, less known: some sizes unknown, some under a name, some hidden in a run."""
    values: dict[str, D.Dim] = {NAMES[n]: n for n in NAMES}
    specs = []
    how = rng.choice(("unknown", "named", "run", "mixed") if case.named else ("unknown", "run"))
    for t in case.tensors:
        dims: list[D.Dim] = list(t.shape)
        for i, d in enumerate(dims):
            mode = rng.choice(("unknown", "named", "plain")) if how == "mixed" else how
            if mode == "unknown" and rng.random() < 0.5:
                dims[i] = None
            elif mode == "named" and d in NAMES:
                dims[i] = D.name(NAMES[t.shape[i]])
        shape = Shape(tuple(dims))
        if how == "run" and dims:
            a = rng.randint(0, len(dims))
            b = rng.randint(a, len(dims))
            shape = Shape((*dims[:a], *dims[b:]), run=a)
        specs.append(TensorSpec(shape, str(t.dtype)[6:], None))
    return specs, values


def check(case: Case, rng: random.Random) -> str | None:
    """None where rule and torch agree, else what differs."""
    torch_says = answer_of_torch(case)
    try:
        return difference(case, torch_says, rng)
    except (TypeError, IndexError, AssertionError, AttributeError, KeyError, ValueError, ZeroDivisionError) as error:
        return f"the rule fails with {error!r} at line {_line_of(error)}"


def _line_of(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}"


def difference(case: Case, torch_says: Any, rng: random.Random) -> str | None:
    """None where the rule's answer agrees with torch's, in full knowledge of the inputs and in less."""
    rule_says = answer_of_rule(case, [spec_of(t) for t in case.tensors])
    if torch_says is REFUSED or rule_says is REFUSED:
        if (torch_says is REFUSED) == (rule_says is REFUSED) or (not case.exact and rule_says is REFUSED):
            return None
        return "torch refuses, the rule does not" if torch_says is REFUSED else "the rule refuses, torch does not"
    if not agrees(torch_says, rule_says, {}):
        return f"torch gives {describe(torch_says)}, the rule {describe(rule_says)}"
    specs, values = generalised(case, rng)
    less = answer_of_rule(case, specs)
    named = any(s.shape.names() for s in specs)
    if less is REFUSED:  # with names, 2*h against h may be refused; with unknown sizes nothing may
        return None if named else f"with {', '.join(str(s.shape) for s in specs)} the rule refuses, torch does not"
    if not agrees(torch_says, less, values):
        given = ", ".join(str(s.shape) for s in specs)
        return f"with {given} the rule gives {describe(less)}, torch {describe(torch_says)}"
    return None


def describe(answer: Any) -> str:
    if isinstance(answer, Tensor):
        return f"{tuple(answer.shape)} {str(answer.dtype)[6:]}"
    if isinstance(answer, (tuple, list)):
        return "(" + ", ".join(describe(a) for a in answer) + ")"
    return str(answer)


def layer_case(
    name: str, tensors: list[Tensor], *args: Any, inputs: tuple[Any, ...] | None = None, **options: Any
) -> Case:
    """A case that builds the layer and calls it."""
    layer = LAYERS[name]
    arguments = layer.arguments(args, options)
    dtype = {"dtype": "float32"} if "dtype" in layer.parameters else {}

    def torch_call(*given: Any) -> Any:
        module = getattr(torch.nn, name)(*args, **options)
        return module.eval()(*given) if "Norm" in name else module(*given)

    return Case(
        name,
        tensors,
        torch_call,
        lambda *given: layer.apply({**arguments, **dtype}, *given),
        inputs if inputs is not None else tuple(Slot(i) for i in range(len(tensors))),
        text=f"{name}({', '.join([*map(str, args), *(f'{k}={v}' for k, v in options.items())])})",
    )


def operator_case(
    name: str, tensors: list[Tensor], *args: Any, where: Any = torch, exact: bool = True, **options: Any
) -> Case:
    """A case that calls `torch.name`, `F.name` or `Tensor.name`; the arguments hold `Slot`s."""
    rule = operator_rule(name, method=where is Tensor)
    assert rule is not None, name
    return Case(name, tensors, getattr(where, name), rule, args, options, exact=exact)
