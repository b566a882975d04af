"""Annotations as the checks read them: a tensor's words, and the containers that tensors stand in."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re
import sys
import types
import typing
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias, Union

from rlt.errors import ConfigError
from rlt.shapes import dtypes
from rlt.shapes.dtypes import Dtype
from rlt.shapes.shape import Shape, parse_shape


@dataclass(frozen=True)
class TensorHint:
    """`Float[Cuda, "batch 4"]`: word `Float`, text `batch 4`, device `cuda`."""

    word: str
    text: str
    shape: Shape
    dtype: Dtype
    device: str | None

    def __str__(self) -> str:
        place = {None: "Tensor", "cpu": "Cpu", "cuda": "Cuda"}.get(self.device, str(self.device))
        return f'{self.word}[{place}, "{self.text}"]'

    def layout(self) -> str:
        """The shape as it was written: `(batch, 4)`."""
        return f"({', '.join(self.text.split())})"


@dataclass(frozen=True)
class RecordHint:
    """A tuple, NamedTuple, dataclass or TypedDict: a fixed set of fields, some of which hold tensors."""

    kind: str
    """`tuple`, `named tuple`, `dataclass` or `dict`."""
    make: Any
    """The class, to build one of."""
    fields: tuple[tuple[str | int, Hint], ...]
    """Every field, in order; None for one without tensors."""


@dataclass(frozen=True)
class ManyHint:
    """`list[X]`, `tuple[X, ...]`, `dict[str, X]`: any number of one kind."""

    kind: str
    """`list`, `tuple` or `dict`."""
    item: Hint


@dataclass(frozen=True)
class OptionalHint:
    """`X | None`."""

    item: Hint


Hint: TypeAlias = "TensorHint | RecordHint | ManyHint | OptionalHint | None"


@dataclass(frozen=True)
class Signature:
    """A function's annotated tensors. `self` is left out."""

    parameters: dict[str, inspect.Parameter]
    arguments: dict[str, Hint]
    result: Hint
    unread: dict[str, str]
    """Annotations that cannot be evaluated, with the reason: `{"state": "name 'Memory' is not defined"}`."""
    texts: dict[str, str] = field(default_factory=dict)
    """What those annotations say."""


def read(annotation: Any) -> Hint:
    """The tensors in an annotation; None where there is none. ValueError says what shape cannot be read."""
    text = getattr(annotation, "dim_str", None)
    if text is not None and hasattr(annotation, "array_type"):
        word = annotation.__name__.split("[", 1)[0]
        place = getattr(annotation.array_type, "device_type", None)
        return TensorHint(word, text, parse_shape(text), dtypes.ANNOTATIONS.get(word), place)
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return read(args[0])
    if origin in (Union, types.UnionType):
        return _read_union(args)
    if origin is tuple:
        if len(args) == 2 and args[1] is Ellipsis:
            return _many("tuple", args[0])
        return _record("tuple", tuple, list(enumerate(args)))
    if origin in (list, typing.get_origin(typing.Sequence[int])):
        return _many("list", args[0])
    if origin in (dict, typing.get_origin(typing.Mapping[str, int])):
        return _many("dict", args[1])
    if isinstance(annotation, type):
        return _read_class(annotation)
    return None


def _read_union(args: tuple[Any, ...]) -> Hint:
    rest = [a for a in args if a is not type(None)]
    hints = [read(a) for a in rest]
    if len(hints) != 1 or hints[0] is None:
        return None  # Float[...] | Int[...]: which one is meant is not known
    return OptionalHint(hints[0]) if len(rest) < len(args) else hints[0]


def _read_class(annotation: Any) -> Hint:
    if issubclass(annotation, tuple) and hasattr(annotation, "_fields"):
        hints = _class_hints(annotation)
        return _record("named tuple", annotation, [(f, hints.get(f)) for f in annotation._fields])
    if dataclasses.is_dataclass(annotation):
        hints = _class_hints(annotation)
        fields = [(f.name, hints.get(f.name)) for f in dataclasses.fields(annotation) if f.init]
        return _record("dataclass", annotation, fields)
    if typing.is_typeddict(annotation):
        return _record("dict", dict, list(_class_hints(annotation).items()))
    return None


def _class_hints(cls: Any) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        space = vars(sys.modules.get(base.__module__, types))
        for key, value in inspect.get_annotations(base).items():
            found, _ = _evaluate(value, space, {})
            out[key] = found
    return out


def _many(kind: str, item: Any) -> Hint:
    inner = read(item)
    return None if inner is None else ManyHint(kind, inner)


def _record(kind: str, make: Any, fields: list[tuple[Any, Any]]) -> Hint:
    hints = tuple((key, read(value)) for key, value in fields)
    return RecordHint(kind, make, hints) if any(h is not None for _, h in hints) else None


def _evaluate(annotation: Any, space: dict[str, Any], local: dict[str, Any]) -> tuple[Any, str | None]:
    """An annotation that may be a string, and why it cannot be evaluated."""
    if isinstance(annotation, typing.ForwardRef):
        annotation = annotation.__forward_arg__
    if not isinstance(annotation, str):
        return annotation, None
    try:
        return eval(annotation, space, local), None  # the annotation is the user's own code
    except Exception as error:
        return None, str(error)


def read_signature(function: Callable[..., Any]) -> Signature:
    """The annotated tensors of a function or method."""
    inner = inspect.unwrap(function)
    found = _SIGNATURES.get(inner)
    if found is None:
        found = _read_signature(inner)
        if not found.unread:
            _SIGNATURES[inner] = found
    return found


_SIGNATURES: weakref.WeakKeyDictionary[Any, Signature] = weakref.WeakKeyDictionary()


def _enclosed(function: Any) -> dict[str, Any]:
    """The names around a function, without those that have no value yet: `__class__` has none while its class is being made."""
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    found: dict[str, Any] = {}
    for name, cell in zip(names, getattr(function, "__closure__", None) or ()):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # the cell is empty
            continue
    return found


def _read_signature(function: Any) -> Signature:
    parameters = dict(inspect.signature(function).parameters)
    if next(iter(parameters), None) in ("self", "cls"):
        del parameters[next(iter(parameters))]
    space = getattr(function, "__globals__", {})
    closure = _enclosed(function)
    arguments: dict[str, Hint] = {}
    unread: dict[str, str] = {}
    result: Hint = None
    for key, annotation in getattr(function, "__annotations__", {}).items():
        value, reason = _evaluate(annotation, space, closure)
        if reason is not None:
            unread[key] = reason
            continue
        try:
            hint = read(value)
        except ValueError as error:
            raise ConfigError(f"{function.__qualname__}: the annotation of {key} is no shape", str(error)) from None
        if key == "return":
            result = hint
        elif hint is not None and key in parameters:
            arguments[key] = hint
    texts = {k: str(a) for k, a in getattr(function, "__annotations__", {}).items() if k in unread}
    return Signature(parameters, arguments, result, unread, texts)


_WORDS = re.compile(rf"\b({'|'.join(dtypes.ANNOTATIONS)})\[")

_BARE = re.compile(r"""(\[\s*\w+\s*,\s*)([^"'\[\]]+)\]""")
"""The array and a shape that is not in quotes: `[Tensor, 784]`."""


def refuse_unread(signature: Signature, who: str) -> None:
    """An annotation of a tensor that cannot be evaluated is a mistake; any other annotation is not our concern."""
    for key, reason in signature.unread.items():
        if _WORDS.search(signature.texts.get(key, "")):
            place, text = "the result" if key == "return" else key, signature.texts[key]
            what = f"{who}: the annotation of {place} cannot be read: {text}"
            bare = _BARE.search(text)
            if bare is not None:
                quoted = f'{bare[1]}"{" ".join(bare[2].replace(",", " ").split())}"]'
                why = [reason] if "name" in reason else []  # that a number has no text is jaxtyping's concern alone
                expected = f"expected a shape in quotes, got {bare[2].strip()}"
                raise ConfigError(what, expected, *why, fix=text.replace(bare[0], quoted))
            raise ConfigError(what, reason, "a shape stands in quotes, and names are imported outside `if TYPE_CHECKING`")


def tensors_in(hint: Hint) -> Iterator[TensorHint]:
    """Every tensor of a hint, in order."""
    if isinstance(hint, TensorHint):
        yield hint
    elif isinstance(hint, RecordHint):
        for _, item in hint.fields:
            yield from tensors_in(item)
    elif isinstance(hint, (ManyHint, OptionalHint)):
        yield from tensors_in(hint.item)


def names_in(*hints: Hint) -> set[str]:
    """Every name of a size in some hints."""
    return set().union(*(t.shape.names() for hint in hints for t in tensors_in(hint)), set())


def shape_hint(text: str) -> TensorHint:
    """What `check_network(net, "batch 784")` declares: floating point, of that shape."""
    return TensorHint("Float", text, parse_shape(text), "float", None)


@functools.cache
def parsed(text: str) -> Shape:
    """`parse_shape`, remembered."""
    return parse_shape(text)
