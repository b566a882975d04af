"""Layers of torch.nn."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import torch

from experiments.proofs.rule_case import Case, Slot, layer_case
from experiments.proofs.torch_cases.draws import X, Y, Z, a_dim, generator, indices, options, per_size, sizes, tensor, wrong


@generator(2)
def linear(r: random.Random) -> Case:
    shape = sizes(r, 0, 4)
    return layer_case("Linear", [tensor(r, shape)], wrong(r, shape[-1] if shape else 1), r.randint(1, 6))


@generator()
def bilinear(r: random.Random) -> Case:
    lead = sizes(r, 0, 2)
    a, b = r.randint(1, 4), r.randint(1, 4)
    lead2 = lead if r.random() > 0.1 else sizes(r, 0, 2)
    return layer_case("Bilinear", [tensor(r, (*lead, a)), tensor(r, (*lead2, b))], wrong(r, a), wrong(r, b), 3)


@generator()
def embedding(r: random.Random) -> Case:
    return layer_case("Embedding", [indices(r, sizes(r), 7, odd=0.2)], 7, r.randint(1, 5))


@generator()
def embedding_bag(r: random.Random) -> Case:
    if r.random() < 0.6:
        return layer_case("EmbeddingBag", [indices(r, sizes(r, 1, 3), 7)], 7, r.randint(1, 5))
    return layer_case("EmbeddingBag", [indices(r, (6,), 7, odd=0), torch.tensor([0, 2, 4])], 7, 3)


@generator(4)
def convolution(r: random.Random) -> Case:
    n = r.choice((1, 2, 2, 3))
    channels, groups = r.choice((1, 2, 4)), r.choice((1, 1, 1, 2))
    lead: tuple[int, ...] = () if r.random() < 0.2 else (r.randint(1, 3),)
    lead = lead if r.random() > 0.05 else (1, 2)
    shape = (*lead, channels, *(r.randint(1, 9) for _ in range(n)))
    extra = options(r, stride=(1, 2, 3), padding=(0, 1, 2), dilation=(1, 2))
    if r.random() < 0.1:
        extra = {"padding": r.choice(("same", "valid"))}
    return layer_case(
        f"Conv{n}d",
        [tensor(r, shape)],
        wrong(r, channels),
        r.choice((2, 4, 3)),
        per_size(r, n, (1, 2, 3, 5)),
        groups=groups,
        **extra,
    )


@generator(3)
def transposed_convolution(r: random.Random) -> Case:
    n = r.choice((1, 2, 2, 3))
    channels, groups = r.choice((1, 2, 4)), r.choice((1, 1, 2))
    lead = () if r.random() < 0.2 else (r.randint(1, 3),)
    shape = (*lead, channels, *(r.randint(1, 6) for _ in range(n)))
    extra = options(r, stride=(1, 2, 3), padding=(0, 1, 2), output_padding=(0, 1, 2), dilation=(1, 2))
    case = layer_case(
        f"ConvTranspose{n}d",
        [tensor(r, shape)],
        wrong(r, channels),
        r.choice((2, 4, 3)),
        per_size(r, n, (1, 2, 3, 4)),
        groups=groups,
        **extra,
    )
    case.exact = False  # torch returns an empty image or refuses it, by the number of dimensions; the rule refuses it
    return case


@generator(4)
def pooling(r: random.Random) -> Case:
    n = r.choice((1, 2, 2, 3))
    rank = r.choice((n + 1, n + 2, n + 2, n + 2)) if r.random() > 0.05 else r.choice((n, n + 3))
    shape = tuple(r.randint(1, 9) for _ in range(rank))
    what = r.choice(("Max", "Avg", "LP"))
    kernel = per_size(r, n, (1, 2, 3, 4))
    stride: dict[str, Any] = {} if r.random() < 0.5 else {"stride": r.choice((1, 2, 3))}
    ceil: dict[str, Any] = {"ceil_mode": True} if r.random() < 0.4 else {}
    if what == "Max":
        extra = options(r, padding=(0, 1, 2), dilation=(1, 2), return_indices=(True, False))
        return layer_case(f"MaxPool{n}d", [torch.rand(shape)], kernel, **stride, **ceil, **extra)
    if what == "Avg":
        if n == 1 and isinstance(kernel, tuple):
            kernel = kernel[0]
        return layer_case(
            f"AvgPool{n}d", [torch.rand(shape)], kernel, **stride, **ceil, **options(r, padding=(0, 1, 2))
        )
    if n == 1 and isinstance(kernel, tuple):
        kernel = kernel[0]
    return layer_case(f"LPPool{n}d", [torch.rand(shape)], 2, kernel, **stride, **ceil)


@generator(2)
def adaptive_pooling(r: random.Random) -> Case:
    n = r.choice((1, 2, 2, 3))
    shape = tuple(
        r.randint(1, 7) for _ in range(r.choice((n + 1, n + 2, n + 2, n + 3) if r.random() < 0.2 else (n + 2,)))
    )
    out = r.randint(1, 5) if r.random() < 0.6 or n == 1 else tuple(r.choice((None, 1, 2, 3)) for _ in range(n))
    if r.random() < 0.5:
        return layer_case(f"AdaptiveAvgPool{n}d", [torch.rand(shape)], out)
    return layer_case(f"AdaptiveMaxPool{n}d", [torch.rand(shape)], out, **options(r, return_indices=(True, False)))


@generator(2)
def batch_norm(r: random.Random) -> Case:
    n = r.choice((1, 2, 2, 3))
    shape = sizes(r, 2, 3) if n == 1 else tuple(r.randint(1, 5) for _ in range(n + 2 if r.random() > 0.1 else n + 1))
    return layer_case(f"BatchNorm{n}d", [tensor(r, shape)], wrong(r, shape[1]))


@generator()
def instance_norm(r: random.Random) -> Case:
    n = r.choice((1, 2, 3))
    shape = tuple(r.randint(2, 5) for _ in range(r.choice((n + 1, n + 2, n + 2))))
    return layer_case(f"InstanceNorm{n}d", [torch.rand(shape)], shape[-n - 1] if r.random() > 0.1 else 9, affine=True)


@generator()
def group_norm(r: random.Random) -> Case:
    groups = r.choice((1, 2, 3))
    shape = (r.randint(1, 3), groups * r.randint(1, 2), *sizes(r, 0, 2))
    return layer_case("GroupNorm", [tensor(r, shape)], groups, wrong(r, shape[1]))


@generator(2)
def layer_norm(r: random.Random) -> Case:
    shape = sizes(r, 1, 4)
    k = r.randint(1, len(shape))
    wanted = tuple(wrong(r, s, 0.08) for s in shape[-k:])
    name = r.choice(("LayerNorm", "RMSNorm"))
    return layer_case(name, [tensor(r, shape, 0.1)], wanted[0] if k == 1 and r.random() < 0.7 else wanted)


@generator(3)
def recurrent(r: random.Random) -> Case:
    name = r.choice(("LSTM", "GRU", "RNN"))
    lead = tuple(r.randint(1, 4) for _ in range(2 if r.random() < 0.8 else 1))
    features, hidden = r.randint(2, 5), r.randint(2, 5)
    settings = options(r, num_layers=(1, 2), batch_first=(True, False), bidirectional=(True, False))
    if name == "LSTM" and hidden > 2 and r.random() < 0.3:
        settings["proj_size"] = hidden - 1
    tensors = [tensor(r, (*lead, features), odd=0.02)]
    inputs: tuple[Any, ...] = (X,)
    if r.random() < 0.3:
        depth = settings.get("num_layers", 1) * (2 if settings.get("bidirectional") else 1)
        batch = (lead[0] if settings.get("batch_first") else lead[1]) if len(lead) == 2 else None
        h = (
            wrong(r, depth, 0.06),
            *(() if batch is None else (wrong(r, batch, 0.06),)),
            settings.get("proj_size", hidden),
        )
        c = (*h[:-1], hidden)
        tensors += [torch.rand(h), torch.rand(c)] if name == "LSTM" else [torch.rand(h)]
        inputs = (X, (Y, Z)) if name == "LSTM" else (X, Y)
    return layer_case(name, tensors, wrong(r, features), hidden, inputs=inputs, **settings)


@generator(2)
def recurrent_cell(r: random.Random) -> Case:
    name = r.choice(("LSTMCell", "GRUCell", "RNNCell"))
    lead = sizes(r, 0, 1) if r.random() > 0.05 else (2, 3)
    features, hidden = r.randint(2, 5), r.randint(2, 5)
    tensors, inputs = [torch.rand((*lead, features))], (X,)
    if r.random() < 0.4:
        state = (*lead, wrong(r, hidden))
        tensors.append(torch.rand(state))
        inputs = (X, (Y, Y)) if name == "LSTMCell" else (X, Y)  # type: ignore[assignment]
    return layer_case(name, tensors, wrong(r, features), hidden, inputs=inputs)


@generator(2)
def multihead_attention(r: random.Random) -> Case:
    heads = r.choice((1, 2))
    width = heads * r.randint(1, 3) if r.random() > 0.05 else 5
    first = r.random() < 0.5
    b, t, s = r.randint(1, 3), r.randint(1, 4), r.randint(1, 4)
    batched = r.random() >= 0.2

    def lay(n: int, w: int) -> tuple[int, ...]:
        return ((b, n, w) if first else (n, b, w)) if batched else (n, w)

    tensors = [
        torch.rand(lay(t, width)),
        torch.rand(lay(s, wrong(r, width, 0.06))),
        torch.rand(lay(wrong(r, s, 0.06), width)),
    ]
    padding = attention = None
    if r.random() < 0.4:
        padding = Slot(len(tensors))
        tensors.append(torch.rand((wrong(r, b), wrong(r, s)) if batched else (wrong(r, s),)) < 0)
    if r.random() < 0.4:
        attention = Slot(len(tensors))
        every = (wrong(r, b * heads if batched else heads),) if r.random() < 0.5 else ()
        tensors.append(torch.rand((*every, wrong(r, t), wrong(r, s))) < 0)
    inputs = (X, Y, Z, padding, r.random() < 0.7, attention)
    return layer_case("MultiheadAttention", tensors, width, heads, inputs=inputs, batch_first=first)


@generator(2)
def transformer(r: random.Random) -> Case:
    width, heads, batch, first, batched = 4, 2, r.randint(1, 3), r.random() < 0.5, r.random() < 0.8
    tensors: list[torch.Tensor] = []

    def sequence(length: int) -> int:
        b, d = wrong(r, batch, 0.04), wrong(r, width, 0.04)
        shape = ((b, length, d) if first else (length, b, d)) if batched == (r.random() < 0.97) else (length, d)
        tensors.append(torch.rand(shape))
        return len(tensors) - 1

    def mask(*lengths: int) -> Slot:
        every = (wrong(r, batch * heads if batched else heads, 0.05),) if r.random() < 0.3 else ()
        tensors.append(torch.rand((*every, *(wrong(r, n, 0.05) for n in lengths))) < 0)
        return Slot(len(tensors) - 1)

    def padding(length: int) -> Slot:
        tensors.append(torch.rand((wrong(r, batch, 0.05), wrong(r, length, 0.05)) if batched else (wrong(r, length),)) < 0)
        return Slot(len(tensors) - 1)

    def maybe(made: Callable[..., Slot], *lengths: int) -> Slot | None:
        return made(*lengths) if r.random() < 0.3 else None

    s, t = r.randint(1, 3), r.randint(1, 3)
    name = r.choice(("TransformerEncoderLayer", "TransformerDecoderLayer", "Transformer"))
    sequence(t if name == "TransformerDecoderLayer" else s)
    if name == "TransformerEncoderLayer":
        inputs: tuple[Any, ...] = (X, maybe(mask, s, s), maybe(padding, s))
        return layer_case(name, tensors, width, heads, 8, inputs=inputs, batch_first=first)
    sequence(s if name == "TransformerDecoderLayer" else t)
    if name == "TransformerDecoderLayer":
        inputs = (X, Y, maybe(mask, t, t), maybe(mask, t, s), maybe(padding, t), maybe(padding, s))
        return layer_case(name, tensors, width, heads, 8, inputs=inputs, batch_first=first)
    inputs = (X, Y, maybe(mask, s, s), maybe(mask, t, t), maybe(mask, t, s), *(maybe(padding, n) for n in (s, t, s)))
    return layer_case(name, tensors, width, heads, 1, 1, 8, inputs=inputs, batch_first=first)


@generator(2)
def padding(r: random.Random) -> Case:
    n = r.choice((1, 2, 3))
    what = r.choice(("ReflectionPad", "ReplicationPad", "ZeroPad", "ConstantPad", "CircularPad"))
    shape = tuple(r.randint(1, 5) for _ in range(r.choice((n + 1, n + 2, n + 2))))
    pads = r.randint(0, 3) if r.random() < 0.5 else tuple(r.randint(0, 3) for _ in range(2 * n))
    return layer_case(f"{what}{n}d", [torch.rand(shape)], pads, *((0.5,) if what == "ConstantPad" else ()))


@generator(2)
def upsampling(r: random.Random) -> Case:
    n = r.choice((1, 2, 2, 3))
    mode = r.choice(("nearest", {1: "linear", 2: "bilinear", 3: "trilinear"}[n]))
    shape = tuple(r.randint(1, 5) for _ in range(n + 2 if r.random() > 0.1 else n + 1))
    if r.random() < 0.5:
        return layer_case("Upsample", [torch.rand(shape)], scale_factor=r.choice((2, 3, 0.5, 1.5, 2.0)), mode=mode)
    return layer_case("Upsample", [torch.rand(shape)], size=per_size(r, n, (1, 3, 6)), mode=mode)


@generator()
def shuffles(r: random.Random) -> Case:
    k = r.choice((1, 2, 3))
    lead = sizes(r, 0, 2)
    name = r.choice(("PixelShuffle", "PixelUnshuffle", "ChannelShuffle"))
    shape = (*lead, wrong(r, k * k * r.randint(1, 2)), r.choice((k, 2 * k, 3)), 2 * k)
    if name == "ChannelShuffle":
        shape = (2, wrong(r, 2 * k), *sizes(r, 0, 2))
    return layer_case(name, [torch.rand(shape)], k)


@generator()
def unfold_and_fold(r: random.Random) -> Case:
    k, extra = per_size(r, 2, (1, 2, 3)), options(r, padding=(0, 1), stride=(1, 2), dilation=(1, 2))
    if r.random() < 0.6:
        return layer_case("Unfold", [torch.rand((2, 3, r.randint(2, 6), r.randint(2, 6)))], k, **extra)
    made = torch.nn.Unfold(k, **extra)(torch.rand(2, 3, 6, 5)) if r.random() < 0.9 else torch.rand(2, 12, 5)
    return layer_case("Fold", [made], (6, 5), k, **extra)


@generator(2)
def activations(r: random.Random) -> Case:
    name = r.choice(
        ("ReLU", "GELU", "Tanh", "Sigmoid", "Softplus", "ELU", "Hardtanh", "Identity", "Dropout", "LeakyReLU", "SiLU")
    )
    return layer_case(name, [torch.rand(sizes(r))])


@generator()
def softmax_layers(r: random.Random) -> Case:
    shape = sizes(r, 1, 4)
    return layer_case(r.choice(("Softmax", "LogSoftmax")), [torch.rand(shape)], dim=a_dim(r, len(shape)))


@generator()
def channel_activations(r: random.Random) -> Case:
    shape = sizes(r, 1, 4)
    if r.random() < 0.5:
        return layer_case("PReLU", [torch.rand(shape)], r.choice((1, wrong(r, shape[1] if len(shape) > 1 else 1))))
    return layer_case("GLU", [torch.rand(shape)], a_dim(r, len(shape)))


@generator(2)
def flattening(r: random.Random) -> Case:
    shape = sizes(r, 0, 5)
    if r.random() < 0.5:
        return layer_case("Flatten", [torch.rand(shape)], **options(r, start_dim=(0, 1, 2, -2), end_dim=(-1, -2, 2)))
    shape = (r.randint(1, 3), 12, r.randint(1, 3))
    return layer_case(
        "Unflatten", [torch.rand(shape)], r.choice((1, -2, 0)), r.choice(((3, 4), (-1, 2), (2, 3, 2), (5, 2)))
    )


# -------------------------------------------------------------------------------------------------- operators
