"""Shapes of the parameters that a layer holds: `weight` and `bias`, from the arguments of its constructor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlt.shapes import dims as D
from rlt.shapes.rules.problem import as_dim
from rlt.shapes.rules.tensor import each
from rlt.shapes.shape import Shape


def shape_of(layer: str, parameter: str, settings: Mapping[str, Any]) -> Shape | None:
    """The shape of a layer's `weight` or `bias`; None where it is not known, or where the layer may have none."""
    if parameter not in ("weight", "bias"):
        return None

    def size(name: str) -> D.Dim:
        return as_dim(settings.get(name))

    if layer == "Embedding":
        return Shape((size("num_embeddings"), size("embedding_dim"))) if parameter == "weight" else None
    if layer == "Linear":
        out = size("out_features")
        return Shape((out,)) if parameter == "bias" else Shape((out, size("in_features")))
    if layer.startswith("Conv") and layer[-2:] in ("1d", "2d", "3d"):
        n, groups = int(layer[-2]), as_dim(settings.get("groups", 1))
        if parameter == "bias":
            return Shape((size("out_channels"),))
        first, second = ("in", "out") if "Transpose" in layer else ("out", "in")
        kernel = each(settings.get("kernel_size"), n)
        return Shape((size(f"{first}_channels"), D.floordiv(size(f"{second}_channels"), groups), *map(as_dim, kernel)))
    if layer.startswith(("BatchNorm", "GroupNorm")):
        return Shape((size("num_channels" if layer == "GroupNorm" else "num_features"),))
    if layer == "LayerNorm":
        of = settings.get("normalized_shape")
        sizes = of if isinstance(of, tuple) else (of,)
        return Shape(tuple(map(as_dim, sizes)))
    return None
