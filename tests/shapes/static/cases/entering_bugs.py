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


class Turned(nn.Module):
    """Gives features last where it was given them second."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(n, n, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x).transpose(1, 2)


class Pair(nn.Module):
    def __init__(self, n: int) -> None:
        super().__init__()
        self.fc = nn.Linear(n, 2 * n)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        a, b = self.fc(x).chunk(2, dim=-1)
        return torch.cat([a, b], dim=-1), b


class Flagged(nn.Module):
    def __init__(self, n: int, join: bool = True) -> None:
        super().__init__()
        self.fc, self.join = nn.Linear(n, n), join

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x).flatten(1) if self.join else self.fc(x).mean(1)


class Stacks(rlt.Module):
    def __init__(self, n: int) -> None:
        super().__init__()
        self.line = nn.Sequential(*[Turned(n) for _ in range(3)])
        self.pairs = nn.ModuleList([Pair(n) for _ in range(3)])
        self.joined, self.mean = Flagged(n), Flagged(n, join=False)

    def forward(self, x: Float[Tensor, "batch n time"]) -> Tensor:
        return self.line(x)  # BUG

    def loop(self, x: Float[Tensor, "batch n"]) -> Tensor:
        for pair in self.pairs:
            x, _ = pair(x)  # BUG
        return x

    def flags(self, x: Float[Tensor, "batch k n"]) -> Float[Tensor, "batch n"]:
        y = self.mean(x)
        return y + self.joined(x)  # BUG
