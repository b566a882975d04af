"""One wrong width each in networks built in loops, branches and functions: every line marked BUG is reported, and no other."""
import itertools
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn
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
