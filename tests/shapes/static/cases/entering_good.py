"""Functions and blocks that say `Tensor` alone: what they are given goes through."""

from typing import NamedTuple

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


class Residual(nn.Module):
    """Adds its input where the sizes allow it."""

    def __init__(self, n_in: int, n_out: int, stride: int = 1, late: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(n_in, n_out, 3, stride, 1)
        self.adds = stride == 1 and n_in == n_out
        self.late = late

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        if not self.adds:
            return y
        return x + y


class Asking(nn.Module):
    """Decides by what no constructor says."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.fc = nn.Linear(n_in, n_out)

    def forward(self, x: Tensor) -> Tensor:
        y = self.fc(x)
        if self.fc.weight.sum().item() > 0:
            return y
        z = x + y if x.shape == y.shape else y
        return z


class Mobile(rlt.Module):
    def __init__(self, n: int) -> None:
        super().__init__()
        self.line = nn.Sequential(Residual(3, 8, 2), Residual(8, 8), Residual(8, n))
        self.asking = Asking(n, 5)

    def forward(self, x: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch 5"]:
        y = self.line(x)
        return self.asking(y.mean((2, 3)))


class Projected(nn.Module):
    """Its shortcut is made in one of three ways."""

    def __init__(self, n_in: int, n_out: int, stride: int = 1, learned: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(n_in, n_out, 3, stride, 1)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or n_in != n_out:
            self.shortcut = nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride), nn.BatchNorm2d(n_out))
        elif learned:
            self.shortcut = nn.Conv2d(n_in, n_out, 1)
        self.last = nn.Conv2d(n_out, n_out, 1) if learned else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.last(torch.relu(self.conv(x) + self.shortcut(x)))


class Resnet(rlt.Module):
    def __init__(self, n: int, width: int = 16) -> None:
        super().__init__()
        self.a, self.b = Projected(3, width), Projected(width, 2 * width, stride=2)
        self.rest = nn.Sequential(Projected(2 * width, 2 * width, learned=True), Projected(2 * width, n, stride=2))

    def forward(self, x: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch n 8 8"]:
        return self.rest(self.b(self.a(x)))


def positions(length: int, width: int) -> Tensor:
    return torch.arange(length).unsqueeze(1) / torch.ones(width)


class Core(rlt.Module):
    def __init__(self, n: int) -> None:
        super().__init__()
        self.n, self.gru, self.head = n, nn.GRU(n, n), nn.Linear(n, 7)

    def first(self, batch: int) -> Tensor:
        return torch.zeros(1, batch, self.n)

    def forward(self, x: Float[Tensor, "time batch n"]) -> Float[Tensor, "time batch 7"]:
        y, _ = self.gru(x + positions(x.shape[0], self.n).unsqueeze(1), self.first(x.shape[1]))
        return self.head(y)


def tag_loss(core: Core, x: Float[Tensor, "t b d"], tags: rlt.types.Int64[Tensor, "t b"]) -> Float[Tensor, ""]:
    return torch.nn.functional.cross_entropy(core(x).transpose(1, 2), tags)


def flat_or_not(x: Tensor) -> Tensor:
    try:
        return x.flatten(1)
    except RuntimeError:
        pass
    return x


def sum_of(x: Float[Tensor, "b 2 3"]) -> Float[Tensor, "b"]:
    return torch.nn.functional.linear(flat_or_not(x), torch.ones(1, 6)).squeeze(-1)


class Critic(rlt.Module):
    """Calls itself: with the sizes of the object whose method is called."""

    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.q = nn.Linear(obs_dim, n_actions)

    def forward(self, obs: Float[Tensor, "b obs_dim"]) -> Float[Tensor, "b n_actions"]:
        return self.q(obs)

    def greedy(self, obs: Tensor) -> Tensor:
        return self(obs).argmax(-1)


def acting(critic: Critic, obs: Float[Tensor, "b obs_dim"]) -> Tensor:
    return torch.cat([critic.greedy(obs), Critic(4, 2).greedy(torch.randn(5, 4))])


class GroupedHeads(rlt.Module):
    """Divisions of what is divided already."""

    def __init__(self, dim: int, n_heads: int, n_kv: int) -> None:
        super().__init__()
        self.n_heads, self.n_kv, self.hd = n_heads, n_kv, dim // n_heads
        self.wk = nn.Linear(dim, n_kv * self.hd)

    def forward(self, x: Float[Tensor, "b t dim"]) -> Float[Tensor, "b t n_heads _"]:
        b, t, _ = x.shape
        k = self.wk(x).view(b, t, self.n_kv, self.hd)
        rep = self.n_heads // self.n_kv
        return k[:, :, :, None, :].expand(b, t, self.n_kv, rep, self.hd).reshape(b, t, self.n_heads, self.hd)


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
        self.fc = nn.Linear(64 * conv_size(84) ** 2, latent)
        self.grow = nn.Sequential(*up(64, 32), *up(32, 16), nn.Conv2d(16, 3, 1))

    @staticmethod
    def scaled(frames: Tensor) -> Tensor:
        return frames.permute(0, 3, 1, 2).float() / 255

    def forward(self, x: Float[Tensor, "b 4 84 84"]) -> Float[Tensor, "b latent"]:
        return self.fc(self.net(x))

    def grown(self, x: Float[Tensor, "b 64 8 8"]) -> Float[Tensor, "b 3 32 32"]:
        return self.grow(x)

    def seen(self, frames: rlt.types.UInt8[Tensor, "b 84 84 4"]) -> Float[Tensor, "b latent"]:
        return self.forward(self.scaled(frames))


class Posterior(NamedTuple):
    mean: Tensor
    log_var: Tensor

    def sample(self) -> Tensor:
        return self.mean + torch.exp(0.5 * self.log_var) * torch.randn_like(self.mean)


class Digits(rlt.Module):
    def __init__(self, z_dim: int) -> None:
        super().__init__()
        self.net, self.z = nn.Linear(784, 2 * z_dim), nn.Linear(z_dim, 10)

    def encode(self, x: Tensor) -> Posterior:
        mean, log_var = self.net(x).chunk(2, dim=-1)
        return Posterior(mean, log_var)

    def forward(self, x: Float[Tensor, "b 784"]) -> Float[Tensor, "b 10"]:
        return self.z(self.encode(x).sample())

    def kl(self, x: Float[Tensor, "b 784"]) -> Float[Tensor, "b"]:
        q = self.encode(x)
        return (q.mean.pow(2) + q.log_var.exp()).sum(1)


def advantages(deltas: Float[Tensor, "steps envs"]) -> Float[Tensor, "steps envs"]:
    running = torch.zeros_like(deltas[0])
    found: list[Tensor] = []
    for t in reversed(range(deltas.shape[0])):
        running = deltas[t] + 0.95 * running
        found.append(running)
    return torch.stack(found[::-1])


def value_loss(value: Tensor, returns: Float[Tensor, "n"]) -> Float[Tensor, "n"]:
    return (value - returns).pow(2)


def loss(net: Digits, x: Float[Tensor, "b 784"], returns: Float[Tensor, "b"]) -> Float[Tensor, ""]:
    return value_loss(net.encode(x).mean[:, 0], returns).mean()
