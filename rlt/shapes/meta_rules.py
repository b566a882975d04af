"""Rules for the functions inside torch's layers that take weights as lists: recurrent kernels, attention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rlt.shapes import dims as D
from rlt.shapes.rules import TensorSpec, attention, convolution, linear, normalisation, recurrent


def _lstm(
    input: TensorSpec,
    hx: Any,
    weights: Any,
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> Any:
    """`torch.lstm`: `[4 hidden, input]` is the first weight, `[proj, hidden]` the last with a projection."""
    per_layer = (4 if has_biases else 2) + (1 if _has_projection(weights, has_biases, num_layers, bidirectional) else 0)
    hidden = weights[0].dims[0] // 4
    projection = weights[per_layer - 1].dims[0] if per_layer % 2 else 0
    out, (h, c) = recurrent.lstm(
        input,
        tuple(hx),
        input_size=weights[0].dims[1],
        hidden_size=hidden,
        num_layers=num_layers,
        batch_first=batch_first,
        bidirectional=bidirectional,
        proj_size=projection,
    )
    return out, h, c


def _has_projection(weights: Any, has_biases: bool, num_layers: int, bidirectional: bool) -> bool:
    return len(weights) > (4 if has_biases else 2) * num_layers * (2 if bidirectional else 1)


def _recurrent(gates: int) -> Callable[..., Any]:
    def kernel(
        input: TensorSpec,
        hx: TensorSpec,
        weights: Any,
        has_biases: bool,
        num_layers: int,
        dropout: float,
        train: bool,
        bidirectional: bool,
        batch_first: bool,
    ) -> Any:
        return recurrent.gru(
            input,
            hx,
            input_size=weights[0].dims[1],
            hidden_size=weights[0].dims[0] // gates,
            num_layers=num_layers,
            batch_first=batch_first,
            bidirectional=bidirectional,
        )

    return kernel


def _cell(gates: int) -> Callable[..., Any]:
    def kernel(input: TensorSpec, hx: Any, w_ih: TensorSpec, w_hh: TensorSpec, b_ih: Any = None, b_hh: Any = None) -> Any:
        sizes = {"input_size": w_ih.dims[1], "hidden_size": w_hh.dims[1]}
        return recurrent.lstm_cell(input, tuple(hx), **sizes) if gates == 4 else recurrent.gru_cell(input, hx, **sizes)

    return kernel


def _attention(
    query: TensorSpec,
    key: TensorSpec,
    value: TensorSpec,
    embed_dim: int,
    num_heads: int,
    in_proj_weight: Any,
    *rest: Any,
    need_weights: bool = True,
    average_attn_weights: bool = True,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    **options: Any,
) -> Any:
    """`F.multi_head_attention_forward`: time first. Some of `rest` are `bias_k`, `add_zero_attn` and the like."""
    return attention.multihead_attention(
        query,
        key,
        value,
        need_weights=need_weights,
        average_attn_weights=average_attn_weights,
        embed_dim=embed_dim,
        num_heads=num_heads,
        kdim=k_proj_weight.dims[1] if isinstance(k_proj_weight, TensorSpec) else None,
        vdim=v_proj_weight.dims[1] if isinstance(v_proj_weight, TensorSpec) else None,
        add_bias_kv=isinstance(rest[1] if len(rest) > 1 else None, TensorSpec),
        add_zero_attn=bool(rest[3]) if len(rest) > 3 else False,
        key_padding_mask=options.get("key_padding_mask"),
        attn_mask=options.get("attn_mask"),
        batch_first=None,  # time comes first here, however the layer was built
    )


def _bilinear(input1: TensorSpec, input2: TensorSpec, weight: TensorSpec, bias: Any = None) -> TensorSpec:
    out, first, second = weight.dims
    return linear.bilinear(input1, input2, in1_features=first, in2_features=second, out_features=out)


def _prelu(input: TensorSpec, weight: TensorSpec) -> TensorSpec:
    return linear.prelu(input, num_parameters=D.product(weight.dims))


def _instance_norm(
    input: TensorSpec, running_mean: Any = None, running_var: Any = None, weight: Any = None, *args: Any, **options: Any
) -> TensorSpec:
    given = weight if isinstance(weight, TensorSpec) else running_mean
    rule = normalisation.make_instance_norm(max((input.rank or 3) - 2, 1))
    if not isinstance(given, TensorSpec):
        return input
    return rule(input, num_features=given.dims[0], affine=True)


def _group_norm(input: TensorSpec, num_groups: int, weight: Any = None, *args: Any, **options: Any) -> TensorSpec:
    channels = weight.dims[0] if isinstance(weight, TensorSpec) else input.shape.size(1)
    return normalisation.group_norm(input, num_groups=num_groups, num_channels=channels)


def _rms_norm(input: TensorSpec, normalized_shape: Any, *args: Any, **options: Any) -> TensorSpec:
    return normalisation.rms_norm(input, normalized_shape=tuple(normalized_shape))


def _local_response_norm(input: TensorSpec, size: int, *args: Any, **options: Any) -> TensorSpec:
    return normalisation.local_response_norm(input, size=size)


def _fold(input: TensorSpec, output_size: Any, kernel_size: Any, *args: Any, **options: Any) -> TensorSpec:
    named = dict(zip(("dilation", "padding", "stride"), args))
    return convolution.fold(input, output_size=output_size, kernel_size=kernel_size, **{**named, **options})


def _embedding_bag(input: TensorSpec, weight: TensorSpec, offsets: Any = None, *args: Any, **options: Any) -> TensorSpec:
    return linear.embedding_bag(input, offsets, num_embeddings=weight.dims[0], embedding_dim=weight.dims[1], dtype=weight.dtype)


def _weight_norm(v: TensorSpec, g: TensorSpec, dim: int = 0) -> TensorSpec:
    return v


SPECIAL: dict[str, Callable[..., Any]] = {
    "lstm": _lstm,
    "gru": _recurrent(3),
    "rnn_tanh": _recurrent(1),
    "rnn_relu": _recurrent(1),
    "lstm_cell": _cell(4),
    "gru_cell": _cell(3),
    "rnn_tanh_cell": _cell(1),
    "rnn_relu_cell": _cell(1),
    "multi_head_attention_forward": _attention,
    "_weight_norm": _weight_norm,
    "bilinear": _bilinear,
    "prelu": _prelu,
    "instance_norm": _instance_norm,
    "group_norm": _group_norm,
    "rms_norm": _rms_norm,
    "local_response_norm": _local_response_norm,
    "fold": _fold,
    "embedding_bag": _embedding_bag,
}
