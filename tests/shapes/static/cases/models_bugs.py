"""One mistake in each model: every line marked BUG is reported, and no other."""

from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int, Int64, UInt8
from torch import Tensor


class BatchFirst(nn.Module):
    def __init__(self, vocab: int, hidden: int = 32):
        super().__init__()
        self.emb = nn.Embedding(vocab, 16)
        self.lstm = nn.LSTM(16, hidden, bidirectional=True, batch_first=True)
        self.out = nn.Linear(hidden, 2)

    def forward(self, x: Int[Tensor, "b t"]) -> Float[Tensor, "b 2"]:
        y, _ = self.lstm(self.emb(x))
        return self.out(y[:, -1])  # BUG


class LastHidden(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(8, 16, num_layers=2)
        self.fc = nn.Linear(16, 3)

    def forward(self, x: Float[Tensor, "t b 8"]) -> Float[Tensor, "b 3"]:
        _, h = self.gru(x)
        return self.fc(h)  # BUG


class InitialState(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 16, batch_first=True)

    def forward(self, x: Float[Tensor, "b t 8"]) -> Float[Tensor, "b t 16"]:
        h0 = torch.zeros(x.size(0), 1, 16)
        y, _ = self.lstm(x, (h0, h0))  # BUG
        return y


class ChannelNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 64, 3, padding=1)
        self.norm = nn.LayerNorm(64)

    def forward(self, x: Float[Tensor, "b 3 32 32"]) -> Float[Tensor, "b 64 32 32"]:
        return self.norm(self.conv(x))  # BUG


class TimeNorm(nn.Module):
    def __init__(self, c: int):
        super().__init__()
        self.norm = nn.BatchNorm1d(c)

    def forward(self, x: Float[Tensor, "b t c"]) -> Float[Tensor, "b t c"]:
        return self.norm(x)  # BUG


class Conv1(nn.Module):
    def __init__(self, c: int):
        super().__init__()
        self.conv = nn.Conv1d(c, 32, 3)

    def forward(self, x: Float[Tensor, "b t c"]) -> Tensor:
        return self.conv(x)  # BUG


class OneHot(nn.Module):
    def __init__(self, n: int):
        super().__init__()
        self.n = n
        self.fc = nn.Linear(n, 4)

    def forward(self, x: Int64[Tensor, "b"]) -> Float[Tensor, "b 4"]:
        return self.fc(F.one_hot(x, self.n))  # BUG


class NoFlatten(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2))
        self.fc = nn.Linear(8 * 13 * 13, 10)

    def forward(self, x: Float[Tensor, "b 1 28 28"]) -> Float[Tensor, "b 10"]:
        return self.fc(self.conv(x))  # BUG


class BadSkip(nn.Module):
    def __init__(self, c: int):
        super().__init__()
        self.conv1 = nn.Conv2d(c, 2 * c, 3, padding=1)
        self.conv2 = nn.Conv2d(2 * c, 2 * c, 3, padding=1)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 2*c h w"]:
        y = self.conv2(F.relu(self.conv1(x)))
        return F.relu(y + x)  # BUG


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Conv2d(3, 16, 3, padding=1)
        self.down = nn.Conv2d(16, 32, 3, stride=2, padding=1)
        self.up = nn.Upsample(scale_factor=2)
        self.dec = nn.Conv2d(32, 3, 3, padding=1)

    def forward(self, x: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
        a = F.relu(self.enc(x))
        y = self.up(F.relu(self.down(a)))
        return self.dec(torch.cat([a, y], dim=1))  # BUG


class Heads(nn.Module):
    def __init__(self, d: int, heads: int):
        super().__init__()
        self.h = heads
        self.q, self.k = nn.Linear(d, d), nn.Linear(d, d)

    def forward(self, x: Float[Tensor, "b t d"]) -> Tensor:
        b, t, d = x.shape
        q = self.q(x).view(b, t, self.h, d // self.h)
        k = self.k(x).view(b, t, self.h, d // self.h).transpose(1, 2)
        return q @ k.transpose(-2, -1)  # BUG


class Pointer(nn.Module):
    def __init__(self, d: int):
        super().__init__()
        self.attn = nn.MultiheadAttention(d, 4, batch_first=True)

    def forward(self, q: Float[Tensor, "b t d"], kv: Float[Tensor, "b s e"]) -> Tensor:
        y, _ = self.attn(q, kv, kv)  # BUG
        return y


class Swapped(nn.Module):
    def __init__(self, obs_dim: int, n_actions: int):
        super().__init__()
        self.pi = nn.Linear(obs_dim, n_actions)
        self.v = nn.Linear(obs_dim, 1)

    def forward(self, obs: Float[Tensor, "b obs_dim"]) -> tuple[Float[Tensor, "b n_actions"], Float[Tensor, "b"]]:
        return self.v(obs).squeeze(-1), self.pi(obs)  # BUG


class Critic(nn.Module):
    def __init__(self, obs_dim: int, act_dim: int):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, obs: Float[Tensor, "b obs_dim"], act: Float[Tensor, "b act_dim"]) -> Float[Tensor, "b"]:
        return self.net(torch.cat([obs, act], -1)).squeeze(-1)  # BUG


class Make(nn.Module):
    def __init__(self, obs_dim: int):
        super().__init__()
        self.critic = Critic(obs_dim, 3)

    def forward(self, obs: Float[Tensor, "b obs_dim"], act: Float[Tensor, "b 2"]) -> Float[Tensor, "b"]:
        return self.critic(obs, act)  # BUG


class GroupSizes(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 30, 3)
        self.norm = nn.GroupNorm(8, 32)

    def forward(self, x: Float[Tensor, "b 3 h w"]) -> Tensor:
        return self.norm(self.conv(x))  # BUG


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(16, 64 * 4 * 4)
        self.up = nn.Sequential(nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(32, 3, 4, 2, 1))

    def forward(self, z: Float[Tensor, "b 16"]) -> Float[Tensor, "b 3 32 32"]:
        return self.up(self.fc(z).view(-1, 64, 4, 4))  # BUG


class Shuffle(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(64, 12, 3, padding=1)
        self.up = nn.PixelShuffle(2)

    def forward(self, x: Float[Tensor, "b 64 h w"]) -> Float[Tensor, "b 3 h w"]:
        return self.up(self.conv(x))  # BUG


def bce(logits: Float[Tensor, "b 1"], y: Float[Tensor, "b"]) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, y)  # BUG


def bce_module(logits: Float[Tensor, "b 1"], y: Float[Tensor, "b"]) -> Tensor:
    criterion = nn.BCEWithLogitsLoss()
    return criterion(logits, y)  # BUG


def mse_module(a: Float[Tensor, "b 1"], y: Float[Tensor, "b"]) -> Tensor:
    return nn.MSELoss()(a, y)  # BUG


def ce_module(logits: Float[Tensor, "b n"], y: Float[Tensor, "b"]) -> Tensor:
    return nn.CrossEntropyLoss()(logits, y)  # BUG


def scatter(x: Int64[Tensor, "b"], n: int) -> Tensor:
    return torch.zeros(x.size(0), n).scatter_(1, x, 1.0)  # BUG


def transposed(x: Float[Tensor, "b t d"], w: Float[Tensor, "d d"]) -> Tensor:
    return x.transpose(1, 2) @ w  # BUG


def expanded(x: Float[Tensor, "b d"]) -> Tensor:
    return x.expand(3, -1)  # BUG


def repeated(x: Float[Tensor, "b d"]) -> Float[Tensor, "b 2*d"]:
    return x.repeat(2, 1)  # BUG


def stacked(a: Float[Tensor, "b d"], c: Float[Tensor, "b d"]) -> Float[Tensor, "b 2*d"]:
    return torch.stack([a, c], dim=1)  # BUG


def mask(x: Float[Tensor, "b t d"], m: Bool[Tensor, "b t"]) -> Tensor:
    return x.masked_fill(m, 0.0)  # BUG


def image(x: UInt8[Tensor, "b h w 3"]) -> Tensor:
    return nn.Conv2d(3, 16, 3)(x.float() / 255)  # BUG


def normalised(r: Float[Tensor, "t n"]) -> Float[Tensor, "t n"]:
    return (r - r.mean(1)) / r.std(1)  # BUG


def bellman(q: Float[Tensor, "b a"], action: Int64[Tensor, "b"], target: Float[Tensor, "b"]) -> Tensor:
    chosen = q.gather(1, action[:, None])
    return ((chosen - target) ** 2).mean()  # BUG


def maxed(q: Float[Tensor, "b a"], r: Float[Tensor, "b"]) -> Float[Tensor, "b"]:
    return r + 0.99 * q.max(1, keepdim=True)[0]  # BUG


def tuple_max(q: Float[Tensor, "b a"], r: Float[Tensor, "b"]) -> Float[Tensor, "b"]:
    return r + q.max(dim=1)  # BUG


def device(x: Float[Tensor, "b"]) -> Tensor:
    a = torch.zeros(3, device="cuda")
    return a + torch.ones(3, device="cpu")  # BUG


def unfolded(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c"]:
    return x.flatten(1).mean(1)  # BUG


def pooled(x: Float[Tensor, "b 64 8 8"]) -> Float[Tensor, "b 64"]:
    return F.adaptive_avg_pool2d(x, 1)  # BUG


def multi(x: Float[Tensor, "b 10"]) -> Float[Tensor, "b"]:
    y = torch.multinomial(x.softmax(-1), 1)
    return y.squeeze(-1)  # BUG
