"""Functions and blocks that say `Tensor` alone: what they are given goes through."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


def split_heads(x: Tensor, heads: int) -> Tensor:
    b, t, d = x.shape
    return x.view(b, t, heads, d // heads).transpose(1, 2)


def unannotated(x, y):
    return torch.cat([x, y], dim=1)


class Block(nn.Module):
    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.fc = nn.Linear(n_in, n_out)
        self.scale = nn.Parameter(torch.ones(n_out))

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc(x)
        return torch.relu(x) * self.scale


class Net(rlt.Module):
    def __init__(self, obs: int, hidden: int) -> None:
        super().__init__()
        self.a = Block(obs, hidden)
        self.b = Block(hidden, 4)

    def body(self, x: Tensor) -> Tensor:
        return self.a(x)

    def forward(self, x: Float[Tensor, "batch obs"]) -> Float[Tensor, "batch 4"]:
        return self.b(self.body(x))


class Encoder(rlt.Module):
    """`encode` is another one in the class below, with another width."""

    def __init__(self, n_in: int, features: int) -> None:
        super().__init__()
        self.layer = nn.Linear(n_in, 32)
        self.head = nn.Linear(features, 2)

    def encode(self, x: Tensor) -> Tensor:
        return self.layer(x)

    def forward(self, x: Float[Tensor, "b n_in"]) -> Float[Tensor, "b 2"]:
        return self.head(self.encode(x))


class Deeper(Encoder):
    def __init__(self, n_in: int) -> None:
        super().__init__(n_in, 64)
        self.second = nn.Linear(32, 64)

    def encode(self, x: Tensor) -> Tensor:
        return self.second(self.layer(x))


def heads(q: Float[Tensor, "b t 64"], k: Float[Tensor, "b s 64"]) -> Float[Tensor, "b 8 t s"]:
    return split_heads(q, 8) @ split_heads(k, heads=8).transpose(-2, -1)


def both(x: Float[Tensor, "b n"], y: Float[Tensor, "b m"]) -> Float[Tensor, "b n+m"]:
    return unannotated(x, y)


def mlp(*sizes: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers)
