"""Further idioms of model code: no line may be reported."""

from __future__ import annotations

import math
from typing import Any, Optional

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from jaxtyping import Bool, Float, Float32, Int64, UInt8
from torch import Tensor
from torch.distributions import Categorical, Normal


class Unrolled(nn.Module):
    def __init__(self, obs_dim: int, hidden: int, n_actions: int):
        super().__init__()
        self.cell = nn.GRUCell(obs_dim, hidden)
        self.hidden = hidden
        self.head = nn.Linear(hidden, n_actions)

    def forward(self, x: Float[Tensor, "t b obs_dim"], h: Optional[Float[Tensor, "b hidden"]] = None) -> Float[Tensor, "t b n_actions"]:
        if h is None:
            h = torch.zeros(x.shape[1], self.hidden, device=x.device)
        outs = []
        for step in x:
            h = self.cell(step, h)
            outs.append(h)
        y = torch.stack(outs)
        return self.head(y)


class NatureCNN(nn.Module):
    def __init__(self, n_actions: int):
        super().__init__()
        layers = [nn.Conv2d(4, 32, 8, 4), nn.ReLU()]
        layers.append(nn.Conv2d(32, 64, 4, 2))
        layers += [nn.ReLU(), nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten()]
        self.conv = nn.Sequential(*layers)
        with torch.no_grad():
            n_flat = self.conv(torch.zeros(1, 4, 84, 84)).shape[1]
        self.fc = nn.Sequential(nn.Linear(n_flat, 512), nn.ReLU(), nn.Linear(512, n_actions))

    def forward(self, x: UInt8[Tensor, "b 4 84 84"]) -> Float[Tensor, "b n_actions"]:
        return self.fc(self.conv(x.float() / 255.0))


class MLP(nn.Module):
    def __init__(self, sizes: list[int], activation: type[nn.Module] = nn.ReLU):
        super().__init__()
        layers: list[nn.Module] = []
        for i, o in zip(sizes[:-1], sizes[1:]):
            layers += [nn.Linear(i, o), activation()]
        self.net = nn.Sequential(*layers[:-1])

    def forward(self, x: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch e"]:
        return self.net(x)


class Gaussian(nn.Module):
    def __init__(self, obs_dim: int, act_dim: int):
        super().__init__()
        self.mu = MLP([obs_dim, 64, act_dim])
        self.net = nn.Linear(obs_dim, 2 * act_dim)
        self.log_std = nn.Parameter(torch.zeros(1, act_dim))

    def forward(self, obs: Float[Tensor, "b obs_dim"]) -> tuple[Float[Tensor, "b act_dim"], Float[Tensor, "b"]]:
        mu, log_std = self.net(obs).chunk(2, dim=-1)
        std = log_std.clamp(-20, 2).exp()
        dist = Normal(mu, std)
        u = dist.rsample()
        log_p = dist.log_prob(u).sum(-1) - (2 * (math.log(2) - u - F.softplus(-2 * u))).sum(dim=-1)
        a = torch.tanh(mu + std * torch.randn_like(std))
        return a, log_p


class Positional(nn.Module):
    pe: Tensor

    def __init__(self, d_model: int, max_len: int = 512):
        super().__init__()
        position = torch.arange(max_len).unsqueeze(1)
        div = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(max_len, d_model)
        pe[:, 0::2] = torch.sin(position * div)
        pe[:, 1::2] = torch.cos(position * div)
        self.register_buffer("pe", pe)

    def forward(self, x: Float[Tensor, "b t d_model"]) -> Float[Tensor, "b t d_model"]:
        return x + self.pe[: x.size(1)]


class SqueezeExcite(nn.Module):
    def __init__(self, c: int, r: int = 16):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(c, c // r), nn.ReLU(inplace=True), nn.Linear(c // r, c), nn.Sigmoid())

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        b, c, _, _ = x.size()
        s = x.mean(dim=[2, 3])
        return x * self.fc(s).view(b, c, 1, 1)


class Patches(nn.Module):
    def __init__(self, size: int = 32, patch: int = 4, dim: int = 64, classes: int = 10):
        super().__init__()
        self.patch = patch
        n = (size // patch) ** 2
        self.embed = nn.Conv2d(3, dim, patch, stride=patch)
        self.cls = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos = nn.Parameter(torch.zeros(1, n + 1, dim))
        self.head = nn.Linear(dim, classes)

    def forward(self, x: Float[Tensor, "b 3 size size"]) -> Float[Tensor, "b classes"]:
        p = self.embed(x).flatten(2).transpose(1, 2)
        p = torch.cat([self.cls.expand(x.shape[0], -1, -1), p], dim=1) + self.pos
        return self.head(p[:, 0])


class VAE(nn.Module):
    def __init__(self, latent: int = 16):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 32, 4, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 4, 2, 1), nn.Flatten())
        self.stats = nn.Linear(64 * 7 * 7, 2 * latent)
        self.fc = nn.Linear(latent, 64 * 7 * 7)
        self.decoder = nn.Sequential(
            nn.Unflatten(1, (64, 7, 7)), nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(32, 1, 4, 2, 1)
        )

    def forward(self, x: Float[Tensor, "b 1 28 28"]) -> tuple[Float[Tensor, "b 1 28 28"], Float[Tensor, "b latent"]]:
        stats = self.stats(self.encoder(x))
        mu, logvar = torch.chunk(stats, 2, dim=1)
        z = mu + (0.5 * logvar).exp() * torch.randn_like(mu)
        return torch.sigmoid(self.decoder(self.fc(z))), mu

    def loss(self, x: Float[Tensor, "b 1 28 28"]) -> Float[Tensor, ""]:
        recon, mu = self(x)
        return F.binary_cross_entropy(recon, x, reduction="sum") / x.shape[0] + mu.pow(2).sum(1).mean()


class C51(nn.Module):
    support: Tensor

    def __init__(self, obs_dim: int, n_actions: int, atoms: int = 51):
        super().__init__()
        self.n_actions, self.atoms = n_actions, atoms
        self.net = nn.Linear(obs_dim, n_actions * atoms)
        self.register_buffer("support", torch.linspace(-10, 10, atoms))

    def forward(self, obs: Float[Tensor, "b obs_dim"]) -> Float[Tensor, "b n_actions atoms"]:
        return F.softmax(self.net(obs).view(-1, self.n_actions, self.atoms), dim=2)

    def q(self, obs: Float[Tensor, "b obs_dim"]) -> Float[Tensor, "b n_actions"]:
        return (self(obs) * self.support).sum(-1)

    def chosen(self, obs: Float[Tensor, "b obs_dim"], action: Int64[Tensor, "b"]) -> Float[Tensor, "b atoms"]:
        p = self(obs)
        return p[torch.arange(p.size(0)), action]


def quantile_huber(q: Float[Tensor, "b n"], target: Float[Tensor, "b n"], tau: Float[Tensor, "n"]) -> Float[Tensor, ""]:
    u = target.unsqueeze(1) - q.unsqueeze(2)
    huber = torch.where(u.abs() <= 1, 0.5 * u.pow(2), u.abs() - 0.5)
    weight = (tau.view(1, -1, 1) - (u.detach() < 0).float()).abs()
    return (weight * huber).mean(2).sum(1).mean()


def gae(r: Float[Tensor, "t n"], v: Float[Tensor, "t n"], last: Float[Tensor, "n"], done: Bool[Tensor, "t n"]) -> Float[Tensor, "t n"]:
    adv = torch.zeros_like(r)
    running = torch.zeros_like(last)
    steps = r.shape[0]
    for t in range(steps - 1, -1, -1):
        nxt = last if t == steps - 1 else v[t + 1]
        delta = r[t] + 0.99 * nxt * (~done[t]).float() - v[t]
        running = delta + 0.95 * running * (1.0 - done[t].float())
        adv[t] = running
    return adv


def ppo(new: Float[Tensor, "b"], old: Float[Tensor, "b"], adv: Float[Tensor, "b"]) -> tuple[Tensor, float]:
    ratio = torch.exp(new - old)
    clipped = torch.clamp(ratio, 0.8, 1.2) * adv
    kl = (old - new).mean().item()
    return -torch.min(ratio * adv, clipped).mean(), kl


def sample(logits: Float[Tensor, "b n"]) -> Int64[Tensor, "b"]:
    dist = Categorical(logits=logits)
    action = dist.sample()
    probs = logits.softmax(-1)
    return torch.multinomial(probs, 1).squeeze(1) if probs.sum() > 0 else action


def triplet(a: Float[Tensor, "n d"], p: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    sim = F.normalize(a, dim=1) @ F.normalize(p, dim=1).T
    labels = torch.arange(sim.size(0), device=sim.device)
    return F.cross_entropy(sim / 0.1, labels)


def lengths_mask(x: Float[Tensor, "b t d"], lengths: Int64[Tensor, "b"]) -> Float[Tensor, "b d"]:
    mask = torch.arange(x.size(1))[None, :] < lengths[:, None]
    x = x * mask.unsqueeze(-1)
    return x.sum(1) / lengths.unsqueeze(1)


def last_step(x: Float[Tensor, "b t d"], lengths: Int64[Tensor, "b"]) -> Float[Tensor, "b d"]:
    index = (lengths - 1).view(-1, 1, 1).expand(-1, 1, x.size(2))
    return x.gather(1, index).squeeze(1)


def rotate(x: Float[Tensor, "b t d"]) -> Float[Tensor, "b t d"]:
    a, b = x[..., ::2], x[..., 1::2]
    return torch.stack((-b, a), dim=-1).flatten(-2)


def numpy_in(obs: np.ndarray, device: str) -> Float32[Tensor, "b d"]:
    x = torch.as_tensor(obs, dtype=torch.float32, device=device)
    y = torch.from_numpy(obs).float()
    return x + y


def configured(cfg: Any, x: Float[Tensor, "b d"]) -> Float[Tensor, "b d"]:
    net = nn.Sequential(nn.Linear(cfg.d, cfg.hidden), nn.ReLU(), nn.Linear(cfg.hidden, cfg.d))
    return net(x)


def train_step(model: C51, batch: dict[str, Tensor]) -> dict[str, float]:
    p = model.chosen(batch["obs"], batch["action"])
    loss = -(batch["target"] * p.log()).sum(-1).mean()
    return {"loss": loss.item(), "p": float(p.mean())}


def branches(x: Float[Tensor, "b 8"], deep: bool) -> Float[Tensor, "b 4"]:
    if deep:
        head = nn.Sequential(nn.Linear(8, 16), nn.Linear(16, 4))
        y = head(x)
    else:
        y = nn.Linear(8, 4)(x)
    layer = nn.Linear(8, 4) if deep else nn.Linear(8, 4)
    return y + layer(x)


def conv_sizes(x: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 64 h//4 w//4"]:
    net = nn.Sequential(nn.Conv2d(3, 32, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 3, stride=2, padding=1))
    return net(x)


def double_size(x: Float[Tensor, "b n"]) -> Float[Tensor, "b 2*n"]:
    return torch.cat([x, -x], dim=1)


def moments(x: Float[Tensor, "n d"]) -> tuple[Float[Tensor, "d"], Float[Tensor, "d d"]]:
    m = x.mean(0)
    c = (x - m).T @ (x - m) / (x.shape[0] - 1)
    return m, c


def scalars(x: Float[Tensor, "b"]) -> Float[Tensor, ""]:
    total = torch.tensor(0.0)
    for v in x:
        total = total + v * 2
    weights = torch.tensor([0.1, 0.2, 0.7])
    return total + weights.sum()


class Residual(nn.Module):
    def __init__(self, fn: nn.Module):
        super().__init__()
        self.fn = fn

    def forward(self, x: Tensor, **kwargs: Any) -> Tensor:
        return self.fn(x, **kwargs) + x


class Tied(nn.Module):
    def __init__(self, vocab: int, d: int):
        super().__init__()
        self.emb = nn.Embedding(vocab, d)
        self.out = nn.Linear(d, vocab, bias=False)
        self.out.weight = self.emb.weight

    def forward(self, ids: Int64[Tensor, "b t"]) -> Float[Tensor, "b t vocab"]:
        h = self.emb(ids) * math.sqrt(self.emb.embedding_dim)
        return F.linear(h, self.emb.weight) + self.out(h)
