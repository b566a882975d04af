"""Mistakes behind functions and blocks that say `Tensor` alone."""

from typing import NamedTuple

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


class Residual(nn.Module):
    """Adds its input where it believes that the sizes allow it."""

    def __init__(self, n_in: int, n_out: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(n_in, n_out, 3, stride, 1)
        self.adds = n_in == n_out

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        if not self.adds:
            return y
        return x + y


class Mobile(rlt.Module):
    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Sequential(Residual(3, 8, 2), Residual(8, 8, 2))

    def forward(self, x: Float[Tensor, "batch 3 32 32"]) -> Tensor:
        return self.line(x)  # BUG


class Projected(nn.Module):
    """Projects where the sizes differ, and forgets the stride."""

    def __init__(self, n_in: int, n_out: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(n_in, n_out, 3, stride, 1)
        if n_in == n_out:
            self.shortcut: nn.Module = nn.Identity()
        else:
            self.shortcut = nn.Conv2d(n_in, n_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x) + self.shortcut(x)


class Resnet(rlt.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = Projected(3, 8), Projected(8, 16, stride=2)

    def forward(self, x: Float[Tensor, "batch 3 32 32"]) -> Tensor:
        x = self.a(x)
        return self.b(x)  # BUG


class Core(rlt.Module):
    def __init__(self, n: int, tags: int) -> None:
        super().__init__()
        self.n, self.gru, self.head = n, nn.GRU(n, n), nn.Linear(n, tags)

    def first(self, batch: int) -> Tensor:
        return torch.zeros(batch, 1, self.n)

    def forward(self, x: Float[Tensor, "time batch n"]) -> Float[Tensor, "time batch tags"]:
        y, _ = self.gru(x, self.first(x.shape[1]))  # BUG
        return self.head(y)


def tag_loss(core: Core, x: Float[Tensor, "t b d"], tags: rlt.types.Int64[Tensor, "t b"]) -> Float[Tensor, ""]:
    return torch.nn.functional.cross_entropy(core(x), tags)  # BUG


SIZES = ((32, 8, 4), (64, 4, 2), (64, 3, 1))  # channels, kernel, stride


def conv_size(size: int) -> int:
    for _, kernel, stride in SIZES:
        size = (size - kernel) // stride + 1
    return size


def up(n_in: int, n_out: int) -> list[nn.Module]:
    return [nn.ConvTranspose2d(n_in, n_out, 4, stride=2, padding=1), nn.ReLU()]


class Pixels(rlt.Module):
    def __init__(self, latent: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 4
        for out, kernel, stride in SIZES:
            layers += [nn.Conv2d(channels, out, kernel, stride), nn.ReLU()]
            channels = out
        self.net = nn.Sequential(*layers, nn.Flatten())
        self.fc = nn.Linear(64 * conv_size(84), latent)
        self.grow = nn.Sequential(*up(64, 32), *up(32, 16), nn.Conv2d(16, 3, 1))

    @staticmethod
    def scaled(frames: Tensor) -> Tensor:
        return frames.permute(0, 2, 1, 3).float() / 255

    def forward(self, x: Float[Tensor, "b 4 84 84"]) -> Float[Tensor, "b latent"]:
        return self.fc(self.net(x))  # BUG

    def grown(self, x: Float[Tensor, "b 64 8 8"]) -> Float[Tensor, "b 3 16 16"]:
        return self.grow(x)  # BUG

    def seen(self, frames: rlt.types.UInt8[Tensor, "b 84 84 4"]) -> Float[Tensor, "b latent"]:
        return self.forward(self.scaled(frames))  # BUG


class Posterior(NamedTuple):
    mean: Tensor
    log_var: Tensor

    def sample(self) -> Tensor:
        return self.mean + torch.exp(0.5 * self.log_var) * torch.randn_like(self.mean)


class Digits(rlt.Module):
    def __init__(self, z_dim: int) -> None:
        super().__init__()
        self.net, self.z = nn.Linear(784, 2 * z_dim), nn.Linear(2 * z_dim, 10)

    def encode(self, x: Tensor) -> Posterior:
        mean, log_var = self.net(x).chunk(2, dim=-1)
        return Posterior(mean, log_var)

    def forward(self, x: Float[Tensor, "b 784"]) -> Float[Tensor, "b 10"]:
        return self.z(self.encode(x).sample())  # BUG

    def kl(self, x: Float[Tensor, "b 784"]) -> Float[Tensor, "b"]:
        q = self.encode(x)
        return (q.mean.pow(2) + q.log_var.exp()).sum(0)  # BUG


def advantages(deltas: Float[Tensor, "steps envs"]) -> Float[Tensor, "steps envs"]:
    running = torch.zeros_like(deltas[0])
    found: list[Tensor] = []
    for t in reversed(range(deltas.shape[0])):
        running = deltas[t] + 0.95 * running
        found.append(running)
    return torch.stack(found[::-1], dim=1)  # BUG


def value_loss(value: Tensor, returns: Float[Tensor, "n"]) -> Float[Tensor, "n"]:
    return (value - returns).pow(2)


def loss(net: Digits, x: Float[Tensor, "b 784"], returns: Float[Tensor, "b"]) -> Float[Tensor, ""]:
    return value_loss(net.encode(x).mean[:, :1], returns).mean()  # BUG
