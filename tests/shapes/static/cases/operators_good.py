"""Ordinary code over every family of operators: no line may be reported."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int, Int64
from torch import Tensor, nn


class SelfAttention(nn.Module):
    def __init__(self, d_model: int, n_heads: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.head_dim = d_model // n_heads
        self.qkv = nn.Linear(d_model, 3 * d_model)
        self.out = nn.Linear(d_model, d_model)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Float[Tensor, "b t d_model"]) -> Float[Tensor, "b t d_model"]:
        b, t, c = x.shape
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        q = q.view(b, t, self.n_heads, self.head_dim).transpose(1, 2)
        k = k.view(b, t, self.n_heads, self.head_dim).transpose(1, 2)
        v = v.view(b, t, self.n_heads, self.head_dim).transpose(1, 2)
        scores = q @ k.transpose(-2, -1) / self.head_dim**0.5
        mask = torch.tril(torch.ones(t, t)).bool()
        scores = scores.masked_fill(~mask, float("-inf"))
        weights = self.drop(F.softmax(scores, dim=-1))
        y = (weights @ v).transpose(1, 2).contiguous().view(b, t, c)
        return self.out(y)


class Block(nn.Module):
    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x: Float[Tensor, "b t d_model"]) -> Float[Tensor, "b t d_model"]:
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    def __init__(self, vocab: int, d_model: int = 64, depth: int = 2, context: int = 128) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocab, d_model)
        self.positions = nn.Embedding(context, d_model)
        self.blocks = nn.ModuleList([Block(d_model, 4) for _ in range(depth)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab, bias=False)

    def forward(self, tokens: Int[Tensor, "b t"]) -> Float[Tensor, "b t vocab"]:
        position = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.tokens(tokens) + self.positions(position)
        for block in self.blocks:
            x = block(x)
        for i, block in enumerate(self.blocks):
            x = block(x) * i
        return self.head(self.norm(x))

    def loss(self, tokens: Int[Tensor, "b t"]) -> Float[Tensor, ""]:
        logits = self(tokens[:, :-1])
        return F.cross_entropy(logits.reshape(-1, logits.size(-1)), tokens[:, 1:].reshape(-1))


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down1 = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU())
        self.down2 = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU())
        self.up = nn.ConvTranspose2d(32, 16, 2, stride=2)
        self.last = nn.Conv2d(32, 1, 1)

    def forward(self, x: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 h w"]:
        a = self.down1(x)
        y = self.up(self.down2(a))
        return self.last(torch.cat([a, y], dim=1))


class Heads(nn.Module):
    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.body = nn.Sequential(OrderedDict([("fc", nn.Linear(obs_dim, 64)), ("act", nn.ReLU())]))
        self.heads = nn.ModuleDict({"pi": nn.Linear(64, n_actions), "v": nn.Linear(64, 1)})
        self.log_std = nn.Parameter(torch.zeros(n_actions))

    def forward(self, obs: Float[Tensor, "b obs_dim"]) -> tuple[Float[Tensor, "b n_actions"], Float[Tensor, "b"]]:
        h = self.body(obs)
        std = self.log_std.exp().expand_as(self.heads["pi"](h))
        return self.heads["pi"](h) * std, self.heads["v"](h).squeeze(-1)


class Dueling(nn.Module):
    def __init__(self, n_actions: int) -> None:
        super().__init__()
        self.value = nn.Linear(512, 1)
        self.advantage = nn.Linear(512, n_actions)

    def forward(self, h: Float[Tensor, "b 512"]) -> Float[Tensor, "b n_actions"]:
        a = self.advantage(h)
        return self.value(h) + a - a.mean(dim=1, keepdim=True)


@dataclass
class Batch:
    obs: Float[Tensor, "b obs"]
    action: Int64[Tensor, "b"]
    reward: Float[Tensor, "b"]
    done: Bool[Tensor, "b"]


class Rollout(NamedTuple):
    value: Float[Tensor, "t n"]
    reward: Float[Tensor, "t n"]


def td_loss(batch: Batch, q: Float[Tensor, "b a"], next_q: Float[Tensor, "b a"], gamma: float) -> Float[Tensor, ""]:
    chosen = q.gather(1, batch.action.unsqueeze(1)).squeeze(1)
    target = batch.reward + gamma * next_q.max(dim=1).values * (1 - batch.done.float())
    best, index = next_q.max(dim=1)
    other = q[torch.arange(q.shape[0]), index]
    return F.mse_loss(chosen, target) + F.smooth_l1_loss(other, best)


def advantages(rollout: Rollout, last: Float[Tensor, "n"], gamma: float) -> Float[Tensor, "t n"]:
    out = torch.zeros_like(rollout.reward)
    running = torch.zeros_like(last)
    for t in reversed(range(rollout.reward.shape[0])):
        running = rollout.reward[t] + gamma * running
        out[t] = running
    return (out - out.mean()) / (out.std() + 1e-8)


def shapes(x: Float[Tensor, "b c h w"], labels: Int64[Tensor, "b"]) -> Float[Tensor, "b 10"]:
    one = F.one_hot(labels, 10).float()
    flat = x.flatten(2).mean(-1)
    top, _ = flat.topk(3, dim=-1)
    padded = F.pad(x, (1, 1, 1, 1))
    both = torch.stack([flat, flat], dim=1).sum(1)
    first, second = both.split(1, dim=0) if both.shape[0] == 2 else (both, both)
    product = torch.einsum("bc,bd->bcd", flat, both)
    outer = torch.bmm(product, product.transpose(1, 2))
    image = padded[:, :, 1:-1, 1:-1] + x
    images = x.permute(0, 2, 3, 1).reshape(-1, x.size(1))
    back = images.view(x.size(0), x.size(2), x.size(3), x.size(1)).permute(0, 3, 1, 2)
    mask = x > 0
    picked = torch.where(mask, x, torch.zeros_like(x)) + back + image
    rows = picked[:, 0].mean(dim=(1, 2))
    scaled = F.interpolate(x, scale_factor=2, mode="nearest")
    sorted_, order = torch.sort(rows)
    scores = rows[:, None] - sorted_[None, :]
    return one * rows.unsqueeze(-1) + 0 * scores.sum() + 0 * (outer.sum() + top.sum() + first.sum() + scaled.sum())


def any_rank(x: Float[Tensor, "*batch d"], w: Float[Tensor, "d e"]) -> Float[Tensor, "*batch e"]:
    return x @ w


def norm(x: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
    return (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True)


def images(x: Float[Tensor, "b ... c"]) -> Float[Tensor, "b ... c"]:
    return torch.relu(x)


class Recurrent(nn.Module):
    def __init__(self, obs_dim: int, hidden: int = 32) -> None:
        super().__init__()
        self.hidden = hidden
        self.gru = nn.GRU(obs_dim, hidden, batch_first=True)
        self.cell = nn.LSTMCell(hidden, hidden)
        self.out = nn.Linear(hidden, 1)

    def forward(self, x: Float[Tensor, "b t obs_dim"]) -> Float[Tensor, "b t"]:
        h0 = torch.zeros(1, x.size(0), self.hidden)
        y, last = self.gru(x, h0)
        h, c = torch.zeros(x.size(0), self.hidden), torch.zeros(x.size(0), self.hidden)
        for i in range(x.shape[1]):
            h, c = self.cell(y[:, i], (h, c))
        return self.out(y).squeeze(-1)


class Encoder(nn.Module):
    def __init__(self, d_model: int = 32) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(d_model, nhead=4, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2)
        self.attention = nn.MultiheadAttention(d_model, 4, batch_first=True)
        self.scale = nn.Parameter(torch.ones(d_model))

    def forward(self, x: Float[Tensor, "b t d_model"]) -> Float[Tensor, "b d_model"]:
        y = self.encoder(x)
        z, weights = self.attention(y, y, y)
        return (z * self.scale).mean(dim=1)


class Base(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Linear(width, 64)


class Derived(Base):
    def __init__(self, features: int, classes: int) -> None:
        super().__init__(features)
        self.head = nn.Linear(64, classes)

    def forward(self, x: Float[Tensor, "b features"]) -> Float[Tensor, "b classes"]:
        return self.head(torch.relu(self.body(x)))


class Outer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.derived = Derived(features=8, classes=3)
        self.last = nn.Linear(self.derived.head.out_features, 5)

    def forward(self, x: Float[Tensor, "b 8"]) -> Float[Tensor, "b 5"]:
        return self.last(self.derived(x))


def batches(sizes: dict[str, Float[Tensor, "b n"]], pair: tuple[Float[Tensor, "b n"], Float[Tensor, "b"]]) -> Tensor:
    total = torch.zeros(3)
    for value in sizes.values():
        total = total + value.sum()
    x, y = pair
    return (x * y.unsqueeze(1)).sum() + total


def relative(t: int) -> Int64[Tensor, "t t"]:
    position = torch.arange(t)
    return position[:, None] - position


def causal(x: Float[Tensor, "b t d"]) -> Bool[Tensor, "t t"]:
    t = x.size(1)
    return torch.ones(t, t, dtype=torch.bool).triu(1)


def distances(x: Float[Tensor, "n d"], y: Float[Tensor, "m d"]) -> Float[Tensor, "n m"]:
    return (x[:, None, :] - y[None, :, :]).pow(2).sum(-1).sqrt()


def categorical(logits: Float[Tensor, "b n"]) -> tuple[Int64[Tensor, "b"], Float[Tensor, "b"]]:
    log_p = F.log_softmax(logits, dim=-1)
    action = logits.argmax(dim=-1)
    return action, log_p.gather(-1, action.unsqueeze(-1)).squeeze(-1)


def soft_update(net: nn.Module, target: nn.Module, tau: float) -> None:
    for p, q in zip(net.parameters(), target.parameters()):
        q.data.mul_(1 - tau).add_(tau * p.data)


def train(net: Dueling, x: Float[Tensor, "b 512"]) -> float:
    optimizer = torch.optim.Adam(net.parameters())
    loss = net(x).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
