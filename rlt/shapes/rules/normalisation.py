"""Batch, instance, group, layer and RMS normalisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rlt.shapes import dims as D
from rlt.shapes.rules.convolution import LAYOUT
from rlt.shapes.rules.problem import Problem, as_dim, is_unknown, known_int
from rlt.shapes.rules.tensor import TensorSpec, need_float, need_rank, need_statistics_dtype
from rlt.shapes.shape import shape_of


def _need_channels(x: TensorSpec, dimension: int, wanted: Any, key: str) -> None:
    size, got = as_dim(wanted), x.shape.size(dimension)
    if D.differ(got, size):
        raise Problem(
            f"{D.show(size)} channels", D.show(got), dimension=dimension, sizes=(size, got), change={key: got}
        )


def make_batch_norm(n: int) -> Callable[..., TensorSpec]:
    """The rule of `BatchNorm{n}d`: dimension 1 are the channels; `[batch, features]` too for n = 1."""

    def batch_norm(
        x: TensorSpec,
        *,
        num_features: Any,
        eps: Any = 1e-5,
        momentum: Any = 0.1,
        affine: Any = True,
        track_running_stats: Any = True,
        device: Any = None,
        dtype: Any = None,
    ) -> TensorSpec:
        need_float(x)
        layout = "(batch, features) or (batch, channels, length)" if n == 1 else f"{n + 2} dimensions {LAYOUT[n]}"
        need_rank(x, (2, 3) if n == 1 else (n + 2,), layout)
        if x.rank is not None:
            _need_channels(x, 1, num_features, "num_features")
        elif n > 1:
            _need_channels(x, -n - 1, num_features, "num_features")
        need_statistics_dtype(x, dtype)
        return x

    return batch_norm


def make_instance_norm(n: int) -> Callable[..., TensorSpec]:
    """The rule of `InstanceNorm{n}d`; channels are checked only where it has parameters or statistics, as in torch."""

    def instance_norm(
        x: TensorSpec,
        *,
        num_features: Any,
        eps: Any = 1e-5,
        momentum: Any = 0.1,
        affine: Any = False,
        track_running_stats: Any = False,
        device: Any = None,
        dtype: Any = None,
    ) -> TensorSpec:
        need_float(x)
        need_rank(x, (n + 1, n + 2), f"{n + 2} dimensions {LAYOUT[n]}")
        if affine is True or track_running_stats is True:
            _need_channels(x, -n - 1, num_features, "num_features")
        return x

    return instance_norm


def group_norm(
    x: TensorSpec,
    *,
    num_groups: Any,
    num_channels: Any,
    eps: Any = 1e-5,
    affine: Any = True,
    device: Any = None,
    dtype: Any = None,
) -> TensorSpec:
    """Dimension 1 are the channels, a multiple of `num_groups`."""
    need_float(x)
    if known_int(num_groups) and known_int(num_channels) and num_channels % num_groups:
        raise Problem(f"num_channels divisible by num_groups={num_groups}", str(num_channels), kind="argument")
    if x.rank is not None and x.rank < 2:
        raise Problem("at least 2 dimensions (batch, channels, ...)", f"{x.rank} dimensions {x.shape}", kind="rank")
    _need_channels(x, 1, num_channels, "num_channels")
    if D.product(x.dims) == num_groups and x.rank is not None:
        raise Problem("more than 1 value in a group", f"{x.shape} in {num_groups} groups")
    need_statistics_dtype(x, dtype)
    return x


def layer_norm(
    x: TensorSpec,
    *,
    normalized_shape: Any,
    eps: Any = 1e-5,
    elementwise_affine: Any = True,
    bias: Any = True,
    device: Any = None,
    dtype: Any = None,
) -> TensorSpec:
    """The last dimensions equal `normalized_shape`. RMSNorm too."""
    need_float(x)
    if is_unknown(normalized_shape):
        return x
    given = normalized_shape if isinstance(normalized_shape, (tuple, list)) else (normalized_shape,)
    wanted = tuple(as_dim(v) for v in given)
    n = len(wanted)
    if x.rank is not None and x.rank < n:
        raise Problem(f"last dimensions {shape_of(wanted)}", str(x.shape), kind="rank")
    for i in range(-1, -n - 1, -1):
        got = x.shape.size(i)
        if D.differ(got, wanted[i]):
            last = x.shape.last(n)
            change = {"normalized_shape": last[0] if n == 1 else last} if None not in last else {}
            raise Problem(
                f"last dimension {D.show(wanted[0])}" if n == 1 else f"last dimensions {shape_of(wanted)}",
                D.show(got) if n == 1 else str(x.shape),
                dimension=i,
                sizes=(wanted[i], got),
                change=change,
            )
    need_statistics_dtype(x, dtype)
    return x


def rms_norm(
    x: TensorSpec,
    *,
    normalized_shape: Any,
    eps: Any = None,
    elementwise_affine: Any = True,
    device: Any = None,
    dtype: Any = None,
) -> TensorSpec:
    """As `layer_norm`."""
    return layer_norm(x, normalized_shape=normalized_shape)


def local_response_norm(x: TensorSpec, *, size: Any, alpha: Any = 1e-4, beta: Any = 0.75, k: Any = 1.0) -> TensorSpec:
    """Keeps the shape; at least 3 dimensions."""
    if x.rank is not None and x.rank < 3:
        raise Problem("at least 3 dimensions (batch, channels, ...)", f"{x.rank} dimensions {x.shape}", kind="rank")
    return x
