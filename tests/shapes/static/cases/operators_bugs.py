"""One mistake in each function: every line marked BUG is reported, and no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Float32, Int, Int64, UInt8
from torch import Tensor, nn


def cat(a: Float[Tensor, "b 3"], b: Float[Tensor, "b 4 2"]) -> Tensor:
    return torch.cat([a, b], dim=1)  # BUG


def cat_sizes(a: Float[Tensor, "b 3"], b: Float[Tensor, "b 4"]) -> Float[Tensor, "b 8"]:
    return torch.cat((a, b), dim=-1)  # BUG


def stack(a: Float[Tensor, "b 3"], b: Float[Tensor, "b 4"]) -> Tensor:
    return torch.stack([a, b])  # BUG


def einsum(a: Float[Tensor, "b i"], w: Float[Tensor, "j k"]) -> Tensor:
    return torch.einsum("bi,ik->bk", a, w)  # BUG


def gather(q: Float[Tensor, "b n"], action: Int64[Tensor, "b"]) -> Tensor:
    return q.gather(1, action)  # BUG


def gather_dtype(q: Float[Tensor, "b n"], action: Float[Tensor, "b"]) -> Tensor:
    return q.gather(1, action.unsqueeze(1))  # BUG


def one_hot(x: Int64[Tensor, "b"]) -> Float[Tensor, "b 10"]:
    return F.one_hot(x, 10)  # BUG


def one_hot_size(x: Int64[Tensor, "b"]) -> Float[Tensor, "b 9"]:
    return F.one_hot(x, 10).float()  # BUG


def bmm(a: Float[Tensor, "b 3 4"], c: Float[Tensor, "b 3 4"]) -> Tensor:
    return torch.bmm(a, c)  # BUG


def silent(v: Float[Tensor, "b 1"], r: Float[Tensor, "b"]) -> Tensor:
    return (v - r).pow(2).mean()  # BUG


def silent_loss(v: Float[Tensor, "b 1"], r: Float[Tensor, "b"]) -> Tensor:
    return F.mse_loss(v, r)  # BUG


def cross_entropy(logits: Float[Tensor, "b n"], y: Float[Tensor, "b"]) -> Tensor:
    return F.cross_entropy(logits, y)  # BUG


def cross_entropy_time(logits: Float[Tensor, "b t n"], y: Int64[Tensor, "b t"]) -> Tensor:
    return F.cross_entropy(logits, y)  # BUG


def unpack(x: Float[Tensor, "b t d"]) -> Tensor:
    b, t = x.shape  # BUG
    return x


def unpacked(x: Float[Tensor, "b t d"], w: Float[Tensor, "d k"]) -> Tensor:
    b, t, d = x.shape
    return x.view(b * t, d) @ w.view(t, -1)  # BUG


def topk(x: Float[Tensor, "b 10"]) -> Float[Tensor, "b 5"]:
    values, indices = x.topk(3)
    return values  # BUG


def argmax(x: Float[Tensor, "b n"]) -> Int64[Tensor, "b"]:
    return x.argmax(0)  # BUG


def where(m: Bool[Tensor, "b n"], x: Float[Tensor, "b"]) -> Tensor:
    return torch.where(m, x, 0.0)  # BUG


def index(x: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b h w"]:
    return x[0]  # BUG


def index_too_many(x: Float[Tensor, "b 3"]) -> Tensor:
    return x[:, 0, 0]  # BUG


def sliced(x: Float[Tensor, "b 10"]) -> Float[Tensor, "b 4"]:
    return x[:, 2:7]  # BUG


def mean_dim(x: Float[Tensor, "b c"]) -> Tensor:
    return x.mean(dim=2)  # BUG


def keepdim(x: Float[Tensor, "b c"]) -> Float[Tensor, "b c"]:
    return x - x.mean(dim=1)  # BUG


def squeezed(x: Float[Tensor, "b 1"]) -> Float[Tensor, "b 1"]:
    return x.squeeze(-1)  # BUG


def permuted(x: Float[Tensor, "b h w 3"]) -> Float[Tensor, "b 3 h w"]:
    return x.permute(0, 1, 3, 2)  # BUG


def permute_count(x: Float[Tensor, "b h w 3"]) -> Tensor:
    return x.permute(0, 2, 1)  # BUG


def viewed(x: Float[Tensor, "b 3 8 8"]) -> Tensor:
    return x.view(x.size(0), 100)  # BUG


def returned(x: Float[Tensor, "b 3"]) -> Float[Tensor, "b"]:
    return x  # BUG


def dtype_mean(x: Int64[Tensor, "b"]) -> Tensor:
    return x.mean()  # BUG


def dtype_declared(x: Float[Tensor, "b"]) -> Int64[Tensor, "b"]:
    return x * 2  # BUG


def labels(x: Float[Tensor, "b n"]) -> Float[Tensor, "b"]:
    return x.argmax(-1)  # BUG


def mask_shape(x: Float[Tensor, "b n"], m: Bool[Tensor, "n"]) -> Tensor:
    return x[m]  # BUG


def split(x: Float[Tensor, "b 12"]) -> Float[Tensor, "b 6"]:
    q, k, v = x.split(4, dim=-1)
    return q  # BUG


def chunked(x: Float[Tensor, "b 12"]) -> Float[Tensor, "b 4"]:
    q, k = x.chunk(2, dim=-1)
    return k  # BUG


class Attention(nn.Module):
    def __init__(self, d: int) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(64, 8, batch_first=True)

    def forward(self, x: Float[Tensor, "b t 32"]) -> Tensor:
        y, _ = self.attention(x, x, x)  # BUG
        return y


class Heads(nn.Module):
    def __init__(self, n: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(64, 64) for _ in range(3)])
        self.heads = nn.ModuleDict({"pi": nn.Linear(64, n), "v": nn.Linear(32, 1)})

    def forward(self, x: Float[Tensor, "b 64"]) -> Float[Tensor, "b"]:
        for layer in self.layers:
            x = layer(x)
        return self.heads["v"](x).squeeze(-1)  # BUG


class Loop(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(64, 64) for _ in range(3)])

    def forward(self, x: Float[Tensor, "b 32"]) -> Tensor:
        for layer in self.layers:
            x = layer(x)  # BUG
        return x


class Indexed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(8, 16), nn.Linear(16, 4)])

    def forward(self, x: Float[Tensor, "b 8"]) -> Float[Tensor, "b 4"]:
        return self.layers[1](x)  # BUG


class Parameter(nn.Module):
    def __init__(self, d: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(d, 2))

    def forward(self, x: Float[Tensor, "b d"]) -> Float[Tensor, "b d"]:
        return x * self.scale  # BUG


class Own(nn.Module):
    def __init__(self, d: int, heads: int) -> None:
        super().__init__()
        self.d, self.heads = d, heads
        self.fc = nn.Linear(d, heads)

    def forward(self, x: Float[Tensor, "b t d"]) -> Float[Tensor, "b t heads"]:
        y = x.view(-1, self.heads)
        return self.fc(y)  # BUG


@dataclass
class Batch:
    obs: Float[Tensor, "b 4"]
    reward: Float[Tensor, "b"]


class Pair(NamedTuple):
    a: Float[Tensor, "b 4"]
    b: Float[Tensor, "b"]


def record(batch: Batch, v: Float[Tensor, "b 1"]) -> Tensor:
    return batch.reward - v  # BUG


def named(pair: Pair) -> Tensor:
    return pair.a + pair.b  # BUG


def made() -> Batch:
    return Batch(torch.zeros(3, 4), torch.zeros(5))  # BUG


def method(net: Own, x: Float[Tensor, "b 4"]) -> Tensor:
    return net(x)  # BUG


def in_place(x: Float[Tensor, "b"], y: Float[Tensor, "n b"]) -> Tensor:
    x += y  # BUG
    return x


def assigned(x: Float[Tensor, "b n"], y: Float[Tensor, "b"]) -> Tensor:
    x[:, 0] = y.unsqueeze(1)  # BUG
    return x


class Base(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Linear(width, 64)


class Derived(Base):
    def __init__(self, features: int, classes: int) -> None:
        super().__init__(features)
        self.head = nn.Linear(32, classes)

    def forward(self, x: Float[Tensor, "b features"]) -> Float[Tensor, "b classes"]:
        return self.head(torch.relu(self.body(x)))  # BUG


class Outer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.derived = Derived(8, classes=3)
        self.last = nn.Linear(4, 5)

    def forward(self, x: Float[Tensor, "b 8"]) -> Float[Tensor, "b 5"]:
        return self.last(self.derived(x))  # BUG


def any_rank(x: Float[Tensor, "*batch d"], w: Float[Tensor, "e d"]) -> Float[Tensor, "*batch e"]:
    return x @ w  # BUG


def conv(x: Float[Tensor, "b h w 3"]) -> Tensor:
    return nn.Conv2d(3, 8, 3)(x)  # BUG


def functional(x: Float[Tensor, "b 3 h w"], w: Float[Tensor, "8 4 3 3"]) -> Tensor:
    return F.conv2d(x, w)  # BUG


def pad(x: Float[Tensor, "b 3 8 8"]) -> Float[Tensor, "b 3 9 9"]:
    return F.pad(x, (1, 1, 1, 1))  # BUG


def frames(x: UInt8[Tensor, "b 4 84 84"]) -> Tensor:
    return nn.Conv2d(4, 32, 8, 4)(x)  # BUG


def matmul(x: Float[Tensor, "b d"], w: Float[Tensor, "n d"]) -> Tensor:
    return torch.matmul(x, w)  # BUG


def reversed_minus(done: Bool[Tensor, "b"], q: Float[Tensor, "b n"]) -> Tensor:
    return q * (1 - done.float())  # BUG


def double(x: Float32[Tensor, "b"]) -> Float32[Tensor, "b"]:
    return x.double()  # BUG


def starred(x: Float[Tensor, "b t d"]) -> Float[Tensor, "b t 4"]:
    return torch.zeros(*x.shape[:-1], 5)  # BUG


def created(n: int) -> Float[Tensor, "n 3"]:
    return torch.randn(n, 4)  # BUG


def compared(x: Float[Tensor, "b n"]) -> Float[Tensor, "b n"]:
    return x > 0  # BUG


def summed(x: Float[Tensor, "b n"]) -> Float[Tensor, "b"]:
    return x.sum()  # BUG


def listed(xs: list[Float[Tensor, "b 3"]]) -> Float[Tensor, "b 4"]:
    return xs[0]  # BUG


def variance(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "c"]:
    return x.var(dim=(0, 2))  # BUG


def lstm(x: Float[Tensor, "b t 8"]) -> Float[Tensor, "b 16"]:
    out, (h, c) = nn.LSTM(8, 16, batch_first=True)(x)
    return h  # BUG


def embedding(x: Int[Tensor, "b t"]) -> Float[Tensor, "b t 64"]:
    return nn.Embedding(100, 32)(x)  # BUG


def masks(q: Float[Tensor, "b h t d"], m: Bool[Tensor, "b t"]) -> Tensor:
    return F.scaled_dot_product_attention(q, q, q, attn_mask=m)  # BUG
