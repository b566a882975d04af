"""Upsampling, interpolation, pixel and channel shuffles."""

from __future__ import annotations

import math
from typing import Any

from rlt.shapes import dims as D
from rlt.shapes.dims import Dim
from rlt.shapes.rules.problem import UNKNOWN, Problem, as_dim, is_unknown, known_int
from rlt.shapes.rules.tensor import TensorSpec, each, need_float, need_rank

_DIMENSIONS = {"linear": (3,), "bilinear": (4,), "bicubic": (4,), "trilinear": (5,), "nearest": (3, 4, 5)}


def _scaled(size: Dim, factor: Any) -> Dim:
    if known_int(factor) or isinstance(factor, D.Sym):
        return D.mul(size, factor)
    if isinstance(factor, float):
        if isinstance(size, int):
            return math.floor(size * factor)
        if factor.is_integer():
            return D.mul(size, int(factor))
        if factor == 0.5:
            return D.floordiv(size, 2)
    return None


def interpolate(
    input: TensorSpec,
    size: Any = None,
    scale_factor: Any = None,
    mode: Any = "nearest",
    align_corners: Any = None,
    recompute_scale_factor: Any = None,
    antialias: Any = False,
) -> TensorSpec:
    """`[batch, channels, *sizes]`: to `size`, or each size times `scale_factor`, rounded down."""
    ranks = _DIMENSIONS.get(mode if isinstance(mode, str) else "", (3, 4, 5))
    need_rank(input, ranks, f"{' or '.join(map(str, ranks))} dimensions (batch, channels, sizes) for mode {mode}")
    if size is None and scale_factor is None:
        raise Problem("size or scale_factor", "neither", kind="argument")
    if input.rank is None:
        return input.of(input.shape.with_last((None,), 1) if ranks == (3,) else type(input.shape)((), run=0))
    n = input.rank - 2
    for given in (size, scale_factor):
        if isinstance(given, (tuple, list)) and len(given) != n:
            raise Problem(f"{n} sizes for {input.shape}", str(len(given)), kind="argument")
    if size is not None:
        sizes = [as_dim(v) for v in each(size, n)]
    else:
        sizes = [_scaled(d, f) for d, f in zip(input.dims[2:], each(scale_factor, n))]
    for d, out in enumerate(sizes, 2):
        if isinstance(out, int) and out < 1:
            raise Problem("a result of at least 1 pixel", f"{D.show(input.dims[d])} scaled to {out}", dimension=d)
    return input.of((*input.dims[:2], *sizes))


def upsample(
    x: TensorSpec,
    *,
    size: Any = None,
    scale_factor: Any = None,
    mode: Any = "nearest",
    align_corners: Any = None,
    recompute_scale_factor: Any = None,
) -> TensorSpec:
    """`nn.Upsample`."""
    return interpolate(x, size, scale_factor, mode)


def upsampling_nearest(x: TensorSpec, *, size: Any = None, scale_factor: Any = None) -> TensorSpec:
    return interpolate(x, size, scale_factor, "nearest")


def upsampling_bilinear(x: TensorSpec, *, size: Any = None, scale_factor: Any = None) -> TensorSpec:
    return interpolate(x, size, scale_factor, "bilinear")


def pixel_shuffle(x: TensorSpec, *, upscale_factor: Any) -> TensorSpec:
    """`[..., c·r², h, w]` to `[..., c, h·r, w·r]`."""
    if x.rank is not None and x.rank < 3:
        raise Problem("at least 3 dimensions (channels, height, width)", f"{x.rank} dimensions {x.shape}", kind="rank")
    shape, r = x.shape.expose_last(3), as_dim(upscale_factor)
    c, h, w = shape.dims[-3:]
    square = D.mul(r, r)
    channels = D.exact_quotient(c, square)
    if isinstance(c, int) and isinstance(square, int) and channels is None:
        raise Problem(f"channels divisible by {square} (upscale_factor {r} squared)", str(c), dimension=-3)
    if D.leaves_a_name_below(c, square):
        raise Problem(f"channels divisible by {D.show(square)} (upscale_factor {D.show(r)} squared)", D.show(c), dimension=-3)
    if channels is None:
        channels = D.floordiv(c, square)
    return x.of(shape.with_last((channels, D.mul(h, r), D.mul(w, r)), 3))


def pixel_unshuffle(x: TensorSpec, *, downscale_factor: Any) -> TensorSpec:
    """`[..., c, h·r, w·r]` to `[..., c·r², h, w]`."""
    if x.rank is not None and x.rank < 3:
        raise Problem("at least 3 dimensions (channels, height, width)", f"{x.rank} dimensions {x.shape}", kind="rank")
    shape, r = x.shape.expose_last(3), as_dim(downscale_factor)
    sizes: list[Dim] = []
    for i in (-2, -1):
        size = shape.dims[i]
        if isinstance(size, int) and isinstance(r, int) and size % r:
            raise Problem(f"a size divisible by {r}", str(size), dimension=i)
        sizes.append(D.floordiv(size, r))
    return x.of(shape.with_last((D.mul(shape.dims[-3], D.mul(r, r)), *sizes), 3))


def channel_shuffle(x: TensorSpec, *, groups: Any) -> TensorSpec:
    """Keeps the shape; channels (dimension 1) divisible by `groups`."""
    if x.rank is not None and x.rank < 3:
        raise Problem("at least 3 dimensions (batch, channels, ...)", f"{x.rank} dimensions {x.shape}", kind="rank")
    c = x.shape.size(1)
    if isinstance(c, int) and known_int(groups) and c % groups:
        raise Problem(f"channels divisible by groups={groups}", str(c), dimension=1)
    return x


def grid_sample(
    input: TensorSpec, grid: TensorSpec, mode: Any = UNKNOWN, padding_mode: Any = UNKNOWN, align_corners: Any = None
) -> TensorSpec:
    """`[b, c, h, w]` at `[b, h', w', 2]` gives `[b, c, h', w']`; with depth likewise."""
    need_float(input)
    if input.rank is None or grid.rank is None or is_unknown(input.rank):
        return input.of(type(input.shape)((), run=0))
    need_rank(input, (4, 5), "4 or 5 dimensions (batch, channels, sizes)")
    if grid.rank != input.rank or D.differ(grid.dims[-1], input.rank - 2):
        raise Problem(f"a grid of {input.rank} dimensions with {input.rank - 2} coordinates last", str(grid.shape), argument=1)
    if D.differ(grid.dims[0], input.dims[0]):
        raise Problem(
            f"a grid for batch {D.show(input.dims[0])}",
            D.show(grid.dims[0]),
            dimension=0,
            sizes=(input.dims[0], grid.dims[0]),
            argument=1,
        )
    return input.of((*input.dims[:2], *grid.dims[1:-1]))
