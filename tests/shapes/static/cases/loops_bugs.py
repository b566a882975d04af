"""Loops over layers, and loops that build them: each with one mistake."""

from __future__ import annotations

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Alike(rlt.Module):
    """Layers that are all alike have to take what they give."""

    def __init__(self) -> None:
        super().__init__()
        self.two = nn.ModuleList([nn.Linear(3, 5), nn.Linear(3, 5)])
        self.many = nn.ModuleList([nn.Linear(8, 4) for _ in range(3)])

    def first(self, x: Float[Tensor, "b 3"]) -> Float[Tensor, "b 5"]:
        for layer in self.two:
            x = layer(x)  # BUG
        return x

    def second(self, x: Float[Tensor, "b 8"]) -> Float[Tensor, "b 4"]:
        for layer in self.many:
            x = layer(x)  # BUG
        return x


class Narrow(nn.Module):
    def __init__(self, n_in: int, growth: int) -> None:
        super().__init__()
        self.fc = nn.Linear(n_in, growth)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.fc(x)], 1)


class Inner(rlt.Module):
    """The inner loop forgets how wide its input has become."""

    def __init__(self, growth: int, blocks: tuple[int, ...]) -> None:
        super().__init__()
        c = 2 * growth
        layers: list[nn.Module] = [nn.Linear(3, c)]
        for n in blocks:
            for _ in range(n):
                layers.append(nn.Linear(c, growth))  # BUG
                c += growth
        self.features = nn.Sequential(*layers)


class Outer(rlt.Module):
    """Each turn narrows to its own width, and the next one does not know."""

    def __init__(self, widths: tuple[int, ...], n: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        c = 32
        for width in widths:
            for _ in range(n):
                layers += [nn.Linear(c, c), nn.ReLU()]  # BUG
            layers.append(nn.Linear(c, width))
        self.layers = nn.Sequential(*layers)


class Grown(rlt.Module):
    """One block too few in the sum."""

    def __init__(self, n: int, growth: int) -> None:
        super().__init__()
        c = 5
        layers = []
        for _ in range(n):
            layers.append(Narrow(c, growth))
            c += growth
        self.net = nn.Sequential(*layers)
        self.head = nn.Linear(n * growth, 10)

    def forward(self, x: Float[Tensor, "b 5"]) -> Float[Tensor, "b 10"]:
        return self.head(self.net(x))  # BUG


class Doubled(rlt.Module):
    """Twice what the loop ends with."""

    def __init__(self, n: int, width: int) -> None:
        super().__init__()
        c = 3
        layers: list[nn.Module] = []
        for _ in range(n):
            layers += [nn.Conv2d(c, width, 3, padding=1), nn.ReLU()]
            c, width = width, 2 * width
        self.net = nn.Sequential(*layers)
        self.head = nn.Conv2d(2 * c, 10, 1)

    def forward(self, x: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 10 h w"]:
        return self.head(self.net(x))  # BUG
