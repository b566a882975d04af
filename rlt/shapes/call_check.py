"""`@rlt.typed`: the tensors of a call against the annotations, by generated comparisons.

The code is written once, from the annotations: for

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]

it is `len(obs.shape) != 2 or not obs.dtype.is_floating_point or obs.shape[1] != obs_dim` and so on: about a
microsecond.
While Dynamo compiles, the function itself runs: nothing of the checks is left in a graph, and no guard on a size is
added. `RLT_CHECK=off` and `python -O` leave the function undecorated.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

import torch
from torch import Tensor

from rlt.errors import ConfigError
from rlt.shapes.annotation import ManyHint, OptionalHint, TensorHint, read_signature, refuse_unread
from rlt.shapes.call_message import UNJUDGED, explain
from rlt.shapes.check_code import CheckWriter, variable
from rlt.shapes.sizes import SIZES, key_of_method, sizes_of
from rlt.shapes.switch import checks_are_on

F = TypeVar("F", bound=Callable[..., Any])

_INTS = frozenset((torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.uint16, torch.uint32, torch.uint64))

_NOTHING: Any = None


def typed(function: F = _NOTHING) -> F:
    """Checks a function's or method's annotated tensors at every call; see this module's text.

    Names are sizes: a name has one value in a call, across arguments and result. In a method of a module, a name of
    its constructor's integers (or of an integer attribute) has that value; elsewhere an argument annotated `int` has.
    """
    if function is _NOTHING:
        raise ConfigError("typed: a function is expected, got nothing", fix="@rlt.typed, without brackets")
    if isinstance(function, type) or not callable(function):
        got = f"the class {function.__name__}" if isinstance(function, type) else repr(function)
        raise ConfigError(f"typed: a function is expected, got {got:.80}", fix="@rlt.typed stands above a function or method")
    if not checks_are_on():
        return function
    if not read_signature(function).unread:
        return cast("F", generate(function))
    built: list[Callable[..., Any]] = []  # an annotation names what is defined further down: wait for the first call

    @functools.wraps(function)
    def at_first_call(*args: Any, **options: Any) -> Any:
        if not built:
            built.append(generate(function))
        return built[0](*args, **options)

    return cast("F", at_first_call)


def generate(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its checks around it; its source stands in `__source__`."""
    who = function.__qualname__.rsplit("<locals>.", 1)[-1]
    signature = read_signature(function)
    refuse_unread(signature, who)
    python = inspect.signature(function)
    names = list(python.parameters)
    is_method = bool(names) and names[0] == "self"
    definition, call = _call_text(python)
    writer = CheckWriter(signature, is_method, f"_fn({call})")
    for key, hint in signature.arguments.items():
        kind = signature.parameters[key].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            hint = ManyHint("tuple", hint)
        elif kind is inspect.Parameter.VAR_KEYWORD:
            hint = ManyHint("dict", hint)
        elif signature.parameters[key].default is None and not isinstance(hint, OptionalHint):
            hint = OptionalHint(hint)
        writer.check(hint, key, key)
    writer.finish_late()
    before = len(writer.lines)
    writer.result = True
    writer.check(signature.result, "_r", "the result")
    writer.finish_late()
    uses_sizes = any("_sizes." in line for line in writer.lines)
    head = [
        f"def {function.__name__ if function.__name__.isidentifier() else 'checked'}({definition}):",
        f"    if _compiling(): return _fn({call})",
    ]
    if uses_sizes:
        head.append(f"    try: _sizes = self.{SIZES}[{key_of_method(function)!r}]")
        head.append("    except (AttributeError, KeyError): _sizes = _others(self)")
    head += [f"    {variable(n)} = None" for n in sorted({n for n in writer.bound if _may_start_unbound(writer, n)})]
    head += [f"    _run_{n} = None" for n in sorted(writer.runs) if any(f"if _run_{n} is None" in w for w in writer.lines)]
    body = [*head, *writer.lines[:before], f"    _r = _fn({call})", *writer.lines[before:], "    return _r"]
    source = "\n".join(body)
    told = functools.partial(_explain, who, writer.parts, writer.bound)
    space: dict[str, Any] = {
        "_fn": function,
        "_Tensor": Tensor,
        "_torch": torch,
        "_INTS": _INTS,
        "_explain": told,
        "_UNJUDGED": UNJUDGED,
        "_others": _others,
        "_compiling": torch.compiler.is_dynamo_compiling,
        "_defaults": {p.name: p.default for p in python.parameters.values() if p.default is not p.empty},
        **writer.constants,
    }
    exec(compile(source, f"<shape checks of {who}>", "exec"), space)  # written here from parsed annotations only
    checked: Any = functools.wraps(function)(space[source[4 : source.index("(")]])
    checked.__source__ = source
    return checked


def _may_start_unbound(writer: CheckWriter, name: str) -> bool:
    return any(f"if {variable(name)} is None" in line for line in writer.lines)


def _call_text(python: inspect.Signature) -> tuple[str, str]:
    """The parameters of a function with the same signature, and the arguments that pass them on."""
    definition, call = [], []
    star = slash = False
    for p in python.parameters.values():
        default = f"=_defaults[{p.name!r}]" if p.default is not p.empty else ""
        if slash and p.kind is not p.POSITIONAL_ONLY:
            definition.append("/")
            slash = False
        if p.kind is p.POSITIONAL_ONLY:
            slash = True
        if p.kind is p.KEYWORD_ONLY and not star:
            definition.append("*")
            star = True
        prefix = "*" if p.kind is p.VAR_POSITIONAL else "**" if p.kind is p.VAR_KEYWORD else ""
        star = star or prefix == "*"
        definition.append(f"{prefix}{p.name}{default}")
        call.append(f"{p.name}={p.name}" if p.kind is p.KEYWORD_ONLY else f"{prefix}{p.name}")
    if slash:
        definition.append("/")
    return ", ".join(definition), ", ".join(call)


def _others(owner: Any) -> dict[str, int]:
    """The sizes for a method that is written outside its class, and for an object that is no `rlt.Module`: its integer
    attributes."""
    if SIZES in getattr(owner, "__dict__", {}):
        return sizes_of(owner)
    return {k: v for k, v in getattr(owner, "__dict__", {}).items() if type(v) is int}


def _explain(
    who: str, parts: list[tuple[str, TensorHint | None, str]], bound: dict[str, str], part: int, value: Any, local: Any
) -> Any:
    label, hint, what = parts[part]
    sizes = {k[3:].replace("__", "."): v for k, v in local.items() if k.startswith("_d_") and v is not None}
    runs = {k[5:]: tuple(v) for k, v in local.items() if k.startswith("_run_") and v is not None}
    own = local.get("_sizes") or {}
    places = {n: "this network" if n in own else bound.get(n, "") for n in sizes}
    return explain(who, label, hint, what, value, sizes, runs, places)
