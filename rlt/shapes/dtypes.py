"""Names of dtypes, without torch: which are floating, and what two of them give.

A dtype is torch's own name (`float32`, `int64`, `bool`), a kind where only that is known (`float`, `int`, `complex`),
or None where nothing is known.
"""

from __future__ import annotations

from typing import TypeAlias

Dtype: TypeAlias = "str | None"

FLOATS = ("float16", "bfloat16", "float32", "float64")
INTS = ("uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64")
COMPLEXES = ("complex32", "complex64", "complex128")
KINDS = ("bool", "int", "float", "complex")

ANNOTATIONS: dict[str, Dtype] = {
    "Float": "float",
    "Float16": "float16",
    "BFloat16": "bfloat16",
    "Float32": "float32",
    "Float64": "float64",
    "Int": "int",
    "Integer": "int",
    "Int8": "int8",
    "Int16": "int16",
    "Int32": "int32",
    "Int64": "int64",
    "UInt": "int",
    "UInt8": "uint8",
    "Bool": "bool",
    "Complex": "complex",
    "Complex64": "complex64",
    "Complex128": "complex128",
    "Inexact": None,
    "Num": None,
    "Real": None,
    "Shaped": None,
}
"""What each word of an annotation says about the dtype."""


def kind(dtype: Dtype) -> Dtype:
    """`bool`, `int`, `float` or `complex`; None where it is unknown."""
    if dtype is None or dtype in KINDS:
        return dtype
    if dtype in FLOATS or dtype.startswith("float8"):
        return "float"
    if dtype in COMPLEXES:
        return "complex"
    return "int" if dtype in INTS else None


def fits(got: Dtype, wanted: Dtype) -> bool:
    """Whether a tensor of dtype `got` may stand where `wanted` is declared; True where either is unknown.

    Any integer is an `Int`, `uint8` too; `float` (some floating dtype) may be the `float32` that is wanted.
    """
    if got is None or wanted is None or got == wanted:
        return True
    if wanted in KINDS or got in KINDS:
        return kind(got) == kind(wanted)
    return False


def result(a: Dtype, b: Dtype, a_is_scalar: bool = False, b_is_scalar: bool = False) -> Dtype:
    """The dtype of `a + b`, torch's promotion. A Python number or 0-d tensor counts only by a higher kind."""
    if a is None or b is None:
        return None
    if a == b:
        return a
    ka, kb = kind(a), kind(b)
    if ka is None or kb is None:
        return None
    ra, rb = KINDS.index(ka), KINDS.index(kb)
    if a_is_scalar != b_is_scalar:
        scalar, array, rs, r = (a, b, ra, rb) if a_is_scalar else (b, a, rb, ra)
        return array if rs <= r else scalar
    if ra != rb:
        if max(ra, rb) == 3 and min(ra, rb) == 2 and "64" in (a[-2:], b[-2:]) and not {a, b} & {"float32", "complex64"}:
            return "complex128" if "float64" in (a, b) or "complex128" in (a, b) else a if ra > rb else b
        return a if ra > rb else b
    if a in KINDS or b in KINDS:
        return ka
    return _same_kind(a, b)


def _same_kind(a: str, b: str) -> Dtype:
    if {a, b} == {"float16", "bfloat16"}:
        return "float32"
    if a in FLOATS:
        return max(a, b, key=FLOATS.index)
    if a in COMPLEXES:
        return max(a, b, key=COMPLEXES.index)
    if "uint8" in (a, b):  # uint8 with a signed type: the smallest signed type that holds both
        other = b if a == "uint8" else a
        return "int16" if other == "int8" else other
    return max(a, b, key=INTS.index)


def accumulated(dtype: Dtype) -> Dtype:
    """The dtype of a sum: integers and bool are summed as int64."""
    return "int64" if kind(dtype) in ("int", "bool") else dtype


def floating(dtype: Dtype) -> Dtype:
    """The dtype of a division, an exp or a mean: integers become the default float."""
    return "float" if kind(dtype) in ("int", "bool") else dtype
