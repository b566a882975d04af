"""Pooling: max, average, Lp and adaptive, in 1, 2 and 3 dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rlt.shapes import dims as D
from rlt.shapes.dims import Dim
from rlt.shapes.rules.convolution import LAYOUT
from rlt.shapes.rules.problem import Problem, as_dim, is_unknown, known_int
from rlt.shapes.rules.tensor import TensorSpec, each, need_rank


def pool_size(size: Dim, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any) -> Dim:
    """One spatial size after pooling. With `ceil_mode` the last window must start inside the input or left padding."""
    if known_int(kernel) and known_int(padding) and 2 * padding > kernel:
        raise Problem(f"padding of at most half the kernel ({kernel // 2})", str(padding), kind="argument")
    if is_unknown(ceil_mode):
        return None
    kernel, stride, padding, dilation = (as_dim(v) for v in (kernel, stride, padding, dilation))
    span = D.sub(D.add(size, D.mul(padding, 2)), D.add(D.mul(dilation, D.sub(kernel, 1)), 1))
    if not ceil_mode:
        out = D.add(D.floordiv(span, stride), 1)
    else:
        out = D.add(D.ceildiv(span, stride), 1)
        if isinstance(out, int) and isinstance(size, int) and isinstance(stride, int) and isinstance(padding, int):
            if (out - 1) * stride >= size + padding:
                out -= 1
        elif isinstance(out, D.Sym) and not (stride == kernel and padding == 0):
            return None
    if isinstance(out, int) and out <= 0:
        raise Problem(f"at least {kernel} pixels (kernel {kernel})", D.show(size))
    return out


def _pooled(
    x: TensorSpec,
    n: int,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: Any,
    whole: bool = False,
) -> TensorSpec:
    """`whole`: the kernel must fit without the padding, as torch's 3-d average pooling demands."""
    need_rank(x, (n + 1, n + 2), f"{n + 2} dimensions {LAYOUT[n]}")
    shape = x.shape.expose_last(n)
    if stride is None or stride == [] or stride == ():
        stride = kernel_size
    settings = zip(*(each(v, n) for v in (kernel_size, stride, padding, dilation)))
    sizes = []
    for i, (size, (k, s, p, d)) in enumerate(zip(shape.dims[-n:], settings)):
        try:
            if whole and isinstance(size, int) and known_int(k) and size < k:
                raise Problem(f"at least {k} pixels (kernel {k})", str(size))
            sizes.append(pool_size(size, k, s, p, d, ceil_mode))
        except Problem as problem:
            problem.dimension = i - n
            raise
    return x.of(shape.with_last(sizes, n))


def make_max_pool(n: int) -> Callable[..., Any]:
    """The rule of `MaxPool{n}d`; with `return_indices` a pair."""

    def max_pool(
        x: TensorSpec,
        *,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: Any = False,
        ceil_mode: Any = False,
    ) -> Any:
        out = _pooled(x, n, kernel_size, stride, padding, dilation, ceil_mode)
        return (out, out.of(out.shape, "int64")) if return_indices is True else out

    return max_pool


def make_avg_pool(n: int) -> Callable[..., TensorSpec]:
    """The rule of `AvgPool{n}d`."""

    def avg_pool(
        x: TensorSpec,
        *,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: Any = False,
        count_include_pad: Any = True,
        divisor_override: Any = None,
    ) -> TensorSpec:
        return _pooled(x, n, kernel_size, stride, padding, 1, ceil_mode, whole=n == 3)

    return avg_pool


def make_lp_pool(n: int) -> Callable[..., TensorSpec]:
    """The rule of `LPPool{n}d`."""

    def lp_pool(
        x: TensorSpec, *, norm_type: Any, kernel_size: Any, stride: Any = None, ceil_mode: Any = False
    ) -> TensorSpec:
        return _pooled(x, n, kernel_size, stride, 0, 1, ceil_mode, whole=n == 3)

    return lp_pool


def make_adaptive_pool(n: int, is_max: bool) -> Callable[..., Any]:
    """The rule of `AdaptiveAvgPool{n}d` and `AdaptiveMaxPool{n}d`; None in `output_size` keeps a size."""

    def adaptive(x: TensorSpec, output_size: Any) -> TensorSpec:
        by_mean = n > 1 and not is_max and output_size in (1, (1, 1), [1, 1])  # torch takes any rank there
        if not by_mean or (x.rank is not None and x.rank < 3):
            need_rank(x, (n + 1, n + 2), f"{n + 2} dimensions {LAYOUT[n]}")
        shape = x.shape.expose_last(n)
        wanted = each(output_size, n)
        sizes = [size if w is None else as_dim(w) for size, w in zip(shape.dims[-n:], wanted)]
        return x.of(shape.with_last(sizes, n))

    if not is_max:

        def adaptive_avg_pool(x: TensorSpec, *, output_size: Any) -> TensorSpec:
            return adaptive(x, output_size)

        return adaptive_avg_pool

    def adaptive_max_pool(x: TensorSpec, *, output_size: Any, return_indices: Any = False) -> Any:
        out = adaptive(x, output_size)
        return (out, out.of(out.shape, "int64")) if return_indices is True else out

    return adaptive_max_pool
