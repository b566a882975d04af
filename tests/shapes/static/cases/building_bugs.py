"""One wrong width each in networks built in loops, branches and functions: every line marked BUG is reported, and no other."""
import itertools
from collections.abc import Sequence

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


def wrong_result(sizes: Sequence[int], kind: type[nn.Module]) -> nn.Sequential:
    parts: list[nn.Module] = []
    for i, o in itertools.pairwise(sizes):
        parts.append(nn.Linear(i, o + 1))  # BUG
        parts.append(kind())
    return nn.Sequential(*parts)


def wrong_norm(sizes: Sequence[int], norm: bool) -> nn.Sequential:
    parts: list[nn.Module] = []
    for i, o in zip(sizes, sizes[1:]):
        parts.append(nn.Linear(i, o))
        if norm:
            parts.append(nn.LayerNorm(i))  # BUG
        parts.append(nn.ReLU())
    return nn.Sequential(*parts)


def comprehended(sizes: list[int]) -> nn.Sequential:
    return nn.Sequential(*[nn.Linear(b, a) for a, b in zip(sizes, sizes[1:])])  # BUG


def trunk(sizes: Sequence[int]) -> nn.Sequential:
    return nn.Sequential(*[nn.Linear(a, b) for a, b in itertools.pairwise(sizes)])


class WrongHead(nn.Module):
    def __init__(self, n_in: int, n_out: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        self.trunk = trunk((n_in, *hidden))
        self.head = nn.Linear(n_in, n_out)

    def forward(self, x: Float[Tensor, "b n_in"]) -> Float[Tensor, "b n_out"]:
        return self.head(self.trunk(x))  # BUG


class WrongFirst(nn.Module):
    def __init__(self, n_in: int, n_out: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        self.trunk = trunk((n_out, *hidden))
        self.head = nn.Linear(hidden[-1], n_out)

    def forward(self, x: Float[Tensor, "b n_in"]) -> Float[Tensor, "b n_out"]:
        return self.head(self.trunk(x))  # BUG


class NotCarried(nn.Module):
    def __init__(self, n_in: int, n_out: int, hidden: Sequence[int]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for h in hidden:
            layers += [nn.Linear(n_in, h), nn.ReLU()]  # BUG
        self.net = nn.Sequential(*layers)

    def forward(self, x: Float[Tensor, "b n_in"]) -> Float[Tensor, "b _"]:
        return self.net(x)


class AfterTheLoop(nn.Module):
    def __init__(self, n_in: int, n_out: int, hidden: Sequence[int]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width = n_in
        for h in hidden:
            layers += [nn.Linear(width, h), nn.ReLU()]
            width = h
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(2 * width, n_out)

    def forward(self, x: Float[Tensor, "b n_in"]) -> Float[Tensor, "b n_out"]:
        return self.head(self.body(x))  # BUG


class Unrolled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for out in (16, 32):
            layers += [nn.Conv2d(before, out, 3, padding=1), nn.ReLU()]
            before = out
        layers.append(nn.Conv2d(16, 10, 1))  # BUG
        self.net = nn.Sequential(*layers)

    def forward(self, x: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 10 h w"]:
        return self.net(x)


class Held(nn.Module):
    scale: Tensor

    def __init__(self, members: int, n_in: int, n_out: int) -> None:
        super().__init__()
        layers = [nn.Linear(n_in, n_out) for _ in range(members)]
        self.weight = nn.Parameter(torch.stack([layer.weight.detach() for layer in layers]))
        self.register_buffer("scale", torch.ones(n_in))

    def forward(self, x: Float[Tensor, "members b n_in"]) -> Float[Tensor, "members b n_out"]:
        y = torch.bmm(x, self.weight.transpose(1, 2))
        return y * self.scale  # BUG


class Twice(nn.Module):
    """A wrong width that both branches use is one mistake."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_out, n_out))
        self.noise = nn.Parameter(torch.empty(n_out, n_in))
        self.noisy = True

    def forward(self, x: Float[Tensor, "b n_in"]) -> Float[Tensor, "b n_out"]:
        if not self.noisy:
            return F.linear(x, self.weight)  # BUG
        return F.linear(x, self.weight + self.noise)


def orthogonal(layer: nn.Linear, gain: float) -> nn.Linear:
    nn.init.orthogonal_(layer.weight, gain)
    return layer


def stack_of(sizes: list[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:]):
        layers.append(nn.Linear(n_in, n_out))
        layers.append(nn.ReLU())
    return nn.Sequential(*layers[:-1])


N_VEC = (9, 5, 4)


class MultiDiscrete(rlt.Module):
    def __init__(self, obs_dim: int, hidden: int = 64) -> None:
        super().__init__()
        self.body = orthogonal(nn.Linear(obs_dim, hidden), 2**0.5)
        self.logits = orthogonal(nn.Linear(hidden, len(N_VEC)), 0.01)
        self.value = nn.utils.parametrizations.spectral_norm(nn.Linear(obs_dim, 1))
        self.advantage = stack_of([obs_dim, hidden, 6])

    def forward(self, obs: Float[Tensor, "b obs_dim"]) -> Float[Tensor, "b 18"]:
        return self.logits(torch.tanh(self.body(obs)))  # BUG

    def valued(self, obs: Float[Tensor, "b obs_dim"]) -> Float[Tensor, "b 1"]:
        return self.value(self.body(obs))  # BUG

    def dueling(self, obs: Float[Tensor, "b obs_dim"]) -> Float[Tensor, "b 6"]:
        a = self.advantage(obs)
        return a - a.mean(-1)  # BUG


class ConvBNReLU(nn.Sequential):
    def __init__(self, n_in: int, n_out: int, stride: int = 1) -> None:
        super().__init__(nn.Conv2d(n_in, n_out, 3, stride, 1), nn.BatchNorm2d(n_out), nn.ReLU())


class Front(rlt.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.front = nn.Sequential(ConvBNReLU(3, width, 2), ConvBNReLU(width, width, 2))
        self.one = ConvBNReLU(width, width)
        self.head = nn.Linear(width * 16 * 16, 10)

    def forward(self, x: Float[Tensor, "b 3 32 32"]) -> Float[Tensor, "b 10"]:
        return self.head(self.front(x).flatten(1))  # BUG

    def once(self, x: Float[Tensor, "b 3 32 32"]) -> Float[Tensor, "b width 32 32"]:
        return self.one(x)  # BUG


@dataclass
class Stages:
    widths: tuple[int, ...] = (32, 64)
    hidden: int = 8


class Staged(rlt.Module):
    def __init__(self, cfg: Stages) -> None:
        super().__init__()
        self.down = nn.Conv2d(cfg.widths[0], cfg.widths[1], 2, 2)
        self.norm = nn.LayerNorm(cfg.hidden)
        self.head = nn.Linear(cfg.hidden, 10)

    def forward(self, x: Float[Tensor, "b 3 8 8"]) -> Float[Tensor, "b n h w"]:
        return self.down(x)  # BUG

    def written(self, x: Float[Tensor, "b t hidden"]) -> Float[Tensor, "b 10"]:
        pooled: Tensor = self.norm(x).mean(2)
        return self.head(pooled)  # BUG
