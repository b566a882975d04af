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
    batch = query.dims[b] if batched else None
    check_padding_mask(key_padding_mask, batched, batch, source, may_turn=batch_first is False)
    check_attention_mask(attn_mask, batched, batch, as_dim(num_heads), target, source, argument=5)
    if need_weights is False:
        return query, None
    if is_unknown(need_weights, add_bias_kv, add_zero_attn, average_attn_weights):
        return query, query.of(Shape((), run=0))
    source = D.add(source, int(bool(add_bias_kv)) + int(bool(add_zero_attn)))
    weights: tuple[D.Dim, ...] = (target, source)
    if not average_attn_weights:
        weights = (as_dim(num_heads), *weights)
    return query, query.of(shape_of((query.dims[b], *weights) if batched else weights))


def check_padding_mask(
    mask: Any, batched: bool, batch: D.Dim, source: D.Dim, *, may_turn: bool = False, argument: int | str = 3
) -> None:
    """`[batch, source]`, or `[source]` beside an unbatched query. `may_turn`: where it is the other way round, the layer is told
    to take the batch first."""
    if not isinstance(mask, TensorSpec):
        return
    word = argument if isinstance(argument, str) else "key_padding_mask"
    layout = f"a {word} (batch, time)" if batched else f"a {word} (time)"
    need_rank(mask, (2,) if batched else (1,), layout, argument=argument)
    wanted = (batch, source) if batched else (source,)
    for d, (size, got) in enumerate(zip(wanted, mask.dims if mask.rank is not None else ())):
        if D.differ(got, size):
            turned = may_turn and batched and mask.dims == (source, batch)
            raise Problem(
                f"a {word} {Shape(wanted)} (batch, time)", str(mask.shape), dimension=d, sizes=(size, got),
                change={"batch_first": True} if turned else {}, argument=argument, involved=(0, 1, argument),
            )


def check_attention_mask(
    mask: Any, batched: bool, batch: D.Dim, heads: D.Dim, target: D.Dim, source: D.Dim, *, argument: int | str
) -> None:
    """`[target, source]`, or one for each sequence and head: `[batch * heads, target, source]`."""
    if not isinstance(mask, TensorSpec):
        return
    word = f"a {argument}" if isinstance(argument, str) else "an attn_mask"
    need_rank(mask, (2, 3), f"{word} (time, time) or (batch * heads, time, time)", argument=argument)
    for d, size in ((-2, target), (-1, source)):
        got = mask.shape.size(d)
        if D.differ(got, size):
            raise Problem(
                f"{word} {Shape((target, source))}", str(mask.shape), dimension=d, sizes=(size, got), argument=argument,
                involved=(0, 1, argument),
            )
    if mask.rank == 3:
        lead, wanted = mask.dims[0], D.mul(batch, heads) if batched else heads
        if D.differ(lead, wanted):
            raise Problem(
                f"{word} for each sequence and head, {D.show(wanted)}", D.show(lead), dimension=0, sizes=(wanted, lead),
                argument=argument, involved=(0, argument),
            )


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
    if isinstance(attn_mask, TensorSpec) and attn_mask.rank is not None:
        scores = (*lead.dims, query.dims[-2], s)
        for i in range(-1, -min(len(attn_mask.dims), len(scores)) - 1, -1):
            if attn_mask.dims[i] != 1 and D.differ(attn_mask.dims[i], scores[i]):
                raise Problem(
                    f"an attn_mask that broadcasts with {Shape(scores)}", str(attn_mask.shape), dimension=i,
                    sizes=(scores[i], attn_mask.dims[i]), argument=3, involved=(0, 1, 3),
                )
    return query.of((*lead.dims, query.dims[-2], value.dims[-1]))
