"""A tensor's type in mypy, and back: `Tensor[dtype, device, tuple[sizes]]` and `TensorSpec`.

A bare `Tensor` is `Tensor[Any, Any, Any]`: unknown, and compatible with everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from mypy.maptype import map_instance_to_supertype
from mypy.nodes import TypeInfo
from mypy.types import (
    AnyType,
    Instance,
    LiteralType,
    TupleType,
    Type,
    TypeOfAny,
    UnionType,
    UnpackType,
    get_proper_type,
)

from rlt.shapes.dim_text import parse_dim
from rlt.shapes.dims import Dim
from rlt.shapes.mypy.even import settled
from rlt.shapes.rules.tensor import TensorSpec
from rlt.shapes.shape import UNKNOWN_SHAPE, Shape

TENSOR = "torch._tensor.Tensor"
PARAMETERS = ("torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer")
MARKS = "rlt.shapes.mypy.marks."
_WIDTHS: dict[str, tuple[str, int | str]] = {
    "float16": ("Float", 16),
    "bfloat16": ("Float", "bfloat16"),
    "float32": ("Float", 32),
    "float64": ("Float", 64),
    "int8": ("Int", 8),
    "int16": ("Int", 16),
    "int32": ("Int", 32),
    "int64": ("Int", 64),
    "uint8": ("Int", "uint8"),
    "uint16": ("Int", "uint16"),
    "uint32": ("Int", "uint32"),
    "uint64": ("Int", "uint64"),
    "complex64": ("Complex", 64),
    "complex128": ("Complex", 128),
}
_NAMES = {mark: dtype for dtype, mark in _WIDTHS.items()}


def any_type() -> AnyType:
    return AnyType(TypeOfAny.special_form)


def core(t: Type) -> Any:
    """X of `X | Any` (an inferred shape that accepts re-assignment); the type itself otherwise; None for several."""
    t = get_proper_type(t)
    if isinstance(t, UnionType):
        known = [p for p in map(get_proper_type, t.items) if not isinstance(p, AnyType)]
        return known[0] if len(known) == 1 else None
    return t


def tensor_instance(t: Type | None) -> Instance | None:
    """The `Tensor[...]` behind a type: itself, or what a subclass such as `Parameter` derives from."""
    p = get_proper_type(t) if t is not None else None
    if not isinstance(p, Instance):
        return None
    if p.type.fullname == TENSOR:
        return p
    for base in p.type.mro:
        if base.fullname == TENSOR:
            return map_instance_to_supertype(p, base)
    return None


def spec_of(t: Type | None) -> TensorSpec | None:
    """What a type says of a tensor; None where it is none. Of a union of tensors, what they share: `Any` beside one is what
    a loop or a branch has put in its place, of which nothing is known."""
    p = get_proper_type(t) if t is not None else None
    if isinstance(p, UnionType):
        parts = [TensorSpec() if isinstance(get_proper_type(i), AnyType) else spec_of(i) for i in p.items]
        specs = [s for s in parts if s is not None]
        return shared(specs) if specs and len(specs) == len(parts) else None
    x = tensor_instance(p)
    if x is None or len(x.args) != 3:
        return None
    return TensorSpec(_shape(x.args[2]), _dtype(x.args[0]), _device(x.args[1]))


def shared(specs: list[TensorSpec]) -> TensorSpec:
    """What is true of each: unknown where they disagree."""
    first = specs[0]
    shape = first.shape
    for s in specs[1:]:
        if s.shape.rank is None or shape.rank is None or s.shape.rank != shape.rank:
            shape = shape if s.shape == shape else UNKNOWN_SHAPE
        else:
            shape = Shape(tuple(a if a == b else None for a, b in zip(shape.dims, s.shape.dims)))
    same_dtype = all(s.dtype == first.dtype for s in specs)
    same_device = all(s.device == first.device for s in specs)
    return TensorSpec(shape, first.dtype if same_dtype else None, first.device if same_device else None)


def _dtype(t: Type) -> str | None:
    mark = core(t)
    if not isinstance(mark, Instance):
        return None
    word = mark.type.name
    width = get_proper_type(mark.args[0]) if mark.args else None
    if isinstance(width, LiteralType):
        return _NAMES.get((word, width.value))  # type: ignore[arg-type]
    return word.lower()


def _device(t: Type) -> str | None:
    mark = core(t)
    return mark.type.name.lower() if isinstance(mark, Instance) else None


def _shape(t: Type) -> Shape:
    sizes = core(t)
    if not isinstance(sizes, TupleType):
        return UNKNOWN_SHAPE
    dims: list[Dim] = []
    run: int | None = None
    run_name = ""
    for item in sizes.items:
        if isinstance(item, UnpackType):
            run = len(dims)
            inner = get_proper_type(item.type)
            of = get_proper_type(inner.args[0]) if isinstance(inner, Instance) and inner.args else None
            if isinstance(of, LiteralType) and isinstance(of.value, str):
                run_name = of.value.lstrip("*")
        else:
            dims.append(literal_dim(item))
    return Shape(tuple(dims), run, run_name)


def literal_dim(t: Type) -> Dim:
    """The size that a literal type holds; None for any other type."""
    p = get_proper_type(t)
    if isinstance(p, Instance) and p.last_known_value is not None:
        p = p.last_known_value
    if isinstance(p, LiteralType):
        if isinstance(p.value, bool):
            return None
        if isinstance(p.value, int):
            return p.value
        if isinstance(p.value, str):
            try:
                return parse_dim(p.value)
            except ValueError:
                return None
    return None


class TypeMaker:
    """Builds types, given how to find a class by its full name. KeyError where one is not loaded."""

    def __init__(self, find: Callable[[str], Any]) -> None:
        self._find = find

    def has(self, name: str) -> bool:
        return isinstance(self._find(name), TypeInfo)

    def instance(self, name: str, args: Iterable[Type] = ()) -> Instance:
        info = self._find(name)
        if not isinstance(info, TypeInfo):
            raise KeyError(name)
        return Instance(info, list(args))

    def text(self, value: str) -> LiteralType:
        return LiteralType(value, self.instance("builtins.str"))

    def number(self, value: int) -> LiteralType:
        return LiteralType(value, self.instance("builtins.int"))

    def dim(self, d: Dim) -> Type:
        if d is None:
            return any_type()
        if isinstance(d, int):
            return self.number(d)
        d = settled(d)
        return self.number(d) if isinstance(d, int) else self.text(str(d))

    def tuple(self, items: Iterable[Type], fallback: Instance | None = None) -> TupleType:
        return TupleType(list(items), fallback or self.instance("builtins.tuple", [any_type()]))

    def shape(self, s: Shape) -> Type:
        if s.run is not None and not s.dims and not s.run_name:
            return any_type()
        items = [self.dim(d) for d in s.dims]
        if s.run is not None:
            of = self.text("*" + s.run_name) if s.run_name else any_type()
            items.insert(s.run, UnpackType(self.instance("builtins.tuple", [of])))
        return self.tuple(items)

    def dtype(self, dtype: str | None) -> Type:
        if dtype is None:
            return any_type()
        if dtype == "bool":
            return self.instance(MARKS + "Bool")
        if dtype in ("float", "int", "complex"):
            return self.instance(MARKS + dtype.capitalize(), [any_type()])
        if dtype not in _WIDTHS:
            return any_type()
        word, width = _WIDTHS[dtype]
        literal = self.number(width) if isinstance(width, int) else self.text(width)
        return self.instance(MARKS + word, [literal])

    def device(self, device: str | None) -> Type:
        word = {"cpu": "Cpu", "cuda": "Cuda"}.get(device or "")
        return any_type() if word is None else self.instance(MARKS + word)

    def tensor(self, spec: TensorSpec) -> Instance:
        return self.instance(TENSOR, [self.dtype(spec.dtype), self.device(spec.device), self.shape(spec.shape)])

    def unknown_tensor(self) -> Instance:
        return self.instance(TENSOR, [any_type(), any_type(), any_type()])


def loose(t: Type) -> Type:
    """`t | Any`: known, and yet every other type may be assigned where it is expected."""
    return t if isinstance(get_proper_type(t), AnyType) else UnionType([t, any_type()])


def checker_types(api: Any) -> TypeMaker:
    """A maker for hooks that run while types are checked."""

    def find(name: str) -> Any:
        module, _, cls = name.rpartition(".")
        file = api.modules.get(module)
        symbol = file.names.get(cls) if file is not None else None
        return symbol.node if symbol is not None else None

    return TypeMaker(find)


def analyzer_types(api: Any) -> TypeMaker:
    """A maker for hooks that run while names are resolved."""

    def find(name: str) -> Any:
        symbol = api.lookup_fully_qualified_or_none(name)
        return symbol.node if symbol is not None else None

    return TypeMaker(find)
