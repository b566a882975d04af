"""torch.distributions, losses of several predictions, blocks in lists, flags that a block keeps."""

import torch
import torch.nn.functional as F
from torch import nn
from torch import distributions as D
from torch.distributions import Categorical, Distribution, Independent, Normal, TransformedDistribution, kl_divergence
from torch.distributions.transforms import TanhTransform

import rlt
from rlt.types import Float, Int64, Tensor


class Policy(rlt.Module):
    def __init__(self, obs: int, act: int) -> None:
        super().__init__()
        self.mean = nn.Linear(obs, act)
        self.log_std = nn.Parameter(torch.zeros(act))

    def distribution(self, x: Float[Tensor, "batch obs"]) -> Normal:
        return Normal(self.mean(x), self.log_std.exp())

    def either(self, x: Float[Tensor, "batch obs"], discrete: bool) -> Distribution:
        dist: Distribution = Normal(self.mean(x), 1.0)
        if discrete:
            dist = Categorical(logits=self.mean(x))
        return dist

    def forward(self, x: Float[Tensor, "batch obs"], a: Float[Tensor, "batch act"]) -> Float[Tensor, "batch"]:
        dist = self.distribution(x)
        return dist.log_prob(a).sum(-1) + Independent(dist, 1).log_prob(a) + dist.entropy().sum(-1)

    def squashed(self, x: Float[Tensor, "batch obs"]) -> tuple[Float[Tensor, "batch act"], Float[Tensor, "batch"]]:
        dist = D.Normal(self.mean(x), self.log_std.exp())
        u = dist.rsample()
        log_prob = dist.log_prob(u) - 2 * (0.7 - u - F.softplus(-2 * u))
        return torch.tanh(u), log_prob.sum(dim=-1)

    def transformed(self, x: Float[Tensor, "batch obs"]) -> Float[Tensor, "batch"]:
        dist = TransformedDistribution(self.distribution(x), [TanhTransform(cache_size=1)])
        return dist.log_prob(dist.rsample()).sum(-1)

    def divergence(self, x: Float[Tensor, "batch obs"]) -> Float[Tensor, "batch"]:
        prior = Normal(torch.zeros(1), torch.ones(1))
        return kl_divergence(self.distribution(x), prior).sum(-1)

    def many(self, x: Float[Tensor, "batch obs"]) -> Float[Tensor, "7 batch act"]:
        return self.distribution(x).sample((7,))


def discrete(logits: Float[Tensor, "batch n"], action: Int64[Tensor, "batch"]) -> Float[Tensor, "batch"]:
    dist = Categorical(logits=logits)
    greedy: Int64[Tensor, "batch"] = dist.mode
    return dist.log_prob(action) + dist.entropy() + dist.log_prob(greedy) + Categorical(logits.softmax(-1)).log_prob(dist.sample())


def several(logits: list[Float[Tensor, "batch n"]]) -> list[Distribution]:
    return [Categorical(logits=x) for x in logits]


def mixture(weights: Float[Tensor, "batch k"], mean: Float[Tensor, "batch k"], x: Float[Tensor, "batch"]) -> Float[Tensor, "batch"]:
    mixed = D.MixtureSameFamily(Categorical(logits=weights), Normal(mean, 1.0))
    return mixed.log_prob(x)


def pairs(a: Float[Tensor, "b d"], p: Float[Tensor, "b d"], y: Float[Tensor, "b"]) -> Float[Tensor, ""]:
    same = F.cosine_embedding_loss(a, p, y) + nn.TripletMarginLoss(margin=0.2)(a, p, p)
    return same + F.margin_ranking_loss(y, y, torch.ones(1)) + F.gaussian_nll_loss(a, p, a.exp())


def speech(
    logits: Float[Tensor, "batch time n"], lengths: Int64[Tensor, "batch"], text: Int64[Tensor, "batch letters"]
) -> Float[Tensor, ""]:
    return F.ctc_loss(logits.log_softmax(-1).transpose(0, 1), text, lengths, lengths)


class Block(nn.Module):
    def __init__(self, width: int, out: int, skip: bool = True) -> None:
        super().__init__()
        self.fc, self.skip = nn.Linear(width, out), skip

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.fc(x))
        if self.skip:
            y = y + x
        return y if self.skip else y.unflatten(-1, (2, -1)).flatten(-2)


class Gated(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc = nn.Linear(width, 2 * width)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        a, b = self.fc(x).chunk(2, dim=-1)
        return x + a * torch.sigmoid(b), b


class Tower(rlt.Module):
    def __init__(self, n: int, width: int = 32, depth: int = 3) -> None:
        super().__init__()
        self.inp = Block(n, width, skip=False)
        self.line = nn.Sequential(*[Block(width, width) for _ in range(depth)])
        self.gates = nn.ModuleList([Gated(width) for _ in range(depth)])
        self.out = Block(width, 8, skip=False)

    def forward(self, x: Float[Tensor, "batch n"]) -> Float[Tensor, "batch 8"]:
        h = self.line(self.inp(x))
        total = torch.zeros_like(h)
        for gate in self.gates:
            h, part = gate(h)
            total = total + part
        return self.out(h + total)


class Recurrent(rlt.Module):
    def __init__(self, n: int) -> None:
        super().__init__()
        self.core = nn.LSTM(n, 8, batch_first=True)
        self.same = nn.Identity()
        self.head = nn.Linear(8, 4)

    def forward(self, x: Float[Tensor, "batch time n"]) -> Float[Tensor, "batch time 4"]:
        h, _ = self.same(self.core(x))
        return self.head(h)

    def pooled(self, x: Float[Tensor, "batch time 8"]) -> Float[Tensor, "batch 4"]:
        return self.head(x.max(dim=1).values)


def upscale(x: Float[Tensor, "batch 3*r**2 h w"], r: int) -> Float[Tensor, "batch 3 h*r w*r"]:
    return F.pixel_shuffle(x, r)


class Packed(rlt.Module):
    def __init__(self, vocab: int) -> None:
        super().__init__()
        self.embed, self.core, self.out = nn.Embedding(vocab, 16), nn.LSTM(16, 8, batch_first=True), nn.Linear(8, 3)

    def forward(self, ids: Int64[Tensor, "batch time"], lengths: Int64[Tensor, "batch"]) -> Float[Tensor, "batch 3"]:
        packed = nn.utils.rnn.pack_padded_sequence(self.embed(ids), lengths.cpu(), batch_first=True, enforce_sorted=False)
        out, (h, _) = self.core(packed)
        padded, _ = nn.utils.rnn.pad_packed_sequence(out, batch_first=True)
        return self.out(h[-1] + padded[:, 0])


class Either(rlt.Module):
    """Its core gives a pair or one tensor, and a flag says which."""

    def __init__(self, n: int, recurrent: bool = False) -> None:
        super().__init__()
        self.recurrent = recurrent
        self.core = nn.GRU(n, 32) if recurrent else nn.Linear(n, 32)

    def forward(self, x: Float[Tensor, "time batch n"]) -> Tensor:
        if self.recurrent:
            y, _ = self.core(x)
            return y
        return F.relu(self.core(x))


class Critic(nn.Module):
    def __init__(self, *sizes: int, out: int = 1) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for a, b in zip(sizes[:-1], sizes[1:]):
            layers += [nn.Linear(a, b), nn.ReLU()]
        self.net = nn.Sequential(*layers, nn.Linear(sizes[-1], out))

    def forward(self, x: Tensor, a: Tensor | None = None) -> Tensor:
        return self.net(x if a is None else torch.cat([x, a], -1)).squeeze(-1)


class Twin(rlt.Module):
    def __init__(self, obs: int, act: int) -> None:
        super().__init__()
        self.q1, self.q2, self.v = Critic(obs + act, 64, 64), Critic(obs + act, 64, 64), Critic(obs, 32)

    def forward(self, x: Float[Tensor, "batch obs"], a: Float[Tensor, "batch act"]) -> Float[Tensor, "batch"]:
        return torch.min(self.q1(x, a), self.q2(x, a)) - self.v(x)
