"""Networks built in loops, branches and functions, all correct: no line is reported."""
import itertools
from collections.abc import Sequence

import torch
from torch import nn
from rlt.types import Float, Tensor


def trunk(sizes: Sequence[int], kind: type[nn.Module], norm: bool = False, p: float = 0.0) -> nn.Sequential:
    parts: list[nn.Module] = []
    for i, o in itertools.pairwise(sizes):
        parts.append(nn.Linear(i, o))
        if norm:
            parts.append(nn.LayerNorm(o))
        parts += [nn.Dropout(p) if p else nn.Identity(), kind()]
    return nn.Sequential(*parts)


def by_zip(sizes: list[int]) -> nn.Sequential:
    return nn.Sequential(*[nn.Sequential(nn.Linear(a, b), nn.ReLU()) for a, b in zip(sizes[:-1], sizes[1:])])


def shortcut(channels: int, out: int) -> nn.Sequential | None:
    if channels == out:
        return None
    return nn.Sequential(nn.Conv2d(channels, out, 1), nn.BatchNorm2d(out))


class FromFunction(nn.Module):
    def __init__(self, n_in: int, n_out: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        self.trunk = trunk((n_in, *hidden), nn.Tanh)
        self.other = by_zip([n_in, *hidden])
        self.fixed = trunk((n_in, 64, 32), nn.Tanh, norm=True)
        self.head = nn.Linear(hidden[-1] if hidden else n_in, n_out)
        self.fixed_head = nn.Linear(32, n_out)

    def forward(self, x: Float[Tensor, "*batch n_in"]) -> Float[Tensor, "*batch n_out"]:
        return self.head(self.trunk(x)) + self.head(self.other(x)) + self.fixed_head(self.fixed(x))


class Carried(nn.Module):
    def __init__(self, n_in: int, n_out: int, hidden: Sequence[int]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width = n_in
        for h in hidden:
            layers.append(nn.Linear(width, h))
            layers.append(nn.ReLU())
            width = h
        layers.append(nn.Linear(width, n_out))
        self.net = nn.Sequential(*layers)

    def forward(self, x: Float[Tensor, "b n_in"]) -> Float[Tensor, "b n_out"]:
        return self.net(x)


class AfterTheLoop(nn.Module):
    def __init__(self, n_in: int, n_out: int, hidden: Sequence[int], depth: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width = n_in
        for h in hidden:
            layers += [nn.Linear(width, h), nn.ReLU()]
            width = h
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(width, n_out)
        blocks: list[nn.Module] = []
        for i in range(depth):
            blocks.append(nn.Linear(n_in if i == 0 else 64, 64))
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x: Float[Tensor, "b n_in"]) -> Float[Tensor, "b n_out"]:
        self.blocks(x)
        return self.head(self.body(x))


class Convolutions(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = channels
        for out, kernel in ((16, 3), (32, 3)):
            layers += [nn.Conv2d(before, out, kernel, padding=1), nn.BatchNorm2d(out), nn.ReLU()]
            before = out
        self.net = nn.Sequential(*layers)
        self.down = shortcut(channels, 32)

    def forward(self, x: Float[Tensor, "b channels h w"]) -> Float[Tensor, "b 32 h w"]:
        return self.net(x) + (x if self.down is None else self.down(x))


class Given(nn.Module):
    """A list that a function may add to, and one with two names, are not followed."""

    def __init__(self, n_in: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Linear(n_in, 8)]
        extend(layers)
        same = layers
        same.append(nn.Linear(9, 9))
        self.net = nn.Sequential(*layers)

    def forward(self, x: Float[Tensor, "b n_in"]) -> Float[Tensor, "b _"]:
        return self.net(x)


def extend(layers: list[nn.Module]) -> None:
    layers.append(nn.Linear(8, 9))


class Held(nn.Module):
    scale: Tensor

    def __init__(self, members: int, n_in: int, n_out: int) -> None:
        super().__init__()
        layers = [nn.Linear(n_in, n_out) for _ in range(members)]
        self.weight = nn.Parameter(torch.stack([layer.weight.detach() for layer in layers]))
        self.register_buffer("scale", torch.ones(n_out))

    def forward(self, x: Float[Tensor, "members b n_in"]) -> Float[Tensor, "members b n_out"]:
        return torch.bmm(x, self.weight.transpose(1, 2)) * self.scale
