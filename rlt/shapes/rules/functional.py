"""Functions of `torch.nn.functional` that take weights, or a layer's arguments in another order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rlt.shapes import dims as D
from rlt.shapes.rules.convolution import check_groups, make_conv, make_conv_transpose, unfold
from rlt.shapes.rules.linear import embedding
from rlt.shapes.rules.normalisation import group_norm, layer_norm, make_batch_norm
from rlt.shapes.rules.pooling import make_adaptive_pool, make_avg_pool, make_max_pool
from rlt.shapes.rules.problem import UNKNOWN, Problem
from rlt.shapes.rules.reductions import norm
from rlt.shapes.rules.tensor import TensorSpec, need_float
from rlt.shapes.shape import UNKNOWN_SHAPE


def _size(weight: TensorSpec, i: int) -> Any:
    size = weight.shape.size(i)
    return UNKNOWN if size is None else size


def _times(size: Any, groups: Any) -> Any:
    if isinstance(groups, int) and size is not UNKNOWN:
        return D.mul(size, groups)
    return UNKNOWN


def make_conv_function(n: int) -> Callable[..., TensorSpec]:
    """`F.conv{n}d`: the weight is `[out, in/groups, *kernel]`."""
    layer = make_conv(n)

    def conv(
        input: TensorSpec,
        weight: TensorSpec,
        bias: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: Any = 1,
    ) -> TensorSpec:
        if weight.rank is not None and weight.rank != n + 2:
            raise Problem(f"a weight of {n + 2} dimensions (out, in, kernel)", str(weight.shape), kind="rank", argument=1)
        return layer(
            input,
            in_channels=_times(_size(weight, 1), groups),
            out_channels=_size(weight, 0),
            kernel_size=tuple(_size(weight, 2 + i) for i in range(n)),
            stride=stride,
            padding=padding,
            dilation=dilation,
        )

    return conv


def make_conv_transpose_function(n: int) -> Callable[..., TensorSpec]:
    """`F.conv_transpose{n}d`: the weight is `[in, out/groups, *kernel]`."""
    layer = make_conv_transpose(n)

    def conv_transpose(
        input: TensorSpec,
        weight: TensorSpec,
        bias: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: Any = 1,
        dilation: Any = 1,
    ) -> TensorSpec:
        if weight.rank is not None and weight.rank != n + 2:
            raise Problem(f"a weight of {n + 2} dimensions (in, out, kernel)", str(weight.shape), kind="rank", argument=1)
        check_groups(_size(weight, 0), 0, groups)
        return layer(
            input,
            in_channels=_size(weight, 0),
            out_channels=_times(_size(weight, 1), groups),
            kernel_size=tuple(_size(weight, 2 + i) for i in range(n)),
            stride=stride,
            padding=padding,
            output_padding=output_padding,
            dilation=dilation,
        )

    return conv_transpose


def make_max_pool_function(n: int) -> Callable[..., Any]:
    """`F.max_pool{n}d`."""
    layer = make_max_pool(n)

    def max_pool(
        input: TensorSpec,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: Any = False,
        return_indices: Any = False,
    ) -> Any:
        return layer(
            input,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            return_indices=return_indices,
        )

    return max_pool


def make_avg_pool_function(n: int) -> Callable[..., TensorSpec]:
    """`F.avg_pool{n}d`."""
    layer = make_avg_pool(n)

    def avg_pool(
        input: TensorSpec,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: Any = False,
        count_include_pad: Any = True,
        divisor_override: Any = None,
    ) -> TensorSpec:
        return layer(input, kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode)

    return avg_pool


def make_adaptive_pool_function(n: int, is_max: bool) -> Callable[..., Any]:
    """`F.adaptive_avg_pool{n}d`, `F.adaptive_max_pool{n}d`."""
    layer = make_adaptive_pool(n, is_max)

    def adaptive_pool(input: TensorSpec, output_size: Any, return_indices: Any = False) -> Any:
        options = {"return_indices": return_indices} if is_max else {}
        return layer(input, output_size=output_size, **options)

    return adaptive_pool


def embedding_function(
    input: TensorSpec,
    weight: TensorSpec,
    padding_idx: Any = None,
    max_norm: Any = None,
    norm_type: Any = 2.0,
    scale_grad_by_freq: Any = False,
    sparse: Any = False,
) -> TensorSpec:
    """`F.embedding`: the weight is `[count, width]`."""
    return embedding(input, num_embeddings=_size(weight, 0), embedding_dim=_size(weight, 1), dtype=weight.dtype or "float")


def batch_norm(
    input: TensorSpec, running_mean: Any, running_var: Any, weight: Any = None, *args: Any, **options: Any
) -> TensorSpec:
    """`F.batch_norm`: dimension 1 are the channels."""
    need_float(input)
    for given in (running_mean, weight):
        if isinstance(given, TensorSpec) and given.rank == 1 and input.rank is not None and input.rank >= 2:
            n = max(input.rank - 2, 1)
            return make_batch_norm(n)(input, num_features=_size(given, 0))
    return input


def layer_norm_function(
    input: TensorSpec, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: Any = 1e-5
) -> TensorSpec:
    """`F.layer_norm`."""
    return layer_norm(input, normalized_shape=tuple(normalized_shape) if isinstance(normalized_shape, list) else normalized_shape)


def group_norm_function(input: TensorSpec, num_groups: Any, weight: Any = None, bias: Any = None, eps: Any = 1e-5) -> TensorSpec:
    """`F.group_norm`."""
    channels = input.shape.size(1) if input.rank is not None and input.rank > 1 else None
    return group_norm(input, num_groups=num_groups, num_channels=UNKNOWN if channels is None else channels)


def unfold_function(input: TensorSpec, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> TensorSpec:
    """`F.unfold`."""
    return unfold(input, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)


def normalize(input: TensorSpec, p: Any = 2.0, dim: Any = 1, eps: Any = 1e-12, out: Any = None) -> TensorSpec:
    """Keeps the shape; `dim` must exist."""
    norm(input, p, dim, True)
    return input


def glu_function(input: TensorSpec, dim: Any = -1) -> TensorSpec:
    """`F.glu`."""
    from rlt.shapes.rules.linear import glu

    return glu(input, dim=dim)


def pixel_function(rule: Callable[..., TensorSpec], key: str) -> Callable[..., TensorSpec]:
    """`F.pixel_shuffle(input, factor)` of the layer rule."""

    def shuffled(input: TensorSpec, factor: Any) -> TensorSpec:
        return rule(input, **{key: factor})

    return shuffled


def gumbel_softmax(logits: TensorSpec, tau: Any = 1, hard: Any = False, eps: Any = 1e-10, dim: Any = -1) -> TensorSpec:
    need_float(logits)
    return logits


def value_unknown(input: Any, *args: Any, **options: Any) -> TensorSpec:
    """A result whose shape depends on the values: `nonzero`, `unique`."""
    return input.of(UNKNOWN_SHAPE) if isinstance(input, TensorSpec) else TensorSpec()
