"""Misspelt names of sizes: one that nothing gives, and one that is given and stands nowhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set

from rlt.errors import ConfigError, ShapeError, nearest, one_of
from rlt.shapes.annotation import Signature, names_in, tensors_in
from rlt.shapes.source import Place


def refuse_unused(sizes: Mapping[str, int], names: Set[str], who: str) -> None:
    """`sizes` are given by name, and each must be among `names`, those that stand in the shapes."""
    for name, value in sizes.items():
        if name not in names:
            close = nearest(name, names)
            fix = f"{close[0]}={value}" if close else None
            raise ConfigError(f"{who}: {name}={value} names no size of these shapes", one_of(name, names), fix=fix)


def misspelt_result(signature: Signature, known: Mapping[str, int], who: str, written: Place) -> ShapeError | None:
    """A name of the result that no input, constructor or attribute gives, though one gives a name almost the same.

    A free name in a result is legal, and so are pairs like `q_len k_len`, `hidden hidden2`: only a slip of the fingers
    counts, a letter too many, too few, or two exchanged.
    """
    given = names_in(*signature.arguments.values()) | set(known)
    for hint in tensors_in(signature.result):
        for name in sorted(hint.shape.names() - given):
            meant = next((k for k in nearest(name, given) if _is_slip(name, k)), None)
            if meant is not None:
                text = re.sub(rf"\b{name}\b", meant, hint.text)
                return ShapeError(
                    f"{who}.forward declares {hint}, but {name} is given by nothing; did you mean {meant}?",
                    f"declared at {written}; {meant} is given" + (f": {known[meant]}" if meant in known else " by an input"),
                    fix=f'"{text}"',
                )
    return None


def _is_slip(a: str, b: str) -> bool:
    short, long = sorted((a, b), key=len)
    if len(short) < 4:
        return False
    if len(short) == len(long):
        return any(a[:i] + a[i + 1] + a[i] + a[i + 2 :] == b for i in range(len(a) - 1))
    return any(not c.isdigit() and long[:i] + long[i + 1 :] == short for i, c in enumerate(long))
