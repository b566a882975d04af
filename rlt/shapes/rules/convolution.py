"""Convolutions and transposed convolutions, in 1, 2 and 3 dimensions; unfold and fold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rlt.shapes import dims as D
from rlt.shapes.dims import Dim
from rlt.shapes.rules.problem import UNKNOWN, Problem, as_dim, known_int
from rlt.shapes.rules.tensor import TensorSpec, each, need_float, need_rank, need_same_dtype

LAYOUT = {
    1: "(batch, channels, length)",
    2: "(batch, channels, height, width)",
    3: "(batch, channels, depth, height, width)",
}


def window_count(size: Dim, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Dim:
    """(size + 2 padding - dilation (kernel - 1) - 1) // stride + 1; each part may be symbolic or unknown."""
    kernel, stride, padding, dilation = (as_dim(v) for v in (kernel, stride, padding, dilation))
    if _keeps_size(kernel, padding, dilation):
        return D.add(D.floordiv(D.sub(size, 1), stride), 1)
    reach = D.add(D.mul(dilation, D.sub(kernel, 1)), 1)
    return D.add(D.floordiv(D.sub(D.add(size, D.mul(padding, 2)), reach), stride), 1)


def _keeps_size(kernel: Dim, padding: Dim, dilation: Dim) -> bool:
    """Whether it is `padding = kernel // 2` of a kernel with a name, which is an odd number wherever people write so."""
    names = D.names_in(kernel)
    if len(names) != 1 or padding is None:
        return False
    odd: dict[str, Dim] = {n: D.add(D.mul(D.name(n), 2), 1) for n in names}
    others: dict[str, Dim] = {n: D.name(n) for d in (padding, dilation) for n in D.names_in(d)}
    k, p, d = (D.substitute(x, {**others, **odd}) for x in (kernel, padding, dilation))
    return D.mul(p, 2) == D.mul(d, D.sub(k, 1)) is not None


def conv_size(size: Dim, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Dim:
    """One spatial size after a convolution. Problem where the kernel is larger than the padded input."""
    if padding == "same":
        return size
    if padding == "valid":
        padding = 0
    out = window_count(size, kernel, stride, padding, dilation)
    if isinstance(out, int) and out <= 0:
        reach = dilation * (kernel - 1) + 1
        raise Problem(
            f"at least {reach - 2 * padding} pixels (kernel {kernel}{f', padding {padding}' if padding else ''}"
            f"{f', dilation {dilation}' if dilation != 1 else ''})",
            f"{D.show(size)}",
        )
    return out


def transposed_size(size: Dim, kernel: Any, stride: Any, padding: Any, output_padding: Any, dilation: Any) -> Dim:
    """(size - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1."""
    kernel, stride, padding, extra, dilation = (as_dim(v) for v in (kernel, stride, padding, output_padding, dilation))
    if isinstance(extra, int) and isinstance(stride, int) and isinstance(dilation, int) and extra >= max(stride, dilation) > 0:
        raise Problem(f"output_padding below {max(stride, dilation)}", str(extra), kind="argument")
    grown = D.add(D.mul(D.sub(size, 1), stride), D.add(D.mul(dilation, D.sub(kernel, 1)), 1))
    out = D.add(D.sub(grown, D.mul(padding, 2)), extra)
    if isinstance(out, int) and out < 1:
        raise Problem(f"an input large enough (the result would have {out} pixels)", D.show(size))
    return out


def _channels(x: TensorSpec, n: int, in_channels: Any) -> TensorSpec:
    """The input with its channel dimension in place; Problem where rank or channels do not fit."""
    need_float(x)
    need_rank(x, (n + 1, n + 2), f"{n + 2} dimensions {LAYOUT[n]}")
    shape = x.shape.expose_last(n + 1)
    wanted, got = as_dim(in_channels), shape.dims[-n - 1]
    if D.differ(got, wanted):
        change, fix = {"in_channels": got}, ""
        if n == 2 and x.rank in (3, 4) and shape.dims[-1] == wanted:
            order = "0, 3, 1, 2" if x.rank == 4 else "2, 0, 1"
            change, fix = {}, f"{{x}}.permute({order})"
        elif x.rank == n + 1 and n == 2 and shape.dims[-1] != 1 and wanted == 1:
            change, fix = {}, "{x}.unsqueeze(1)"
        raise Problem(
            f"{D.show(wanted)} input channels",
            D.show(got),
            dimension=-n - 1,
            sizes=(wanted, got),
            change=change,
            fix=fix,
        )
    return x.of(shape)


def make_conv(n: int) -> Callable[..., TensorSpec]:
    """The rule of `Conv{n}d`: `[batch, in_channels, *size]`, batch optional."""

    def conv(
        x: TensorSpec,
        *,
        in_channels: Any,
        out_channels: Any,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: Any = 1,
        bias: Any = True,
        padding_mode: Any = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> TensorSpec:
        check_groups(in_channels, out_channels, groups)
        x = _channels(x, n, in_channels)
        need_same_dtype(x, dtype)
        settings = zip(*(each(v, n) for v in (kernel_size, stride, padding, dilation)))
        sizes = []
        for i, (size, (k, s, p, d)) in enumerate(zip(x.shape.dims[-n:], settings)):
            p = padding if isinstance(padding, str) else p
            try:
                sizes.append(conv_size(size, k, s, p, d))
            except Problem as problem:
                problem.dimension = i - n
                raise
        return x.of(x.shape.with_last((as_dim(out_channels), *sizes), n + 1))

    return conv


def make_conv_transpose(n: int) -> Callable[..., TensorSpec]:
    """The rule of `ConvTranspose{n}d`."""

    def conv_transpose(
        x: TensorSpec,
        output_size: Any = None,
        *,
        in_channels: Any,
        out_channels: Any,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: Any = 1,
        bias: Any = True,
        dilation: Any = 1,
        padding_mode: Any = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> TensorSpec:
        check_groups(in_channels, out_channels, groups)
        x = _channels(x, n, in_channels)
        need_same_dtype(x, dtype)
        channels = as_dim(out_channels)
        if output_size is not None:
            given = output_size if isinstance(output_size, (tuple, list)) and len(output_size) >= n else (UNKNOWN,) * n
            return x.of(x.shape.with_last((channels, *(as_dim(v) for v in given[-n:])), n + 1))
        settings = zip(*(each(v, n) for v in (kernel_size, stride, padding, output_padding, dilation)))
        sizes = [transposed_size(size, *setting) for size, setting in zip(x.shape.dims[-n:], settings)]
        return x.of(x.shape.with_last((channels, *sizes), n + 1))

    return conv_transpose


def check_groups(in_channels: Any, out_channels: Any, groups: Any) -> None:
    """Both channel counts must be divisible by the number of groups."""
    if not known_int(groups) or groups < 1:
        return
    for key, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
        if known_int(channels) and channels % groups:
            raise Problem(f"{key} divisible by groups={groups}", f"{key}={channels}", kind="argument")


def unfold(x: TensorSpec, *, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> TensorSpec:
    """`nn.Unfold`: `[batch, c, h, w]` to `[batch, c·kernel, windows]`."""
    need_rank(x, (3, 4), f"4 dimensions {LAYOUT[2]}")
    shape = x.shape.expose_last(3)
    kernels = each(kernel_size, 2)
    settings = zip(kernels, *(each(v, 2) for v in (stride, padding, dilation)))
    windows = D.product([conv_size(size, k, s, p, d) for size, (k, s, p, d) in zip(shape.dims[-2:], settings)])
    patch = D.product([shape.dims[-3], *(as_dim(k) for k in kernels)])
    return x.of(shape.with_last((patch, windows), 3))


def fold(
    x: TensorSpec, *, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> TensorSpec:
    """`nn.Fold`: `[batch, c·kernel, windows]` to `[batch, c, *output_size]`."""
    need_rank(x, (2, 3), "3 dimensions (batch, channels*kernel, windows)")
    shape = x.shape.expose_last(2)
    outs, kernels = each(output_size, 2), each(kernel_size, 2)
    patch = D.product([as_dim(k) for k in kernels])
    channels = D.exact_quotient(shape.dims[-2], patch)
    if isinstance(shape.dims[-2], int) and isinstance(patch, int) and channels is None:
        raise Problem(f"channels that are a multiple of the kernel's {patch}", str(shape.dims[-2]), dimension=-2)
    settings = zip(kernels, *(each(v, 2) for v in (stride, padding, dilation)))
    windows = D.product([window_count(as_dim(o), k, s, p, d) for o, (k, s, p, d) in zip(outs, settings)])
    if D.differ(shape.dims[-1], windows):
        raise Problem(f"{D.show(windows)} windows", D.show(shape.dims[-1]), dimension=-1, sizes=(windows, shape.dims[-1]))
    return x.of(shape.with_last((channels, *(as_dim(o) for o in outs)), 2))
