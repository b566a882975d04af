"""Attention and transformer layers."""

from __future__ import annotations

from typing import Any

from rlt.shapes import dims as D
from rlt.shapes.rules.broadcasting import broadcast_shapes
from rlt.shapes.rules.problem import Problem, as_dim, is_unknown, known_int
from rlt.shapes.rules.tensor import TensorSpec, need_float, need_rank
from rlt.shapes.shape import Shape, shape_of


def multihead_attention(
    query: TensorSpec,
    key: TensorSpec,
    value: TensorSpec,
    key_padding_mask: TensorSpec | None = None,
    need_weights: Any = True,
    attn_mask: TensorSpec | None = None,
    average_attn_weights: Any = True,
    is_causal: Any = False,
    *,
    embed_dim: Any,
    num_heads: Any,
    dropout: Any = 0.0,
    bias: Any = True,
    add_bias_kv: Any = False,
    add_zero_attn: Any = False,
    kdim: Any = None,
    vdim: Any = None,
    batch_first: Any = False,
    device: Any = None,
    dtype: Any = None,
) -> Any:
    """(`[time, batch, embed]`, weights or None). `key` and `value` have kdim and vdim features, else embed_dim."""
    if known_int(embed_dim) and known_int(num_heads) and embed_dim % num_heads:
        raise Problem(f"embed_dim divisible by num_heads={num_heads}", str(embed_dim), kind="argument")
    embed = as_dim(embed_dim)
    features = (embed, embed if kdim is None else as_dim(kdim), embed if vdim is None else as_dim(vdim))
    layout = "(batch, time, features)" if batch_first is True else "(time, batch, features)"
    for i, (x, word, wanted) in enumerate(zip((query, key, value), ("query", "key", "value"), features)):
        need_float(x, argument=i)
        need_rank(x, (2, 3), f"a {word} of shape {layout}", argument=i)
        got = x.shape.size(-1)
        if D.differ(got, wanted):
            change = {"embed_dim": got} if i == 0 and kdim is None and vdim is None else {}
            if i > 0 and known_int(got):
                change = {"kdim" if i == 1 else "vdim": got}
            raise Problem(
                f"{D.show(wanted)} features in {word}",
                D.show(got),
                dimension=-1,
                sizes=(wanted, got),
                change=change,
                argument=i,
            )
    if query.rank is None or key.rank is None or value.rank is None or is_unknown(batch_first):
        return query, None if need_weights is False else query.of(Shape((), run=0))
    if not query.rank == key.rank == value.rank:
        raise Problem(f"query, key and value of equal rank, {query.rank}", f"{key.rank} and {value.rank}", kind="rank")
    batched = query.rank == 3
    b, t = (0, 1) if batch_first else (1, 0)
    if not batched:
        t = 0
    target, source = query.dims[t], key.dims[t]
    if D.differ(value.dims[t], source):
        raise Problem(
            f"key and value of equal length, {D.show(source)}",
            D.show(value.dims[t]),
            dimension=t,
            sizes=(source, value.dims[t]),
            argument=2,
            involved=(1, 2),
        )
    if batched:
        for i, x in ((1, key), (2, value)):
            if D.differ(x.dims[b], query.dims[b]):
                raise Problem(
                    f"batch {D.show(query.dims[b])}, as the query's {query.shape}",
                    f"{D.show(x.dims[b])} in {x.shape}",
                    dimension=b,
                    sizes=(query.dims[b], x.dims[b]),
                    argument=i,
                    involved=(0, i),
                )
    if need_weights is False:
        return query, None
    if is_unknown(need_weights, add_bias_kv, add_zero_attn, average_attn_weights):
        return query, query.of(Shape((), run=0))
    source = D.add(source, int(bool(add_bias_kv)) + int(bool(add_zero_attn)))
    weights: tuple[D.Dim, ...] = (target, source)
    if not average_attn_weights:
        weights = (as_dim(num_heads), *weights)
    return query, query.of(shape_of((query.dims[b], *weights) if batched else weights))


def scaled_dot_product_attention(
    query: TensorSpec,
    key: TensorSpec,
    value: TensorSpec,
    attn_mask: TensorSpec | None = None,
    dropout_p: Any = 0.0,
    is_causal: Any = False,
    scale: Any = None,
    enable_gqa: Any = False,
) -> TensorSpec:
    """`[..., t, d]`, `[..., s, d]`, `[..., s, v]` to `[..., t, v]`."""
    for i, x in enumerate((query, key, value)):
        need_float(x, argument=i)
    d, k = query.shape.size(-1), key.shape.size(-1)
    if D.differ(d, k):
        raise Problem(
            f"query and key of equal width, {D.show(d)}",
            D.show(k),
            dimension=-1,
            sizes=(d, k),
            argument=1,
            involved=(0, 1),
        )
    s, s2 = key.shape.size(-2), value.shape.size(-2)
    if D.differ(s, s2):
        raise Problem(
            f"key and value of equal length, {D.show(s)}",
            D.show(s2),
            dimension=-2,
            sizes=(s, s2),
            argument=2,
            involved=(1, 2),
        )
    if query.rank is None or key.rank is None or value.rank is None or enable_gqa is not False:
        return query.of(query.shape.with_last((query.shape.size(-2), value.shape.size(-1)), 2))
    lead = broadcast_shapes(Shape(query.dims[:-2]), Shape(key.dims[:-2]), Shape(value.dims[:-2]))
    return query.of((*lead.dims, query.dims[-2], value.dims[-1]))


def transformer_layer(
    x: TensorSpec,
    *inputs: Any,
    d_model: Any,
    nhead: Any,
    dim_feedforward: Any = 2048,
    dropout: Any = 0.1,
    activation: Any = None,
    layer_norm_eps: Any = 1e-5,
    batch_first: Any = False,
    norm_first: Any = False,
    bias: Any = True,
    device: Any = None,
    dtype: Any = None,
    **masks: Any,
) -> TensorSpec:
    """`TransformerEncoderLayer`, `TransformerDecoderLayer`: keep `[time, batch, d_model]`; a memory of that width."""
    if known_int(d_model) and known_int(nhead) and d_model % nhead:
        raise Problem(f"d_model divisible by nhead={nhead}", str(d_model), kind="argument")
    need_width(x, d_model)
    memory = inputs[0] if inputs else masks.get("memory")
    if isinstance(memory, TensorSpec) and memory.rank in (2, 3) and memory.rank == x.rank:
        got, wanted = memory.shape.size(-1), as_dim(d_model)
        if D.differ(got, wanted):
            raise Problem(
                f"{D.show(wanted)} features in memory",
                D.show(got),
                dimension=-1,
                sizes=(wanted, got),
                argument="memory",
            )
    return x


def need_width(x: TensorSpec, d_model: Any) -> None:
    """A sequence of `d_model` features."""
    need_float(x)
    need_rank(x, (2, 3), "(time, batch, features), or (batch, time, features) with batch_first=True")
    wanted, got = as_dim(d_model), x.shape.size(-1)
    if D.differ(got, wanted):
        raise Problem(
            f"{D.show(wanted)} features", D.show(got), dimension=-1, sizes=(wanted, got), change={"d_model": got}
        )
