"""Random calls of torch for `rules_against_torch`: mostly sensible, sometimes wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from experiments.proofs.rule_case import Case, Slot, layer_case, operator_case

Generator = Callable[[random.Random], Case]
GENERATORS: list[Generator] = []
X, Y, Z = Slot(0), Slot(1), Slot(2)


def generator(times: int = 1) -> Callable[[Generator], Generator]:
    def register(make: Generator) -> Generator:
        GENERATORS.extend([make] * times)
        return make

    return register


def sizes(r: random.Random, low: int = 0, high: int = 4, top: int = 5) -> tuple[int, ...]:
    return tuple(r.randint(1, top) for _ in range(r.randint(low, high)))


def tensor(r: random.Random, shape: tuple[int, ...], odd: float = 0.05) -> Tensor:
    """Usually float32; sometimes another dtype."""
    if r.random() > odd:
        return torch.rand(shape)
    dtype = r.choice((torch.int64, torch.float64, torch.bool, torch.int32, torch.uint8, torch.float16))
    return torch.ones(shape, dtype=dtype)


def any_tensor(r: random.Random, shape: tuple[int, ...]) -> Tensor:
    return tensor(r, shape, odd=0.5)


def indices(r: random.Random, shape: tuple[int, ...], below: int, odd: float = 0.05) -> Tensor:
    out = torch.randint(0, max(below, 1), shape)
    if r.random() < odd:
        return out.to(r.choice((torch.float32, torch.int32, torch.uint8)))
    return out


def wrong(r: random.Random, n: int, chance: float = 0.12) -> int:
    """n, or with a small chance another number."""
    return n if r.random() > chance else max(1, n + r.choice((-2, -1, 1, 2)))


def a_dim(r: random.Random, rank: int, chance: float = 0.04) -> int:
    return r.randint(-rank, rank - 1) if rank and r.random() > chance else r.choice((0, -1, rank, -rank - 1))


def options(r: random.Random, **choices: Any) -> dict[str, Any]:
    """Some of the options, each drawn from its choices."""
    return {k: r.choice(v) for k, v in choices.items() if r.random() < 0.5}


def per_size(r: random.Random, n: int, values: tuple[int, ...]) -> Any:
    return r.choice(values) if r.random() < 0.7 else tuple(r.choice(values) for _ in range(n))


# ---------------------------------------------------------------------------------------------------- layers


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
    inputs = (X, Y, Z, None, r.random() < 0.7)
    return layer_case("MultiheadAttention", tensors, width, heads, inputs=inputs, batch_first=first)


@generator()
def transformer_layer(r: random.Random) -> Case:
    width = 4
    shape = (r.randint(1, 3), r.randint(1, 3), wrong(r, width)) if r.random() < 0.8 else (r.randint(1, 3), width)
    tensors = [torch.rand(shape)]
    if r.random() < 0.4:
        tensors.append(torch.rand((*shape[:-1], wrong(r, width))))
        return layer_case("TransformerDecoderLayer", tensors, width, 2, 8)
    return layer_case("TransformerEncoderLayer", tensors, width, 2, 8, batch_first=r.random() < 0.5)


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


def broadcast_pair(r: random.Random) -> tuple[tuple[int, ...], tuple[int, ...]]:
    a = sizes(r)
    b = [s if r.random() < 0.75 else 1 for s in a[r.randint(0, len(a)) :]] if a else list(sizes(r))
    if b and r.random() < 0.15:
        b[r.randrange(len(b))] = r.randint(1, 6)
    pair = (a, tuple(b))
    return pair if r.random() < 0.5 else pair[::-1]


@generator(6)
def elementwise(r: random.Random) -> Case:
    a, b = broadcast_pair(r)
    name = r.choice(
        [
            "add",
            "sub",
            "mul",
            "div",
            "true_divide",
            "floor_divide",
            "maximum",
            "minimum",
            "eq",
            "lt",
            "ge",
            "pow",
            "remainder",
            "atan2",
            "logical_and",
            "fmod",
            "ne",
            "hypot",
        ]
    )
    return operator_case(name, [any_tensor(r, a), any_tensor(r, b)], X, Y)


@generator(2)
def operators_with_numbers(r: random.Random) -> Case:
    name = r.choice(
        [
            "__add__",
            "__radd__",
            "__sub__",
            "__rsub__",
            "__mul__",
            "__truediv__",
            "__rtruediv__",
            "__pow__",
            "__lt__",
            "__eq__",
            "__floordiv__",
        ]
    )
    number = r.choice((2, 3, 0.5, 2.0))
    if r.random() < 0.5:
        return operator_case(name, [any_tensor(r, sizes(r))], X, number, where=Tensor)
    a, b = broadcast_pair(r)
    return operator_case(name, [any_tensor(r, a), any_tensor(r, b)], X, Y, where=Tensor)


@generator()
def bitwise(r: random.Random) -> Case:
    a, b = broadcast_pair(r)
    pick = lambda s: torch.ones(s, dtype=r.choice((torch.bool, torch.int64, torch.bool, torch.float32)))  # noqa: E731
    return operator_case(r.choice(("__and__", "__or__", "__xor__")), [pick(a), pick(b)], X, Y, where=Tensor)


@generator(2)
def unary(r: random.Random) -> Case:
    name = r.choice(
        [
            "exp",
            "log",
            "sqrt",
            "sin",
            "tanh",
            "sigmoid",
            "abs",
            "neg",
            "floor",
            "square",
            "isnan",
            "sign",
            "log1p",
            "expm1",
            "erf",
            "rsqrt",
            "isfinite",
            "logical_not",
        ]
    )
    x = any_tensor(r, sizes(r))
    if x.dtype == torch.bool and name in ("neg", "floor", "abs", "square", "sign"):
        x = x.float()
    return operator_case(name, [x], X)


@generator(2)
def three_tensors(r: random.Random) -> Case:
    a, b = broadcast_pair(r)
    if r.random() < 0.5:
        condition = torch.ones(b, dtype=torch.bool) if r.random() < 0.9 else torch.ones(b)
        other = Y if r.random() < 0.7 else 0.5
        return operator_case("where", [condition, any_tensor(r, a), any_tensor(r, a)], X, Y, Z if other is Y else other)
    name = r.choice(("lerp", "addcmul", "addcdiv"))
    return operator_case(name, [torch.rand(a), torch.rand(b), torch.rand(b)], X, Y, Z)


@generator()
def clamping(r: random.Random) -> Case:
    a, b = broadcast_pair(r)
    if r.random() < 0.4:
        return operator_case("clamp", [torch.rand(a)], X, **(options(r, min=(0, 0.1), max=(1, 2.0)) or {"min": 0}))
    if r.random() < 0.5:
        return operator_case("clamp", [torch.rand(a), torch.rand(b)], X, min=Y)
    return operator_case("masked_fill", [any_tensor(r, a), torch.ones(b, dtype=torch.bool)], X, Y, 0)


@generator(4)
def reductions(r: random.Random) -> Case:
    shape = sizes(r)
    x = tensor(r, shape, odd=0.3)
    name = r.choice(
        [
            "sum",
            "mean",
            "prod",
            "amax",
            "amin",
            "std",
            "var",
            "logsumexp",
            "argmax",
            "argmin",
            "any",
            "all",
            "norm",
            "nansum",
            "count_nonzero",
        ]
    )
    dim: Any = a_dim(r, len(shape))
    if (
        name in ("sum", "mean", "amax", "amin", "std", "var", "logsumexp", "norm")
        and len(shape) > 1
        and r.random() < 0.3
    ):
        dim = tuple(r.sample(range(len(shape)), 2))
    keep = {"keepdim": True} if r.random() < 0.4 and name != "count_nonzero" else {}
    if r.random() < 0.3 and name != "logsumexp":
        return operator_case(name, [x], X)
    return operator_case(name, [x], X, dim=dim, **keep)


@generator(2)
def reductions_with_indices(r: random.Random) -> Case:
    shape = sizes(r, 0)
    name = r.choice(
        [
            "max",
            "min",
            "median",
            "mode",
            "cummax",
            "cummin",
            "sort",
            "argsort",
            "topk",
            "kthvalue",
            "cumsum",
            "cumprod",
            "std_mean",
        ]
    )
    x = tensor(r, shape, odd=0.1)
    dim = a_dim(r, len(shape))
    if name in ("topk", "kthvalue"):
        return operator_case(name, [x], X, r.randint(1, 3) if name == "topk" else 1, dim)
    keep = {"keepdim": True} if name in ("max", "min", "median", "mode") and r.random() < 0.4 else {}
    return operator_case(name, [x], X, dim=dim, **keep)


@generator(4)
def reshaping(r: random.Random) -> Case:
    shape = r.choice(((2, 3, 4), (6, 4), (2, 2, 3, 5), (12,), (), (4, 1, 3)))
    target = r.choice(
        ((-1,), (2, -1), (3, -1), (4, 6), (2, 12), (-1, 6), (2, 3, -1), (1, 24), (5, -1), (2, -1, 2), (-1, -1))
    )
    if r.random() < 0.5:
        return operator_case("reshape", [any_tensor(r, shape)], X, target)
    return operator_case("view", [any_tensor(r, shape)], X, *target, where=Tensor)


@generator(2)
def flatten_functions(r: random.Random) -> Case:
    shape = sizes(r, 0, 5)
    if r.random() < 0.6:
        return operator_case(
            "flatten", [torch.rand(shape)], X, *(r.choice((0, 1, 2, -2)) for _ in range(r.randint(0, 2)))
        )
    shape = (2, 12, 3)
    return operator_case(
        "unflatten", [torch.rand(shape)], X, r.choice((1, -2, 0)), r.choice(((3, 4), (-1, 2), (2, 3, 2), (5, 2)))
    )


@generator(4)
def transposing(r: random.Random) -> Case:
    shape = sizes(r, 0, 4)
    n = len(shape)
    name = r.choice(
        [
            "permute",
            "transpose",
            "movedim",
            "squeeze",
            "unsqueeze",
            "flip",
            "diagonal",
            "swapaxes",
            "t",
            "mT",
            "diag",
            "rot90",
            "diag_embed",
        ]
    )
    x = any_tensor(r, shape)
    if name == "permute":
        order = r.sample(range(n), n)
        return operator_case(name, [x], X, order if r.random() > 0.1 else order[:-1])
    if name in ("transpose", "swapaxes", "movedim"):
        return operator_case(name, [x], X, a_dim(r, n), a_dim(r, n))
    if name == "squeeze":
        return operator_case(name, [x], X, *((a_dim(r, n),) if r.random() < 0.6 else ()))
    if name == "unsqueeze":
        return operator_case(name, [x], X, r.randint(-n - 1, n) if r.random() > 0.05 else n + 1)
    if name == "flip":
        return operator_case(name, [x], X, [a_dim(r, n)] if n else [0])
    if name == "diagonal":
        return operator_case(name, [x], X, r.choice((0, 1, -1)), *(r.sample(range(n), 2) if n >= 2 else (0, 1)))
    if name == "rot90":
        x = torch.rand((2, 3, 4)[: max(n, 2)])
        return operator_case(name, [x], X, r.randint(0, 3), [0, 1])
    if name in ("t", "mT", "diag"):
        x = torch.rand(sizes(r, 1 if name == "diag" else 0 if name == "t" else 2, 2))
        if name == "mT":
            return Case("mT", [x], lambda v: v.mT, operator_rule_of("mT"), (X,))
    return operator_case(name, [x], X)


def operator_rule_of(name: str) -> Callable[..., Any]:
    from rlt.shapes.rules import operator_rule

    rule = operator_rule(name)
    assert rule is not None
    return rule


@generator(2)
def repeating(r: random.Random) -> Case:
    shape = sizes(r, 0, 3)
    name = r.choice(("repeat", "tile", "expand", "repeat_interleave", "broadcast_to", "roll"))
    counts = tuple(
        r.randint(1, 3) for _ in range(r.choice((max(len(shape), 1), len(shape) + 1, max(len(shape) - 1, 1))))
    )
    if name in ("expand", "broadcast_to"):
        shape = tuple(1 if r.random() < 0.5 else s for s in shape)
        wanted = tuple(s if s > 1 or r.random() < 0.3 else 4 for s in shape)
        wanted = (2, *wanted) if r.random() < 0.3 else wanted
        if wanted and r.random() < 0.1:
            wanted = (*wanted[:-1], 7)
        if not wanted:
            wanted = (3,)
        if name == "broadcast_to":
            return operator_case(name, [torch.rand(shape)], X, wanted)
        return operator_case("expand", [torch.rand(shape)], X, *wanted, where=Tensor)
    if name == "repeat_interleave":
        return operator_case(name, [torch.rand(shape)], X, 2, *((a_dim(r, len(shape)),) if r.random() < 0.6 else ()))
    if name == "roll":
        return operator_case(name, [torch.rand(shape)], X, 1)
    if name == "repeat":
        return operator_case(name, [torch.rand(shape)], X, *counts, where=Tensor)
    return operator_case(name, [torch.rand(shape)], X, counts)


@generator(5)
def joining(r: random.Random) -> Case:
    shape = sizes(r, 0, 3)
    count = r.randint(1, 3)
    name = r.choice(("cat", "cat", "stack", "hstack", "vstack"))
    dim = a_dim(r, len(shape) + (name == "stack"))
    tensors = []
    for _ in range(count):
        s = list(shape)
        if name == "cat" and s and -len(s) <= dim < len(s):
            s[dim] = r.randint(1, 3)
        if s and r.random() < 0.08:
            s[r.randrange(len(s))] += 1
        if r.random() < 0.03:
            s.append(2)
        tensors.append(tensor(r, tuple(s), odd=0.15))
    slots = [Slot(i) for i in range(count)]
    return operator_case(name, tensors, slots, *((dim,) if name in ("cat", "stack") else ()))


@generator(3)
def splitting(r: random.Random) -> Case:
    shape = sizes(r, 1, 3, top=7)
    dim = a_dim(r, len(shape))
    x = torch.rand(shape)
    name = r.choice(("split", "chunk", "unbind", "split"))
    if name == "unbind":
        return operator_case(name, [x], X, dim)
    if name == "chunk":
        case = operator_case(name, [x], X, r.randint(1, 4), dim)
        case.named = False  # a size with names is taken to split into as many chunks as asked
        return case
    size = shape[dim] if -len(shape) <= dim < len(shape) else 3
    if r.random() < 0.5:
        a = r.randint(0, size)
        return operator_case(name, [x], X, [a, wrong(r, size - a) if size - a else 0], dim)
    return operator_case(name, [x], X, r.randint(1, 4), dim)


@generator()
def grids(r: random.Random) -> Case:
    vectors = [torch.rand(r.randint(1, 4)) for _ in range(r.randint(1, 3))]
    slots = [Slot(i) for i in range(len(vectors))]
    if r.random() < 0.5:
        return operator_case("meshgrid", vectors, *slots, indexing=r.choice(("ij", "xy")))
    a, b = broadcast_pair(r)
    return operator_case("broadcast_tensors", [torch.rand(a), torch.rand(b)], X, Y)


@generator(8)
def indexing(r: random.Random) -> Case:
    shape = sizes(r, 1, 4)
    tensors = [any_tensor(r, shape)]
    items: list[Any] = []
    named = True
    masked = after_dots = False  # after dots it is not known here which size an index is for: 0 fits any
    masks = r.random() < 0.3  # a mask beside an index tensor: only the values decide whether they fit
    d = 0
    while d < len(shape) and r.random() < 0.85:
        size = shape[d]
        what = r.random()
        if what < 0.3:
            items.append(r.randint(-size, size - 1) if r.random() > 0.05 else size)
        elif what < 0.6:
            first, last = bounds = [None if r.random() < 0.4 else r.randint(-size - 1, size + 1) for _ in range(2)]
            named = (
                named
                and all(b is None or abs(b) <= size for b in bounds)
                and slice(first, last).indices(size)[:2] == tuple(sorted(slice(first, last).indices(size)[:2]))
            )
            items.append(slice(first, last, r.choice((None, None, None, 1, 2))))
        elif what < 0.7:
            items.append(None)
            continue
        elif what < 0.78 and not any(i is Ellipsis for i in items):
            items.append(Ellipsis)
            after_dots = True
            d += r.randint(0, len(shape) - d)
            continue
        elif what < 0.92 and not masks and not masked:
            tensors.append(
                indices(
                    r,
                    r.choice(((3,), (2, 3), (1,), ())),
                    1 if after_dots else size,
                    odd=0,
                )
            )
            items.append(Slot(len(tensors) - 1))
        elif what < 0.97 and masks:
            masks, masked = False, True
            tensors.append(torch.rand(wrong(r, size, 0.1)) > 0.5)
            items.append(Slot(len(tensors) - 1))
        elif len(tensors) == 1:
            masks = False
            items.append([r.randrange(size) for _ in range(r.randint(1, 3))])
        else:
            items.append(slice(None))
        d += 1
    if r.random() < 0.03:
        items += [0] * 5
    index = tuple(items) if len(items) != 1 else items[0]
    case = operator_case("__getitem__", tensors, X, index, where=Tensor)
    case.named = named
    return case


@generator(2)
def selecting(r: random.Random) -> Case:
    shape = sizes(r, 1, 3)
    dim = a_dim(r, len(shape))
    size = shape[dim] if -len(shape) <= dim < len(shape) else 2
    name = r.choice(("narrow", "select", "index_select", "take", "masked_select"))
    x = torch.rand(shape)
    if name == "narrow":
        start = r.randint(0, size - 1)
        return operator_case(name, [x], X, dim, start, r.randint(0, size - start + (r.random() < 0.1)))
    if name == "select":
        return operator_case(name, [x], X, dim, r.randint(-size, size - (r.random() > 0.1)))
    if name == "index_select":
        return operator_case(name, [x, indices(r, sizes(r, 1, 1 + (r.random() < 0.1)), size)], X, dim, Y)
    if name == "take":
        return operator_case(name, [x, indices(r, sizes(r), 1, odd=0)], X, Y)
    return operator_case(name, [x, torch.rand(shape if r.random() < 0.8 else shape[-1:]) > 0.5], X, Y)


@generator(4)
def gathering(r: random.Random) -> Case:
    shape = sizes(r, 1, 3)
    dim = r.randint(-len(shape), len(shape) - 1)
    name = r.choice(("gather", "gather", "scatter", "scatter_add", "take_along_dim", "index_add"))
    asked = [r.randint(1, s) for s in shape]
    asked[dim] = r.randint(1, 4)
    if r.random() < 0.1:
        k = r.randrange(len(shape))
        asked[k] = shape[k] + 1
    if r.random() < 0.07:
        asked = asked[:-1] or [1, 1]
    x = torch.rand(shape)
    if name == "index_add":
        n = r.randint(1, 3)
        added = list(shape)
        added[dim] = wrong(r, n)
        return operator_case(name, [x, torch.zeros(n, dtype=torch.int64), torch.rand(added)], X, dim, Y, Z)
    if name == "take_along_dim":
        asked = [s if r.random() < 0.8 else 1 for s in shape]
        asked[dim] = r.randint(1, 4)
    index = indices(r, tuple(asked), shape[dim])
    if name == "take_along_dim":
        return operator_case(name, [x, index], X, Y, dim)
    if name == "gather":
        return operator_case(name, [x, index], X, dim, Y)
    if name == "scatter" and r.random() < 0.4:
        return operator_case(name, [x, index], X, dim, Y, value=1.0)
    source = torch.rand([max(1, a - (r.random() < 0.05)) for a in asked])
    return operator_case(name, [x, index, source], X, dim, Y, Z)


@generator()
def one_hot(r: random.Random) -> Case:
    return operator_case("one_hot", [indices(r, sizes(r, 0, 3), 4, odd=0.15)], X, r.choice((4, 5, -1)), where=F)


@generator(4)
def products(r: random.Random) -> Case:
    i, j, k = r.randint(1, 4), r.randint(1, 4), r.randint(1, 4)
    j2 = wrong(r, j)
    name = r.choice(
        ("matmul", "matmul", "matmul", "mm", "bmm", "mv", "dot", "outer", "addmm", "baddbmm", "tensordot", "linear")
    )
    a, b = broadcast_pair(r)
    pairs: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
        "matmul": r.choice(
            (
                ((*a[:2], i, j), (*b[:2], j2, k)),
                ((j,), (j2,)),
                ((*a[:2], i, j), (j2,)),
                ((j,), (*a[:2], j2, k)),
                ((), (j,)),
            )
        ),
        "mm": ((i, j), (j2, k)) if r.random() > 0.05 else ((2, i, j), (j2, k)),
        "bmm": ((3, i, j), (wrong(r, 3, 0.05), j2, k)),
        "mv": ((i, j), (j2,)),
        "dot": ((j,), (j2,)),
        "outer": ((i,), (k,)),
        "tensordot": ((i, j, k), (j2, k, 2)),
        "linear": ((*a, j), (k, j2)),
    }
    if name == "addmm":
        first = r.choice(((k,), (i, k), (1, k), ()))
        return operator_case(name, [torch.rand(first), torch.rand(i, j), torch.rand(j2, k)], X, Y, Z)
    if name == "baddbmm":
        return operator_case(
            name, [torch.rand(r.choice(((k,), (2, i, k)))), torch.rand(2, i, j), torch.rand(2, j2, k)], X, Y, Z
        )
    left, right = pairs[name]
    tensors = [tensor(r, left, 0.04), tensor(r, right, 0.04)]
    if name == "linear":
        return operator_case(name, tensors, X, Y, where=F)
    if name == "tensordot":
        return operator_case(name, tensors, X, Y, r.choice((1, 2, ([1, 2], [0, 1]), ([1], [0]))))
    return operator_case(name, tensors, X, Y)


@generator(3)
def einsum(r: random.Random) -> Case:
    size = {c: r.randint(1, 4) for c in "bijkh"}
    equation = r.choice(
        (
            "bij,bjk->bik",
            "ij,jk->ik",
            "ij,jk",
            "bhi,bhj->bij",
            "i,i->",
            "ij->ji",
            "bij->b",
            "...i,ij->...j",
            "ii->i",
            "b...i,b...j->bij",
        )
    )
    left = equation.split("->", maxsplit=1)[0]
    run = sizes(r, 0, 2)
    tensors = []
    for term in left.split(","):
        before, dots, after = term.partition("...")
        shape = [size[c] for c in before] + (list(run) if dots else []) + [size[c] for c in after]
        if shape and r.random() < 0.12:
            shape[r.randrange(len(shape))] += 1
        if r.random() < 0.03:
            shape.append(2)
        tensors.append(torch.rand(shape))
    return operator_case("einsum", tensors, equation, *(Slot(i) for i in range(len(tensors))))


@generator(2)
def attention(r: random.Random) -> Case:
    lead = sizes(r, 0, 2)
    t, s, d, v = (r.randint(1, 4) for _ in range(4))
    tensors = [
        torch.rand((*lead, t, d)),
        torch.rand((*lead, s, wrong(r, d))),
        torch.rand((*lead, wrong(r, s, 0.05), v)),
    ]
    return operator_case("scaled_dot_product_attention", tensors, X, Y, Z, where=F, exact=False)


@generator(2)
def creation(r: random.Random) -> Case:
    name = r.choice(
        ["zeros", "ones", "rand", "full", "arange", "linspace", "eye", "randint", "randperm", "zeros_like", "rand_like"]
    )
    shape = sizes(r)
    if name in ("zeros", "ones", "rand"):
        return operator_case(name, [], *((shape,) if r.random() < 0.5 or not shape else shape))
    if name == "full":
        return operator_case(name, [], shape, r.choice((0, 1.0, True)))
    if name == "arange":
        return operator_case(name, [], *r.choice(((5,), (2, 7), (0, 1, 0.25), (1, 8, 3), (3.0,))))
    if name == "linspace":
        return operator_case(name, [], 0, 1, r.randint(1, 6))
    if name == "eye":
        return operator_case(name, [], *sizes(r, 1, 2))
    if name == "randint":
        return operator_case(name, [], 0, 5, shape)
    if name == "randperm":
        return operator_case(name, [], 4)
    return operator_case(name, [tensor(r, shape, 0.3 if name == "zeros_like" else 0)], X)


@generator(3)
def losses(r: random.Random) -> Case:
    name = r.choice(
        ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy_with_logits", "kl_div")
    )
    shape = sizes(r, 0, 3)
    other = shape if r.random() > 0.2 else sizes(r, 0, 3)
    reduction = r.choice(("mean", "sum", "none"))
    return operator_case(name, [torch.rand(shape), torch.rand(other)], X, Y, reduction=reduction, where=F, exact=False)


@generator(2)
def cross_entropy(r: random.Random) -> Case:
    classes, rest = r.randint(2, 4), sizes(r, 0, 2)
    lead = (r.randint(1, 4),) if rest or r.random() < 0.8 else ()
    x = torch.rand((*lead, classes, *rest))
    target = indices(r, tuple(wrong(r, n, 0.06) for n in (*lead, *rest)), classes, odd=0.05)
    if r.random() < 0.2:
        target = torch.rand(x.shape)
    if r.random() < 0.06:
        target = target.unsqueeze(-1)
    return operator_case("cross_entropy", [x, target], X, Y, reduction=r.choice(("mean", "sum", "none")), where=F)


@generator(3)
def functional_layers(r: random.Random) -> Case:
    n = r.choice((1, 2, 3))
    shape = (r.randint(1, 3), 4, *(r.randint(2, 6) for _ in range(n)))
    name = r.choice(("conv", "conv_transpose", "max_pool", "avg_pool", "adaptive_avg_pool"))
    if name == "conv":
        groups = r.choice((1, 2))
        weight = torch.rand((6, wrong(r, 4 // groups), *(r.randint(1, 3) for _ in range(n))))
        return operator_case(
            f"conv{n}d",
            [torch.rand(shape), weight],
            X,
            Y,
            where=dispatch(f"conv{n}d"),
            stride=r.choice((1, 2)),
            groups=groups,
        )
    if name == "conv_transpose":
        weight = torch.rand((wrong(r, 4), 3, *(r.randint(1, 3) for _ in range(n))))
        return operator_case(f"conv_transpose{n}d", [torch.rand(shape), weight], X, Y, where=F, stride=r.choice((1, 2)))
    if name == "adaptive_avg_pool":
        return operator_case(f"adaptive_avg_pool{n}d", [torch.rand(shape)], X, r.randint(1, 3), where=F)
    return operator_case(
        f"{name}{n}d", [torch.rand(shape)], X, r.randint(1, 4), **options(r, stride=(1, 2), padding=(0, 1)), where=F
    )


def dispatch(name: str) -> Any:
    return F if hasattr(F, name) else torch


@generator(2)
def functional_rest(r: random.Random) -> Case:
    shape = sizes(r, 1, 4)
    name = r.choice(
        (
            "pad",
            "interpolate",
            "embedding",
            "layer_norm",
            "normalize",
            "softmax",
            "glu",
            "unfold",
            "cosine_similarity",
            "group_norm",
        )
    )
    x = torch.rand(shape)
    if name == "pad":
        pads = [r.randint(-1, 2) for _ in range(2 * r.randint(1, len(shape)))]
        return operator_case(name, [x], X, pads, where=F)
    if name == "interpolate":
        return operator_case(name, [torch.rand(2, 3, *sizes(r, 1, 3))], X, scale_factor=r.choice((2, 0.5, 3)), where=F)
    if name == "embedding":
        return operator_case(name, [indices(r, shape, 5), torch.rand(5, 3)], X, Y, where=F)
    if name == "layer_norm":
        return operator_case(name, [x], X, [wrong(r, shape[-1])], where=F)
    if name == "unfold":
        dim = a_dim(r, len(shape))
        return operator_case(name, [x], X, dim, r.randint(1, 3), r.randint(1, 2), where=Tensor)
    if name == "cosine_similarity":
        return operator_case(name, [x, torch.rand(shape)], X, Y, dim=a_dim(r, len(shape)), where=F)
    if name == "group_norm":
        return operator_case(name, [torch.rand(2, 4, 3)], X, r.choice((1, 2, 3)), where=F)
    return operator_case(name, [x], X, dim=a_dim(r, len(shape)), where=F)


@generator()
def samples_and_search(r: random.Random) -> Case:
    name = r.choice(("multinomial", "searchsorted", "bincount", "diff", "cdist", "det", "inverse", "grid_sample"))
    if name == "multinomial":
        x = torch.rand(sizes(r, 1, 3 if r.random() < 0.1 else 2)) + 0.1
        return operator_case(name, [x], X, r.randint(1, 4), r.random() < 0.6)
    if name == "searchsorted":
        return operator_case(name, [torch.arange(5.0), torch.rand(sizes(r))], X, Y)
    if name == "bincount":
        return operator_case(name, [indices(r, sizes(r, 1, 1), 3, odd=0)], X)
    if name == "diff":
        shape = sizes(r, 1, 3)
        return operator_case(name, [torch.rand(shape)], X, dim=a_dim(r, len(shape)))
    if name == "cdist":
        d = r.randint(1, 4)
        return operator_case(name, [torch.rand(*sizes(r, 0, 1), 3, d), torch.rand(2, wrong(r, d))], X, Y)
    if name == "grid_sample":
        return operator_case(
            name, [torch.rand(2, 3, 4, 4), torch.rand(wrong(r, 2), 5, 6, 2)], X, Y, align_corners=False, where=F
        )
    n = r.randint(1, 3)
    return operator_case(
        name, [torch.eye(n).expand(*sizes(r, 0, 1), n, n).clone() if r.random() > 0.1 else torch.rand(2, 3)], X
    )
