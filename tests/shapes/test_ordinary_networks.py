"""Ordinary PyTorch code passes the build check, and gives the shapes that it declares when it is called."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Bool, Float, Int, Tensor, UInt8


class ActorCritic(rlt.Module):
    def __init__(self, obs_dim: int = 8, n_act: int = 4) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs_dim, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh())
        self.pi = nn.Linear(64, n_act)
        self.v = nn.Linear(64, 1)
        nn.init.orthogonal_(self.pi.weight, 0.01)

    def forward(self, obs: Float[Tensor, "b obs_dim"]) -> tuple[Float[Tensor, "b n_act"], Float[Tensor, "b"]]:
        h = self.body(obs)
        return self.pi(h), self.v(h).squeeze(-1)


class SquashedGaussian(rlt.Module):
    scale: Tensor

    def __init__(self, obs_dim: int = 8, action_dim: int = 3) -> None:
        super().__init__()
        self.net = nn.Linear(obs_dim, 2 * action_dim)
        self.register_buffer("scale", torch.ones(action_dim))

    def forward(
        self, obs: Float[Tensor, "b obs_dim"], noise: Float[Tensor, "b action_dim"]
    ) -> tuple[Float[Tensor, "b action_dim"], Float[Tensor, "b"]]:
        mean, log_std = self.net(obs).chunk(2, dim=-1)
        log_std = log_std.clamp(-20, 2)
        u = mean + log_std.exp() * noise
        log_prob = -0.5 * noise**2 - log_std - 0.5 * math.log(2 * math.pi)
        log_prob = log_prob - 2 * (math.log(2) - u - F.softplus(-2 * u)) - torch.log(self.scale)
        return torch.tanh(u) * self.scale, log_prob.sum(-1)


class Dueling(rlt.Module):
    def __init__(self, n_actions: int = 6) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(4, 32, 8, 4), nn.ReLU(), nn.Conv2d(32, 64, 4, 2), nn.ReLU(), nn.Conv2d(64, 64, 3), nn.ReLU()
        )
        self.value, self.advantage = nn.Linear(3136, 1), nn.Linear(3136, n_actions)

    def forward(self, frames: UInt8[Tensor, "b 4 84 84"]) -> Float[Tensor, "b n_actions"]:
        h = self.conv(frames.float() / 255).flatten(1)
        a = self.advantage(h)
        return self.value(h) + a - a.mean(dim=1, keepdim=True)


class Categorical51(rlt.Module):
    def __init__(self, obs_dim: int = 4, n_actions: int = 2, n_atoms: int = 51) -> None:
        super().__init__()
        self.n_actions, self.n_atoms = n_actions, n_atoms
        self.net = nn.Linear(obs_dim, n_actions * n_atoms)
        self.register_buffer("support", torch.linspace(-10, 10, n_atoms))

    def forward(self, x: Float[Tensor, "b obs_dim"]) -> Float[Tensor, "b n_actions"]:
        p = self.net(x).view(-1, self.n_actions, self.n_atoms).softmax(-1)
        return torch.sum(p * self.support, dim=-1)


class Quantiles(rlt.Module):
    def __init__(self, obs_dim: int = 4, n_actions: int = 2, width: int = 32) -> None:
        super().__init__()
        self.body, self.phi, self.head = nn.Linear(obs_dim, width), nn.Linear(64, width), nn.Linear(width, n_actions)

    def forward(self, x: Float[Tensor, "b obs_dim"], tau: Float[Tensor, "b n"]) -> Float[Tensor, "b n n_actions"]:
        steps = torch.arange(1, 65, device=x.device, dtype=torch.float32)
        cosines = torch.cos(tau.unsqueeze(-1) * steps * math.pi)
        return self.head(F.relu(self.body(x)).unsqueeze(1) * F.relu(self.phi(cosines)))


class Masked(rlt.Module):
    def __init__(self, n: int = 5) -> None:
        super().__init__()
        self.fc = nn.Linear(3, n)

    def forward(self, x: Float[Tensor, "b 3"], mask: Bool[Tensor, "b n"]) -> Float[Tensor, "b n"]:
        logits = self.fc(x).masked_fill(~mask, torch.finfo(torch.float32).min)
        return F.log_softmax(torch.where(mask, logits, torch.full_like(logits, -1e8)), dim=-1)


class Residual(nn.Module):
    def __init__(self, i: int, o: int, stride: int) -> None:
        super().__init__()
        self.c1, self.b1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.c2, self.b2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        self.down = nn.Sequential(nn.Conv2d(i, o, 1, stride), nn.BatchNorm2d(o)) if stride != 1 or i != o else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.b1(self.c1(x)), inplace=True)
        out = self.b2(self.c2(out))
        out += self.down(x)
        return F.relu(out)


class ResNet(rlt.Module):
    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 7, 2, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.body = nn.Sequential(*(Residual(16 if i == 0 else 32, 32, 2 if i == 0 else 1) for i in range(3)))
        self.fc = nn.Linear(32, classes)

    def forward(self, x: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b classes"]:
        return self.fc(F.adaptive_avg_pool2d(self.body(self.stem(x)), 1).flatten(1))


class UNet(rlt.Module):
    def __init__(self) -> None:
        super().__init__()
        self.d1, self.d2 = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 16, 3, padding=1)
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.out = nn.Conv2d(16, 1, 1)

    def forward(self, x: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
        a = F.relu(self.d1(x))
        b = F.relu(self.d2(F.max_pool2d(a, 2)))
        u = F.interpolate(b, scale_factor=2, mode="bilinear", align_corners=False)[:, :8]
        return self.out(torch.cat([a, self.up(b) + u], dim=1))


class Inception(rlt.Module):
    def __init__(self) -> None:
        super().__init__()
        self.branches = nn.ModuleList([nn.Conv2d(8, 4, k, padding=k // 2) for k in (1, 3, 5)])
        self.pool = nn.Sequential(nn.AvgPool2d(3, 1, 1, ceil_mode=True), nn.Conv2d(8, 4, 1))
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 16), nn.Sigmoid())

    def forward(self, x: Float[Tensor, "b 8 h w"]) -> Float[Tensor, "b 16 h w"]:
        out = torch.cat([b(x) for b in self.branches] + [self.pool(x)], 1)
        return out * self.squeeze(out)[:, :, None, None]


class VAE(rlt.Module):
    def __init__(self, z: int = 20) -> None:
        super().__init__()
        self.enc, self.mu, self.logvar = nn.Linear(784, 400), nn.Linear(400, z), nn.Linear(400, z)
        self.dec = nn.Sequential(nn.Linear(z, 400), nn.ReLU(), nn.Linear(400, 784), nn.Sigmoid())

    def forward(self, x: Float[Tensor, "b 784"]) -> tuple[Float[Tensor, "b 784"], Float[Tensor, "b z"], Float[Tensor, ""]]:
        h = torch.relu(self.enc(x))
        mu, lv = self.mu(h), self.logvar(h)
        out = self.dec(mu + torch.exp(0.5 * lv) * torch.randn_like(lv))
        kl = -0.5 * (1 + lv - mu.pow(2) - lv.exp()).sum(1).mean()
        return out, mu, kl + F.binary_cross_entropy(out, x, reduction="sum") / x.shape[0]


class Generator(rlt.Module):
    def __init__(self, latent: int = 100) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.ConvTranspose2d(latent, 64, 4, 1, 0, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(True),
            nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, z: Float[Tensor, "b latent"]) -> Float[Tensor, "b 3 8 8"]:
        return self.net(z[:, :, None, None])


class LanguageModel(rlt.Module):
    def __init__(self, vocab: int = 50, layers: int = 2) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab, 16)
        self.lstm = nn.LSTM(16, 16, layers, batch_first=True, bidirectional=False, dropout=0.1)
        self.out = nn.Linear(16, vocab)
        self.out.weight = self.embed.weight

    def forward(
        self,
        words: Int[Tensor, "b t"],
        state: tuple[Float[Tensor, "layers b 16"], Float[Tensor, "layers b 16"]],
    ) -> tuple[Float[Tensor, "b t vocab"], tuple[Float[Tensor, "layers b 16"], Float[Tensor, "layers b 16"]]]:
        h, new = self.lstm(self.embed(words), state)
        return self.out(h), new


class GPT(rlt.Module):
    mask: Tensor

    def __init__(self, vocab: int = 50, d: int = 32, heads: int = 4, context: int = 256) -> None:
        super().__init__()
        self.heads = heads
        self.tok, self.pos = nn.Embedding(vocab, d), nn.Embedding(context, d)
        self.qkv, self.proj, self.norm, self.head = (
            nn.Linear(d, 3 * d),
            nn.Linear(d, d),
            nn.LayerNorm(d),
            nn.Linear(d, vocab),
        )
        self.register_buffer("mask", torch.tril(torch.ones(context, context)).view(1, 1, context, context))

    def forward(self, idx: Int[Tensor, "b t"]) -> Float[Tensor, "b t vocab"]:
        b, t = idx.size()
        x = self.tok(idx) + self.pos(torch.arange(t, device=idx.device))
        q, k, v = self.qkv(self.norm(x)).split(x.size(-1), dim=2)
        q, k, v = (y.view(b, t, self.heads, -1).transpose(1, 2) for y in (q, k, v))
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        att = F.softmax(att.masked_fill(self.mask[:, :, :t, :t] == 0, float("-inf")), dim=-1)
        y = (att @ v).transpose(1, 2).contiguous().view(b, t, -1)
        y = y + F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(b, t, -1)
        return self.head(x + self.proj(y))


class Translator(rlt.Module):
    def __init__(self, d: int = 16) -> None:
        super().__init__()
        self.enc = nn.TransformerEncoder(nn.TransformerEncoderLayer(d, 2, 32, batch_first=True), 2)
        self.dec = nn.TransformerDecoder(nn.TransformerDecoderLayer(d, 2, 32, batch_first=True), 1)

    def forward(self, src: Float[Tensor, "b s d"], tgt: Float[Tensor, "b t d"]) -> Float[Tensor, "b t d"]:
        mask = nn.Transformer.generate_square_subsequent_mask(tgt.size(1)).to(tgt.device)
        return self.dec(tgt, self.enc(src), tgt_mask=mask)


class Recurrent(rlt.Module):
    def __init__(self, obs_dim: int = 6, hidden: int = 8) -> None:
        super().__init__()
        self.hidden = hidden
        self.cell, self.gru = nn.LSTMCell(obs_dim, hidden), nn.GRU(hidden, hidden, batch_first=True)

    def forward(self, xs: Float[Tensor, "t b obs_dim"], done: Bool[Tensor, "t b"]) -> Float[Tensor, "b t hidden"]:
        h = c = xs.new_zeros(xs.shape[1], self.hidden)
        out = []
        for x, d in zip(xs.unbind(0), done.unbind(0)):
            keep = (~d).float().unsqueeze(-1)
            h, c = self.cell(x, (h * keep, c * keep))
            out.append(h)
        return self.gru(torch.stack(out, 1))[0]


class Normalised(rlt.Module):
    mean: Tensor
    var: Tensor

    def __init__(self, n: int = 4) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(n))
        self.register_buffer("var", torch.ones(n))
        self.log_std = nn.Parameter(torch.zeros(1, n))
        self.fc = nn.utils.parametrizations.weight_norm(nn.Linear(n, n))

    def forward(self, x: Float[Tensor, "*batch n"]) -> Float[Tensor, "*batch n"]:
        x = ((x - self.mean) / torch.sqrt(self.var + 1e-8)).clip(-10, 10)
        return self.fc(x) + self.log_std.exp().squeeze(0)


class Graph(rlt.Module):
    def __init__(self, d: int = 8) -> None:
        super().__init__()
        self.message, self.update = nn.Linear(2 * d, d), nn.GRUCell(d, d)

    def forward(self, nodes: Float[Tensor, "n d"], edges: Int[Tensor, "2 e"]) -> Float[Tensor, "n d"]:
        src, dst = edges[0], edges[1]
        m = self.message(torch.cat([nodes[src], nodes.index_select(0, dst)], -1))
        total = torch.zeros_like(nodes).index_add(0, dst, m)
        return self.update(total, nodes)


class Points(rlt.Module):
    def __init__(self, classes: int = 5) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Conv1d(3, 32, 1), nn.BatchNorm1d(32), nn.ReLU())
        self.head = nn.Bilinear(32, 32, classes)
        self.prelu, self.glu = nn.PReLU(32), nn.GLU(dim=1)

    def forward(self, x: Float[Tensor, "b n 3"]) -> Float[Tensor, "b classes"]:
        h = self.prelu(self.mlp(x.permute(0, 2, 1)))
        best, mean = h.max(dim=-1).values, h.mean(-1)
        return self.head(best, mean) + self.glu(torch.cat([mean, best], 1)).sum(1, keepdim=True)


class Ensemble(rlt.Module):
    def __init__(self, obs_dim: int = 4, k: int = 3) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(k, obs_dim, 16) / 2)
        self.b = nn.Parameter(torch.zeros(k, 1, 16))
        self.heads = nn.ModuleDict({"a": nn.Linear(16, 1), "b": nn.Linear(16, 1)})

    def forward(self, x: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "k batch"]:
        h = torch.baddbmm(self.b, x.expand(self.w.shape[0], -1, -1), self.w).relu()
        both = torch.stack([head(h).squeeze(-1) for head in self.heads.values()])
        return both.amin(0) + torch.einsum("kbi,koi->kb", h, self.w[:, :2]) * 0


NETWORKS = [
    (ActorCritic, [(5, 8)]),
    (SquashedGaussian, [(5, 8), (5, 3)]),
    (Dueling, [(2, 4, 84, 84, "u8")]),
    (Categorical51, [(5, 4)]),
    (Quantiles, [(5, 4), (5, 7)]),
    (Masked, [(2, 3), (2, 5, "bool")]),
    (ResNet, [(2, 3, 65, 70)]),
    (UNet, [(2, 1, 12, 16)]),
    (Inception, [(2, 8, 7, 9)]),
    (VAE, [(3, 784)]),
    (Generator, [(2, 100)]),
    (LanguageModel, None),
    (GPT, [(2, 9, "i64")]),
    (Translator, [(2, 5, 16), (2, 7, 16)]),
    (Recurrent, [(3, 2, 6), (3, 2, "bool")]),
    (Normalised, [(2, 3, 4)]),
    (Graph, [(6, 8), (2, 9, "i64")]),
    (Points, [(3, 11, 3)]),
    (Ensemble, [(5, 4)]),
]


def made(shape):
    *sizes, kind = shape if isinstance(shape[-1], str) else (*shape, "f32")
    if kind == "u8":
        return torch.randint(0, 255, sizes, dtype=torch.uint8)
    if kind == "bool":
        return torch.rand(sizes) > 0.3
    return torch.randint(0, 2, sizes) if kind == "i64" else torch.rand(sizes)


@pytest.mark.parametrize(("network", "inputs"), NETWORKS, ids=lambda v: getattr(v, "__name__", ""))
def test_it_is_checked_whole_and_runs_as_declared(network, inputs):
    net = network()
    assert net.__dict__["_rlt_unchecked"] is None
    given = [made(s) for s in inputs] if inputs is not None else [made((2, 5, "i64")), (torch.zeros(2, 2, 16),) * 2]
    checked = rlt.typed(network.forward)
    with torch.no_grad():
        checked(net.eval(), *given)
    assert rlt.summary(net).unchecked is None


def test_building_them_all_imports_nothing_of_torchs_compiler():
    import subprocess
    import sys
    from pathlib import Path

    code = (
        "import sys, importlib.util as u; "
        f"s = u.spec_from_file_location('nets', {str(Path(__file__))!r}); "
        "m = u.module_from_spec(s); s.loader.exec_module(m); before = set(sys.modules); [n() for n, _ in m.NETWORKS]; "
        "heavy = ('sympy', 'torch._dynamo', 'torch._inductor'); "
        "print(sorted(k for k in set(sys.modules) - before if k.startswith(heavy))[:3])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
