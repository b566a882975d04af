"""Changes of dtype and device, and tensors made of Python data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mypy.types import Instance, get_proper_type

from rlt.shapes import dims as D
from rlt.shapes.mypy.calls import Given, NotUnderstood
from rlt.shapes.mypy.constants import DTYPES
from rlt.shapes.rules.creation import converted
from rlt.shapes.rules.problem import UNKNOWN
from rlt.shapes.rules.tensor import TensorSpec
from rlt.shapes.shape import UNKNOWN_SHAPE, Shape

_Conversion = Callable[[list[Any], dict[str, Any], list[Given]], Any]
_BY_NAME = {"float": "float32", "double": "float64", "half": "float16", "bfloat16": "bfloat16", "long": "int64",
            "int": "int32", "short": "int16", "bool": "bool", "cfloat": "complex64"}  # fmt: skip


def _cast(dtype: str) -> _Conversion:
    def cast(positional: list[Any], keywords: dict[str, Any], given: list[Given]) -> Any:
        return converted(positional[0], dtype=dtype)

    return cast


def _moved(device: str) -> _Conversion:
    def move(positional: list[Any], keywords: dict[str, Any], given: list[Given]) -> Any:
        return converted(positional[0], device=device)

    return move


def _to(positional: list[Any], keywords: dict[str, Any], given: list[Given]) -> Any:
    """`x.to(dtype)`, `x.to(device)`, `x.to(device, dtype)`, `x.to(other)`."""
    x: TensorSpec = positional[0]
    dtype, device = x.dtype, x.device
    kinds = {id(g): _kind(g) for g in given}
    plain = [g for g in given if g.name is None]
    values = list(zip(positional[1:], plain)) + [(keywords[g.name], g) for g in given if g.name is not None]
    for value, g in values:
        if g.name in ("non_blocking", "copy", "memory_format") or isinstance(value, bool):
            continue
        if isinstance(value, TensorSpec):
            dtype, device = value.dtype, value.device
        elif isinstance(value, str) and (value in DTYPES.values()) and g.name != "device":
            dtype = value
        elif isinstance(value, str):
            device = value.split(":")[0]
        elif g.name == "dtype" or kinds[id(g)] == "dtype":
            dtype = None
        elif g.name == "device" or kinds[id(g)] in ("device", "str"):
            device = None
        else:
            dtype = device = None
    return TensorSpec(x.shape, dtype, device)


def _kind(g: Given) -> str:
    p = get_proper_type(g.type)
    return p.type.name if isinstance(p, Instance) else ""


def _type(positional: list[Any], keywords: dict[str, Any], given: list[Given]) -> Any:
    if len(positional) != 2:
        raise NotUnderstood
    dtype = positional[1]
    return TensorSpec(positional[0].shape, dtype if dtype in DTYPES.values() else None, positional[0].device)


def _type_as(positional: list[Any], keywords: dict[str, Any], given: list[Given]) -> Any:
    if len(positional) != 2 or not isinstance(positional[1], TensorSpec):
        raise NotUnderstood
    return TensorSpec(positional[0].shape, positional[1].dtype, positional[1].device)


def _tensor(positional: list[Any], keywords: dict[str, Any], given: list[Given]) -> Any:
    """`torch.tensor([[1, 2], [3, 4]])`: sizes and dtype of the data."""
    data = positional[0] if positional else keywords.get("data", UNKNOWN)
    if isinstance(data, TensorSpec):
        shape, dtype = data.shape, data.dtype
    else:
        shape, dtype = _data_shape(data), _data_dtype(data)
    if "dtype" in keywords or len(positional) > 1:
        wanted = keywords.get("dtype", positional[1] if len(positional) > 1 else None)
        dtype = wanted if isinstance(wanted, str) else dtype if wanted is None else None
    device = keywords.get("device")
    return TensorSpec(shape, dtype, device.split(":")[0] if isinstance(device, str) else None)


def _data_shape(data: Any) -> Shape:
    if isinstance(data, (int, float, bool, complex, D.Sym)):
        return Shape(())
    if not isinstance(data, (list, tuple)):
        return UNKNOWN_SHAPE
    if not data:
        return Shape((0,))
    inner = _data_shape(data[0])
    if any(v is UNKNOWN for v in data):
        scalars = all(v is UNKNOWN or isinstance(v, (int, float)) for v in data)
        return Shape((len(data),)) if scalars and not all(v is UNKNOWN for v in data) else UNKNOWN_SHAPE
    return Shape((len(data), *inner.dims)) if inner.rank is not None else UNKNOWN_SHAPE


def _data_dtype(data: Any) -> str | None:
    while isinstance(data, (list, tuple)) and data:
        kinds = {_data_dtype(v) for v in data}
        if len(kinds) == 1:
            return kinds.pop()
        return "float" if kinds <= {"float", "int64"} else None
    if isinstance(data, bool):
        return "bool"
    if isinstance(data, (int, D.Sym)):
        return "int64"
    return "float" if isinstance(data, float) else None


def _from_numpy(positional: list[Any], keywords: dict[str, Any], given: list[Given]) -> Any:
    return TensorSpec(UNKNOWN_SHAPE, None, "cpu")


CONVERSIONS: dict[str, _Conversion] = {
    **{name: _cast(dtype) for name, dtype in _BY_NAME.items()},
    "cpu": _moved("cpu"),
    "cuda": _moved("cuda"),
    "to": _to,
    "type": _type,
    "type_as": _type_as,
    "tensor": _tensor,
    "as_tensor": _tensor,
    "from_numpy": _from_numpy,
}
