"""Transformer layers: sequences of `d_model` features, and the masks between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlt.shapes import dims as D
from rlt.shapes.rules.attention import check_attention_mask, check_padding_mask
from rlt.shapes.rules.problem import Problem, as_dim, is_unknown, known_int
from rlt.shapes.rules.tensor import TensorSpec, need_float, need_rank
from rlt.shapes.shape import Shape


def encoder_layer(
    src: TensorSpec,
    src_mask: Any = None,
    src_key_padding_mask: Any = None,
    is_causal: Any = None,
    mask: Any = None,
    *,
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
) -> TensorSpec:
    """`TransformerEncoderLayer`, and a `TransformerEncoder` of such, which calls its first mask `mask`: keeps the shape."""
    _need_heads(d_model, nhead)
    _need_width(src, d_model)
    masks = {"src_mask": (src_mask, src, src), "mask": (mask, src, src)}
    _check_masks(masks, {"src_key_padding_mask": (src_key_padding_mask, src)}, nhead, batch_first)
    return src


def decoder_layer(
    tgt: TensorSpec,
    memory: TensorSpec,
    tgt_mask: Any = None,
    memory_mask: Any = None,
    tgt_key_padding_mask: Any = None,
    memory_key_padding_mask: Any = None,
    tgt_is_causal: Any = None,
    memory_is_causal: Any = None,
    *,
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
) -> TensorSpec:
    """`TransformerDecoderLayer`, and a `TransformerDecoder` of such layers: keeps the shape of `tgt`."""
    _need_heads(d_model, nhead)
    _need_width(tgt, d_model)
    _need_width(memory, d_model, argument=1, word="memory")
    _need_one_batch((tgt, memory), ("tgt", "memory"), batch_first)
    masks = {"tgt_mask": (tgt_mask, tgt, tgt), "memory_mask": (memory_mask, tgt, memory)}
    padding = {"tgt_key_padding_mask": (tgt_key_padding_mask, tgt), "memory_key_padding_mask": (memory_key_padding_mask, memory)}
    _check_masks(masks, padding, nhead, batch_first)
    return tgt


def transformer(
    src: TensorSpec,
    tgt: TensorSpec,
    src_mask: Any = None,
    tgt_mask: Any = None,
    memory_mask: Any = None,
    src_key_padding_mask: Any = None,
    tgt_key_padding_mask: Any = None,
    memory_key_padding_mask: Any = None,
    src_is_causal: Any = None,
    tgt_is_causal: Any = None,
    memory_is_causal: Any = False,
    *,
    d_model: Any = 512,
    nhead: Any = 8,
    num_encoder_layers: Any = 6,
    num_decoder_layers: Any = 6,
    dim_feedforward: Any = 2048,
    dropout: Any = 0.1,
    activation: Any = None,
    custom_encoder: Any = None,
    custom_decoder: Any = None,
    layer_norm_eps: Any = 1e-5,
    batch_first: Any = False,
    norm_first: Any = False,
    bias: Any = True,
    device: Any = None,
    dtype: Any = None,
) -> TensorSpec:
    """`Transformer`: `src` and `tgt` of `d_model` features and one batch, to a tensor like `tgt`."""
    _need_heads(d_model, nhead)
    if custom_encoder is not None or custom_decoder is not None:
        return tgt.of(Shape((), run=0))
    _need_width(src, d_model)
    _need_width(tgt, d_model, argument=1, word="tgt")
    _need_one_batch((src, tgt), ("src", "tgt"), batch_first)
    masks = {
        "src_mask": (src_mask, src, src),
        "tgt_mask": (tgt_mask, tgt, tgt),
        "memory_mask": (memory_mask, tgt, src),
    }
    padding = {
        "src_key_padding_mask": (src_key_padding_mask, src),
        "tgt_key_padding_mask": (tgt_key_padding_mask, tgt),
        "memory_key_padding_mask": (memory_key_padding_mask, src),
    }
    _check_masks(masks, padding, nhead, batch_first)
    return tgt


def _need_heads(d_model: Any, nhead: Any) -> None:
    if known_int(d_model) and known_int(nhead) and d_model % nhead:
        raise Problem(f"d_model divisible by nhead={nhead}", str(d_model), kind="argument")


def _need_width(x: TensorSpec, d_model: Any, *, argument: int = 0, word: str = "") -> None:
    """A sequence of `d_model` features."""
    need_float(x, argument=argument)
    need_rank(x, (2, 3), "(time, batch, features), or (batch, time, features) with batch_first=True", argument=argument)
    wanted, got = as_dim(d_model), x.shape.size(-1)
    if D.differ(got, wanted):
        raise Problem(
            f"{D.show(wanted)} features{f' in {word}' if word else ''}",
            D.show(got),
            dimension=-1,
            sizes=(wanted, got),
            change={} if word else {"d_model": got},
            argument=argument,
        )


def _need_one_batch(sequences: tuple[TensorSpec, TensorSpec], words: tuple[str, str], batch_first: Any) -> None:
    a, b = sequences
    if a.rank is None or b.rank is None or is_unknown(batch_first):
        return
    if a.rank != b.rank:
        text = f"{words[0]} and {words[1]} of equal rank, {a.rank}"
        raise Problem(text, str(b.rank), kind="rank", argument=1, involved=(0, 1))
    batch = 0 if batch_first else 1
    if a.rank == 3 and D.differ(a.dims[batch], b.dims[batch]):
        raise Problem(
            f"batch {D.show(a.dims[batch])}, as {words[0]}'s {a.shape}",
            f"{D.show(b.dims[batch])} in {b.shape}",
            dimension=batch,
            sizes=(a.dims[batch], b.dims[batch]),
            argument=1,
            involved=(0, 1),
        )


def _check_masks(
    masks: Mapping[str, tuple[Any, TensorSpec, TensorSpec]],
    padding: Mapping[str, tuple[Any, TensorSpec]],
    nhead: Any,
    batch_first: Any,
) -> None:
    """Masks by name, each with the sequence that asks and the one that is asked; masks of padding with their sequence."""
    if is_unknown(batch_first):
        return
    for word, (mask, target, source) in masks.items():
        if target.rank is not None and source.rank is not None:
            batch, length = _layout(target, batch_first)
            check_attention_mask(
                mask, target.rank == 3, batch, as_dim(nhead), length, _layout(source, batch_first)[1], argument=word
            )
    for word, (mask, sequence) in padding.items():
        if sequence.rank is not None:
            batch, length = _layout(sequence, batch_first)
            check_padding_mask(mask, sequence.rank == 3, batch, length, argument=word)


def _layout(x: TensorSpec, batch_first: Any) -> tuple[D.Dim, D.Dim]:
    """Batch and length of a sequence, which has no batch where it has two dimensions."""
    if x.rank != 3:
        return None, x.dims[0]
    return (x.dims[0], x.dims[1]) if batch_first else (x.dims[1], x.dims[0])
