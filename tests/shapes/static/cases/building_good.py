"""Networks built in loops, branches and functions, all correct: no line is reported."""
import itertools
from collections.abc import Sequence

from dataclasses import dataclass

import torch
from torch import nn

import rlt
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
        self.logits = orthogonal(nn.Linear(hidden, sum(N_VEC)), 0.01)
        self.value = nn.utils.parametrizations.spectral_norm(nn.Linear(obs_dim, 1))
        self.advantage = stack_of([obs_dim, hidden, 6])

    def forward(self, obs: Float[Tensor, "b obs_dim"]) -> Float[Tensor, "b 18"]:
        return self.logits(torch.tanh(self.body(obs)))

    def valued(self, obs: Float[Tensor, "b obs_dim"]) -> Float[Tensor, "b 1"]:
        return self.value(obs)

    def dueling(self, obs: Float[Tensor, "b obs_dim"]) -> Float[Tensor, "b 6"]:
        a = self.advantage(obs)
        return a - a.mean(-1, keepdim=True)


class ConvBNReLU(nn.Sequential):
    def __init__(self, n_in: int, n_out: int, stride: int = 1) -> None:
        super().__init__(nn.Conv2d(n_in, n_out, 3, stride, 1), nn.BatchNorm2d(n_out), nn.ReLU())


class Front(rlt.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.front = nn.Sequential(ConvBNReLU(3, width, 2), ConvBNReLU(width, width, 2))
        self.one = ConvBNReLU(width, width)
        self.head = nn.Linear(width * 8 * 8, 10)

    def forward(self, x: Float[Tensor, "b 3 32 32"]) -> Float[Tensor, "b 10"]:
        return self.head(self.front(x).flatten(1))

    def once(self, x: Float[Tensor, "b 3 32 32"]) -> Float[Tensor, "b width 16 16"]:
        return self.one(self.front[0](x))


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

    def forward(self, x: Float[Tensor, "b _ 8 8"]) -> Float[Tensor, "b n h w"]:
        return self.down(x)

    def written(self, x: Float[Tensor, "b t hidden"]) -> Float[Tensor, "b 10"]:
        pooled: Tensor = self.norm(x).mean(1)
        return self.head(pooled)


class Sized(rlt.Module):
    """Kernels of any odd size."""

    def __init__(self, c: int, kernel: int = 3, dilation: int = 1) -> None:
        super().__init__()
        self.one = nn.Conv2d(c, c, kernel, padding=kernel // 2)
        self.two = nn.Conv1d(c, c, kernel, padding=dilation * (kernel - 1) // 2, dilation=dilation)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        return x + self.one(x)

    def sequence(self, x: Float[Tensor, "b c t"]) -> Float[Tensor, "b c t"]:
        return x + self.two(x)


@dataclass
class Patches:
    image_size: int = 32
    patch_size: int = 8
    dim: int = 64

    @property
    def count(self) -> int:
        return (self.image_size // self.patch_size) ** 2


class Patched(rlt.Module):
    """A property of a configuration is worked out from its sizes: it is none of its own."""

    def __init__(self, cfg: Patches) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, cfg.dim, cfg.patch_size, cfg.patch_size)
        self.positions = nn.Parameter(torch.zeros(1, cfg.count, cfg.dim))

    def forward(self, x: Float[Tensor, "b 3 image_size image_size"]) -> Float[Tensor, "b _ dim"]:
        return self.embed(x).flatten(2).transpose(1, 2) + self.positions
