"""Mistakes behind functions and blocks that say `Tensor` alone."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


def split_heads(x: Tensor, heads: int) -> Tensor:
    b, t, d = x.shape
    return x.view(b, t, heads, d // heads)


def scores(q: Float[Tensor, "b t 64"], k: Float[Tensor, "b s 64"]) -> Float[Tensor, "b 8 t s"]:
    return split_heads(q, 8) @ split_heads(k, 8).transpose(-2, -1)  # BUG


def pick(table: Tensor, t: Tensor) -> Tensor:
    return table[t]


def noised(
    table: Float[Tensor, "steps"], t: rlt.types.Int64[Tensor, "b"], x: Float[Tensor, "b 3 h w"]
) -> Float[Tensor, "b 3 h w"]:
    return pick(table, t) * x  # BUG


class Block(nn.Module):
    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.fc = nn.Linear(n_in, n_out)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.fc(x))


class Wrong(nn.Module):
    """Never right, whoever calls it."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.fc = nn.Linear(n, 2 * n)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.fc(x)  # BUG


class Net(rlt.Module):
    def __init__(self, obs: int, hidden: int) -> None:
        super().__init__()
        self.a, self.c = Block(obs, hidden), Wrong(hidden)
        self.b = Block(obs, 4)

    def forward(self, x: Float[Tensor, "batch obs"]) -> Float[Tensor, "batch 4"]:
        h = self.a(x)
        self.c(h)
        return self.b(h)  # BUG


class Head(rlt.Module):
    def __init__(self, obs: int) -> None:
        super().__init__()
        self.layer = nn.Linear(obs, 32)
        self.out = nn.Linear(64, 2)

    def body(self, x: Tensor) -> Tensor:
        return torch.relu(self.layer(x))

    def forward(self, x: Float[Tensor, "b obs"]) -> Float[Tensor, "b 2"]:
        return self.out(self.body(x))  # BUG
