"""Loops over layers, and loops that build them: correct, and nothing is to be reported."""

from __future__ import annotations

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Unlike(rlt.Module):
    """What a loop over unlike layers gives is not known afterwards."""

    def __init__(self, n_in: int, width: int) -> None:
        super().__init__()
        self.fixed = nn.ModuleList([nn.Linear(3, 4), nn.Linear(4, 4)])
        self.named = nn.ModuleList([nn.Linear(n_in, width), nn.Linear(width, 2 * width)])
        self.mixed = nn.ModuleList()
        self.mixed.append(nn.Linear(n_in, width))
        self.mixed += [nn.ReLU(), nn.Linear(width, 5)]
        self.head, self.wide, self.last = nn.Linear(4, 5), nn.Linear(2 * width, 5), nn.Linear(5, 6)

    def first(self, x: Float[Tensor, "b 3"]) -> Float[Tensor, "b 5"]:
        for layer in self.fixed:
            x = layer(x)
        return self.head(x)

    def second(self, x: Float[Tensor, "b n_in"]) -> Float[Tensor, "b 5"]:
        for i, layer in enumerate(self.named):
            x = torch.relu(layer(x)) if i else layer(x)
        return self.wide(x)

    def third(self, x: Float[Tensor, "b n_in"]) -> Float[Tensor, "b 6"]:
        h = x
        for layer in self.mixed:
            h = layer(h)
        return self.last(h)

    def all_but_one(self, x: Float[Tensor, "b 3"]) -> Float[Tensor, "b 4"]:
        for layer in self.fixed[:-1]:
            x = layer(x)
        return self.fixed[-1](x)


class One(rlt.Module):
    """A list of one layer is gone through once."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 5)])

    def forward(self, x: Float[Tensor, "b 3"]) -> Float[Tensor, "b 5"]:
        for layer in self.layers:
            x = layer(x)
        return x


class Dense(nn.Module):
    def __init__(self, n_in: int, growth: int) -> None:
        super().__init__()
        self.norm, self.fc = nn.LayerNorm(n_in), nn.Linear(n_in, growth)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.fc(self.norm(x))], 1)


class DenseNet(rlt.Module):
    """Its width grows in a loop within a loop, both of unknown length."""

    def __init__(self, growth: int = 12, blocks: tuple[int, ...] = (4, 4)) -> None:
        super().__init__()
        c = 2 * growth
        layers: list[nn.Module] = [nn.Linear(3, c)]
        for i, n in enumerate(blocks):
            for _ in range(n):
                layers.append(Dense(c, growth))
                c += growth
            if i < len(blocks) - 1:
                layers.append(nn.Linear(c, c // 2))
                c = c // 2
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(c, 10)

    def forward(self, x: Float[Tensor, "b 3"]) -> Float[Tensor, "b 10"]:
        return self.head(self.features(x))


class Halved(rlt.Module):
    def __init__(self, growth: int, blocks: tuple[int, ...], widths: tuple[int, ...]) -> None:
        super().__init__()
        c = 2 * growth
        layers: list[nn.Module] = [nn.Linear(3, c)]
        for n in blocks:
            for _ in range(n):
                layers.append(Dense(c, growth))
                c += growth
            layers.append(nn.Linear(c, c // 2))
            c = c // 2
            for width in widths:
                layers += [nn.Linear(c, width), nn.ReLU()]
                c = width
        self.features = nn.Sequential(*layers)

    def forward(self, x: Float[Tensor, "b 3"]) -> Float[Tensor, "b k"]:
        return self.features(x)


class Grown(rlt.Module):
    """How wide it gets is written in two ways: as the loop has it, and as a sum."""

    def __init__(self, n: int, growth: int) -> None:
        super().__init__()
        c = 5
        layers = []
        for _ in range(n):
            layers.append(Dense(c, growth))
            c += growth
        self.net, self.norm = nn.Sequential(*layers), nn.LayerNorm(c)
        self.head = nn.Linear(5 + n * growth, 10)

    def forward(self, x: Float[Tensor, "b 5"]) -> Float[Tensor, "b 10"]:
        return self.head(self.norm(self.net(x)))


class Doubled(rlt.Module):
    def __init__(self, n: int = 4, width: int = 16, out: int = 128) -> None:
        super().__init__()
        c, layers = 3, []
        for _ in range(n):
            layers += [nn.Conv2d(c, width, 3, padding=1), nn.ReLU()]
            c = width
            width *= 2
        self.net = nn.Sequential(*layers)
        self.head = nn.Conv2d(out, 10, 1)  # of as many channels as the loop ends with

    def forward(self, x: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 10 h w"]:
        return self.head(self.net(x))


class Repeated(rlt.Module):
    def __init__(self, widths: tuple[int, ...], times: int) -> None:
        super().__init__()
        c = 3
        layers: list[nn.Module] = []
        for width in widths:
            for _ in range(times):
                layers.append(nn.Conv2d(c, width, 3, padding=1))
                c = width
            layers.append(nn.MaxPool2d(2))
        self.net, self.head = nn.Sequential(*layers), nn.Conv2d(c, 1, 1)

    def forward(self, x: Float[Tensor, "b 3 16 16"]) -> Float[Tensor, "b 1 h w"]:
        return self.head(self.net(x))
