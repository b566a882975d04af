"""Mistakes with torch.distributions, losses of several predictions, and results that are two tensors."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Categorical, Independent, MultivariateNormal, Normal, kl_divergence

import rlt
from rlt.types import Float, Int64, Tensor


class Policy(rlt.Module):
    def __init__(self, obs: int, act: int) -> None:
        super().__init__()
        self.mean = nn.Linear(obs, act)
        self.log_std = nn.Parameter(torch.zeros(act))

    def distribution(self, x: Float[Tensor, "batch obs"]) -> Normal:
        return Normal(self.mean(x), self.log_std.exp())

    def forward(self, x: Float[Tensor, "batch obs"]) -> Float[Tensor, "batch act"]:
        return self.mean(x)

    def log_prob(self, x: Float[Tensor, "batch obs"], a: Float[Tensor, "batch act"]) -> Float[Tensor, "batch"]:
        return self.distribution(x).log_prob(a)  # BUG

    def entropy(self, x: Float[Tensor, "batch obs"]) -> Float[Tensor, "batch"]:
        return Independent(self.distribution(x), 1).entropy().sum(-1)  # BUG

    def sample(self, x: Float[Tensor, "batch obs"]) -> Float[Tensor, "batch act"]:
        return self.distribution(x).rsample((4,))  # BUG

    def divergence(self, x: Float[Tensor, "batch obs"], other: Normal) -> Float[Tensor, "batch"]:
        mine = self.distribution(x)
        return kl_divergence(mine, mine)  # BUG


def discrete(logits: Float[Tensor, "batch n"], action: Int64[Tensor, "batch 1"]) -> Float[Tensor, "batch"]:
    return Categorical(logits=logits).log_prob(action)  # BUG


def correlated(mean: Float[Tensor, "batch 3"], matrix: Float[Tensor, "4 4"]) -> Float[Tensor, "batch"]:
    return MultivariateNormal(mean, matrix).entropy()  # BUG


def triplets(a: Float[Tensor, "b d"], p: Float[Tensor, "b d"], n: Float[Tensor, "b k d"]) -> Float[Tensor, ""]:
    return F.triplet_margin_loss(a, p, n)  # BUG


def matching(a: Float[Tensor, "b d"], p: Float[Tensor, "b d"], y: Float[Tensor, "b 1"]) -> Float[Tensor, ""]:
    return nn.CosineEmbeddingLoss()(a, p, y)  # BUG


def nll(mean: Float[Tensor, "b d"], y: Float[Tensor, "b d"], variance: Float[Tensor, "d"]) -> Float[Tensor, ""]:
    return F.gaussian_nll_loss(mean, y, variance)  # BUG


def speech(
    logits: Float[Tensor, "batch time n"],
    lengths: Int64[Tensor, "batch"],
    text: Int64[Tensor, "batch letters"],
    letters: Int64[Tensor, "batch"],
) -> Float[Tensor, ""]:
    return F.ctc_loss(logits.log_softmax(-1), text, lengths, letters)  # BUG


class Recurrent(rlt.Module):
    def __init__(self, n: int) -> None:
        super().__init__()
        self.core = nn.LSTM(n, 8, batch_first=True)
        self.head = nn.Sequential(nn.Linear(8, 4), nn.ReLU())

    def forward(self, x: Float[Tensor, "batch time n"]) -> Float[Tensor, "batch time 4"]:
        h = self.core(x)
        return self.head(h)  # BUG

    def pooled(self, x: Float[Tensor, "batch time 8"]) -> Float[Tensor, "batch 4"]:
        return self.head(x.max(dim=1))  # BUG


def upscale(x: Float[Tensor, "batch 3*r h w"], r: int) -> Tensor:
    return F.pixel_shuffle(x, r)  # BUG
